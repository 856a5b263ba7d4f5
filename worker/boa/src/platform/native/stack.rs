//! `error.stack` in V8's form, `Error.captureStackTrace` and `Error.stackTraceLimit`.
//!
//! The engine keeps the frames of an error. As in Node.js, this code adds the first line when the
//! stack is first read, and keeps the text from then on.

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::property::PropertyDescriptor;
use boa_engine::{
    Context, JsArgs, JsError, JsNativeError, JsResult, JsString, JsValue, NativeFunction, js_error,
    js_string,
};

use super::super::super::loader;
use super::super::load::load;

/// Most frames of a stack, as in V8.
const LIMIT: usize = 10;

const STACK: JsString = js_string!("stack");
const LIMIT_NAME: JsString = js_string!("stackTraceLimit");

/// Adds these properties.
pub(in super::super) fn install(context: &mut Context) -> JsResult<()> {
    let constructors = context.intrinsics().constructors().error();
    let (class, prototype) = (constructors.constructor(), constructors.prototype());
    let object = context.intrinsics().constructors().object().constructor();
    let describe = object.get(js_string!("getOwnPropertyDescriptor"), context)?;
    let describe = function(&describe)?;
    let undefined = JsValue::undefined();
    let described =
        describe.call(&undefined, &[prototype.clone().into(), STACK.into()], context)?;
    let Some(described) = described.as_object() else {
        return Err(js_error!(Error: "the engine's errors have no stack"));
    };
    let frames_of = function(&described.get(js_string!("get"), context)?)?;
    let realm = context.realm().clone();
    let get = NativeFunction::from_copy_closure_with_captures(get_stack, frames_of.clone());
    let set = NativeFunction::from_fn_ptr(set_stack);
    let accessor = PropertyDescriptor::builder()
        .get(get.to_js_function(&realm))
        .set(set.to_js_function(&realm))
        .enumerable(false)
        .configurable(true);
    prototype.define_property_or_throw(STACK, accessor, context)?;
    let capture = NativeFunction::from_copy_closure_with_captures(capture, frames_of);
    keep(&class, js_string!("captureStackTrace"), capture.to_js_function(&realm).into(), context)?;
    class.set(LIMIT_NAME, LIMIT as u32, false, context)?;
    Ok(())
}

fn function(value: &JsValue) -> JsResult<JsFunction> {
    value.as_function().ok_or_else(|| js_error!(Error: "the engine lacks a function"))
}

/// Makes an ordinary property that is not enumerable.
fn keep(
    object: &JsObject,
    name: JsString,
    value: JsValue,
    context: &mut Context,
) -> JsResult<JsValue> {
    let property = PropertyDescriptor::builder()
        .value(value.clone())
        .writable(true)
        .enumerable(false)
        .configurable(true);
    object.define_property_or_throw(name, property, context)?;
    Ok(value)
}

fn get_stack(
    this: &JsValue,
    _: &[JsValue],
    frames_of: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(object) = this.as_object() else {
        return Ok(JsValue::undefined());
    };
    // The engine's inline caches may still call this once the object has a stack of its own.
    let own = object.borrow().properties().get(&STACK.into());
    if let Some(own) = own.as_ref().and_then(PropertyDescriptor::value) {
        return Ok(own.clone());
    }
    let frames = frames_of.call(this, &[], context)?;
    let Some(frames) = frames.as_string() else {
        return Ok(JsValue::undefined());
    };
    let head = head_of(&object, context)?;
    let stack = written(this, &head, frames.to_std_string_lossy(), None, context)?;
    if object.is_extensible(context)? {
        keep(&object, STACK, stack.clone(), context)?;
    }
    Ok(stack)
}

fn set_stack(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(object) = this.as_object() {
        keep(&object, STACK, arguments.get_or_undefined(0).clone(), context)?;
    }
    Ok(JsValue::undefined())
}

