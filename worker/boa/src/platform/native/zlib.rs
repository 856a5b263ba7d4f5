//! Compression for `zlib` and for bodies of `fetch`: deflate, zlib, gzip, Brotli.
//!
//! A codec takes input in pieces, and stops when the output has used the available room. So a small
//! input can never take more memory than the caller allows.

mod brotli;
mod codec;
mod step;

use std::cell::RefCell;
use std::rc::Rc;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsArray;
use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsResult, JsString, JsValue, Trace, js_error, js_string,
};

use super::bytes::{Bytes, uint8_array};
use super::functions::functions;
use crate::session::Session;
use codec::Codec;
use step::{Options, ZlibError};

/// The codec of a stream; none once the stream was closed.
#[derive(Clone, Trace, Finalize, JsData)]
struct Handle(#[unsafe_ignore_trace] Rc<RefCell<Option<Codec>>>);

/// The natives with the name `zlib`.
pub(super) fn make(context: &mut Context) -> JsResult<JsObject> {
    Ok(functions(
        &[
            ("open", 5, open),
            ("step", 5, step),
            ("once", 4, once),
            ("close", 1, close),
            ("crc32", 2, crc32),
        ],
        context,
    ))
}

/// `open(kind, level, windowBits, dictionary, quality)`: a codec.
fn open(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let kind = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let options = Options {
        level: arguments.get_or_undefined(1).to_i32(context)?,
        window_bits: arguments.get_or_undefined(2).to_i32(context)?,
        dictionary: Bytes::find(arguments.get_or_undefined(3), context)?.map(|b| b.to_vec()),
        mode: arguments.get_or_undefined(4).to_i32(context)?,
    };
    let Some(codec) = Codec::new(&kind, options) else {
        return Err(js_error!(TypeError: "no codec is called {}", kind));
    };
    let codec = codec.map_err(|error| thrown(&error, context))?;
    let handle = Handle(Rc::new(RefCell::new(Some(codec))));
    Ok(JsObject::from_proto_and_data(None, handle).into())
}

/// `step(codec, input, offset, flush, room)`: `[output, end of what was read, ended]`.
fn step(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let handle = handle(arguments)?;
    let input = Bytes::of(arguments.get_or_undefined(1), "buffer", context)?;
    let offset = arguments.get_or_undefined(2).to_u32(context)? as usize;
    let flush = arguments.get_or_undefined(3).to_i32(context)?;
    let room = arguments.get_or_undefined(4).to_u32(context)? as usize;
    let mut output = Vec::new();
    let ran = match handle.0.borrow_mut().as_mut() {
        Some(codec) => input.with(|input| {
            let input = input.get(offset..).unwrap_or_default();
            codec.run(input, flush, room, &mut output)
        }),
        None => return Err(js_error!(Error: "zlib binding closed")),
    };
    let ran = ran.map_err(|error| thrown(&error, context))?;
    let read = u32::try_from(offset.saturating_add(ran.read)).unwrap_or(u32::MAX);
    let output = uint8_array(&output, context)?;
    let result = [output.into(), read.into(), ran.ended.into()];
    Ok(JsArray::from_iter(result, context).into())
}

/// `once(codec, input, flush, max)`: all the output, or `null` if it is larger than `max`.
fn once(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let handle = handle(arguments)?;
    let input = Bytes::of(arguments.get_or_undefined(1), "buffer", context)?;
    let flush = arguments.get_or_undefined(2).to_i32(context)?;
    let max = arguments.get_or_undefined(3).to_number(context)?;
    let memory = Session::of(context)?.load.memory_mb as usize;
    // More than the half would not leave room for the function to use it.
    let max = (max.max(0.0) as usize).min(memory.saturating_mul(512 * 1024));
    let mut output = Vec::new();
    let ran = match handle.0.borrow_mut().take() {
        Some(mut codec) => {
            input.with(|input| codec.run(input, flush, max.saturating_add(1), &mut output))
        }
        None => return Err(js_error!(Error: "zlib binding closed")),
    };
    ran.map_err(|error| thrown(&error, context))?;
    if output.len() > max {
        return Ok(JsValue::null());
    }
    Ok(uint8_array(&output, context)?.into())
}

/// `close(codec)`: frees its memory.
fn close(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    handle(arguments)?.0.borrow_mut().take();
    Ok(JsValue::undefined())
}

/// `crc32(data, before)`: the checksum of gzip and PNG.
fn crc32(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = Bytes::of(arguments.get_or_undefined(0), "data", context)?;
    let before = arguments.get_or_undefined(1).to_u32(context)?;
    Ok(data.with(|bytes| codec::crc32(before, bytes)).into())
}

fn handle(arguments: &[JsValue]) -> JsResult<Handle> {
    let object = arguments.get_or_undefined(0).as_object();
    let handle = object.and_then(|object| object.downcast_ref::<Handle>().map(|h| h.clone()));
    handle.ok_or_else(|| js_error!(TypeError: "this is not a codec"))
}

/// The error in Node.js's form.
fn thrown(error: &ZlibError, context: &mut Context) -> boa_engine::JsError {
    let thrown = js_error!(Error: "{}", error.message);
    let Ok(value) = thrown.into_opaque(context) else {
        return js_error!(Error: "zlib failed");
    };
    if let Some(object) = value.as_object() {
        // A fresh error object takes any property.
        let _ = object.set(js_string!("errno"), error.errno, false, context);
        let code = JsString::from(error.code.as_str());
        let _ = object.set(js_string!("code"), code, false, context);
    }
    boa_engine::JsError::from_opaque(value)
}
