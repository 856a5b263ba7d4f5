//! Compiled code that the environments of a thread share.
//!
//! The engine reads JavaScript at about 4 MB a second, and what it makes of a text is several
//! times as large. Neither should be paid for by every environment. What the engine compiled holds
//! no realm: names are looked up, and functions made, in the realm of the function that runs. Only
//! a [`Script`] is bound to the realm for which it was parsed.
//!
//! So texts are compiled in a context of their own, in which nothing ever runs. A script of it is
//! run by the context that wants its function, and changes over to the realm of that context after
//! its first statement, a call of `eval`: the engine asks the host before it evaluates a text, with
//! the script's own frame on top, and the host may enter another realm then. The function that the
//! second statement makes is the context's own, like everything that is made when it is called.
//!
//! Some texts are compiled for each environment, in its own context: those in which `eval` or
//! `import` is called, for code evaluated in a function adds names to what was compiled of it, and
//! a script keeps what it imported; and those that end their function and go on outside of it,
//! where what they declare is the realm's for which the script was parsed.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use boa_engine::module::IdleModuleLoader;
use boa_engine::object::builtins::JsFunction;
use boa_engine::realm::Realm;
use boa_engine::{Context, JsError, JsResult, Script, Source, js_error};

use super::additions::Additions;

/// What goes before a function's text. It adds no line.
pub(super) const HEAD: &str = "try { eval(''); } catch {} ";

/// The texts that one thread compiled for the environments of one version.
#[derive(Default)]
pub struct Compiled {
    /// Where they are compiled.
    press: OnceCell<RefCell<Context>>,
    /// By the path of the file.
    templates: RefCell<HashMap<String, Template>>,
    /// The realm that the script under way is to change to.
    destination: RefCell<Option<Realm>>,
    /// How often each was compiled.
    #[cfg(test)]
    times: RefCell<HashMap<String, usize>>,
}

/// The compiled text of a function, of which each context makes its own.
#[derive(Clone)]
pub(super) struct Template {
    script: Script,
    /// What was added to the author's text.
    pub(super) additions: Rc<Additions>,
}

/// A text that is one expression, a function.
pub(super) struct Text {
    /// The expression.
    pub(super) function: String,
    /// What it has beyond the author's text.
    pub(super) additions: Additions,
    /// True if nothing in it is outside of the function.
    pub(super) is_whole: bool,
}

// === impl Compiled ===

impl Compiled {
    /// Those of this context's thread.
    fn of(context: &Context) -> JsResult<Rc<Self>> {
        context
            .get_data::<Rc<Self>>()
            .cloned()
            .ok_or_else(|| js_error!(Error: "this context shares no code"))
    }

    fn press(&self) -> JsResult<&RefCell<Context>> {
        if self.press.get().is_none() {
            // The loader that the engine takes by itself looks for a folder.
            let context = Context::builder().module_loader(Rc::new(IdleModuleLoader)).build()?;
            let _ = self.press.set(RefCell::new(context));
        }
        self.press.get().ok_or_else(|| js_error!(Error: "there is no context to compile in"))
    }

    /// How often each file was compiled.
    #[cfg(test)]
    pub(super) fn times(&self) -> HashMap<String, usize> {
        self.times.borrow().clone()
    }

    /// Compiles the text of a file, for the realm of a context.
    fn compile(&self, path: &str, text: Text, context: &mut Context) -> JsResult<Template> {
        let whole = [HEAD, &text.function].concat();
        let source = Source::from_bytes(&whole).with_path(path.as_ref());
        let script = Script::parse(source, None, context)?;
        script.codeblock(context)?;
        #[cfg(test)]
        {
            *self.times.borrow_mut().entry(path.to_owned()).or_default() += 1;
        }
        Ok(Template { script, additions: Rc::new(text.additions) })
    }
}

// === impl Template ===

impl Template {
    /// The template of a file, compiled now unless this context's thread has it. `write` gives the
    /// text.
    pub(super) fn of(
        path: &str,
        write: impl FnOnce() -> Text,
        context: &mut Context,
    ) -> JsResult<Self> {
        let compiled = Compiled::of(context)?;
        let known = compiled.templates.borrow().get(path).cloned();
        if let Some(template) = known {
            return Ok(template);
        }
        let text = write();
        let is_own = ["eval", "import"].iter().any(|name| calls(&text.function, name));
        if is_own || !text.is_whole {
            return compiled.compile(path, text, context);
        }
        let template = compiled.compile(path, text, &mut compiled.press()?.borrow_mut())?;
        compiled.templates.borrow_mut().insert(path.to_owned(), template.clone());
        Ok(template)
    }

    /// The function of the text, as this context's own. Nothing of the text has run.
    pub(super) fn function(&self, context: &mut Context) -> JsResult<JsFunction> {
        let compiled = Compiled::of(context)?;
        let own = context.realm().clone();
        *compiled.destination.borrow_mut() = Some(own);
        let made = self.script.evaluate(context);
        // Left behind only if the script could not begin.
        compiled.destination.take();
        made?.as_function().ok_or_else(|| js_error!(SyntaxError: "the text is no function"))
    }
}

/// Puts the code that its thread shares into a new context.
pub(super) fn install(compiled: Rc<Compiled>, context: &mut Context) {
    context.insert_data(compiled);
}

/// Lets a template's script go on in the realm of its context, when the host is asked whether a
/// text may be evaluated. The error is the answer then: there is nothing to evaluate.
pub(super) fn change_over(context: &mut Context) -> Option<JsError> {
    let destination = context.get_data::<Rc<Compiled>>()?.destination.take()?;
    context.enter_realm(destination);
    Some(js_error!(Error: "this is where a template's script changes its realm"))
}

/// True if a text may call a function or an operator of this name. What only looks like it, in a
/// comment say, counts too.
fn calls(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (text.get(..at), text.get(at + name.len()..));
        let is_part = |character: char| character.is_alphanumeric() || "_$".contains(character);
        let begins = before.is_none_or(|before| !before.ends_with(is_part));
        begins && after.is_some_and(|after| after.trim_start().starts_with(['(', '/', '?']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_whatever_stands_between() {
        for text in ["import('x')", "a = eval (b)", "x;eval\n('1')", "import/* chunk */('x')"] {
            assert!(calls(text, "import") || calls(text, "eval"), "{text}");
        }
        for text in ["evaluate(1)", "medieval(1)", "import x from 'y'", "import.meta", "$eval(1)"] {
            assert!(!calls(text, "import") && !calls(text, "eval"), "{text}");
        }
    }
}
