//! Globals of Node.js that platform modules make when they are first read.

use std::cell::RefCell;
use std::collections::HashMap;

use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, NativeFunction};

use super::load::load;
use super::native::{
    install_arrays, install_collections, install_dates, install_expressions, install_intl,
    install_numbers, install_patterns, install_properties, install_stack, install_texts,
    install_words,
};

/// Global, the module that makes it, and its name among the module's exports (empty: all of them).
///
/// Names in lower case are listed by `Object.keys(globalThis)`, in Node.js's order.
static GLOBALS: &[(&str, &str, &str)] = &[
    ("AbortController", "internal/event_target", "AbortController"),
    ("AbortSignal", "internal/event_target", "AbortSignal"),
    ("Blob", "internal/blob", "Blob"),
    ("BroadcastChannel", "worker_threads", "BroadcastChannel"),
    ("Buffer", "buffer", "Buffer"),
    ("ByteLengthQueuingStrategy", "stream/web", "ByteLengthQueuingStrategy"),
    ("CompressionStream", "stream/web", "CompressionStream"),
    ("CountQueuingStrategy", "stream/web", "CountQueuingStrategy"),
    ("Crypto", "internal/webcrypto", "Crypto"),
    ("CryptoKey", "internal/webcrypto", "CryptoKey"),
    ("CustomEvent", "internal/event_target", "CustomEvent"),
    ("DOMException", "internal/dom_exception", ""),
    ("DecompressionStream", "stream/web", "DecompressionStream"),
    ("Event", "internal/event_target", "Event"),
    ("EventTarget", "internal/event_target", "EventTarget"),
    ("File", "internal/blob", "File"),
    ("FormData", "internal/form_data", "FormData"),
    ("Headers", "internal/headers", "Headers"),
    ("Intl", "internal/intl", "Intl"),
    ("MessageChannel", "worker_threads", "MessageChannel"),
    ("MessageEvent", "internal/event_target", "MessageEvent"),
    ("MessagePort", "worker_threads", "MessagePort"),
    ("PerformanceEntry", "perf_hooks", "PerformanceEntry"),
    ("PerformanceMark", "perf_hooks", "PerformanceMark"),
    ("PerformanceMeasure", "perf_hooks", "PerformanceMeasure"),
    ("PerformanceObserver", "perf_hooks", "PerformanceObserver"),
    ("ReadableByteStreamController", "stream/web", "ReadableByteStreamController"),
    ("ReadableStream", "stream/web", "ReadableStream"),
    ("ReadableStreamBYOBReader", "stream/web", "ReadableStreamBYOBReader"),
    ("ReadableStreamBYOBRequest", "stream/web", "ReadableStreamBYOBRequest"),
    ("ReadableStreamDefaultController", "stream/web", "ReadableStreamDefaultController"),
    ("ReadableStreamDefaultReader", "stream/web", "ReadableStreamDefaultReader"),
    ("Request", "internal/fetch", "Request"),
    ("Response", "internal/fetch", "Response"),
    ("SubtleCrypto", "internal/webcrypto", "SubtleCrypto"),
    ("TextDecoder", "internal/encoding", "TextDecoder"),
    ("TextDecoderStream", "stream/web", "TextDecoderStream"),
    ("TextEncoder", "internal/encoding", "TextEncoder"),
    ("TextEncoderStream", "stream/web", "TextEncoderStream"),
    ("TransformStream", "stream/web", "TransformStream"),
    ("TransformStreamDefaultController", "stream/web", "TransformStreamDefaultController"),
    ("URL", "internal/web_url", "URL"),
    ("URLSearchParams", "internal/web_url", "URLSearchParams"),
    ("WritableStream", "stream/web", "WritableStream"),
    ("WritableStreamDefaultController", "stream/web", "WritableStreamDefaultController"),
    ("WritableStreamDefaultWriter", "stream/web", "WritableStreamDefaultWriter"),
    ("process", "process", ""),
    ("clearImmediate", "timers", "clearImmediate"),
    ("setImmediate", "timers", "setImmediate"),
    ("clearInterval", "timers", "clearInterval"),
    ("clearTimeout", "timers", "clearTimeout"),
    ("setInterval", "timers", "setInterval"),
    ("setTimeout", "timers", "setTimeout"),
    ("queueMicrotask", "timers", "queueMicrotask"),
    ("structuredClone", "internal/clone", "structuredClone"),
    ("atob", "buffer", "atob"),
    ("btoa", "buffer", "btoa"),
    ("performance", "perf_hooks", "performance"),
    ("fetch", "internal/fetch", "fetch"),
    ("crypto", "internal/webcrypto", "crypto"),
];

/// Puts the globals in place. None is made yet.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    install_stack(context)?;
    install_dates(context)?;
    install_intl(context)?;
    install_patterns(context)?;
    install_texts(context)?;
    install_expressions(context)?;
    install_words(context)?;
    install_collections(context)?;
    install_arrays(context)?;
    install_properties(context)?;
    install_numbers(context)?;
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
            .enumerable(name.starts_with(char::is_lowercase) && *name != "process")
            .configurable(true);
        global.define_property_or_throw(JsString::from(*name), property, context)?;
    }
    Ok(())
}

/// The globals that were made or assigned, by their index in [`GLOBALS`].
#[derive(Default)]
struct Values(RefCell<HashMap<usize, JsValue>>);

/// The value of a global, made now if it is the first time.
///
/// The property stays an accessor: the engine's inline caches keep the kind of property that they
/// found first, so one that turned into a value would be called as if it still had a getter.
fn make(at: usize, context: &mut Context) -> JsResult<JsValue> {
    let values = context.get_data::<Values>();
    if let Some(value) = values.and_then(|values| values.0.borrow().get(&at).cloned()) {
        return Ok(value);
    }
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
    if !context.has_data::<Values>() {
        context.insert_data(Values::default());
    }
    if let Some(values) = context.get_data::<Values>() {
        values.0.borrow_mut().insert(at, value.clone());
    }
    Ok(value)
}
