//! CommonJS: `require`, `module`, `exports`, `__filename`, `__dirname`.

use std::path::Path;

use boa_engine::object::builtins::JsArray;
use boa_engine::object::{FunctionObjectBuilder, JsObject, ObjectInitializer};
use boa_engine::property::Attribute;
use boa_engine::{
    Context, JsArgs, JsError, JsNativeError, JsResult, JsString, JsValue, NativeFunction, js_error,
    js_string,
};
use brink_rewrite::{Goal, rewrite};
use brink_shared::registry::Bundle;

use super::super::compiled::{Template, Text};
use super::super::natives::Span;
use super::super::platform::invalid_type;
use super::super::session::Session;
use super::super::{json, platform};
use super::resolve::{Asker, Kind, Unresolved, folder, in_bundle};
use super::{Modules, ROOT, es, syntax};

/// The parameters of the function that a module's text becomes.
const PARAMETERS: &str = "exports, require, module, __filename, __dirname";

/// `exports` of a `module` object.
const EXPORTS: JsString = js_string!("exports");

/// `require` of a `module` object.
const REQUIRE: JsString = js_string!("require");

/// Most files that the error of `require` names.
const REQUIRE_STACK_MAX: usize = 10;

/// The text of a file, without what Node.js skips at its start.
pub(super) fn source_text(bundle: &Bundle, path: &str) -> String {
    let text = String::from_utf8_lossy(bundle.file(path).map_or(&[], |bytes| bytes));
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match text.strip_prefix("#!") {
        Some(rest) => format!("//{rest}"),
        None => text.to_owned(),
    }
}

/// A part of the text of a file in UTF-8. The rest is not read.
pub(super) fn source_part(bundle: &Bundle, path: &str, (start, end): Span) -> Option<String> {
    let bytes = bundle.file(path)?;
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let part = bytes.get(start as usize..end as usize)?;
    std::str::from_utf8(part).ok().map(str::to_owned)
}

/// `module.exports` of a file, running it first if it did not run yet. `parent` is the file that
/// asks for it.
pub(super) fn load(path: &str, parent: Option<&str>, context: &mut Context) -> JsResult<JsValue> {
    let session = Session::of(context)?;
    let cached = session.modules.cache().get(file_name(path), context)?;
    let module = match cached.as_object() {
        Some(module) => module,
        None => match Modules::kind(path, &session, context) {
            Kind::Json => json_module(path, parent, &session, context)?,
            Kind::CommonJs => run(path, parent, &session, context)?,
            Kind::Es => es_module(path, parent, &session, context)?,
        },
    };
    module.get(EXPORTS, context)
}

/// The error of `require` for what the bundle does not have, with everybody on the way to it.
fn not_found(specifier: &str, from: &str, context: &mut Context) -> JsResult<JsError> {
    let session = Session::of(context)?;
    let mut message = format!("Cannot find module '{specifier}'\nRequire stack:");
    let mut asker = Some(from.to_owned());
    for _ in 0..REQUIRE_STACK_MAX {
        let Some(path) = asker else { break };
        message.push_str(&format!("\n- {ROOT}/{path}"));
        asker = session.modules.parents.borrow().get(&path).cloned();
    }
    Ok(coded(js_error!(Error: "{}", message), "MODULE_NOT_FOUND", context))
}

/// Compiles a module's text without running it.
pub(super) fn compile(path: &str, text: &str, context: &mut Context) -> JsResult<Template> {
    platform::keep_matches_for(text, context)?;
    let name = format!("{ROOT}/{path}");
    if let Some(template) = Template::known(&name, context)? {
        return Ok(template);
    }
    let rewritten = rewrite(text, Goal::CommonJs);
    let rewritten = rewritten.map_err(|refused| syntax::refused(&refused, path, text))?;
    let places = rewritten.places.clone();
    let wrapped = Text::rewritten(PARAMETERS, rewritten);
    Template::compile(&name, wrapped, context).map_err(|error| {
        let column = |column| places.author_column(1, column);
        syntax::with_place(error, path, text, column, context)
    })
}

