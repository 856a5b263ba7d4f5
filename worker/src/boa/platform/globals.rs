//! Globals of Node.js that platform modules make when they are first looked at.

use std::cell::RefCell;
use std::collections::HashMap;

use boa_engine::property::PropertyDescriptor;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, NativeFunction};

use super::load;

/// Global, the module that makes it, and its name among the module's exports (empty: all of them).
static GLOBALS: &[(&str, &str, &str)] = &[
    ("Blob", "internal/blob", "Blob"),
    ("Buffer", "buffer", "Buffer"),
    ("File", "internal/blob", "File"),
    ("TextDecoder", "internal/encoding", "TextDecoder"),
    ("TextEncoder", "internal/encoding", "TextEncoder"),
    ("URL", "internal/web_url", "URL"),
    ("URLSearchParams", "internal/web_url", "URLSearchParams"),
    ("atob", "buffer", "atob"),
    ("btoa", "buffer", "btoa"),
];

/// Puts the globals in place. None is made yet.
pub(in super::super) fn install(context: &mut Context) -> JsResult<()> {
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

/// The globals that were made or assigned, by their place in [`GLOBALS`].
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
