//! The visitor's state, and its way to write.

use oxc_span::Span;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::functions::FunctionText;
use crate::goal::EvalSite as Site;
use crate::module::Lowering;
use crate::rejection::Rejection;
use crate::rewritten::NATIVES;
use crate::survey::{Kind, Survey};
use crate::writer::{Name, Writer};

/// Makes the engine keep a function's environment.
pub(super) const KEEP: &str = "new.target;";

/// Makes it keep the environment and the object of arguments as well.
pub(super) const KEEP_ALL: &str = "new.target;arguments;";

/// Shows the engine a call of `eval`, which is never run.
pub(super) const HOLD: &str = "if(0)()=>eval();";

/// What `a` of `async` becomes where the engine takes the name for the keyword.
pub(super) const ESCAPED: &str = "\\u0061";

/// The visitor. Each node copies the text up to itself, writes its changes and visits its children
/// in the order of the text.
pub(super) struct Pass<'t> {
    pub(super) text: &'t str,
    pub(super) survey: &'t Survey,
    pub(super) writer: Writer<'t>,
    /// The first construct that cannot be run.
    pub(super) rejection: Option<Rejection>,
    /// The function whose body comes next must say `new.target`.
    pub(super) is_keeping: bool,
    /// It must say `arguments`.
    pub(super) is_evaluating: bool,
    /// It must call `eval` in sight of the engine.
    pub(super) is_holding: bool,
    /// How the patterns at hand are parsed by the engine.
    pub(super) mode: Mode,
    /// How many names were made.
    pub(super) names: u32,
    /// The beginning of a statement that is only an expression, until something is written there.
    pub(super) statement: Option<u32>,
    /// Expressions whose value nobody uses, by where they begin.
    pub(super) discarded: FxHashSet<u32>,
    /// The label to write at the next loop.
    pub(super) label: Option<String>,
    /// Further labels of loops, and the one that stays.
    pub(super) aliases: Vec<(String, String)>,
    pub(super) gates: Vec<OpenGate>,
    pub(super) functions: Vec<FunctionText>,
    /// The number of the text's first function.
    pub(super) first_number: u64,
    /// Those of the classes and functions around the node at hand.
    pub(super) initializers: Vec<Initializers>,
    /// The function whose body comes next is a class's constructor.
    pub(super) is_constructor: bool,
    /// The words that an `eval` here may use.
    pub(super) site: Site,
    /// The names of the parameters of the function whose body comes next, if they have values.
    pub(super) valued: Option<Vec<String>>,
    /// How the variables of functions in blocks are set, by where the functions begin.
    pub(super) setters: FxHashMap<u32, String>,
    /// The text is that of a direct `eval`.
    pub(super) is_evaluated: bool,
    /// The value of the statements at hand is that of the evaluated text.
    pub(super) is_value: bool,
    pub(super) has_direct_eval: bool,
    pub(super) has_tagged_template: bool,
    pub(super) has_import: bool,
    /// Values returned here are awaited.
    pub(super) awaits_returns: bool,
    /// The node at hand is in the test of a `case`, and in no function there.
    pub(super) in_test: bool,
    /// The next body belongs to a function in the test of a `case`, and gets a block around its
    /// statements.
    pub(super) boxes_body: bool,
    /// The key that comes next, of a pattern, stays without brackets.
    pub(super) has_plain_keys: bool,
    /// Facts about the module, if the text is one.
    pub(super) lowered: Option<Lowered<'t>>,
    /// The statements at hand are a function's.
    pub(super) is_body: bool,
    pub(super) spots: Spots,
}

/// The calls that the next constructor, or the one at hand, has to make.
#[derive(Clone, Debug, Default)]
pub(super) struct Initializers {
    /// `.#a().#b()`; empty if there are none.
    pub(super) calls: String,
    pub(super) is_derived: bool,
}

/// Places at which parentheses may be written in another way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spots {
    /// A value begins here, where no statement can begin.
    pub(super) value: Option<u32>,
    /// The function of a call begins here.
    pub(super) callee: Option<u32>,
    /// A statement of a list begins here.
    pub(super) statement: Option<u32>,
}

/// A `try` that all jumps leave by one `break`, to continue behind it.
#[derive(Debug)]
pub(super) struct OpenGate {
    pub(super) start: u32,
    /// Its label, and the variable that has the number of the jump.
    pub(super) name: Name,
    /// The variable for a returned value.
    pub(super) value: Option<Name>,
    pub(super) exits: Vec<Exit>,
}

/// How a jump continues after a gate.
#[derive(Debug)]
pub(super) struct Exit {
    pub(super) kind: Kind,
    pub(super) jump: String,
    /// The gates that it leaves further out.
    pub(super) gates: Vec<u32>,
}

/// Facts about the module that is written.
#[derive(Debug)]
pub(super) struct Lowered<'t> {
    pub(super) lowering: &'t Lowering,
    /// The start of a called function that must not get `this`.
    pub(super) callee: Option<u32>,
    /// The start of a declared function without a name.
    pub(super) nameless: Option<u32>,
}

/// How the engine parses a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// As a pattern that declares names.
    Declared,
    /// As an object literal, which becomes the parameter of an arrow function.
    Arrow,
    /// As an object literal, which becomes the target of an assignment.
    Assigned,
}

/// Keeps a value between two properties of a pattern.
pub(super) const CELL: &str = "ℬ.cell[\"v\"]";

/// The words with which a function has to begin.
pub(super) fn kept(is_keeping: bool, is_evaluating: bool) -> &'static str {
    match (is_keeping, is_evaluating) {
        (_, true) => KEEP_ALL,
        (true, false) => KEEP,
        (false, false) => "",
    }
}

// === impl Lowered ===

impl<'t> Lowered<'t> {
    pub(super) fn new(lowering: &'t Lowering) -> Self {
        Self { lowering, callee: None, nameless: None }
    }
}

// === impl Pass ===

impl Pass<'_> {
    /// Copies up to an offset and adds something.
    pub(super) fn insert_at(&mut self, offset: u32, parts: &[&str]) {
        self.writer.copy_to(offset);
        for part in parts {
            self.writer.insert(part);
        }
    }

    /// Opens a parenthesis before an expression. At the beginning of a statement it must not continue
    /// the line before.
    pub(super) fn open_at(&mut self, offset: u32, open: &str) {
        self.writer.copy_to(offset);
        if self.statement == Some(offset) {
            self.statement = None;
            self.writer.insert("0, ");
        }
        self.writer.insert(open);
    }

    pub(super) fn new_name(&mut self) -> Name {
        self.names += 1;
        Name(self.names)
    }

    pub(super) fn reject(&mut self, at: Span, what: &str, advice: &'static str) {
        if self.rejection.is_none() {
            self.rejection = Some(Rejection::construct(self.text, at, what, advice));
        }
    }

    /// Rejects names that begin with the natives' name.
    pub(super) fn check_name(&mut self, span: Span, name: &str) {
        if name.starts_with(NATIVES) {
            self.reject(span, "a name that begins with ℬ", "use another name");
        }
    }

    /// The text of a node.
    pub(super) fn text_of(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}
