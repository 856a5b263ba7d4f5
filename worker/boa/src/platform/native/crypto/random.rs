//! Randomness, always from the operating system's system call.

use boa_engine::{Context, JsArgs, JsResult, JsValue, js_string};
use rand_core::{OsRng, RngCore};

use super::arguments::length;
use super::openssl_error::Failure;
use crate::platform::native::bytes::Bytes;

/// `fill(view, offset, length)`: random bytes in place.
pub(super) fn fill(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let view = Bytes::of(arguments.get_or_undefined(0), "buf", context)?;
    let (from, count) = (length(arguments, 1, context)?, length(arguments, 2, context)?);
    let filled = view.with_mut(|bytes| {
        let bytes = bytes.get_mut(from..from.saturating_add(count)).unwrap_or_default();
        OsRng.try_fill_bytes(bytes)
    });
    filled.map_err(|error| Failure::internal(error).thrown(context))?;
    Ok(arguments.get_or_undefined(0).clone())
}

/// `uuid()`: a random UUID, version 4.
pub(super) fn uuid(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut bytes = [0_u8; 16];
    OsRng.try_fill_bytes(&mut bytes).map_err(|error| Failure::internal(error).thrown(context))?;
    let random = u128::from_be_bytes(bytes);
    let stamped = random & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let text = format!("{stamped:032x}");
    let mut uuid = String::with_capacity(36);
    for (at, digit) in text.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    Ok(js_string!(uuid).into())
}
