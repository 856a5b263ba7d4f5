//! CommonJS: `require`, `module`, `exports`, `__filename`, `__dirname`.

use boa_engine::object::builtins::JsFunction;
use boa_engine::object::{FunctionObjectBuilder, JsObject, ObjectInitializer};
use boa_engine::property::Attribute;
use boa_engine::{
    Context, JsArgs, JsError, JsNativeError, JsResult, JsString, JsValue, NativeFunction, Script,
    Source, js_error, js_string,
};
use brink_shared::registry::Bundle;

use super::super::platform;
use super::super::session::Session;
use super::super::to_js;
use super::resolve::{Kind, folder, resolve};
use super::{Modules, ROOT, syntax};

/// What a module's text is wrapped in. It adds no lines, and only line 1 is shifted.
const WRAPPER: (&str, &str) =
    ("(function (exports, require, module, __filename, __dirname) { ", "\n})");

/// `exports` of a `module` object.
const EXPORTS: JsString = js_string!("exports");

/// The author's column for the engine's in line 1 of a wrapped module.
pub(super) fn author_column(column: u32) -> u32 {
    let shift = u32::try_from(WRAPPER.0.len()).unwrap_or(0);
    column.saturating_sub(shift).max(1)
}

/// The text of a file, without what Node.js skips at its start.
pub(super) fn source_text(bundle: &Bundle, path: &str) -> String {
    let text = String::from_utf8_lossy(bundle.file(path).map_or(&[], |bytes| bytes));
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match text.strip_prefix("#!") {
        Some(rest) => format!("//{rest}"),
        None => text.to_owned(),
    }
}

/// `module.exports` of a file, running it first if it did not run yet.
pub(super) fn load(path: &str, context: &mut Context) -> JsResult<JsValue> {
    let session = Session::of(context)?;
    let loaded = session.modules.commonjs.borrow().get(path).cloned();
    let module = match loaded {
        Some(module) => module,
        None => match Modules::kind(path, &session, context) {
            Kind::Json => json_module(path, &session, context)?,
            Kind::CommonJs => run(path, &session, context)?,
            Kind::Es => {
                return Err(coded(
                    js_error!(Error: "require() of ES module {}/{} is not supported: use import", ROOT, path),
                    "ERR_REQUIRE_ESM",
                    context,
                ));
            }
        },
    };
    module.get(EXPORTS, context)
}

/// The error of `require` and `import` for what the bundle does not have.
pub(super) fn not_found(specifier: &str, from: &str, context: &mut Context) -> JsError {
    let error = js_error!(
        Error: "Cannot find module '{}'\nRequire stack:\n- {}/{}", specifier, ROOT, from
    );
    coded(error, "MODULE_NOT_FOUND", context)
}

/// Parses a module's text without running it.
pub(super) fn parse(path: &str, text: &str, context: &mut Context) -> JsResult<Script> {
    let wrapped = [WRAPPER.0, text, WRAPPER.1].concat();
    let name = format!("{ROOT}/{path}");
    let source = Source::from_bytes(&wrapped).with_path(name.as_ref());
    Script::parse(source, None, context)
        .map_err(|error| syntax::with_place(error, path, text, author_column, context))
}

fn run(path: &str, session: &Session, context: &mut Context) -> JsResult<JsObject> {
    let text = source_text(&session.load.bundle, path);
    let script = parse(path, &text, context)?;
    let function = script
        .evaluate(context)?
        .as_callable()
        .ok_or_else(|| js_error!(SyntaxError: "{} is no module", path))?;
    let exports = JsObject::with_object_proto(context.intrinsics());
    let module = module_object(path, exports.clone().into(), context);
    // Before it runs: in a cycle, the others see what there is of it so far.
    let cache = &session.modules.commonjs;
    cache.borrow_mut().insert(path.to_owned(), module.clone());
    let ran = function.call(
        &exports.clone().into(),
        &[
            exports.into(),
            require_function(path, context).into(),
            module.clone().into(),
            file_name(path).into(),
            folder_name(path).into(),
        ],
        context,
    );
    if let Err(error) = ran {
        // The next `require` tries again, as in Node.js.
        let error = error.into_opaque(context).map(JsError::from_opaque);
        cache.borrow_mut().remove(path);
        return Err(error.unwrap_or_else(|error| error));
    }
    module.set(js_string!("loaded"), true, false, context)?;
    Ok(module)
}

fn json_module(path: &str, session: &Session, context: &mut Context) -> JsResult<JsObject> {
    let text = source_text(&session.load.bundle, path);
    let value = serde_json::from_str::<serde_json::Value>(&text)
        .map_err(|error| error.to_string())
        .and_then(|json| to_js::value(&json, context).map_err(|error| error.to_string()))
        .map_err(|error| js_error!(SyntaxError: "{}/{}: {}", ROOT, path, error))?;
    let module = module_object(path, value, context);
    let cache = &session.modules.commonjs;
    cache.borrow_mut().insert(path.to_owned(), module.clone());
    Ok(module)
}

fn module_object(path: &str, exports: JsValue, context: &mut Context) -> JsObject {
    let name = file_name(path);
    ObjectInitializer::new(context)
        .property(js_string!("id"), name.clone(), Attribute::all())
        .property(js_string!("path"), folder_name(path), Attribute::all())
        .property(EXPORTS, exports, Attribute::all())
        .property(js_string!("filename"), name, Attribute::all())
        .property(js_string!("loaded"), false, Attribute::all())
        .build()
}

/// `require` as the file at `path` sees it.
fn require_function(path: &str, context: &mut Context) -> JsFunction {
    let require = NativeFunction::from_copy_closure_with_captures(
        |_, arguments, from: &JsString, context| {
            let Some(specifier) = arguments.get_or_undefined(0).as_string() else {
                return Err(js_error!(TypeError: "require() takes the name of a module"));
            };
            let from = from.to_std_string_lossy();
            let specifier = specifier.to_std_string_lossy();
            if let Some(name) = platform::resolve(&specifier) {
                return platform::load(name, context);
            }
            let session = Session::of(context)?;
            match resolve(&session.load.bundle, &from, &specifier) {
                Some(path) => load(&path, context),
                None => Err(not_found(&specifier, &from, context)),
            }
        },
        JsString::from(path),
    );
    FunctionObjectBuilder::new(context.realm(), require)
        .name(js_string!("require"))
        .length(1)
        .build()
}

/// An error with a `code`, as Node.js gives its own errors.
fn coded(error: JsError, code: &str, context: &mut Context) -> JsError {
    let Ok(value) = error.into_opaque(context) else {
        return JsNativeError::error().with_message(code.to_owned()).into();
    };
    if let Some(object) = value.as_object() {
        // A fresh error object takes any property.
        let _ = object.set(js_string!("code"), JsString::from(code), false, context);
    }
    JsError::from_opaque(value)
}

fn file_name(path: &str) -> JsString {
    JsString::from(format!("{ROOT}/{path}"))
}

fn folder_name(path: &str) -> JsString {
    match folder(path) {
        "" => JsString::from(ROOT),
        folder => JsString::from(format!("{ROOT}/{folder}")),
    }
}
