//! Starts a version: runs the module in the handler's name, and finds the handler in it.

use boa_engine::builtins::promise::PromiseState;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsError, JsResult, JsString, JsValue, js_string};

use brink_shared::wire::Failure;

use super::super::event_loop::EventLoop;
use super::super::session::Session;
use super::super::{failure, loader};
use super::es;
use super::files::Files;
use super::resolve::Kind;

/// Endings of a handler's file, in the order of Lambda's Node.js runtime.
const ENDINGS: [&str; 3] = [".js", ".mjs", ".cjs"];

/// Returns the handler's function, after its module and all modules that it needs ran.
pub(in super::super) async fn find_handler(
    event_loop: &mut EventLoop<'_, '_>,
    session: &Session,
) -> Result<JsFunction, Failure> {
    let name = HandlerName::parse(&session.load.handler)?;
    let path = name.file(session)?;
    let kind = kind_of(&path, &mut event_loop.context.borrow_mut())?;
    let exports = if kind == Kind::Es {
        run_es(&path, event_loop).await?
    } else {
        let context = &mut event_loop.context.borrow_mut();
        loader::of(context)
            .and_then(|loader| loader.load(&path, None, context))
            .map_err(|error| of_start(error, context))?
    };
    let context = &mut event_loop.context.borrow_mut();
    let found = name.within(exports, context).map_err(|error| of_start(error, context))?;
    let Some(handler) = found.as_function() else {
        let problem =
            if found.is_undefined() { "undefined or not exported" } else { "not a function" };
        let message = format!("{} is {problem}", session.load.handler);
        return Err(failure::execution("Runtime.HandlerNotFound", message));
    };
    Ok(handler)
}

/// A handler's name, `folder/file.export`. The export may be a path of names.
struct HandlerName<'a> {
    file: &'a str,
    export: &'a str,
}

// === impl HandlerName ===

impl<'a> HandlerName<'a> {
    fn parse(handler: &'a str) -> Result<Self, Failure> {
        let base = handler.rfind('/').map_or(0, |slash| slash + 1);
        handler
            .get(base..)
            .and_then(|name| name.find('.'))
            .and_then(|dot| handler.split_at_checked(base + dot))
            .map(|(file, export)| Self { file, export: export.trim_start_matches('.') })
            .filter(|name| name.file.len() > base && !name.export.is_empty())
            .ok_or_else(|| {
                let message = format!("handler {handler:?}: write file.export, like index.handler");
                failure::execution("Runtime.MalformedHandlerName", message)
            })
    }

    /// The file's path in the bundle.
    fn file(&self, session: &Session) -> Result<String, Failure> {
        let file = self.file.trim_start_matches("./");
        ENDINGS
            .iter()
            .map(|ending| format!("{file}{ending}"))
            .find(|path| session.load.bundle.file(path).is_some())
            .ok_or_else(|| {
                let message = format!(
                    "Error: Cannot find module '{file}': the bundle has no {file}.js, {file}.mjs \
                     or {file}.cjs for handler {}",
                    session.load.handler
                );
                failure::execution("Runtime.ImportModuleError", message)
            })
    }

    /// The export among the module's exports.
    fn within(&self, exports: JsValue, context: &mut Context) -> JsResult<JsValue> {
        self.export.split('.').try_fold(exports, |value, name| match value.as_object() {
            Some(object) => object.get(JsString::from(name), context),
            None => Ok(JsValue::undefined()),
        })
    }
}

fn kind_of(path: &str, context: &mut Context) -> Result<Kind, Failure> {
    match Files::of(context) {
        Ok(files) => Ok(files.kind(path, context)),
        Err(error) => Err(of_start(error, context)),
    }
}

async fn run_es(path: &str, event_loop: &mut EventLoop<'_, '_>) -> Result<JsValue, Failure> {
    let (module, promise) = {
        let context = &mut event_loop.context.borrow_mut();
        let begun = es::load(path, context)
            .and_then(|module| es::start(module, context).map(|promise| (module, promise)));
        begun.map_err(|error| of_start(error, context))?
    };
    let settled = || !matches!(promise.state(), PromiseState::Pending);
    let ran = event_loop.run(settled).await;
    let context = &mut event_loop.context.borrow_mut();
    ran.map_err(|error| error.into_failure(context))?;
    match promise.state() {
        PromiseState::Fulfilled(_) => es::namespace_of(module, context)
            .map(JsValue::from)
            .map_err(|error| of_start(error, context)),
        PromiseState::Rejected(error) => Err(of_start(JsError::from_opaque(error), context)),
        // After an `await` the engine passes over the error by which `process.exit` ends the code.
        PromiseState::Pending => {
            Err(match Session::of(context).ok().and_then(|s| s.exited.get()) {
                Some(code) => failure::of_exit(code),
                None => failure::execution(
                    "Runtime.ExitError",
                    format!("{path} awaits at its top level what never comes"),
                ),
            })
        }
    }
}

/// An error during the start, in the words of Lambda's Node.js runtime.
fn of_start(error: JsError, context: &mut Context) -> Failure {
    let code =
        error.as_opaque().and_then(JsValue::as_object).and_then(|object| code_of(&object, context));
    let failure = failure::of_error(error, context);
    let error_type = match code.as_deref() {
        Some("MODULE_NOT_FOUND" | "ERR_MODULE_NOT_FOUND" | "ERR_PACKAGE_PATH_NOT_EXPORTED") => {
            "Runtime.ImportModuleError"
        }
        _ if failure.error_type == "SyntaxError" => "Runtime.UserCodeSyntaxError",
        _ => return failure,
    };
    Failure {
        message: format!("{}: {}", failure.error_type, failure.message),
        error_type: error_type.to_owned(),
        ..failure
    }
}

fn code_of(error: &JsObject, context: &mut Context) -> Option<String> {
    let code = error.get(js_string!("code"), context).ok()?.as_string()?;
    Some(code.to_std_string_lossy())
}
