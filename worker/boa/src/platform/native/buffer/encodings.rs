//! Buffers and text: `Buffer.from(string)`, `toString`, `write`, and one method per encoding.

use boa_engine::{Context, JsArgs, JsError, JsNativeError, JsResult, JsString, JsValue, js_string};

use super::super::bytes::Bytes;
use super::super::coded::{invalid_type, quiet, range_error, unknown_encoding};
use super::super::encoding::{Encoding, low_bytes};
use super::arguments::{encoding, encoding_or_utf8, integer, whole};
use super::{Method, make};

macro_rules! slice {
    ($name:literal, $encoding:ident) => {
        ($name, $name, 0, |this, arguments, context| {
            slice_as(Encoding::$encoding, this, arguments, context)
        })
    };
}

macro_rules! write {
    ($name:literal, $encoding:ident) => {
        ($name, $name, 0, |this, arguments, context| {
            write_as(Encoding::$encoding, this, arguments, context)
        })
    };
}

/// In the order of Node.js.
pub(super) const METHODS: &[Method] = &[
    slice!("asciiSlice", Ascii),
    slice!("base64Slice", Base64),
    slice!("base64urlSlice", Base64url),
    slice!("latin1Slice", Latin1),
    slice!("hexSlice", Hex),
    slice!("ucs2Slice", Utf16le),
    slice!("utf8Slice", Utf8),
    write!("asciiWrite", Ascii),
    write!("base64Write", Base64),
    write!("base64urlWrite", Base64url),
    write!("latin1Write", Latin1),
    write!("hexWrite", Hex),
    write!("ucs2Write", Utf16le),
    write!("utf8Write", Utf8),
    ("toString", "toString", 3, to_string),
    ("write", "write", 4, write),
    ("toLocaleString", "toString", 3, to_string),
];

/// `Buffer.from(string, encoding)`.
pub(super) fn from_string(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let text = arguments.get_or_undefined(0).to_string(context)?;
    let name = arguments.get_or_undefined(1).as_string().filter(|name| !name.is_empty());
    let encoding = match name {
        None => Encoding::Utf8,
        Some(name) => match Encoding::parse(&name) {
            Some(encoding) => encoding,
            None => return Err(unknown_encoding(&name.into(), context)),
        },
    };
    Ok(make(&encoding.encode(text.as_str()), context)?.into())
}

/// `Buffer.byteLength(value, encoding)`.
pub(super) fn byte_length(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let value = arguments.get_or_undefined(0);
    if let Some(text) = value.as_string() {
        let encoding = Encoding::named(arguments.get_or_undefined(1)).unwrap_or(Encoding::Utf8);
        return Ok(JsValue::from(encoding.byte_length(text.as_str())));
    }
    match Bytes::find(value, context)? {
        Some(bytes) => Ok(JsValue::from(bytes.with(<[u8]>::len))),
        None => {
            let expected = "of type string or an instance of Buffer or ArrayBuffer";
            Err(invalid_type("string", expected, value, context))
        }
    }
}

/// `Buffer.isEncoding(name)`.
pub(super) fn is_encoding(
    _: &JsValue,
    arguments: &[JsValue],
    _: &mut Context,
) -> JsResult<JsValue> {
    let name = arguments.get_or_undefined(0).as_string();
    Ok(name.and_then(|name| Encoding::parse(&name)).is_some().into())
}

/// `buffer.toString(encoding, start, end)`.
fn to_string(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bytes = Bytes::of(this, "this", context)?;
    let length = bytes.with(<[u8]>::len);
    let (start, end) = (arguments.get_or_undefined(1), arguments.get_or_undefined(2));
    let start = whole(start, context)?.clamp(0.0, length as f64) as usize;
    let end = match end.is_undefined() {
        true => length,
        false => whole(end, context)?.clamp(0.0, length as f64) as usize,
    };
    if end <= start {
        return Ok(js_string!().into());
    }
    let encoding = encoding(arguments.get_or_undefined(0), context)?;
    Ok(bytes.with(|bytes| encoding.decode(bytes.get(start..end).unwrap_or_default())).into())
}

/// `buffer.write(string, offset, length, encoding)`, where all but the string may be left out.
fn write(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bytes = Bytes::of(this, "this", context)?;
    let size = bytes.with(<[u8]>::len);
    let max = size as f64;
    let [offset, length] = [1, 2].map(|at| arguments.get_or_undefined(at));
    let none = JsValue::undefined();
    let mut name = arguments.get_or_undefined(3);
    let (mut from, mut room) = (0, size);
    if offset.is_undefined() {
        name = &none;
    } else if length.is_undefined() && offset.is_string() {
        name = offset;
    } else {
        from = integer("offset", offset, max, context)?;
        room = size.saturating_sub(from);
        if length.is_string() {
            name = length;
        } else if !length.is_undefined() {
            room = room.min(integer("length", length, max, context)?);
        }
    }
    let encoding = encoding_or_utf8(name, context)?;
    write_at(encoding, &bytes, arguments.get_or_undefined(0), from, room, context)
}

/// Writes the part of a string that fits, in whole characters.
fn write_at(
    encoding: Encoding,
    bytes: &Bytes,
    text: &JsValue,
    from: usize,
    room: usize,
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(text) = text.as_string() else {
        let (code, message) = ("ERR_INVALID_ARG_TYPE", "argument must be a string");
        return Err(quiet(JsNativeError::typ(), code, message, context));
    };
    let source = encoding.encode(text.as_str());
    let written = bytes.with_mut(|target| {
        let target = target.get_mut(from..).unwrap_or_default();
        let mut count = source.len().min(room).min(target.len());
        match encoding {
            Encoding::Utf16le => count &= !1,
            Encoding::Utf8 => {
                while source.get(count).is_some_and(|byte| byte & 0xc0 == 0x80) {
                    count -= 1;
                }
            }
            _ => {}
        }
        for (to, from) in target.iter_mut().zip(source.iter().take(count)) {
            *to = *from;
        }
        count
    });
    Ok(JsValue::from(written))
}

