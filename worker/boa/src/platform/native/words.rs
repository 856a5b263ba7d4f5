//! Errors of the engine's own functions in V8's words, because functions often show them.

use boa_engine::object::builtins::JsFunction;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{
    Context, JsNativeErrorKind, JsResult, JsString, JsSymbol, JsValue, js_error, js_string,
};

use super::super::load::load;
use super::replace;

/// The engine's message about an object that contains itself.
const CIRCLE: &str = "cyclic object value";

/// The module that describes such an object.
const DESCRIBER: &str = "internal/circle";

/// Replaces these functions, and sets the name of the global object in `Object.prototype.toString`.
pub(in super::super) fn install(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    for name in ["decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent"] {
        replace::method(&global, name, uri, context)?;
    }
    let json = global.get(js_string!("JSON"), context)?;
    if let Some(json) = json.as_object() {
        replace::method(&json, "stringify", stringify, context)?;
    }
    let tag = PropertyDescriptor::builder()
        .value(js_string!("global"))
        .writable(false)
        .enumerable(false)
        .configurable(true);
    global.define_property_or_throw(JsSymbol::to_string_tag(), tag, context)?;
    Ok(())
}

fn uri(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    own.call(this, arguments, context).map_err(|error| match error.as_native() {
        Some(native) if matches!(native.kind(), JsNativeErrorKind::Uri) => {
            js_error!(URIError: "URI malformed")
        }
        _ => error,
    })
}

fn stringify(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let error = match own.call(this, arguments, context) {
        Err(error) if error.as_native().is_some_and(|native| native.message() == CIRCLE) => error,
        other => return other,
    };
    let describe = load(DESCRIBER, context)?;
    let Some(describe) = describe.as_callable() else {
        return Err(error);
    };
    let told = describe.call(&JsValue::undefined(), arguments, context)?;
    let told = told.as_string().unwrap_or_else(|| JsString::from(CIRCLE));
    Err(js_error!(TypeError: "{}", told.to_std_string_lossy()))
}
