//! Small natives for patterns, fields, optional calls and names of globals.

use boa_engine::object::{IntegrityLevel, JsObject};
use boa_engine::{
    Context, JsArgs, JsResult, JsString, JsSymbol, JsValue, NativeFunction, js_error, js_string,
};

use super::super::plain;

/// `none`: a symbol that no object has as a key.
pub(super) fn none() -> JsResult<JsSymbol> {
    JsSymbol::new(Some(js_string!("none"))).ok_or_else(|| js_error!(Error: "no symbols are left"))
}

/// `cell`: an object with one property.
pub(super) fn cell(context: &mut Context) -> JsResult<JsObject> {
    let cell = JsObject::with_null_proto();
    plain::put(&cell, js_string!("v"), JsValue::undefined());
    cell.set_integrity_level(IntegrityLevel::Sealed, context)?;
    Ok(cell)
}

/// `first(value, ...)`.
pub(super) fn first(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(arguments.get_or_undefined(0).clone())
}

/// `bound(function, this)`.
pub(super) fn bound(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let (function, this) = (arguments.get_or_undefined(0), arguments.get_or_undefined(1));
    let call = NativeFunction::from_copy_closure_with_captures(
        |_, arguments, (function, this): &(JsValue, JsValue), context| {
            let function = function.as_callable();
            let function = function.ok_or_else(|| js_error!(TypeError: "it is not a function"))?;
            function.call(this, arguments, context)
        },
        (function.clone(), this.clone()),
    );
    Ok(call.to_js_function(context.realm()).into())
}

/// `define(object, key, value)`.
pub(super) fn define(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let object = arguments.get_or_undefined(0).as_object();
    let object = object.ok_or_else(|| js_error!(TypeError: "it is not an object"))?;
    let key = arguments.get_or_undefined(1).to_property_key(context)?;
    object.create_data_property_or_throw(key, arguments.get_or_undefined(2).clone(), context)?;
    Ok(JsValue::undefined())
}

/// `global(name)`.
pub(super) fn global(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let name: JsString = arguments.get_or_undefined(0).to_string(context)?;
    let global = context.global_object();
    match global.has_property(name.clone(), context)? {
        true => global.get(name, context),
        false => Err(js_error!(ReferenceError: "{} is not defined", name.to_std_string_lossy())),
    }
}
