//! The functions and classes of a text. From them `toString` gives the author's own text.

use oxc_span::Span;

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
    /// A class. It tells its number, its place in the table, with `ℬ.class`.
    Class,
}

// === impl FunctionText ===

impl FunctionText {
    pub(crate) fn begin(author: Span, rewritten: u32, kind: FunctionKind) -> Self {
        Self { author: (author.start, author.end), rewritten: (rewritten, rewritten), kind }
    }
}
