//! Numbers in buffers: every `read…` and `write…`, for each size, sign and byte order.

use boa_engine::{Context, JsArgs, JsBigInt, JsResult, JsValue, js_error};

use super::super::bytes::Bytes;
use super::super::coded::{invalid_type, out_of_range, range_error};
use super::Method;

/// How a number lies in its bytes.
#[derive(Clone, Copy)]
struct Layout {
    size: usize,
    kind: Kind,
    little: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unsigned,
    Signed,
    Float,
    BigUnsigned,
    BigSigned,
}

macro_rules! method {
    ($call:ident, $property:literal, $name:literal, $length:literal, $size:literal, $kind:ident, $little:literal) => {
        ($property, $name, $length, |this, arguments, context| {
            let layout = Layout { size: $size, kind: Kind::$kind, little: $little };
            $call(layout, this, arguments, context)
        })
    };
}

macro_rules! read {
    ($property:literal, $name:literal, $size:literal, $kind:ident, $little:literal) => {
        method!(read, $property, $name, 0, $size, $kind, $little)
    };
}

macro_rules! write {
    ($property:literal, $name:literal, $size:literal, $kind:ident, $little:literal) => {
        method!(write, $property, $name, 1, $size, $kind, $little)
    };
}

macro_rules! read_sized {
    ($property:literal, $name:literal, $kind:ident, $little:literal) => {
        method!(read_sized, $property, $name, 2, 0, $kind, $little)
    };
}

macro_rules! write_sized {
    ($property:literal, $name:literal, $kind:ident, $little:literal) => {
        method!(write_sized, $property, $name, 3, 0, $kind, $little)
    };
}

/// In the order of Node.js.
pub(super) const METHODS: &[Method] = &[
    read!("readBigUInt64LE", "readBigUInt64LE", 8, BigUnsigned, true),
    read!("readBigUInt64BE", "readBigUInt64BE", 8, BigUnsigned, false),
    read!("readBigUint64LE", "readBigUInt64LE", 8, BigUnsigned, true),
    read!("readBigUint64BE", "readBigUInt64BE", 8, BigUnsigned, false),
    read!("readBigInt64LE", "readBigInt64LE", 8, BigSigned, true),
    read!("readBigInt64BE", "readBigInt64BE", 8, BigSigned, false),
    write!("writeBigUInt64LE", "writeBigUInt64LE", 8, BigUnsigned, true),
    write!("writeBigUInt64BE", "writeBigUInt64BE", 8, BigUnsigned, false),
    write!("writeBigUint64LE", "writeBigUInt64LE", 8, BigUnsigned, true),
    write!("writeBigUint64BE", "writeBigUInt64BE", 8, BigUnsigned, false),
    write!("writeBigInt64LE", "writeBigInt64LE", 8, BigSigned, true),
    write!("writeBigInt64BE", "writeBigInt64BE", 8, BigSigned, false),
    read_sized!("readUIntLE", "readUIntLE", Unsigned, true),
    read!("readUInt32LE", "readUInt32LE", 4, Unsigned, true),
    read!("readUInt16LE", "readUInt16LE", 2, Unsigned, true),
    read!("readUInt8", "readUInt8", 1, Unsigned, true),
    read_sized!("readUIntBE", "readUIntBE", Unsigned, false),
    read!("readUInt32BE", "readUInt32BE", 4, Unsigned, false),
    read!("readUInt16BE", "readUInt16BE", 2, Unsigned, false),
    read_sized!("readUintLE", "readUIntLE", Unsigned, true),
    read!("readUint32LE", "readUInt32LE", 4, Unsigned, true),
    read!("readUint16LE", "readUInt16LE", 2, Unsigned, true),
    read!("readUint8", "readUInt8", 1, Unsigned, true),
    read_sized!("readUintBE", "readUIntBE", Unsigned, false),
    read!("readUint32BE", "readUInt32BE", 4, Unsigned, false),
    read!("readUint16BE", "readUInt16BE", 2, Unsigned, false),
    read_sized!("readIntLE", "readIntLE", Signed, true),
    read!("readInt32LE", "readInt32LE", 4, Signed, true),
    read!("readInt16LE", "readInt16LE", 2, Signed, true),
    read!("readInt8", "readInt8", 1, Signed, true),
    read_sized!("readIntBE", "readIntBE", Signed, false),
    read!("readInt32BE", "readInt32BE", 4, Signed, false),
    read!("readInt16BE", "readInt16BE", 2, Signed, false),
    write_sized!("writeUIntLE", "writeUIntLE", Unsigned, true),
    write!("writeUInt32LE", "writeUInt32LE", 4, Unsigned, true),
    write!("writeUInt16LE", "writeUInt16LE", 2, Unsigned, true),
    write!("writeUInt8", "writeUInt8", 1, Unsigned, true),
    write_sized!("writeUIntBE", "writeUIntBE", Unsigned, false),
    write!("writeUInt32BE", "writeUInt32BE", 4, Unsigned, false),
    write!("writeUInt16BE", "writeUInt16BE", 2, Unsigned, false),
    write_sized!("writeUintLE", "writeUIntLE", Unsigned, true),
    write!("writeUint32LE", "writeUInt32LE", 4, Unsigned, true),
    write!("writeUint16LE", "writeUInt16LE", 2, Unsigned, true),
    write!("writeUint8", "writeUInt8", 1, Unsigned, true),
    write_sized!("writeUintBE", "writeUIntBE", Unsigned, false),
    write!("writeUint32BE", "writeUInt32BE", 4, Unsigned, false),
    write!("writeUint16BE", "writeUInt16BE", 2, Unsigned, false),
    write_sized!("writeIntLE", "writeIntLE", Signed, true),
    write!("writeInt32LE", "writeInt32LE", 4, Signed, true),
    write!("writeInt16LE", "writeInt16LE", 2, Signed, true),
    write!("writeInt8", "writeInt8", 1, Signed, true),
    write_sized!("writeIntBE", "writeIntBE", Signed, false),
    write!("writeInt32BE", "writeInt32BE", 4, Signed, false),
    write!("writeInt16BE", "writeInt16BE", 2, Signed, false),
    read!("readFloatLE", "readFloatForwards", 4, Float, true),
    read!("readFloatBE", "readFloatBackwards", 4, Float, false),
    read!("readDoubleLE", "readDoubleForwards", 8, Float, true),
    read!("readDoubleBE", "readDoubleBackwards", 8, Float, false),
    write!("writeFloatLE", "writeFloatForwards", 4, Float, true),
    write!("writeFloatBE", "writeFloatBackwards", 4, Float, false),
    write!("writeDoubleLE", "writeDoubleForwards", 8, Float, true),
    write!("writeDoubleBE", "writeDoubleBackwards", 8, Float, false),
];

