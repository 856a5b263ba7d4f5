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
    ("Crypto", "internal/webcrypto", "Crypto"),
    ("CryptoKey", "internal/webcrypto", "CryptoKey"),
    ("CustomEvent", "internal/event_target", "CustomEvent"),
    ("DOMException", "internal/dom_exception", ""),
    ("Event", "internal/event_target", "Event"),
    ("EventTarget", "internal/event_target", "EventTarget"),
    ("File", "internal/blob", "File"),
    ("MessageChannel", "worker_threads", "MessageChannel"),
    ("MessageEvent", "internal/event_target", "MessageEvent"),
    ("MessagePort", "worker_threads", "MessagePort"),
    ("PerformanceEntry", "perf_hooks", "PerformanceEntry"),
    ("PerformanceObserver", "perf_hooks", "PerformanceObserver"),
    ("ReadableStream", "stream/web", "ReadableStream"),
    ("ReadableStreamDefaultReader", "stream/web", "ReadableStreamDefaultReader"),
    ("SubtleCrypto", "internal/webcrypto", "SubtleCrypto"),
    ("TextDecoder", "internal/encoding", "TextDecoder"),
    ("TextEncoder", "internal/encoding", "TextEncoder"),
    ("TransformStream", "stream/web", "TransformStream"),
    ("URL", "internal/web_url", "URL"),
    ("URLSearchParams", "internal/web_url", "URLSearchParams"),
    ("WritableStream", "stream/web", "WritableStream"),
    ("WritableStreamDefaultWriter", "stream/web", "WritableStreamDefaultWriter"),
    ("atob", "buffer", "atob"),
    ("btoa", "buffer", "btoa"),
    ("clearImmediate", "timers", "clearImmediate"),
    ("clearInterval", "timers", "clearInterval"),
    ("clearTimeout", "timers", "clearTimeout"),
    ("crypto", "internal/webcrypto", "crypto"),
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

/// The value of a global, made when it is first looked at.
///
/// The property stays an accessor: the engine's inline caches mistake one that replaces itself
/// while it is read.
fn make(at: usize, context: &mut Context) -> JsResult<JsValue> {
    let Some((_, module, export)) = GLOBALS.get(at) else {
        return Ok(JsValue::undefined());
    };
    let exports = load(module, context)?;
    match exports.as_object() {
        Some(exports) if !export.is_empty() => exports.get(JsString::from(*export), context),
        _ => Ok(exports),
    }
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