fn slice_as(
    encoding: Encoding,
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let bytes = Bytes::of(this, "this", context)?;
    let (start, end) = (arguments.get_or_undefined(0), arguments.get_or_undefined(1));
    let length = bytes.with(<[u8]>::len);
    let start = whole(start, context)?;
    let end = if end.is_undefined() { length as f64 } else { whole(end, context)? }.max(start);
    if start < 0.0 || end > length as f64 {
        let (code, message) = ("ERR_OUT_OF_RANGE", "Index out of range");
        return Err(quiet(JsNativeError::range(), code, message, context));
    }
    let range = start as usize..end as usize;
    Ok(bytes.with(|bytes| encoding.decode(bytes.get(range).unwrap_or_default())).into())
}

fn write_as(
    encoding: Encoding,
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let bytes = Bytes::of(this, "this", context)?;
    let size = bytes.with(<[u8]>::len);
    let (offset, length) = (arguments.get_or_undefined(1), arguments.get_or_undefined(2));
    let offset = whole(offset, context)?;
    if offset < 0.0 || offset > size as f64 {
        let message = "\"offset\" is outside of buffer bounds";
        return Err(range_error("ERR_BUFFER_OUT_OF_BOUNDS", message, context));
    }
    let room = match length.is_undefined() {
        true => size,
        false => whole(length, context)?.max(0.0) as usize,
    };
    write_at(encoding, &bytes, arguments.get_or_undefined(0), offset as usize, room, context)
}

/// `buffer.isUtf8(input)`.
pub(super) fn is_utf8(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let bytes = input(arguments.get_or_undefined(0), context)?;
    Ok(bytes.with(|bytes| std::str::from_utf8(bytes).is_ok()).into())
}

/// `buffer.isAscii(input)`.
pub(super) fn is_ascii(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let bytes = input(arguments.get_or_undefined(0), context)?;
    Ok(bytes.with(<[u8]>::is_ascii).into())
}

fn input(value: &JsValue, context: &mut Context) -> JsResult<Bytes> {
    match Bytes::find(value, context)? {
        Some(bytes) => Ok(bytes),
        None => {
            let expected = "an instance of ArrayBuffer, Buffer, or TypedArray";
            Err(invalid_type("input", expected, value, context))
        }
    }
}

/// `buffer.transcode(source, from, to)`. Characters that the target encoding does not have become
/// `?`.
pub(super) fn transcode(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let source = super::arguments::uint8("source", arguments.get_or_undefined(0), context)?;
    let text = |value: &JsValue| {
        value.as_string().and_then(|name| Encoding::parse(&name)).filter(|encoding| {
            !matches!(encoding, Encoding::Base64 | Encoding::Base64url | Encoding::Hex)
        })
    };
    let names = (text(arguments.get_or_undefined(1)), text(arguments.get_or_undefined(2)));
    let (Some(from), Some(to)) = names else {
        let message = "Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]";
        let (kind, code) = (JsNativeError::error(), "U_ILLEGAL_ARGUMENT_ERROR");
        let error = quiet(kind, code, message, context).into_opaque(context)?;
        if let Some(error) = error.as_object() {
            error.set(js_string!("errno"), 1, true, context)?;
        }
        return Err(JsError::from_opaque(error));
    };
    let text = source.with(|bytes| from.decode(bytes));
    let max = match to {
        Encoding::Latin1 => 0xff,
        Encoding::Ascii => 0x7f,
        _ => return Ok(make(&to.encode(text.as_str()), context)?.into()),
    };
    let bytes: Vec<u8> = char::decode_utf16(text.iter())
        .map(|letter| letter.map_or(u32::MAX, u32::from))
        .map(|letter| if letter > max { b'?' } else { u8::try_from(letter).unwrap_or(b'?') })
        .collect();
    Ok(make(&bytes, context)?.into())
}

/// The decoded text of base64, or undefined if it is not base64.
pub(super) fn atob(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = arguments.get_or_undefined(0).to_string(context)?;
    if text.iter().any(|unit| unit > 0x7f) {
        return Ok(JsValue::undefined());
    }
    let mut letters = low_bytes(text.as_str()).into_owned();
    letters.retain(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0xc));
    if letters.len().is_multiple_of(4) {
        for _ in 0..2 {
            letters.pop_if(|byte| *byte == b'=');
        }
    }
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if letters.len() % 4 == 1 || !letters.iter().all(is_letter) {
        return Ok(JsValue::undefined());
    }
    let letters: String = letters.into_iter().map(char::from).collect();
    let bytes = Encoding::Base64.encode(JsString::from(letters).as_str());
    Ok(Encoding::Latin1.decode(&bytes).into())
}

/// Text of single bytes as base64, or undefined if it has other characters.
pub(super) fn btoa(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = arguments.get_or_undefined(0).to_string(context)?;
    if text.iter().any(|unit| unit > 0xff) {
        return Ok(JsValue::undefined());
    }
    Ok(Encoding::Base64.decode(&low_bytes(text.as_str())).into())
}

/// The first bytes in hexadecimal, separated by spaces, as `util.inspect` shows buffers.
pub(super) fn hex_of(
    _: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let bytes = Bytes::of(arguments.get_or_undefined(0), "buffer", context)?;
    let max = whole(arguments.get_or_undefined(1), context)?.max(0.0) as usize;
    let pairs = bytes.with(|bytes| {
        bytes.iter().take(max).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
    });
    Ok(JsString::from(pairs).into())
}
