//! Parts and contents of buffers: concatenate, copy, fill, slice, swap.

use std::cmp::Ordering;

use boa_engine::object::builtins::{JsArrayBuffer, JsTypedArray};
use boa_engine::{Context, JsArgs, JsResult, JsValue, js_error, js_string};

use super::super::super::super::session::Session;
use super::super::bytes::Bytes;
use super::super::coded::{invalid_type, out_of_range, range_error, type_error, unknown_encoding};
use super::super::encoding::Encoding;
use super::arguments::{LENGTH_MAX, integer, integer_or, place, uint8, whole};
use super::{Method, view, zeros};

pub(super) const METHODS: &[Method] = &[
    ("copy", "copy", 4, copy),
    ("equals", "equals", 1, equals),
    ("compare", "compare", 5, compare),
    ("fill", "fill", 4, fill),
    ("subarray", "subarray", 2, slice),
    ("slice", "slice", 2, slice),
    ("swap16", "swap16", 0, |this, _, context| swap(2, this, context)),
    ("swap32", "swap32", 0, |this, _, context| swap(4, this, context)),
    ("swap64", "swap64", 0, |this, _, context| swap(8, this, context)),
];

pub(super) const STATICS: &[Method] =
    &[("compare", "compare", 2, compare_two), ("concat", "concat", 2, concat)];

/// `Buffer.concat(list, length)`.
fn concat(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (list, length) = (arguments.get_or_undefined(0), arguments.get_or_undefined(1));
    let session = Session::of(context)?;
    let is_array =
        session.is_array.call(&JsValue::undefined(), std::slice::from_ref(list), context)?;
    let Some(list) = list.as_object().filter(|_| is_array.to_boolean()) else {
        return Err(invalid_type("list", "an instance of Array", list, context));
    };
    let count = list.get(js_string!("length"), context)?.to_length(context)?;
    let given = match length.is_undefined() {
        true => None,
        false => Some(integer("length", length, LENGTH_MAX, context)?),
    };
    let mut parts = Vec::new();
    for at in 0..count {
        let part = list.get(at, context)?;
        parts.push(uint8(&format!("list[{at}]"), &part, context)?);
    }
    let sum = parts.iter().map(|part| part.with(<[u8]>::len)).sum();
    let whole = JsValue::from(zeros(given.unwrap_or(sum), context)?);
    let target = Bytes::of(&whole, "list", context)?;
    let mut at = 0;
    for part in parts {
        let bytes = part.to_vec();
        at += target.with_mut(|target| overwrite(target.get_mut(at..), &bytes));
    }
    Ok(whole)
}

/// Copies as many bytes as both have. Returns their number.
fn overwrite(target: Option<&mut [u8]>, source: &[u8]) -> usize {
    let target = target.unwrap_or_default();
    let count = target.len().min(source.len());
    if let (Some(target), Some(source)) = (target.get_mut(..count), source.get(..count)) {
        target.copy_from_slice(source);
    }
    count
}

/// `buffer.copy(target, targetStart, sourceStart, sourceEnd)`.
fn copy(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let source = uint8("source", this, context)?;
    let target = uint8("target", arguments.get_or_undefined(0), context)?;
    let [to, start, end] = [1, 2, 3].map(|at| arguments.get_or_undefined(at));
    let length = source.with(<[u8]>::len);
    let to = match whole(to, context)? {
        number if number < 0.0 => {
            return Err(out_of_range("targetStart", ">= 0", &number.into(), context));
        }
        number => number as usize,
    };
    let start = match whole(start, context)? {
        number if number < 0.0 || number > length as f64 => {
            let range = format!(">= 0 && <= {length}");
            return Err(out_of_range("sourceStart", &range, &number.into(), context));
        }
        number => number as usize,
    };
    let end = match end.is_undefined() {
        true => length as f64,
        false => whole(end, context)?,
    };
    if end < 0.0 {
        return Err(out_of_range("sourceEnd", ">= 0", &end.into(), context));
    }
    let end = (end as usize).min(length);
    // A copy: both may lie in the same memory.
    let part = source.with(|bytes| bytes.get(start..end).unwrap_or_default().to_vec());
    Ok(JsValue::from(target.with_mut(|bytes| overwrite(bytes.get_mut(to..), &part))))
}

/// `buffer.equals(otherBuffer)`.
fn equals(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let this = uint8("this", this, context)?;
    let other = uint8("otherBuffer", arguments.get_or_undefined(0), context)?;
    Ok(this.with(|this| other.with(|other| this == other)).into())
}

/// `Buffer.compare(buf1, buf2)`.
fn compare_two(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let one = uint8("buf1", arguments.get_or_undefined(0), context)?;
    let other = uint8("buf2", arguments.get_or_undefined(1), context)?;
    Ok(sign(one.with(|one| other.with(|other| one.cmp(other)))))
}

