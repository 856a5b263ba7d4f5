//! Node.js's own errors: a class, a `code`, and Node.js's message about a wrong argument.

use boa_engine::object::{FunctionObjectBuilder, JsObject};
use boa_engine::property::PropertyDescriptor;
use boa_engine::value::JsVariant;
use boa_engine::{
    Context, JsArgs, JsError, JsNativeError, JsResult, JsString, JsValue, NativeFunction, js_string,
};

use super::functions::functions;

/// Larger numbers are written with separators, like `1_000_000_000_000`.
const PLAIN_MAX: f64 = 4_294_967_296.0;

/// Longest text of a received value; the rest is cut.
const RECEIVED_MAX: usize = 25;

/// The natives that make errors for platform modules.
pub(super) fn natives(context: &mut Context) -> JsResult<JsObject> {
    Ok(functions(
        &[
            ("invalidType", 3, |_, arguments, context| made(invalid_type, arguments, context)),
            ("coded", 3, coded_by_name),
            ("outOfRange", 3, |_, arguments, context| made(out_of_range, arguments, context)),
        ],
        context,
    ))
}

/// `coded(class, code, message)`: an error of a class of the language.
fn coded_by_name(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut text = |at| -> JsResult<String> {
        Ok(arguments.get_or_undefined(at).to_string(context)?.to_std_string_lossy())
    };
    let (class, code, message) = (text(0)?, text(1)?, text(2)?);
    let error = match &*class {
        "RangeError" => JsNativeError::range(),
        "TypeError" => JsNativeError::typ(),
        _ => JsNativeError::error(),
    };
    coded(error, &code, &message, context).into_opaque(context)
}

/// One of the errors below, for an argument's name, a wording and the value.
fn made(
    make: fn(&str, &str, &JsValue, &mut Context) -> JsError,
    arguments: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let name = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let wording = arguments.get_or_undefined(1).to_string(context)?.to_std_string_lossy();
    make(&name, &wording, arguments.get_or_undefined(2), context).into_opaque(context)
}

/// `TypeError` with a code.
pub(in super::super) fn type_error(code: &str, message: &str, context: &mut Context) -> JsError {
    coded(JsNativeError::typ(), code, message, context)
}

/// `RangeError` with a code.
pub(in super::super) fn range_error(code: &str, message: &str, context: &mut Context) -> JsError {
    coded(JsNativeError::range(), code, message, context)
}

/// An error whose text does not show its code, as in errors of Node.js's native part.
pub(in super::super) fn quiet(
    error: JsNativeError,
    code: &str,
    message: &str,
    context: &mut Context,
) -> JsError {
    let error = JsError::from(error.with_message(message.to_owned()));
    let Ok(value) = error.clone().into_opaque(context) else {
        return error;
    };
    if let Some(object) = value.as_object() {
        // A fresh error object takes any property.
        let _ = object.set(js_string!("code"), JsString::from(code), false, context);
    }
    JsError::from_opaque(value)
}

/// Any native error with a code.
pub(in super::super) fn coded(
    error: JsNativeError,
    code: &str,
    message: &str,
    context: &mut Context,
) -> JsError {
    let error = quiet(error, code, message, context);
    let Ok(value) = error.clone().into_opaque(context) else {
        return error;
    };
    if let Some(object) = value.as_object() {
        let text = NativeFunction::from_fn_ptr(described);
        let text =
            FunctionObjectBuilder::new(context.realm(), text).name(js_string!("toString")).build();
        let text = PropertyDescriptor::builder()
            .value(text)
            .writable(true)
            .enumerable(false)
            .configurable(true);
        let _ = object.define_property_or_throw(js_string!("toString"), text, context);
    }
    JsError::from_opaque(value)
}

/// `toString` of a coded error.
fn described(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(error) = this.as_object() else {
        return Ok(JsValue::undefined());
    };
    let mut part = |name| error.get(name, context)?.to_string(context);
    let (name, code) = (part(js_string!("name"))?, part(js_string!("code"))?);
    let message = part(js_string!("message"))?;
    let (open, close) = (js_string!(" ["), js_string!("]: "));
    Ok(JsString::from(&[name, open, code, close, message]).into())
}

/// `ERR_INVALID_ARG_TYPE`: `expected` is the wording after "must be", like `of type number`.
pub(in super::super::super) fn invalid_type(
    name: &str,
    expected: &str,
    value: &JsValue,
    context: &mut Context,
) -> JsError {
    let subject = match name.ends_with(" argument") {
        true => format!("The {name}"),
        false => format!("The \"{name}\" argument"),
    };
    let received = received(value, context);
    let message = format!("{subject} must be {expected}. Received {received}");
    type_error("ERR_INVALID_ARG_TYPE", &message, context)
}

