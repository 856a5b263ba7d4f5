//! `TextEncoder` and `TextDecoder`: encode UTF-8, and decode any encoding of the web.

use boa_engine::object::JsObject;
use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsResult, JsString, JsValue, Trace, js_error, js_string,
};
use encoding_rs::{CoderResult, Decoder, DecoderResult, Encoding as Label, UTF_8};

use super::bytes::{Bytes, uint8_array};
use super::encoding::{Encoding, from_units, from_utf8, utf8};
use super::functions::functions;

/// A decoder in the middle of a stream.
#[derive(Trace, Finalize, JsData)]
struct Stream(#[unsafe_ignore_trace] Decoder);

/// The natives of the module `internal/encoding`.
pub(super) fn natives(context: &mut Context) -> JsResult<JsObject> {
    Ok(functions(
        &[
            ("encode", 1, encode),
            ("encodeInto", 2, encode_into),
            ("nameOf", 1, name_of),
            ("stream", 2, stream),
            ("decode", 4, decode),
        ],
        context,
    ))
}

fn encode(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = arguments.get_or_undefined(0).to_string(context)?;
    Ok(uint8_array(&utf8(text.as_str()), context)?.into())
}

/// `encodeInto(text, target)`: how much was read and written, as `[units, bytes]`.
fn encode_into(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = arguments.get_or_undefined(0).to_string(context)?;
    let target = Bytes::of(arguments.get_or_undefined(1), "dest", context)?;
    let (mut read, mut written) = (0, 0);
    target.with_mut(|target| {
        for letter in char::decode_utf16(text.iter()) {
            let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
            let Some(place) = target.get_mut(written..written + letter.len_utf8()) else {
                break;
            };
            letter.encode_utf8(place);
            read += letter.len_utf16();
            written += letter.len_utf8();
        }
    });
    let result = JsObject::with_object_proto(context.intrinsics());
    result.set(js_string!("read"), read, true, context)?;
    result.set(js_string!("written"), written, true, context)?;
    Ok(result.into())
}

/// The name of the encoding that a label means; undefined if it means none.
fn name_of(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let found = Label::for_label_no_replacement(label.as_bytes());
    Ok(found.map_or(JsValue::undefined(), |found| {
        JsString::from(found.name().to_ascii_lowercase()).into()
    }))
}

/// `stream(name, ignoreBOM)`: a decoder at the start of its input.
fn stream(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let decoder = decoder(arguments.get_or_undefined(0), arguments.get_or_undefined(1), context)?;
    Ok(JsObject::from_proto_and_data(None, Stream(decoder)).into())
}

fn decoder(name: &JsValue, keeps_bom: &JsValue, context: &mut Context) -> JsResult<Decoder> {
    let name = name.to_string(context)?.to_std_string_lossy();
    let label = Label::for_label(name.as_bytes()).unwrap_or(UTF_8);
    Ok(match keeps_bom.to_boolean() {
        true => label.new_decoder_without_bom_handling(),
        false => label.new_decoder_with_bom_removal(),
    })
}

/// `decode(stream, input, fatal, last)`: the text; undefined if `fatal` is true and the input is
/// not valid. For whole input, the first argument may be the name of an encoding.
fn decode(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let [source, input, fatal, last] = [0, 1, 2, 3].map(|at| arguments.get_or_undefined(at));
    let (fatal, last) = (fatal.to_boolean(), last.to_boolean());
    let bytes = match input.is_undefined() {
        true => None,
        false => Some(Bytes::of(input, "input", context)?),
    };
    let text = |decoder: &mut Decoder| match &bytes {
        Some(bytes) => bytes.with(|bytes| decoded(decoder, bytes, fatal, last)),
        None => decoded(decoder, &[], fatal, last),
    };
    let text = match source.as_object() {
        Some(stream) => match stream.downcast_mut::<Stream>() {
            Some(mut stream) => text(&mut stream.0),
            None => return Err(js_error!(TypeError: "this is not a decoder")),
        },
        None => match bytes.as_ref().and_then(plain(source)) {
            Some(text) => Some(text),
            None => text(&mut decoder(source, &JsValue::new(false), context)?),
        },
    };
    Ok(text.map_or(JsValue::undefined(), JsValue::from))
}

/// Decodes input that needs no decoder: valid UTF-8 without a byte order mark, and windows-1252,
/// which Node.js reads as Latin-1 if the input is whole.
fn plain(name: &JsValue) -> impl Fn(&Bytes) -> Option<JsString> {
    let is = |known: JsString| name.as_string().is_some_and(|name| name == known);
    let (is_utf8, is_latin1) = (is(js_string!("utf-8")), is(js_string!("windows-1252")));
    move |bytes| {
        bytes.with(|bytes| {
            if is_latin1 {
                return Some(Encoding::Latin1.decode(bytes));
            }
            let text = std::str::from_utf8(bytes).ok().filter(|_| is_utf8)?;
            (!text.starts_with('\u{feff}')).then(|| from_utf8(bytes))
        })
    }
}

fn decoded(decoder: &mut Decoder, bytes: &[u8], fatal: bool, last: bool) -> Option<JsString> {
    let room = decoder.max_utf16_buffer_length(bytes.len())?;
    let mut units = vec![0; room];
    let written = if fatal {
        let (result, _, written) =
            decoder.decode_to_utf16_without_replacement(bytes, &mut units, last);
        (result == DecoderResult::InputEmpty).then_some(written)?
    } else {
        let (result, _, written, _) = decoder.decode_to_utf16(bytes, &mut units, last);
        (result == CoderResult::InputEmpty).then_some(written)?
    };
    Some(from_units(units.get(..written)?))
}
