//! The functions and classes of a text. From them `toString` gives the author's own text.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use oxc_span::Span;

use crate::goal::Goal;

/// Bits of a number that count the functions of one text.
const COUNT_BITS: u32 = 20;

/// A function or class, by where its text is in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionText {
    /// In the author's text.
    pub author: (u32, u32),
    /// In the rewritten text.
    pub rewritten: (u32, u32),
    /// Its kind.
    pub kind: FunctionKind,
}

/// Function or class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// A function, arrow function, method or accessor.
    Function,
    /// A class. It tells its number with `ℬ.class`.
    Class,
}

// === impl FunctionText ===

impl FunctionText {
    pub(crate) fn begin(author: Span, rewritten: u32, kind: FunctionKind) -> Self {
        Self { author: (author.start, author.end), rewritten: (rewritten, rewritten), kind }
    }
}

/// The number of a text's first function. Texts that are compiled at run time have no name by which
/// their classes could be told apart. Equal texts have equal numbers, and each number is a whole
/// number of JavaScript.
pub(crate) fn first_number(text: &str, goal: Goal) -> u64 {
    match goal {
        Goal::CommonJs | Goal::EsModule => 0,
        Goal::Script | Goal::DirectEval(_) | Goal::Function => {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            (hasher.finish() >> 32) << COUNT_BITS
        }
    }
}
