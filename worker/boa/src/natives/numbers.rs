//! `base ** exponent`. The engine's own gives 1 for 1 to the power of `NaN`.

use boa_engine::object::builtins::JsArray;
use boa_engine::value::Numeric;
use boa_engine::{Context, JsArgs, JsResult, JsValue, js_error, js_string};

/// `pow(base, exponent)`.
pub(super) fn pow(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let base = arguments.get_or_undefined(0).to_numeric(context)?;
    let exponent = arguments.get_or_undefined(1).to_numeric(context)?;
    match (base, exponent) {
        (Numeric::Number(base), Numeric::Number(exponent)) => {
            let has_no_limit = base.abs() == 1.0 && exponent.is_infinite();
            Ok(match exponent.is_nan() || has_no_limit {
                true => f64::NAN.into(),
                false => base.powf(exponent).into(),
            })
        }
        (Numeric::BigInt(base), Numeric::BigInt(exponent)) => {
            JsValue::from(base).pow(&exponent.into(), context)
        }
        _ => Err(js_error!(TypeError:
            "Cannot mix BigInt and other types, use explicit conversions"
        )),
    }
}

/// `place(object, key)`: the object, the key and the present value.
pub(super) fn place(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let holder = arguments.get_or_undefined(0);
    let object = holder.to_object(context)?;
    let key = arguments.get_or_undefined(1).to_property_key(context)?;
    let value = object.get(key.clone(), context)?;
    let place = [holder.clone(), JsValue::from(key), value];
    Ok(JsArray::from_iter(place, context).into())
}

/// `raise(place, exponent, strict)`: `**=` on a property.
pub(super) fn raise(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let place = arguments.get_or_undefined(0).to_object(context)?;
    let holder = place.get(0, context)?;
    let key = place.get(1, context)?.to_property_key(context)?;
    let base = place.get(2, context)?;
    let value =
        pow(&JsValue::undefined(), &[base, arguments.get_or_undefined(1).clone()], context)?;
    let is_strict = arguments.get_or_undefined(2).to_boolean();
    if let Some(object) = holder.as_object() {
        object.set(key, value.clone(), is_strict, context)?;
        return Ok(value);
    }
    // A number or a text takes a value only by a setter.
    let target = holder.to_object(context)?;
    let set = context.intrinsics().objects().reflect().get(js_string!("set"), context)?;
    let set = set.as_callable().ok_or_else(|| js_error!(TypeError: "Reflect.set is missing"))?;
    let given = [target.into(), key.into(), value.clone(), holder];
    if !set.call(&JsValue::undefined(), &given, context)?.to_boolean() && is_strict {
        return Err(js_error!(TypeError: "a property of a primitive value cannot be set"));
    }
    Ok(value)
}
