//! The text that is compiled: a function around the author's text.

use std::rc::Rc;

use brink_rewrite::module::Module;
use brink_rewrite::{IMPORT, NATIVES, Places, Rewritten};

use super::super::function_table::Index;

/// The beginning of the function, before the author's text. It adds no line.
pub(in super::super) const HEAD: &str = "try { eval(''); } catch {} ";

/// A text that is an expression: a function that gets the natives of a context, and returns the
/// function of the author's text.
pub(in super::super) struct Text {
    /// The expression.
    pub(in super::super) function: String,
    /// Maps its columns to the author's text.
    pub(in super::super) places: Places,
    /// Maps its functions to the author's text, if it is large.
    pub(in super::super) index: Option<Index>,
    /// True if it also needs a function for `import()`.
    pub(in super::super) is_importing: bool,
    /// Its imports and exports, if it is an ES module.
    pub(in super::super) module: Option<Rc<Module>>,
    /// True if contexts may share its code: it does not call `eval`, and nothing in it is outside
    /// of the function.
    pub(in super::super) is_shareable: bool,
}

// === impl Text ===

impl Text {
    /// A rewritten text as the body of a function with these parameters.
    pub(in super::super) fn rewritten(parameters: &str, rewritten: Rewritten) -> Self {
        Self::framed((&format!("function ({parameters}) {{ "), "\n}"), rewritten)
    }

    /// A rewritten text as the function of an ES module.
    pub(in super::super) fn module(module: Module, rewritten: Rewritten) -> Self {
        let (before, after) = module.frame();
        let framed = Self::framed((&before, after), rewritten);
        Self { module: Some(Rc::new(module)), ..framed }
    }

    /// In parentheses the engine would copy the whole text.
    fn framed(frame: (&str, &str), rewritten: Rewritten) -> Self {
        let index = Index::of(&rewritten);
        let Rewritten {
            text, mut places, has_direct_eval, has_tagged_template, has_import, ..
        } = rewritten;
        let before = format!("0, function ({NATIVES}, eval, {IMPORT}) {{ return {}", frame.0);
        places.begin_after(HEAD.len() + before.chars().count());
        Self {
            function: [&before, text.as_str(), frame.1, "; }"].concat(),
            places,
            index,
            // Evaluated code may import too.
            is_importing: has_import || has_direct_eval,
            module: None,
            is_shareable: !has_direct_eval && !has_tagged_template,
        }
    }
}
