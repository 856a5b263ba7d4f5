//! Reads the arguments of buffer methods as Node.js does.

use boa_engine::builtins::typed_array::TypedArrayKind;
use boa_engine::object::builtins::JsTypedArray;
use boa_engine::{Context, JsResult, JsValue};

use super::super::bytes::Bytes;
use super::super::coded::{invalid_type, out_of_range, unknown_encoding};
use super::super::encoding::Encoding;

/// Longest possible buffer, in bytes.
pub(super) const LENGTH_MAX: f64 = 4_294_967_296.0;

/// The bytes of a `Buffer` or `Uint8Array`; `name` is the argument's.
pub(super) fn uint8(name: &str, value: &JsValue, context: &mut Context) -> JsResult<Bytes> {
    let is_uint8 = value
        .as_object()
        .and_then(|object| JsTypedArray::from_object(object).ok())
        .is_some_and(|array| array.kind() == Some(TypedArrayKind::Uint8));
    match is_uint8 {
        true => Bytes::of(value, name, context),
        false => Err(invalid_type(name, "an instance of Buffer or Uint8Array", value, context)),
    }
}

/// An integer within bounds.
pub(super) fn integer(
    name: &str,
    value: &JsValue,
    max: f64,
    context: &mut Context,
) -> JsResult<usize> {
    let Some(number) = value.as_number() else {
        return Err(invalid_type(name, "of type number", value, context));
    };
    if number.fract() != 0.0 || !number.is_finite() {
        return Err(out_of_range(name, "an integer", value, context));
    }
    if !(0.0..=max).contains(&number) {
        return Err(out_of_range(name, &format!(">= 0 && <= {max}"), value, context));
    }
    Ok(number as usize)
}

/// As [`integer`], with a default for undefined.
pub(super) fn integer_or(
    name: &str,
    value: &JsValue,
    max: f64,
    default: usize,
    context: &mut Context,
) -> JsResult<usize> {
    match value.is_undefined() {
        true => Ok(default),
        false => integer(name, value, max, context),
    }
}

/// Any value as a whole number; 0 for values that are not numbers.
pub(super) fn whole(value: &JsValue, context: &mut Context) -> JsResult<f64> {
    let number = value.to_number(context)?;
    Ok(if number.is_nan() { 0.0 } else { number.trunc() })
}

/// A place in `length` bytes; negative ones count from the end.
pub(super) fn place(value: &JsValue, length: usize, context: &mut Context) -> JsResult<usize> {
    let number = whole(value, context)?;
    let number = if number < 0.0 { number + length as f64 } else { number };
    Ok(number.clamp(0.0, length as f64) as usize)
}

/// The encoding that an argument names; UTF-8 for undefined and for values that count as absent.
pub(super) fn encoding(value: &JsValue, context: &mut Context) -> JsResult<Encoding> {
    let name = value.as_string();
    match name.as_ref().map_or_else(|| Encoding::named(value), Encoding::parse) {
        Some(encoding) => Ok(encoding),
        None => Err(unknown_encoding(value, context)),
    }
}

/// As [`encoding`], and UTF-8 for all falsy values too.
pub(super) fn encoding_or_utf8(value: &JsValue, context: &mut Context) -> JsResult<Encoding> {
    match value.to_boolean() {
        true => encoding(value, context),
        false => Ok(Encoding::Utf8),
    }
}