/// `buffer.compare(target, targetStart, targetEnd, sourceStart, sourceEnd)`.
fn compare(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let source = uint8("source", this, context)?;
    let target = uint8("target", arguments.get_or_undefined(0), context)?;
    let lengths = (source.with(<[u8]>::len), target.with(<[u8]>::len));
    let [to, to_end, from, from_end] = [1, 2, 3, 4].map(|at| arguments.get_or_undefined(at));
    let to = integer_or("targetStart", to, LENGTH_MAX, 0, context)?;
    let to_end = integer_or("targetEnd", to_end, lengths.1 as f64, lengths.1, context)?;
    let from = integer_or("sourceStart", from, LENGTH_MAX, 0, context)?;
    let from_end = integer_or("sourceEnd", from_end, lengths.0 as f64, lengths.0, context)?;
    Ok(sign(source.with(|source| {
        let source = source.get(from..from_end).unwrap_or_default();
        target.with(|target| source.cmp(target.get(to..to_end).unwrap_or_default()))
    })))
}

fn sign(order: Ordering) -> JsValue {
    JsValue::from(order as i32)
}

/// `buffer.fill(value, offset, end, encoding)`, where all but the value may be left out.
pub(super) fn fill(
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let target = uint8("this", this, context)?;
    let length = target.with(<[u8]>::len);
    let value = arguments.get_or_undefined(0);
    let none = JsValue::undefined();
    let [mut offset, mut end, mut name] = [1, 2, 3].map(|at| arguments.get_or_undefined(at));
    if value.is_string() {
        if offset.is_undefined() || offset.is_string() {
            (name, offset, end) = (offset, &none, &none);
        } else if end.is_string() {
            (name, end) = (end, &none);
        }
    }
    let pattern = pattern(value, name, context)?;
    let start = number_within("offset", offset, LENGTH_MAX, 0.0, context)?;
    let end = match offset.is_undefined() {
        true => length as f64,
        false => number_within("end", end, length as f64, length as f64, context)?,
    };
    if start >= end {
        return Ok(this.clone());
    }
    if pattern.is_empty() {
        let value = value.as_string().map_or_else(
            || "<Buffer >".to_owned(),
            |text| format!("'{}'", text.to_std_string_lossy()),
        );
        let message = format!("The argument 'value' is invalid. Received {value}");
        return Err(type_error("ERR_INVALID_ARG_VALUE", &message, context));
    }
    target.with_mut(|bytes| {
        let part = bytes.get_mut(start as usize..end as usize).unwrap_or_default();
        for (byte, value) in part.iter_mut().zip(pattern.iter().cycle()) {
            *byte = *value;
        }
    });
    Ok(this.clone())
}

/// The bytes with which a buffer is filled repeatedly.
fn pattern(value: &JsValue, name: &JsValue, context: &mut Context) -> JsResult<Vec<u8>> {
    if let Some(text) = value.as_string() {
        let encoding = match name.as_string() {
            Some(name) if name.is_empty() => Encoding::Utf8,
            Some(name) => match Encoding::parse(&name) {
                Some(encoding) => encoding,
                None => return Err(unknown_encoding(&name.into(), context)),
            },
            None if name.is_null_or_undefined() => Encoding::Utf8,
            None => return Err(invalid_type("encoding", "of type string", name, context)),
        };
        return Ok(if text.is_empty() { vec![0] } else { encoding.encode(text.as_str()) });
    }
    match Bytes::find(value, context)? {
        Some(bytes) => Ok(bytes.to_vec()),
        None => Ok(vec![value.to_uint8(context)?]),
    }
}

fn number_within(
    name: &str,
    value: &JsValue,
    max: f64,
    default: f64,
    context: &mut Context,
) -> JsResult<f64> {
    if value.is_undefined() {
        return Ok(default);
    }
    match value.as_number() {
        None => Err(invalid_type(name, "of type number", value, context)),
        Some(number) if !(0.0..=max).contains(&number) => {
            Err(out_of_range(name, &format!(">= 0 && <= {max}"), value, context))
        }
        Some(number) => Ok(number),
    }
}

/// `buffer.subarray(start, end)`: a buffer on the same memory.
fn slice(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let array = this.as_object().map(JsTypedArray::from_object);
    let Some(Ok(array)) = array else {
        return Err(js_error!(TypeError: "this is not a Buffer"));
    };
    let (length, offset) = (array.byte_length(context)?, array.byte_offset(context)?);
    let start = place(arguments.get_or_undefined(0), length, context)?;
    let end = match arguments.get_or_undefined(1) {
        end if end.is_undefined() => length,
        end => place(end, length, context)?,
    };
    let Some(buffer) = array.buffer(context)?.as_object() else {
        return Err(js_error!(TypeError: "this is not a Buffer"));
    };
    let buffer = JsArrayBuffer::from_object(buffer)?;
    Ok(view(buffer, offset + start, end.saturating_sub(start), context)?.into())
}

/// Reverses the bytes in every group of `size`.
fn swap(size: usize, this: &JsValue, context: &mut Context) -> JsResult<JsValue> {
    let bytes = uint8("this", this, context)?;
    if bytes.with(<[u8]>::len) % size != 0 {
        let message = format!("Buffer size must be a multiple of {}-bits", size * 8);
        return Err(range_error("ERR_INVALID_BUFFER_SIZE", &message, context));
    }
    bytes.with_mut(|bytes| bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse));
    Ok(this.clone())
}
