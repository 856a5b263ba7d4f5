//! Globals of Node.js that platform modules make when they are first looked at.

use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, NativeFunction};

use super::load;
use super::native::install_stack;

/// Global, the module that makes it, and its name among the module's exports (empty: all of them).
static GLOBALS: &[(&str, &str, &str)] = &[
    ("AbortController", "internal/event_target", "AbortController"),
    ("AbortSignal", "internal/event_target", "AbortSignal"),
    ("Blob", "internal/blob", "Blob"),
    ("Buffer", "buffer", "Buffer"),
    ("ByteLengthQueuingStrategy", "stream/web", "ByteLengthQueuingStrategy"),
    ("CountQueuingStrategy", "stream/web", "CountQueuingStrategy"),
    ("CustomEvent", "internal/event_target", "CustomEvent"),
    ("DOMException", "internal/dom_exception", ""),
    ("Event", "internal/event_target", "Event"),
    ("EventTarget", "internal/event_target", "EventTarget"),
    ("File", "internal/blob", "File"),
    ("FormData", "internal/form_data", "FormData"),
    ("Headers", "internal/headers", "Headers"),
    ("MessageChannel", "worker_threads", "MessageChannel"),
    ("MessageEvent", "internal/event_target", "MessageEvent"),
    ("MessagePort", "worker_threads", "MessagePort"),
    ("PerformanceEntry", "perf_hooks", "PerformanceEntry"),
    ("PerformanceObserver", "perf_hooks", "PerformanceObserver"),
    ("ReadableStream", "stream/web", "ReadableStream"),
    ("ReadableStreamDefaultReader", "stream/web", "ReadableStreamDefaultReader"),
    ("Request", "internal/fetch", "Request"),
    ("Response", "internal/fetch", "Response"),
    ("TransformStream", "stream/web", "TransformStream"),
    ("WritableStream", "stream/web", "WritableStream"),
    ("WritableStreamDefaultWriter", "stream/web", "WritableStreamDefaultWriter"),
    ("atob", "buffer", "atob"),
    ("btoa", "buffer", "btoa"),
    ("clearImmediate", "timers", "clearImmediate"),
    ("clearInterval", "timers", "clearInterval"),
    ("clearTimeout", "timers", "clearTimeout"),
    ("fetch", "internal/fetch", "fetch"),
    ("performance", "perf_hooks", "performance"),
    ("process", "process", ""),
    ("queueMicrotask", "timers", "queueMicrotask"),
    ("setImmediate", "timers", "setImmediate"),
    ("setInterval", "timers", "setInterval"),
    ("setTimeout", "timers", "setTimeout"),
    ("structuredClone", "internal/clone", "structuredClone"),
];

/// Puts the globals in place. None is made yet.
pub(in super::super) fn install(context: &mut Context) -> JsResult<()> {
    install_stack(context)?;
    let global = context.global_object();
    for (at, (name, _, _)) in GLOBALS.iter().enumerate() {
        let realm = context.realm().clone();
        let get = NativeFunction::from_copy_closure(move |_, _, context| make(at, context));
        let set = NativeFunction::from_copy_closure(move |_, arguments, context| {
            define(at, arguments.get_or_undefined(0).clone(), context)
        });
        let property = PropertyDescriptor::builder()
            .get(get.to_js_function(&realm))
            .set(set.to_js_function(&realm))
            .enumerable(false)
            .configurable(true);
        global.define_property_or_throw(JsString::from(*name), property, context)?;
    }
    Ok(())
}

/// Makes a global and leaves it as an ordinary property.
fn make(at: usize, context: &mut Context) -> JsResult<JsValue> {
    let Some((_, module, export)) = GLOBALS.get(at) else {
        return Ok(JsValue::undefined());
    };
    let exports = load(module, context)?;
    let value = match exports.as_object() {
        Some(exports) if !export.is_empty() => exports.get(JsString::from(*export), context)?,
        _ => exports,
    };
    define(at, value, context)
}

fn define(at: usize, value: JsValue, context: &mut Context) -> JsResult<JsValue> {
    if let Some((name, _, _)) = GLOBALS.get(at) {
        let property = PropertyDescriptor::builder()
            .value(value.clone())
            .writable(true)
            .enumerable(false)
            .configurable(true);
        let global = context.global_object();
        global.define_property_or_throw(JsString::from(*name), property, context)?;
    }
    Ok(value)
}
