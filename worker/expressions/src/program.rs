//! What an expression is compiled to: steps that a machine takes.

use crate::characters::Characters;

/// The steps of an expression.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) steps: Vec<Step>,
    /// The sets of characters that steps name by their number.
    pub(crate) sets: Vec<Characters>,
    /// How many loops count.
    pub(crate) loops: usize,
    /// How many capturing groups there are.
    pub(crate) groups: usize,
    pub(crate) names: Vec<(String, usize)>,
}

/// One character that may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum One {
    /// This one.
    Exactly(u32),
    /// One of a set.
    Of(u32),
    /// Any at all.
    Any,
}

/// How often something comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) min: u32,
    /// [`u32::MAX`] is without end.
    pub(crate) max: u32,
    pub(crate) greedy: bool,
}

/// One step. Those that read go backwards inside of lookbehinds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// The whole, or the body of a lookaround, has matched.
    Done,
    Read {
        one: One,
        back: bool,
    },
    Repeat {
        one: One,
        times: Times,
        back: bool,
    },
    /// Go on at one step, and at the other if that fails.
    Either {
        first: u32,
        then: u32,
    },
    Jump(u32),
    /// Note this place: twice a group's number for its beginning, one more for its end.
    Note(u32),
    /// Groups from one to before the other have not matched.
    Forget {
        first: u32,
        end: u32,
    },
    /// Begin to count a loop.
    Count(u32),
    /// Take the body of a counted loop again, or leave it. Its body is the next step.
    Loop {
        number: u32,
        times: Times,
        exit: u32,
    },
    /// The end of a counted loop's body, back to its [`Step::Loop`].
    Again {
        number: u32,
        head: u32,
    },
    LineStart {
        multiline: bool,
    },
    LineEnd {
        multiline: bool,
    },
    /// The set has the characters of words.
    Boundary {
        set: u32,
        not: bool,
    },
    /// The same text as a group has.
    Same {
        group: u32,
        ignore_case: bool,
        back: bool,
    },
    /// The body is the next step, and ends with [`Step::Done`].
    Look {
        not: bool,
        end: u32,
    },
}