/// `Error.captureStackTrace(object, callee)`: the stack leaves out the callee and what it called.
fn capture(
    _: &JsValue,
    arguments: &[JsValue],
    frames_of: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let target = arguments.get_or_undefined(0);
    let Some(object) = target.as_object() else {
        return Err(js_error!(TypeError: "Invalid argument"));
    };
    let class = context.intrinsics().constructors().error().constructor();
    let here: JsValue = class.construct(&[], None, context)?.into();
    let frames = frames_of.call(&here, &[], context)?.to_string(context)?.to_std_string_lossy();
    // This function's own frame comes first.
    let frames = frames.split_once('\n').map_or("", |(_, rest)| rest).to_owned();
    let callee = match arguments.get_or_undefined(1).as_object() {
        Some(callee) => callee.get(js_string!("name"), context)?.as_string(),
        None => None,
    };
    let print = context.intrinsics().constructors().error().prototype();
    let print = function(&print.get(js_string!("toString"), context)?)?;
    let head = print.call(target, &[], context)?.to_string(context)?.to_std_string_lossy();
    let callee = callee.map(|name| name.to_std_string_lossy());
    let stack = written(target, &head, frames, callee.as_deref(), context)?;
    keep(&object, STACK, stack, context)?;
    Ok(JsValue::undefined())
}

/// `Name: message`, with the code of the platform's own errors.
fn head_of(error: &JsObject, context: &mut Context) -> JsResult<String> {
    let text = |value: JsValue, context: &mut Context| {
        if value.is_undefined() {
            return Ok(String::new());
        }
        value.to_string(context).map(|text| text.to_std_string_lossy())
    };
    let mut name = text(error.get(js_string!("name"), context)?, context)?;
    let own = error.has_own_property(js_string!("code"), context)?
        && error.has_own_property(js_string!("toString"), context)?;
    if own {
        let code = text(error.get(js_string!("code"), context)?, context)?;
        name = format!("{name} [{code}]");
    }
    let message = text(error.get(js_string!("message"), context)?, context)?;
    Ok(match (name.is_empty(), message.is_empty()) {
        (true, _) => message,
        (_, true) => name,
        _ => format!("{name}: {message}"),
    })
}

/// The stack's text, or the result of `Error.prepareStackTrace`.
fn written(
    error: &JsValue,
    head: &str,
    frames: String,
    callee: Option<&str>,
    context: &mut Context,
) -> JsResult<JsValue> {
    let class = context.intrinsics().constructors().error().constructor();
    let limit = class.get(LIMIT_NAME, context)?.as_number().unwrap_or(0.0).max(0.0) as usize;
    let loader = loader::find(context);
    let frames: Vec<&str> = frames.lines().map(str::trim).collect();
    let skip = callee.filter(|name| !name.is_empty()).map_or(0, |name| {
        let named = |frame: &&str| {
            frame.strip_prefix("at ").is_some_and(|f| f.split(' ').next() == Some(name))
        };
        frames.iter().position(named).map_or(0, |at| at + 1)
    });
    let frames = frames
        .into_iter()
        .skip(skip)
        .filter(|frame| !frame.contains("(native"))
        .take(limit)
        .filter_map(|frame| frame.strip_prefix("at "))
        .map(|frame| {
            let authors = loader.as_ref().and_then(|loader| loader.author_frame(frame));
            in_words_of_v8(authors.as_deref().unwrap_or(frame))
        })
        .collect::<Vec<_>>();
    let prepare = class.get(js_string!("prepareStackTrace"), context)?;
    if let Some(prepare) = prepare.as_callable() {
        let sites = load("internal/call_sites", context)?;
        let list = JsValue::from(JsString::from(frames.join("\n")));
        let sites = sites.as_callable().ok_or_else(|| JsError::from(JsNativeError::typ()))?.call(
            &JsValue::undefined(),
            &[list],
            context,
        )?;
        return prepare.call(&class.into(), &[error.clone(), sites], context);
    }
    let lines: String = frames.iter().flat_map(|frame| ["\n    at ", frame]).collect();
    Ok(JsString::from(format!("{head}{lines}")).into())
}

/// A frame `name (place)`, or only the place if there is no name.
fn in_words_of_v8(frame: &str) -> String {
    if let Some(place) = frame.strip_prefix("<main> (") {
        return format!("Object.<anonymous> ({place}");
    }
    match frame.strip_prefix(" (").or_else(|| frame.strip_prefix("<anonymous> (")) {
        Some(place) => place.strip_suffix(')').unwrap_or(place).to_owned(),
        None => frame.to_owned(),
    }
}