fn run(
    path: &str,
    parent: Option<&str>,
    session: &Session,
    context: &mut Context,
) -> JsResult<JsObject> {
    let template = Modules::template(path, Kind::CommonJs, session, context)?;
    let function = template.function(context)?;
    let exports = JsObject::with_object_proto(context.intrinsics());
    let module = module_object(path, parent, exports.clone().into(), context)?;
    // Before it runs: in a cycle, the others see what there is of it so far.
    session.modules.cache().set(file_name(path), module.clone(), false, context)?;
    session.modules.commonjs.borrow_mut().insert(path.to_owned());
    let require = module.get(REQUIRE, context)?;
    let ran = function.call(
        &exports.clone().into(),
        &[
            exports.into(),
            require,
            module.clone().into(),
            file_name(path).into(),
            folder_name(path).into(),
        ],
        context,
    );
    if let Err(error) = ran {
        // The next `require` tries again, as in Node.js.
        let error = error.into_opaque(context).map(JsError::from_opaque);
        session.modules.cache().delete_property_or_throw(file_name(path), context)?;
        return Err(error.unwrap_or_else(|error| error));
    }
    module.set(js_string!("loaded"), true, false, context)?;
    Ok(module)
}

fn json_module(
    path: &str,
    parent: Option<&str>,
    session: &Session,
    context: &mut Context,
) -> JsResult<JsObject> {
    let text = source_text(&session.load.bundle, path);
    let value = json::read(&text, context)
        .map_err(|error| js_error!(SyntaxError: "{}/{}: {}", ROOT, path, error))?;
    let module = module_object(path, parent, value, context)?;
    session.modules.cache().set(file_name(path), module.clone(), false, context)?;
    module.set(js_string!("loaded"), true, false, context)?;
    Ok(module)
}

/// A file that is an ES module, as CommonJS gets it.
fn es_module(
    path: &str,
    parent: Option<&str>,
    session: &Session,
    context: &mut Context,
) -> JsResult<JsObject> {
    let exports = es::required(path, parent, context)?;
    let module = module_object(path, parent, exports, context)?;
    session.modules.cache().set(file_name(path), module.clone(), false, context)?;
    module.set(js_string!("loaded"), true, false, context)?;
    Ok(module)
}

/// `module` of a file, with its `require`.
fn module_object(
    path: &str,
    parent: Option<&str>,
    exports: JsValue,
    context: &mut Context,
) -> JsResult<JsObject> {
    let session = Session::of(context)?;
    let parent_module = match parent {
        Some(parent) => session.modules.cache().get(file_name(parent), context)?,
        None => JsValue::undefined(),
    };
    if let Some(parent) = parent {
        let mut parents = session.modules.parents.borrow_mut();
        parents.entry(path.to_owned()).or_insert_with(|| parent.to_owned());
    }
    let require = require_function(path, context)?;
    let name = file_name(path);
    let children = JsArray::new(context)?;
    let module = ObjectInitializer::new(context)
        .property(js_string!("id"), name.clone(), Attribute::all())
        .property(js_string!("path"), folder_name(path), Attribute::all())
        .property(EXPORTS, exports, Attribute::all())
        .property(js_string!("filename"), name, Attribute::all())
        .property(js_string!("loaded"), false, Attribute::all())
        .property(js_string!("children"), children, Attribute::all())
        .property(js_string!("parent"), parent_module.clone(), Attribute::CONFIGURABLE)
        .property(REQUIRE, require, Attribute::CONFIGURABLE | Attribute::WRITABLE)
        .build();
    if let Some(parent) = parent_module.as_object()
        && let Some(children) = parent.get(js_string!("children"), context)?.as_object()
        && let Ok(children) = JsArray::from_object(children)
    {
        children.push(module.clone(), context)?;
    }
    Ok(module)
}

/// `require` as a file at this absolute path would have it; one outside of the bundle finds no
/// files.
pub(in super::super) fn require_of(path: &str, context: &mut Context) -> JsResult<JsObject> {
    let inside = in_bundle(Path::new(path)).unwrap_or(path).to_owned();
    require_function(&inside, context)
}

/// What `require` of a specifier gives in the file `from`, whatever was put in its place.
fn require(from: &str, specifier: &str, context: &mut Context) -> JsResult<JsValue> {
    match platform::resolve(specifier) {
        Some(name) => platform::load(name, context),
        None => load(&find(from, specifier, context)?, Some(from), context),
    }
}

/// What `require.resolve` of a specifier gives in the file `from`.
fn resolve(from: &str, specifier: &str, context: &mut Context) -> JsResult<JsString> {
    match platform::resolve(specifier) {
        Some(_) => Ok(JsString::from(specifier)),
        None => Ok(file_name(&find(from, specifier, context)?)),
    }
}

