//! What kind of object a value is, whatever its prototype says.

use boa_engine::builtins::function::OrdinaryFunction;
use boa_engine::builtins::promise::PromiseState;
use boa_engine::builtins::{
    array_buffer, dataview, date, error, generator, map, proxy, regexp, set,
};
use boa_engine::object::JsObject;
use boa_engine::object::builtins::{
    JsArray, JsArrayBuffer, JsAsyncGenerator, JsMapIterator, JsPromise, JsSetIterator,
    JsSharedArrayBuffer, JsTypedArray, JsWeakMap, JsWeakSet,
};
use boa_engine::{
    Context, JsArgs, JsBigInt, JsResult, JsString, JsSymbol, JsValue, js_error, js_string,
};

use super::super::super::loader;
use super::functions::functions;

pub(super) fn make(context: &mut Context) -> JsResult<JsObject> {
    Ok(functions(
        &[
            ("kind", 1, kind),
            ("promise", 1, promise),
            ("isClass", 1, is_class),
            ("detach", 1, detach),
        ],
        context,
    ))
}

/// `kind(value)`: the engine's name of the object's class, or '' for plain objects.
fn kind(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(object) = arguments.get_or_undefined(0).as_object() else {
        return Ok(js_string!().into());
    };
    let loader = loader::find(context).filter(|_| object.is::<proxy::Proxy>());
    if loader.is_some_and(|loader| loader.is_namespace(&object)) {
        return Ok(js_string!("Module").into());
    }
    Ok(js_string!(of(&object)).into())
}

fn of(object: &JsObject) -> &'static str {
    if object.is_array() {
        return "Array";
    }
    if object.is_ordinary() {
        return "";
    }
    if object.is::<proxy::Proxy>() {
        return "Proxy";
    }
    if object.is_callable() {
        return "Function";
    }
    let known: [(&'static str, bool); 14] = [
        ("Error", object.is::<error::Error>()),
        ("Date", object.is::<date::Date>()),
        ("RegExp", object.is::<regexp::RegExp>()),
        ("Map", object.is::<map::ordered_map::OrderedMap<JsValue>>()),
        ("Set", object.is::<set::ordered_set::OrderedSet>()),
        ("Promise", JsPromise::from_object(object.clone()).is_ok()),
        ("Number", object.is::<f64>()),
        ("String", object.is::<JsString>()),
        ("Boolean", object.is::<bool>()),
        ("Symbol", object.is::<JsSymbol>()),
        ("BigInt", object.is::<JsBigInt>()),
        ("DataView", object.is::<dataview::DataView>()),
        ("Generator", object.is::<generator::Generator>()),
        ("ArrayBuffer", object.is::<array_buffer::ArrayBuffer>()),
    ];
    if let Some((name, _)) = known.iter().find(|(_, is)| *is) {
        return name;
    }
    let kept = || object.clone();
    if JsTypedArray::from_object(kept()).is_ok() {
        "TypedArray"
    } else if JsArrayBuffer::from_object(kept()).is_ok() {
        "ArrayBuffer"
    } else if JsSharedArrayBuffer::from_object(kept()).is_ok() {
        "SharedArrayBuffer"
    } else if JsWeakMap::from_object(kept()).is_ok() {
        "WeakMap"
    } else if JsWeakSet::from_object(kept()).is_ok() {
        "WeakSet"
    } else if JsMapIterator::from_object(kept()).is_ok() {
        "Map Iterator"
    } else if JsSetIterator::from_object(kept()).is_ok() {
        "Set Iterator"
    } else if JsAsyncGenerator::from_object(kept()).is_ok() {
        "AsyncGenerator"
    } else {
        "Other"
    }
}

/// `isClass(function)`: true for functions that `class` made, and false for the engine's own.
fn is_class(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(arguments
        .get_or_undefined(0)
        .as_object()
        .is_some_and(|object| made_by_class(&object))
        .into())
}

fn made_by_class(object: &JsObject) -> bool {
    if !object.is::<OrdinaryFunction>() {
        return false;
    }
    let key = js_string!("prototype").into();
    let property = object.borrow().properties().get(&key);
    property.is_some_and(|property| property.writable() == Some(false))
}

/// `detach(buffer)`: detaches an `ArrayBuffer` from its memory.
fn detach(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let object = arguments.get_or_undefined(0).as_object();
    let object = object.ok_or_else(|| js_error!(TypeError: "not a buffer"))?;
    JsArrayBuffer::from_object(object)?.detach(&JsValue::undefined())?;
    Ok(JsValue::undefined())
}

/// `promise(value)`: `[state]`, with the value or the reason if it is settled.
fn promise(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(object) = arguments.get_or_undefined(0).as_object() else {
        return Ok(JsValue::undefined());
    };
    let list = match JsPromise::from_object(object)?.state() {
        PromiseState::Pending => vec![js_string!("pending").into()],
        PromiseState::Fulfilled(value) => vec![js_string!("fulfilled").into(), value],
        PromiseState::Rejected(reason) => vec![js_string!("rejected").into(), reason],
    };
    Ok(JsArray::from_iter(list, context).into())
}
