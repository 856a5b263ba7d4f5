//! ES modules as functions.
//!
//! The engine's own modules have faults, and the engine ties a compiled module to the environment
//! that links it. So a module becomes a function, which the embedder links and runs. The function
//! gets [`IMPORTS`] and [`OPEN`]. It declares its variables and calls `OPEN` with an array of
//! functions, one for each variable that it exports. Each gives the variable's value, or throws while
//! there is none. Then the function waits; when it continues, the module is evaluated.
//!
//! A module without `await` at its top level becomes a generator and waits with `yield`. Its errors
//! are thrown by the call that lets it continue. A module with `await` becomes an async function and
//! waits for the result of `OPEN`.
//!
//! The properties of `IMPORTS` are the values that the module has from outside:
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

/// The parameter of a module's function with the values from outside.
pub const IMPORTS: &str = "ℬm";

/// The parameter of a module's function that it calls when its variables are declared.
pub const OPEN: &str = "ℬo";

/// The variable of a default export that has no name. The engine's stacks may show it.
pub const DEFAULT: &str = "ℬd";

/// The property of [`IMPORTS`] for `import.meta`.
pub const META: &str = "import.meta";

/// The property of [`IMPORTS`] for `arguments` outside of functions.
pub const ARGUMENTS: &str = "arguments";

/// The property of [`IMPORTS`] for `typeof arguments` outside of functions.
pub const TYPE_OF_ARGUMENTS: &str = "typeof arguments";

/// The imports and exports of an ES module. A text without any of them is a module too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// The modules that its declarations name, each once, in their order.
    pub requests: Vec<Request>,
    /// Its names for the exports of others.
    pub imports: Vec<Import>,
    /// Its exports.
    pub exports: Vec<Export>,
    /// The variables that it exports, in the order of the functions that give their values.
    pub own: Vec<String>,
    /// True if it awaits at its top level. Its function is async then.
    pub is_async: bool,
    /// True if its text can only be an ES module: it has an import or export declaration,
    /// `import.meta`, or `await` at its top level.
    pub is_declared: bool,
    /// True if it uses `arguments` outside of functions.
    pub has_arguments: bool,
}

// === impl Module ===

impl Module {
    /// The texts before and after the module's text, which make it a function. The first has no line
    /// break.
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

/// A module that another one imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its specifier, as written.
    pub specifier: String,
    /// `with { key: 'value' }`.
    pub attributes: Vec<(String, String)>,
    /// The place of its first import.
    pub place: Place,
}

/// A name for an export of another module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The name.
    pub local: String,
    /// The module's index in [`Module::requests`].
    pub request: usize,
    /// The part of that module.
    pub name: Name,
    /// True if the module assigns to it, which throws.
    pub is_assigned: bool,
    /// The place of the name.
    pub place: Place,
}

/// A part of a module that another one imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// An export.
    Export(String),
    /// Its namespace object.
    Namespace,
}

/// An export of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Export {
    /// A variable of its own.
    Own {
        /// Its name for others.
        name: String,
        /// Which of the functions gives its value.
        at: usize,
        /// True if it keeps its value once the module ran.
        is_steady: bool,
        /// True if it is a function without a name, which is to be called `default`.
        is_nameless: bool,
    },
    /// An export of another module.
    Other {
        /// Its name for others.
        name: String,
        /// The module's index in [`Module::requests`].
        request: usize,
        /// The part of that module.
        of: Name,
        /// The place of the name.
        place: Place,
    },
    /// All exports of another module except its default.
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
