//! ES modules as functions.
//!
//! The engine's own modules have faults of their own, and what it compiles of one is tied to the
//! environment that links it. So a module becomes a function, which the embedder links and runs.
//! Called with [`IMPORTS`] and [`OPEN`] it declares its variables and calls `OPEN` with an array of
//! functions, one for each variable that it exports, which give its value or throw while it has
//! none. There it waits. Going on from there is the module's evaluation.
//!
//! A module without `await` at its top level becomes a generator, which waits by `yield`, so that
//! its errors come out of the call that lets it go on. One with `await` becomes an async function,
//! which waits for what `OPEN` gives.
//!
//! The properties of `IMPORTS` are what the module has from outside:
//!
//! | property | is |
//! | --- | --- |
//! | its name of an import | the value, or a `ReferenceError` while there is none; assigning throws |
//! | [`META`] | `import.meta` |
//! | [`ARGUMENTS`] | the global variable `arguments`, or the error that there is none |
//! | [`TYPE_OF_ARGUMENTS`] | the same, or undefined |

mod reading;
mod search;

pub(crate) use reading::Lowering;

/// The parameter of a module's function with what the module has from outside.
pub const IMPORTS: &str = "ℬm";

/// The parameter of a module's function that it calls when its variables are declared.
pub const OPEN: &str = "ℬo";

/// The variable of a default export that has no name, as the engine's stacks may tell it.
pub const DEFAULT: &str = "ℬd";

/// The property of [`IMPORTS`] for `import.meta`.
pub const META: &str = "import.meta";

/// The property of [`IMPORTS`] for `arguments` outside of functions.
pub const ARGUMENTS: &str = "arguments";

/// The property of [`IMPORTS`] for `typeof arguments` outside of functions.
pub const TYPE_OF_ARGUMENTS: &str = "typeof arguments";

/// What an ES module asks for and gives. A text that has none of it is a module all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// The modules that its declarations ask for, each once, in their order.
    pub requests: Vec<Request>,
    /// Its names for what others export.
    pub imports: Vec<Import>,
    /// What it exports.
    pub exports: Vec<Export>,
    /// The variables that it exports, in the order of the functions that give their values.
    pub own: Vec<String>,
    /// True if it awaits at its top level, so that its function is async.
    pub is_async: bool,
    /// True if its text has what only an ES module has: an import or export declaration,
    /// `import.meta`, or `await` at its top level.
    pub is_declared: bool,
    /// True if it says `arguments` outside of functions.
    pub has_arguments: bool,
}

// === impl Module ===

impl Module {
    /// What goes before and after the module's text to make it its function. Neither adds a line
    /// before the text.
    #[must_use]
    pub fn frame(&self) -> (String, &'static str) {
        let (kind, waits) = match self.is_async {
            true => ("async function", "await"),
            false => ("function*", "yield"),
        };
        // In a block, functions are declared as in a module, which costs the engine much less.
        let mut before = format!("{kind} ({IMPORTS}, {OPEN}) {{ 'use strict'; {{ {waits} {OPEN}([");
        for local in &self.own {
            before.push_str("() => ");
            before.push_str(local);
            before.push_str(", ");
        }
        before.push_str("]); ");
        (before, "\n} }")
    }
}

/// A module that another one asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What it is called there.
    pub specifier: String,
    /// `with { key: 'value' }`.
    pub attributes: Vec<(String, String)>,
    /// Where it is asked for first.
    pub place: Place,
}

/// A name for what another module exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The name.
    pub local: String,
    /// The module's index in [`Module::requests`].
    pub request: usize,
    /// What of it.
    pub name: Name,
    /// True if the module assigns to it, which throws.
    pub is_assigned: bool,
    /// Where it is named.
    pub place: Place,
}

/// What is taken of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// An export.
    Export(String),
    /// Its namespace object.
    Namespace,
}

/// What a module exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Export {
    /// A variable of its own.
    Own {
        /// What others call it.
        name: String,
        /// Which of the functions gives its value.
        at: usize,
        /// True if it keeps its value once the module ran.
        is_steady: bool,
        /// True if it is a function without a name, which is to be called `default`.
        is_nameless: bool,
    },
    /// What another module exports.
    Other {
        /// What others call it.
        name: String,
        /// The module's index in [`Module::requests`].
        request: usize,
        /// What of it.
        of: Name,
        /// Where it is named.
        place: Place,
    },
    /// All that another module exports, but for its default.
    All {
        /// The module's index in [`Module::requests`].
        request: usize,
    },
}

/// A place in a text, counted from 1, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its line.
    pub line: u32,
    /// And column.
    pub column: u32,
}
