//! Collects the facts about constructs that `pass` needs before it writes them.

mod cases;
mod jumps;
mod parameters;
mod reader;

use oxc_span::Span;
use rustc_hash::FxHashSet;

use cases::Cases;
use jumps::Jumps;
use parameters::Repeated;

pub(crate) use jumps::Kind;

/// The facts. The lists have starts of nodes, in their order.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Functions whose environment the engine must be made to keep, because an arrow function within
    /// an arrow function uses `this`.
    keeping: Vec<u32>,
    /// Functions that call `eval` by its name, also in arrow functions. The evaluated code may use
    /// `arguments`, which the engine only makes for a function that uses it itself.
    evaluating: Vec<u32>,
    /// Functions around methods that call `eval` by its name. The engine does not look for calls in
    /// methods, and would not keep the variables of these where evaluated code finds them.
    holding: Vec<u32>,
    /// True if the program is such a function.
    pub(crate) is_holding: bool,
    /// The program calls `eval`, if it becomes a function's body.
    pub(crate) is_evaluating: bool,
    /// The program's environment must be kept, if it becomes a function's body.
    pub(crate) is_keeping: bool,
    pub(crate) jumps: Jumps,
    /// Names on the left of an operator whose right side assigns something.
    assigned: Vec<u32>,
    pub(crate) repeated: Repeated,
    pub(crate) cases: Cases,
    /// The uses of `super`.
    supers: Vec<u32>,
    /// Names that objects inherit and that the text declares.
    declared: FxHashSet<&'static str>,
    /// The place at which code is nested too deep.
    pub(crate) too_deep: Option<Span>,
    /// A variable is named `using`.
    pub(crate) binds_using: bool,
    /// The place of a variable that is named `eval`.
    pub(crate) binds_eval: Option<Span>,
}

/// Names that objects inherit. They are globals for this reason.
const INHERITED: [&str; 11] = [
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
];

// === impl Survey ===

impl Survey {
    /// True if the function that starts here must use `arguments`.
    pub(crate) fn is_evaluating(&self, start: u32) -> bool {
        self.evaluating.binary_search(&start).is_ok()
    }

    /// True if a method within the function that starts here calls `eval`.
    pub(crate) fn is_holding(&self, start: u32) -> bool {
        self.holding.binary_search(&start).is_ok()
    }

    /// True if the function that starts here must say `new.target`.
    pub(crate) fn is_keeping(&self, start: u32) -> bool {
        self.keeping.binary_search(&start).is_ok()
    }

    /// True if `super` is used here.
    pub(crate) fn says_super(&self, span: Span) -> bool {
        let first = self.supers.partition_point(|at| *at < span.start);
        self.supers.get(first).is_some_and(|at| *at < span.end)
    }

    /// True if a name is a global that objects inherit.
    pub(crate) fn is_inherited(&self, name: &str) -> bool {
        INHERITED.contains(&name) && !self.declared.contains(name)
    }

    /// True if the name that starts here is read before an assignment in the same expression.
    pub(crate) fn is_assigned(&self, start: u32) -> bool {
        self.assigned.binary_search(&start).is_ok()
    }
}