/// `ERR_OUT_OF_RANGE`: `range` is the wording after "It must be".
pub(in super::super) fn out_of_range(
    name: &str,
    range: &str,
    value: &JsValue,
    context: &mut Context,
) -> JsError {
    let received = match value.variant() {
        JsVariant::Integer32(_) | JsVariant::Float64(_) | JsVariant::BigInt(_) => number(value),
        _ => inspected(value, context),
    };
    let message =
        format!("The value of \"{name}\" is out of range. It must be {range}. Received {received}");
    range_error("ERR_OUT_OF_RANGE", &message, context)
}

/// `ERR_UNKNOWN_ENCODING`.
pub(in super::super) fn unknown_encoding(value: &JsValue, context: &mut Context) -> JsError {
    let name = match value.to_string(context) {
        Ok(name) => name.to_std_string_lossy(),
        Err(error) => return error,
    };
    type_error("ERR_UNKNOWN_ENCODING", &format!("Unknown encoding: {name}"), context)
}

/// The text after "Received" for a value of a wrong type.
fn received(value: &JsValue, context: &mut Context) -> String {
    match value.variant() {
        JsVariant::Undefined => "undefined".to_owned(),
        JsVariant::Null => "null".to_owned(),
        JsVariant::Object(object) => {
            let name = |object: &JsObject, context: &mut Context| {
                let name = object.get(js_string!("name"), context).ok()?.as_string()?;
                Some(name.to_std_string_lossy())
            };
            if object.is_callable() {
                return format!("function {}", name(&object, context).unwrap_or_default());
            }
            let maker = object.get(js_string!("constructor"), context).ok();
            let maker = maker.and_then(|maker| maker.as_object());
            match maker.and_then(|maker| name(&maker, context)).filter(|name| !name.is_empty()) {
                Some(name) => format!("an instance of {name}"),
                None => "[Object: null prototype] {}".to_owned(),
            }
        }
        _ => {
            let mut text = inspected(value, context);
            if text.chars().count() > RECEIVED_MAX + 3 {
                text = text.chars().take(RECEIVED_MAX).chain("...".chars()).collect();
            }
            format!("type {} ({text})", value.type_of())
        }
    }
}

/// A value as Node.js inspects it. An object is shown by its class only.
fn inspected(value: &JsValue, context: &mut Context) -> String {
    match value.variant() {
        JsVariant::String(text) => quoted(&text.to_std_string_lossy()),
        JsVariant::BigInt(number) => format!("{number}n"),
        JsVariant::Object(_) => received(value, context),
        JsVariant::Float64(number) if number == 0.0 && number.is_sign_negative() => "-0".to_owned(),
        JsVariant::Symbol(symbol) => symbol.descriptive_string().to_std_string_lossy(),
        _ => match value.to_string(context) {
            Ok(text) => text.to_std_string_lossy(),
            Err(_) => value.type_of().to_owned(),
        },
    }
}

fn number(value: &JsValue) -> String {
    match value.variant() {
        JsVariant::BigInt(number) => {
            let text = number.to_string();
            match number.to_f64().abs() > PLAIN_MAX {
                true => format!("{}n", separated(&text)),
                false => format!("{text}n"),
            }
        }
        JsVariant::Float64(number) => {
            let text = JsString::from(number).to_std_string_lossy();
            match number.fract() == 0.0 && number.abs() > PLAIN_MAX && !text.contains('e') {
                true => separated(&text),
                false => text,
            }
        }
        JsVariant::Integer32(number) => number.to_string(),
        _ => String::new(),
    }
}

/// Digits in groups of three.
fn separated(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let mut text = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

/// A string in the quotes that `util.inspect` would use.
fn quoted(text: &str) -> String {
    let quote = match (text.contains('\''), text.contains('"'), text.contains('`')) {
        (false, ..) => '\'',
        (true, false, _) => '"',
        (true, true, false) => '`',
        _ => '\'',
    };
    let mut quoted = String::from(quote);
    for letter in text.chars() {
        match letter {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{b}' => quoted.push_str("\\v"),
            '\u{c}' => quoted.push_str("\\f"),
            '\\' => quoted.push_str("\\\\"),
            letter if letter == quote => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                quoted.push_str(&format!("\\x{:02X}", u32::from(letter)));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push(quote);
    quoted
}
