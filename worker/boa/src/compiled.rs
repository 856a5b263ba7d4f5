//! Compiled code that the environments of a thread share.
//!
//! The engine reads JavaScript at about 4 MB a second, and the compiled code is several times as
//! large as the text. Environments of a thread share this time and memory. That is possible because
//! compiled code belongs to no realm: it looks up names and makes functions in the realm of the
//! function that runs. Only a [`Script`] is bound to the realm for which it was parsed.
//!
//! So texts are compiled in a context of their own, in which nothing ever runs. A context that
//! needs a function runs its script. The script's first statement calls `eval`. Before the engine
//! evaluates a text, it asks the host, with the script's frame on top, and the host enters the
//! realm of the running context. So the function that the second statement makes belongs to that
//! context, as does everything that the function makes.
//!
//! Some texts are compiled for each environment, in its own context: texts that call `eval`,
//! because evaluated code adds names to the compiled function around it; texts with tagged
//! templates, because the engine gives templates numbers that a context may use twice; and texts
//! that end their function and go on outside of it, because their declarations would belong to the
//! realm for which the script was parsed.

mod function_text;

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use boa_engine::module::IdleModuleLoader;
use boa_engine::object::builtins::JsFunction;
use boa_engine::realm::Realm;
use boa_engine::{Context, JsError, JsResult, JsValue, Script, Source, js_error};
use brink_rewrite::Places;
use brink_rewrite::module::Module;

use super::function_table::Index;
use super::{loader, natives};

pub(super) use function_text::Text;

use function_text::HEAD;

/// The texts that one thread compiled for the environments of one version.
#[derive(Default)]
pub struct Compiled {
    /// The context in which they are compiled.
    press: OnceCell<RefCell<Context>>,
    /// By the path of the file.
    templates: RefCell<HashMap<String, Template>>,
    /// The realm that the running script shall enter.
    destination: RefCell<Option<Realm>>,
    /// How often each text was compiled.
    #[cfg(test)]
    times: RefCell<HashMap<String, usize>>,
}

/// The compiled text of a function, from which each context makes its own function.
#[derive(Clone)]
pub(super) struct Template {
    script: Script,
    /// The file, if the text needs a function for `import()`.
    importing: Option<Rc<str>>,
    /// Its imports and exports, if it is an ES module.
    pub(super) module: Option<Rc<Module>>,
    /// Maps its columns to the author's text.
    pub(super) places: Rc<Places>,
    /// Maps its functions to the author's text, if it is large.
    pub(super) index: Option<Rc<Index>>,
}

// === impl Compiled ===

impl Compiled {
    /// The compiled texts of this context's thread.
    pub(super) fn of(context: &Context) -> JsResult<Rc<Self>> {
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
        let Text { function, places, index, is_importing, module, .. } = text;
        let whole = [HEAD, &function].concat();
        drop(function);
        let source = Source::from_bytes(&whole).with_path(path.as_ref());
        let script = Script::parse(source, None, context)?;
        script.codeblock(context)?;
        #[cfg(test)]
        {
            *self.times.borrow_mut().entry(path.to_owned()).or_default() += 1;
        }
        let importing = is_importing.then(|| path.into());
        let (places, index) = (Rc::new(places), index.map(Rc::new));
        Ok(Template { script, importing, module, places, index })
    }
}

// === impl Template ===

impl Template {
    /// The template of a file, if this context's thread has it.
    pub(super) fn known(path: &str, context: &Context) -> JsResult<Option<Self>> {
        Ok(Compiled::of(context)?.templates.borrow().get(path).cloned())
    }

    /// Compiles the text of a file. The context's thread shares the code if it may be shared.
    pub(super) fn compile(path: &str, text: Text, context: &mut Context) -> JsResult<Self> {
        let compiled = Compiled::of(context)?;
        if !text.is_shareable {
            return compiled.compile(path, text, context);
        }
        let template = compiled.compile(path, text, &mut compiled.press()?.borrow_mut())?;
        compiled.templates.borrow_mut().insert(path.to_owned(), template.clone());
        Ok(template)
    }

    /// Makes this context's own function from the text. Nothing of the text has run.
    pub(super) fn function(&self, context: &mut Context) -> JsResult<JsFunction> {
        let compiled = Compiled::of(context)?;
        let own = context.realm().clone();
        *compiled.destination.borrow_mut() = Some(own);
        let made = self.script.evaluate(context);
        // Left behind only if the script could not begin.
        compiled.destination.take();
        let [natives, eval] = natives::arguments(context)?;
        let import = match &self.importing {
            Some(path) => loader::of(context)?.import_function(path, context).into(),
            None => JsValue::undefined(),
        };
        let arguments = [natives, eval, import];
        as_function(made?)?.call(&JsValue::undefined(), &arguments, context).and_then(as_function)
    }
}

/// The function that a text is.
fn as_function(value: JsValue) -> JsResult<JsFunction> {
    value.as_function().ok_or_else(|| js_error!(SyntaxError: "the text is not a function"))
}

/// Puts the code that its thread shares into a new context.
pub(super) fn install(compiled: Rc<Compiled>, context: &mut Context) {
    context.insert_data(compiled);
}

/// Lets a template's script go on in the realm of its context. It is called when the engine asks
/// the host whether a text may be evaluated. It answers with an error, because there is nothing to
/// evaluate.
pub(super) fn change_over(context: &mut Context) -> Option<JsError> {
    let destination = context.get_data::<Rc<Compiled>>()?.destination.take()?;
    context.enter_realm(destination);
    Some(js_error!(Error: "this is where a template's script changes its realm"))
}
