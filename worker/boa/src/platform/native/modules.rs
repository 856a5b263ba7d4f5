//! The natives of `module`: `require` for files that `require` did not load.

use boa_engine::object::JsObject;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue};

use super::super::super::loader;
use super::super::catalog;
use super::functions::functions;

/// The natives.
pub(super) fn make(context: &mut Context) -> JsResult<JsObject> {
    Ok(functions(
        &[
            ("createRequire", 1, create_require),
            ("require", 2, require),
            ("resolve", 2, resolve),
            ("hook", 1, hook),
            ("names", 0, names),
        ],
        context,
    ))
}

/// `createRequire(path)`: `require` for a file at this absolute path.
fn create_require(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    Ok(loader::of(context)?.require_function(&path, context)?.into())
}

/// `require(path, specifier)`: the result for the file at this absolute path, without the hook.
fn require(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (path, specifier) = question(arguments, context)?;
    loader::of(context)?.require(&path, &specifier, context)
}

/// `resolve(path, specifier)`: the file or module that the specifier means there.
fn resolve(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (path, specifier) = question(arguments, context)?;
    loader::of(context)?.resolve(&path, &specifier, context).map(JsValue::from)
}

/// `hook(require)`: from now on files get the results of `require(path, specifier)`.
fn hook(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let require = arguments.get_or_undefined(0).as_function();
    loader::of(context)?.set_hook(require);
    Ok(JsValue::undefined())
}

fn question(arguments: &[JsValue], context: &mut Context) -> JsResult<(String, String)> {
    let path = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let specifier = arguments.get_or_undefined(1).to_string(context)?.to_std_string_lossy();
    Ok((path, specifier))
}

/// The names of all platform modules, one to a line.
fn names(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let names: Vec<_> = catalog::names().collect();
    Ok(JsString::from(names.join("\n")).into())
}