fn read(
    layout: Layout,
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let offset = match arguments.get_or_undefined(0) {
        offset if offset.is_undefined() => &JsValue::new(0),
        offset => offset,
    };
    read_at(layout, this, offset, context)
}

fn read_sized(
    layout: Layout,
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let offset = arguments.get_or_undefined(0);
    if offset.is_undefined() {
        return Err(invalid_type("offset", "of type number", offset, context));
    }
    let size = size_of(arguments.get_or_undefined(1), context)?;
    read_at(Layout { size, ..layout }, this, offset, context)
}

fn read_at(
    layout: Layout,
    this: &JsValue,
    offset: &JsValue,
    context: &mut Context,
) -> JsResult<JsValue> {
    let bytes = Bytes::of(this, "this", context)?;
    let at = place(layout.size, offset, bytes.with(<[u8]>::len), context)?;
    let raw = bytes.with(|bytes| gather(bytes.get(at..).unwrap_or_default(), layout));
    let unused = 64 - 8 * u32::try_from(layout.size).unwrap_or(8);
    let signed = (raw << unused).cast_signed() >> unused;
    Ok(match (layout.kind, layout.size) {
        (Kind::Float, 4) => f64::from(f32::from_bits(raw as u32)).into(),
        (Kind::Float, _) => f64::from_bits(raw).into(),
        (Kind::BigUnsigned, _) => JsBigInt::from(raw).into(),
        (Kind::BigSigned, _) => JsBigInt::from(signed).into(),
        (Kind::Unsigned, _) => JsValue::from(raw),
        (Kind::Signed, _) => JsValue::from(signed),
    })
}

fn write(
    layout: Layout,
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let offset = match arguments.get_or_undefined(1) {
        offset if offset.is_undefined() => &JsValue::new(0),
        offset => offset,
    };
    write_at(layout, this, arguments.get_or_undefined(0), offset, context)
}

fn write_sized(
    layout: Layout,
    this: &JsValue,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let size = size_of(arguments.get_or_undefined(2), context)?;
    let (value, offset) = (arguments.get_or_undefined(0), arguments.get_or_undefined(1));
    write_at(Layout { size, ..layout }, this, value, offset, context)
}

