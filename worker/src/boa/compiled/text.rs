//! What is compiled: a function, with what there is around an author's text.

use brink_rewrite::{IMPORT, NATIVES, Places, Rewritten};

use super::super::additions::Additions;

/// What goes before a function's text. It adds no line.
pub(in super::super) const HEAD: &str = "try { eval(''); } catch {} ";

/// A function for `import`. The engine imports for the file in which this is written.
pub(super) const IMPORTING: &str = "(specifier) => import(specifier)";

/// Where columns of a compiled text are in its author's.
pub(in super::super) enum Columns {
    Added(Additions),
    Moved(Places),
}

/// A text that is one expression, a function.
pub(in super::super) struct Text {
    /// The expression.
    pub(in super::super) function: String,
    /// Where its columns are in the author's text.
    pub(in super::super) columns: Columns,
    /// True if it makes the function when it is called with a function for `import`, the last
    /// argument.
    pub(in super::super) is_importing: bool,
    /// True if it makes the function when it is called with the natives of a context.
    pub(in super::super) is_rewritten: bool,
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
        let columns = Columns::Added(additions);
        Self { function, columns, is_importing: false, is_rewritten: false, is_shareable }
    }

    /// A rewritten text as the body of a function with these parameters.
    pub(in super::super) fn rewritten(parameters: &str, rewritten: Rewritten) -> Self {
        let Rewritten { text, mut places, has_direct_eval, has_import, .. } = rewritten;
        let before =
            format!("(function ({NATIVES}, eval, {IMPORT}) {{ return function ({parameters}) {{ ");
        places.begin_after(HEAD.len() + before.chars().count());
        Self {
            function: [&before, text.as_str(), "\n}; })"].concat(),
            columns: Columns::Moved(places),
            // What is evaluated may import, too.
            is_importing: has_import || has_direct_eval,
            is_rewritten: true,
            is_shareable: !has_direct_eval,
        }
    }
}

// === impl Columns ===

impl Columns {
    /// The author's column of a place in the text; all counted from 1.
    pub(in super::super) fn author_column(&self, line: u32, column: u32) -> u32 {
        match self {
            Self::Added(additions) => additions.author_column(line, column),
            Self::Moved(places) => places.author_column(line, column),
        }
    }
}
