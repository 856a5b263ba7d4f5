//! Natives of `module`: `require` for files that were not loaded by it.

use boa_engine::object::JsObject;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue};

use super::super::super::modules::require_of;
use super::super::catalog;
use super::functions;

/// The natives.
pub(super) fn make(context: &mut Context) -> JsResult<JsObject> {
    Ok(functions(&[("createRequire", 1, create_require), ("names", 0, names)], context))
}

/// `createRequire(path)`: `require` as a file at this absolute path would have it.
fn create_require(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let path = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    Ok(require_of(&path, context)?.into())
}

/// The names of all platform modules, one to a line.
fn names(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let names: Vec<_> = catalog::names().collect();
    Ok(JsString::from(names.join("\n")).into())
}
