//! Arguments and results of the natives of `crypto`.

use boa_engine::{Context, JsArgs, JsResult, JsValue, js_string};
use zeroize::Zeroizing;

use super::super::bytes::{Bytes, uint8_array};
use super::super::encoding::utf8;
use super::openssl_error::Failure;

/// A text as UTF-8, or the bytes of a buffer; wiped after use.
pub(super) fn data(
    arguments: &[JsValue],
    at: usize,
    context: &mut Context,
) -> JsResult<Zeroizing<Vec<u8>>> {
    let value = arguments.get_or_undefined(at);
    Ok(Zeroizing::new(match value.as_string() {
        Some(text) => utf8(text.as_str()).into_owned(),
        None => Bytes::of(value, "data", context)?.to_vec(),
    }))
}

/// As [`data`], but nothing for `undefined` and `null`.
pub(super) fn optional_data(
    arguments: &[JsValue],
    at: usize,
    context: &mut Context,
) -> JsResult<Option<Zeroizing<Vec<u8>>>> {
    if arguments.get_or_undefined(at).is_null_or_undefined() {
        return Ok(None);
    }
    data(arguments, at, context).map(Some)
}

/// A text.
pub(super) fn text(arguments: &[JsValue], at: usize, context: &mut Context) -> JsResult<String> {
    Ok(arguments.get_or_undefined(at).to_string(context)?.to_std_string_lossy())
}

/// As [`text`], but nothing for `undefined` and `null`.
pub(super) fn optional_text(
    arguments: &[JsValue],
    at: usize,
    context: &mut Context,
) -> JsResult<Option<String>> {
    if arguments.get_or_undefined(at).is_null_or_undefined() {
        return Ok(None);
    }
    text(arguments, at, context).map(Some)
}

/// A whole number that is not negative.
pub(super) fn number(arguments: &[JsValue], at: usize, context: &mut Context) -> JsResult<u64> {
    arguments.get_or_undefined(at).to_length(context)
}

/// A number of bytes.
pub(super) fn length(arguments: &[JsValue], at: usize, context: &mut Context) -> JsResult<usize> {
    Ok(usize::try_from(number(arguments, at, context)?).unwrap_or(usize::MAX))
}

/// Bytes as JavaScript gets them: a `Uint8Array`, or the text that an encoding makes of them.
pub(super) fn encoded(
    bytes: &[u8],
    encoding: &JsValue,
    context: &mut Context,
) -> JsResult<JsValue> {
    use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
    let text = match encoding.as_string().map(|name| name.to_std_string_lossy()).as_deref() {
        Some("hex") => js_string!(HEXLOWER.encode(bytes)),
        Some("base64") => js_string!(BASE64.encode(bytes)),
        Some("base64url") => js_string!(BASE64URL_NOPAD.encode(bytes)),
        _ => return Ok(uint8_array(bytes, context)?.into()),
    };
    Ok(text.into())
}

/// The result of a computation, or its failure as an exception.
pub(super) fn returned<T: AsRef<[u8]>>(
    result: Result<T, Failure>,
    context: &mut Context,
) -> JsResult<JsValue> {
    match result {
        Ok(bytes) => Ok(uint8_array(bytes.as_ref(), context)?.into()),
        Err(failure) => Err(failure.thrown(context)),
    }
}
