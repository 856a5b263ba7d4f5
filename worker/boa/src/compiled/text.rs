//! What is compiled: a function, with what there is around an author's text.

use std::rc::Rc;

use brink_rewrite::module::Module;
use brink_rewrite::{IMPORT, NATIVES, Places, Rewritten};

use super::super::function_table::Index;

/// What goes before a function's text. It adds no line.
pub(in super::super) const HEAD: &str = "try { eval(''); } catch {} ";

/// A text that is one expression, a function that makes another one of the natives of a context.
pub(in super::super) struct Text {
    /// The expression.
    pub(in super::super) function: String,
    /// Where its columns are in the author's text.
    pub(in super::super) places: Places,
    /// Where its functions are there, if it is large.
    pub(in super::super) index: Option<Index>,
    /// True if it needs a function for `import()` as well.
    pub(in super::super) is_importing: bool,
    /// What it asks for and gives, if it is an ES module.
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

    /// In parentheses the engine would copy all that it read of it.
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
            // What is evaluated may import, too.
            is_importing: has_import || has_direct_eval,
            module: None,
            is_shareable: !has_direct_eval && !has_tagged_template,
        }
    }
}
