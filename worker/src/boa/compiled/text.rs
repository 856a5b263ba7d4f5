//! What is compiled: a function, with what there is around an author's text.

use super::super::additions::Additions;

/// What goes before a function's text. It adds no line.
pub(in super::super) const HEAD: &str = "try { eval(''); } catch {} ";

/// A function for `import`. The engine imports for the file in which this is written.
pub(super) const IMPORT: &str = "(specifier) => import(specifier)";

/// A text that is one expression, a function.
pub(in super::super) struct Text {
    /// The expression.
    pub(in super::super) function: String,
    /// What it has beyond the author's text.
    pub(in super::super) additions: Additions,
    /// True if it makes the function when it is called with a function for `import`.
    pub(in super::super) is_importing: bool,
    /// True if contexts may share its code: nothing in it is outside of the function, and it
    /// calls neither `eval` nor `import`.
    pub(in super::super) is_shareable: bool,
}

// === impl Text ===

impl Text {
    /// An author's text as what is between the two parts of a wrapper, of which only the first
    /// line is shifted. `additions` are those of the text.
    pub(in super::super) fn wrapped(
        wrapper: (&str, &str),
        text: &str,
        mut additions: Additions,
        is_shareable: bool,
    ) -> Self {
        additions.begin_with(HEAD.len() + wrapper.0.chars().count());
        let function = [wrapper.0, text, wrapper.1].concat();
        Self { function, additions, is_importing: false, is_shareable }
    }
}