fn write_at(
    layout: Layout,
    this: &JsValue,
    value: &JsValue,
    offset: &JsValue,
    context: &mut Context,
) -> JsResult<JsValue> {
    let raw = match layout.kind {
        Kind::BigUnsigned | Kind::BigSigned => big(layout, value, context)?,
        _ => number(layout, value, offset, context)?,
    };
    let bytes = Bytes::of(this, "this", context)?;
    let at = place(layout.size, offset, bytes.with(<[u8]>::len), context)?;
    bytes.with_mut(|bytes| {
        let little = raw.to_le_bytes();
        let target = bytes.get_mut(at..at + layout.size).unwrap_or_default();
        for (index, byte) in target.iter_mut().enumerate() {
            let from = if layout.little { index } else { layout.size - 1 - index };
            *byte = little.get(from).copied().unwrap_or(0);
        }
    });
    Ok(JsValue::from(at + layout.size))
}

/// The first bytes as one number.
fn gather(bytes: &[u8], layout: Layout) -> u64 {
    let bytes = bytes.iter().take(layout.size).map(|byte| u64::from(*byte));
    match layout.little {
        true => bytes.rev().fold(0, |sum, byte| sum << 8 | byte),
        false => bytes.fold(0, |sum, byte| sum << 8 | byte),
    }
}

/// The bits of a number, which must be in range.
fn number(
    layout: Layout,
    value: &JsValue,
    offset: &JsValue,
    context: &mut Context,
) -> JsResult<u64> {
    let value = value.to_number(context)?;
    if layout.kind == Kind::Float {
        return Ok(match layout.size {
            4 => u64::from((value as f32).to_bits()),
            _ => value.to_bits(),
        });
    }
    if layout.size == 1 && !offset.is_number() {
        return Err(invalid_type("offset", "of type number", offset, context));
    }
    let bits = layout.size as u32 * 8;
    let (min, max) = match layout.kind {
        Kind::Signed => (-(1_i64 << (bits - 1)), (1_i64 << (bits - 1)) - 1),
        _ => (0, (1_i64 << bits) - 1),
    };
    if value > max as f64 || value < min as f64 {
        let range = match (layout.size > 4, min) {
            (false, _) => format!(">= {min} and <= {max}"),
            (true, 0) => format!(">= 0 and < 2 ** {bits}"),
            (true, _) => format!(">= -(2 ** {}) and < 2 ** {}", bits - 1, bits - 1),
        };
        return Err(out_of_range("value", &range, &value.into(), context));
    }
    Ok((value as i64).cast_unsigned())
}

/// The bits of a `BigInt`, which must be in range.
fn big(layout: Layout, value: &JsValue, context: &mut Context) -> JsResult<u64> {
    let Some(number) = value.as_bigint().map(|number| number.to_i128()) else {
        return Err(js_error!(
            TypeError: "Cannot mix BigInt and other types, use explicit conversions"
        ));
    };
    let bits = match layout.kind {
        Kind::BigSigned => i64::try_from(number).ok().map(i64::cast_unsigned),
        _ => u64::try_from(number).ok(),
    };
    let range = match layout.kind {
        Kind::BigSigned => ">= -(2n ** 63n) and < 2n ** 63n",
        _ => ">= 0n and < 2n ** 64n",
    };
    bits.ok_or_else(|| out_of_range("value", range, value, context))
}

/// The number of bytes in a `byteLength` argument.
fn size_of(value: &JsValue, context: &mut Context) -> JsResult<usize> {
    match value.as_number() {
        Some(number) if number.fract() == 0.0 && (1.0..=6.0).contains(&number) => {
            Ok(number as usize)
        }
        Some(number) if number.floor() != number => {
            Err(out_of_range("byteLength", "an integer", value, context))
        }
        Some(_) => Err(out_of_range("byteLength", ">= 1 and <= 6", value, context)),
        None => Err(invalid_type("byteLength", "of type number", value, context)),
    }
}

/// The place of `size` bytes among `length`.
fn place(size: usize, offset: &JsValue, length: usize, context: &mut Context) -> JsResult<usize> {
    let Some(number) = offset.as_number() else {
        return Err(invalid_type("offset", "of type number", offset, context));
    };
    if number.floor() != number {
        return Err(out_of_range("offset", "an integer", offset, context));
    }
    let Some(last) = length.checked_sub(size) else {
        let message = "Attempt to access memory outside buffer bounds";
        return Err(range_error("ERR_BUFFER_OUT_OF_BOUNDS", message, context));
    };
    if !(0.0..=last as f64).contains(&number) {
        let range = format!(">= 0 and <= {last}");
        return Err(out_of_range("offset", &range, offset, context));
    }
    Ok(number as usize)
}