/// `require` of a specifier for the file at this absolute path, without the hook.
pub(in super::super) fn require_from(
    path: &str,
    specifier: &str,
    context: &mut Context,
) -> JsResult<JsValue> {
    require(in_bundle(Path::new(path)).unwrap_or(path), specifier, context)
}

/// `require.resolve` of a specifier for the file at this absolute path.
pub(in super::super) fn resolve_from(
    path: &str,
    specifier: &str,
    context: &mut Context,
) -> JsResult<JsString> {
    resolve(in_bundle(Path::new(path)).unwrap_or(path), specifier, context)
}

/// `require` as the file at `path` sees it. As on Lambda, there is no main module.
fn require_function(path: &str, context: &mut Context) -> JsResult<JsObject> {
    let realm = context.realm().clone();
    let require = NativeFunction::from_copy_closure_with_captures(
        |_, arguments, from: &JsString, context| {
            let (from, specifier) = question(arguments, from, context)?;
            let hook = Session::of(context)?.modules.hook.borrow().clone();
            match hook {
                None => require(&from, &specifier, context),
                Some(hook) => {
                    let question = [file_name(&from).into(), JsString::from(specifier).into()];
                    hook.call(&JsValue::undefined(), &question, context)
                }
            }
        },
        JsString::from(path),
    );
    let resolve = NativeFunction::from_copy_closure_with_captures(
        |_, arguments, from: &JsString, context| {
            let (from, specifier) = question(arguments, from, context)?;
            resolve(&from, &specifier, context).map(JsValue::from)
        },
        JsString::from(path),
    );
    let function = |function, name, length| {
        FunctionObjectBuilder::new(&realm, function).name(name).length(length).build()
    };
    let require = JsObject::from(function(require, REQUIRE, 1));
    let cache = Session::of(context)?.modules.cache().clone();
    let resolve = function(resolve, js_string!("resolve"), 2);
    for (name, value) in [
        (js_string!("resolve"), resolve.into()),
        (js_string!("main"), JsValue::undefined()),
        (js_string!("cache"), cache.into()),
        (js_string!("extensions"), JsObject::with_null_proto().into()),
    ] {
        require.create_data_property_or_throw(name, value, context)?;
    }
    Ok(require)
}

/// Who asks `require`, and for what.
fn question(
    arguments: &[JsValue],
    from: &JsString,
    context: &mut Context,
) -> JsResult<(String, String)> {
    let asked = arguments.get_or_undefined(0);
    let Some(specifier) = asked.as_string() else {
        return Err(invalid_type("id", "of type string", asked, context));
    };
    let specifier = specifier.to_std_string_lossy();
    if specifier.is_empty() {
        let why = "The argument 'id' must be a non-empty string. Received ''";
        return Err(coded(js_error!(TypeError: "{}", why), "ERR_INVALID_ARG_VALUE", context));
    }
    if specifier.starts_with("node:") && platform::resolve(&specifier).is_none() {
        let error = js_error!(Error: "No such built-in module: {}", specifier);
        return Err(coded(error, "ERR_UNKNOWN_BUILTIN_MODULE", context));
    }
    Ok((from.to_std_string_lossy(), specifier))
}

/// The file that `require` of a specifier means in the file `from`.
fn find(from: &str, specifier: &str, context: &mut Context) -> JsResult<String> {
    let session = Session::of(context)?;
    let question = (from.to_owned(), specifier.to_owned());
    if let Some(path) = session.modules.found.borrow().get(&question) {
        return Ok(path.clone());
    }
    match session.modules.resolver.resolve(from, specifier, Asker::Require) {
        Ok(path) => {
            session.modules.found.borrow_mut().insert(question, path.clone());
            Ok(path)
        }
        Err(Unresolved::NotExported(why)) => Err(not_exported(why, context)),
        Err(Unresolved::NotFound) => Err(not_found(specifier, from, context)?),
    }
}

/// The error for a file that its package keeps to itself.
pub(super) fn not_exported(why: String, context: &mut Context) -> JsError {
    coded(js_error!(Error: "{}", why), "ERR_PACKAGE_PATH_NOT_EXPORTED", context)
}

/// An error with a `code`, as Node.js gives its own errors.
pub(super) fn coded(error: JsError, code: &str, context: &mut Context) -> JsError {
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
