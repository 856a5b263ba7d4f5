//! `Buffer`: nearly all of its methods. `platform/js/buffer.js` has the rest.
//!
//! Every function here is itself a method or a static function of the class, so a call runs no
//! JavaScript of the platform.

mod arguments;
mod contents;
mod encodings;
mod numbers;
mod search;

use boa_engine::native_function::NativeFunctionPointer;
use boa_engine::object::builtins::JsArrayBuffer;
use boa_engine::object::{FunctionObjectBuilder, JsObject};
use boa_engine::{
    Context, JsArgs, JsResult, JsString, JsValue, NativeFunction, js_error, js_string,
};

use super::super::load::load;
use super::bytes::{Bytes, array_buffer};
use super::coded::{invalid_type, out_of_range};
use super::functions::functions;
use arguments::LENGTH_MAX;

/// A method: its name as a property, its own name, its number of arguments, and its function.
type Method = (&'static str, &'static str, usize, NativeFunctionPointer);

/// The class that buffers are of, once `buffer` was loaded.
struct BufferClass(JsObject);

/// The natives of the module `buffer`.
pub(super) fn natives(context: &mut Context) -> JsResult<JsObject> {
    let prototype = object(
        &[numbers::METHODS, encodings::METHODS, contents::METHODS, search::METHODS],
        context,
    )?;
    let statics = object(&[STATICS, contents::STATICS], context)?;
    let natives = functions(
        &[
            ("setClass", 1, set_class),
            ("fromString", 2, encodings::from_string),
            ("copyOf", 1, copy_of),
            ("isUtf8", 1, encodings::is_utf8),
            ("isAscii", 1, encodings::is_ascii),
            ("transcode", 3, encodings::transcode),
            ("atob", 1, encodings::atob),
            ("btoa", 1, encodings::btoa),
            ("hexOf", 2, encodings::hex_of),
        ],
        context,
    );
    natives.set(js_string!("prototype"), prototype, true, context)?;
    natives.set(js_string!("statics"), statics, true, context)?;
    Ok(natives)
}

const STATICS: &[Method] = &[
    ("alloc", "alloc", 3, alloc),
    ("allocUnsafe", "allocUnsafe", 1, alloc_unsafe),
    ("allocUnsafeSlow", "allocUnsafeSlow", 1, alloc_unsafe),
    ("byteLength", "byteLength", 2, encodings::byte_length),
    ("isEncoding", "isEncoding", 1, encodings::is_encoding),
];

/// An object with enumerable methods. If several names have the same function, they share one
/// function object.
fn object(tables: &[&[Method]], context: &mut Context) -> JsResult<JsObject> {
    let object = JsObject::with_object_proto(context.intrinsics());
    let mut made: Vec<(&str, JsObject)> = Vec::new();
    for (property, name, length, call) in tables.iter().copied().flatten() {
        let known = made.iter().find(|(known, _)| known == name).map(|(_, made)| made.clone());
        let function = known.unwrap_or_else(|| {
            let call = NativeFunction::from_fn_ptr(*call);
            let function = FunctionObjectBuilder::new(context.realm(), call)
                .name(JsString::from(*name))
                .length(*length)
                .build();
            JsObject::from(function)
        });
        if known_twice(property) {
            made.push((name, function.clone()));
        }
        object.create_data_property(JsString::from(*property), function, context)?;
    }
    Ok(object)
}

/// True if a method also has another name.
fn known_twice(property: &str) -> bool {
    property.contains("UInt") || property == "toString"
}

/// A new `Buffer` with these bytes.
pub(in super::super) fn make(bytes: &[u8], context: &mut Context) -> JsResult<JsObject> {
    let buffer = array_buffer(bytes, context)?;
    construct(&[buffer.into()], context)
}

/// A new `Buffer` of this many zeros.
pub(in super::super) fn zeros(length: usize, context: &mut Context) -> JsResult<JsObject> {
    construct(&[JsValue::from(length)], context)
}

/// A `Buffer` on a part of a buffer's memory.
fn view(
    buffer: JsArrayBuffer,
    start: usize,
    length: usize,
    context: &mut Context,
) -> JsResult<JsObject> {
    construct(&[buffer.into(), JsValue::from(start), JsValue::from(length)], context)
}

fn construct(arguments: &[JsValue], context: &mut Context) -> JsResult<JsObject> {
    let class = |context: &Context| context.get_data::<BufferClass>().map(|class| class.0.clone());
    let class = match class(context) {
        Some(class) => class,
        None => {
            load("buffer", context)?;
            class(context).ok_or_else(|| js_error!(Error: "the module buffer made no class"))?
        }
    };
    let array = context.intrinsics().constructors().typed_uint8_array().constructor();
    array.construct(arguments, Some(&class), context)
}

fn set_class(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(class) = arguments.get_or_undefined(0).as_object() {
        context.insert_data(BufferClass(class));
    }
    Ok(JsValue::undefined())
}

/// `Buffer.alloc(size, fill, encoding)`.
fn alloc(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let size = arguments.get_or_undefined(0);
    let buffer = JsValue::from(zeros(checked_size(size, context)?, context)?);
    let fill = arguments.get_or_undefined(1);
    if fill.is_undefined() || fill.as_number() == Some(0.0) || size.as_number() == Some(0.0) {
        return Ok(buffer);
    }
    let encoding = arguments.get_or_undefined(2).clone();
    contents::fill(&buffer, &[fill.clone(), encoding], context)
}

/// `Buffer.allocUnsafe(size)`, also filled with zeros.
fn alloc_unsafe(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let size = checked_size(arguments.get_or_undefined(0), context)?;
    Ok(zeros(size, context)?.into())
}

fn checked_size(size: &JsValue, context: &mut Context) -> JsResult<usize> {
    let Some(number) = size.as_number() else {
        return Err(invalid_type("size", "of type number", size, context));
    };
    if !(0.0..=LENGTH_MAX).contains(&number) {
        return Err(out_of_range("size", ">= 0 && <= 4294967296", size, context));
    }
    Ok(number as usize)
}

/// A buffer with the same bytes as a view.
fn copy_of(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bytes = Bytes::of(arguments.get_or_undefined(0), "value", context)?.to_vec();
    Ok(make(&bytes, context)?.into())
}
