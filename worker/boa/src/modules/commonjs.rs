//! CommonJS: `require`, `module`, `exports`, `__filename`, `__dirname`.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use boa_engine::object::builtins::{JsArray, JsFunction};
use boa_engine::object::{FunctionObjectBuilder, JsObject, ObjectInitializer};
use boa_engine::property::Attribute;
use boa_engine::{
    Context, JsArgs, JsError, JsNativeError, JsResult, JsString, JsValue, NativeFunction, js_error,
    js_string,
};

use super::super::compiled::Template;
use super::super::loader::{self, ROOT};
use super::super::platform::{self, invalid_type};
use super::files::Files;
use super::resolve::{Asker, Unresolved, folder};

/// `exports` of a `module` object.
pub(super) const EXPORTS: JsString = js_string!("exports");

/// `require` of a `module` object.
const REQUIRE: JsString = js_string!("require");

/// Most files that the error of `require` names.
const REQUIRE_STACK_MAX: usize = 10;

/// The CommonJS modules of one environment.
#[derive(Default)]
pub(super) struct Required {
    /// `require.cache`: `module` objects by absolute file name.
    cache: OnceCell<JsObject>,
    /// The file that first asked for a file.
    parents: RefCell<HashMap<String, String>>,
    /// The files found so far, by the asking file and the specifier.
    found: RefCell<HashMap<(String, String), String>>,
    /// A function that `require` calls instead, with the asking file and the specifier, if code of
    /// the version set one.
    hook: RefCell<Option<JsFunction>>,
}

// === impl Required ===

impl Required {
    /// The state of this context's environment.
    pub(super) fn of(context: &Context) -> JsResult<Rc<Self>> {
        context
            .get_data::<Rc<Self>>()
            .cloned()
            .ok_or_else(|| js_error!(Error: "this context is not an execution environment"))
    }

    /// From now on files get the results of this function.
    pub(super) fn set_hook(&self, require: Option<JsFunction>) {
        *self.hook.borrow_mut() = require;
    }

    fn cache(&self) -> &JsObject {
        self.cache.get_or_init(JsObject::with_null_proto)
    }
}

/// The error of `require` for a file that the bundle does not have. It names the files on the way
/// to it.
fn not_found(specifier: &str, from: &str, context: &mut Context) -> JsResult<JsError> {
    let required = Required::of(context)?;
    let mut message = format!("Cannot find module '{specifier}'\nRequire stack:");
    let mut asker = Some(from.to_owned());
    for _ in 0..REQUIRE_STACK_MAX {
        let Some(path) = asker else { break };
        message.push_str(&format!("\n- {ROOT}/{path}"));
        asker = required.parents.borrow().get(&path).cloned();
    }
    Ok(coded(js_error!(Error: "{}", message), "MODULE_NOT_FOUND", context))
}

/// Where a file's `module` comes from.
pub(super) enum Content {
    /// The text of a CommonJS module.
    Text(Template),
    /// Its exports exist already: they are data, or an ES module's.
    Exports(JsValue),
}

/// Runs a file, or takes exports that exist already, and keeps its `module`. `parent` is the file
/// that asks for it.
pub(super) fn add(
    path: &str,
    parent: Option<&str>,
    content: Content,
    context: &mut Context,
) -> JsResult<JsObject> {
    let required = Required::of(context)?;
    let (exports, function) = match content {
        Content::Text(template) => {
            let function = template.function(context)?;
            (JsObject::with_object_proto(context.intrinsics()).into(), Some(function))
        }
        Content::Exports(exports) => (exports, None),
    };
    let module = module_object(path, parent, exports.clone(), context)?;
    // Before it runs: in a cycle, the others see what there is of it so far.
    required.cache().set(file_name(path), module.clone(), false, context)?;
    if let Some(function) = function {
        run(path, &function, &module, exports, context)?;
    }
    module.set(js_string!("loaded"), true, false, context)?;
    Ok(module)
}

fn run(
    path: &str,
    function: &JsFunction,
    module: &JsObject,
    exports: JsValue,
    context: &mut Context,
) -> JsResult<()> {
    Files::of(context)?.take_for_common_js(path);
    let require = module.get(REQUIRE, context)?;
    let ran = function.call(
        &exports.clone(),
        &[
            exports,
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
        let cache = Required::of(context)?.cache().clone();
        cache.delete_property_or_throw(file_name(path), context)?;
        return Err(error.unwrap_or_else(|error| error));
    }
    Ok(())
}

/// The `module` of a file that is loaded or is loading.
pub(super) fn cached(path: &str, context: &mut Context) -> JsResult<Option<JsObject>> {
    let cache = Required::of(context)?.cache().clone();
    Ok(cache.get(file_name(path), context)?.as_object())
}

/// `module` of a file, with its `require`.
fn module_object(
    path: &str,
    parent: Option<&str>,
    exports: JsValue,
    context: &mut Context,
) -> JsResult<JsObject> {
    let required = Required::of(context)?;
    let parent_module = match parent {
        Some(parent) => required.cache().get(file_name(parent), context)?,
        None => JsValue::undefined(),
    };
    if let Some(parent) = parent {
        let mut parents = required.parents.borrow_mut();
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

/// `require` of a specifier in the file `from`, even if the function replaced its `require`.
pub(super) fn require(from: &str, specifier: &str, context: &mut Context) -> JsResult<JsValue> {
    match platform::resolve(specifier) {
        Some(name) => platform::load(name, context),
        None => {
            let path = find(from, specifier, context)?;
            loader::of(context)?.load(&path, Some(from), context)
        }
    }
}

/// `require.resolve` of a specifier in the file `from`.
pub(super) fn resolve(from: &str, specifier: &str, context: &mut Context) -> JsResult<JsString> {
    match platform::resolve(specifier) {
        Some(_) => Ok(JsString::from(specifier)),
        None => Ok(file_name(&find(from, specifier, context)?)),
    }
}

/// `require` for the file at `path`. As on Lambda, there is no main module.
pub(super) fn require_function(path: &str, context: &mut Context) -> JsResult<JsObject> {
    let realm = context.realm().clone();
    let require = NativeFunction::from_copy_closure_with_captures(
        |_, arguments, from: &JsString, context| {
            let (from, specifier) = question(arguments, from, context)?;
            let hook = Required::of(context)?.hook.borrow().clone();
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
    let cache = Required::of(context)?.cache().clone();
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

/// The file that calls `require`, and the specifier.
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
    let required = Required::of(context)?;
    let question = (from.to_owned(), specifier.to_owned());
    if let Some(path) = required.found.borrow().get(&question) {
        return Ok(path.clone());
    }
    match Files::of(context)?.resolve(from, specifier, Asker::Require) {
        Ok(path) => {
            required.found.borrow_mut().insert(question, path.clone());
            Ok(path)
        }
        Err(Unresolved::NotExported(why)) => Err(not_exported(why, context)),
        Err(Unresolved::NotFound) => Err(not_found(specifier, from, context)?),
    }
}

/// The error for a file that its package does not export.
pub(super) fn not_exported(why: String, context: &mut Context) -> JsError {
    coded(js_error!(Error: "{}", why), "ERR_PACKAGE_PATH_NOT_EXPORTED", context)
}

/// An error with a `code`, as Node.js's own errors have it.
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
