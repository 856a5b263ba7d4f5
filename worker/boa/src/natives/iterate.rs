//! The iterators of loops that are written out: `ℬ.iterate` and `ℬ.iterateAsync`.
//!
//! The loop calls the methods of the returned object, and reads each value from its property
//! `value`.

use boa_engine::builtins::iterable::create_iter_result_object;
use boa_engine::object::builtins::{JsFunction, JsPromise};
use boa_engine::object::{FunctionObjectBuilder, IntegrityLevel, JsObject};
use boa_engine::property::PropertyKey;
use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsError, JsResult, JsString, JsSymbol, JsValue,
    NativeFunction, Trace, js_error, js_string,
};

use super::super::plain;

const VALUE: JsString = js_string!("value");

/// An iterator under way.
#[derive(Trace, Finalize, JsData)]
struct Iteration {
    iterator: JsObject,
    next: JsValue,
    #[unsafe_ignore_trace]
    is_open: bool,
    /// True if the loop is asynchronous, and the iterator is not.
    #[unsafe_ignore_trace]
    is_lifted: bool,
}

type Method = fn(&JsValue, &[JsValue], &mut Context) -> JsResult<JsValue>;

/// `iterate(iterable)`.
pub(super) fn make(context: &mut Context) -> JsResult<NativeFunction> {
    let methods: [(&str, Method); 3] = [("step", step), ("fail", fail), ("end", end)];
    let prototype = prototype(&methods, context)?;
    Ok(NativeFunction::from_copy_closure_with_captures(
        |_, arguments, prototype: &JsObject, context| {
            let iterable = arguments.get_or_undefined(0);
            let method = method_of(iterable, JsSymbol::iterator(), context)?;
            let method = method.ok_or_else(|| not_iterable(iterable))?;
            begin(iterable, &method, false, prototype, context)
        },
        prototype,
    ))
}

/// `iterateAsync(iterable)`.
pub(super) fn make_async(context: &mut Context) -> JsResult<NativeFunction> {
    let methods: [(&str, Method); 5] =
        [("next", next), ("took", took), ("ends", ends), ("fails", fails), ("ended", ended)];
    let prototype = prototype(&methods, context)?;
    Ok(NativeFunction::from_copy_closure_with_captures(
        |_, arguments, prototype: &JsObject, context| {
            let iterable = arguments.get_or_undefined(0);
            if let Some(method) = method_of(iterable, JsSymbol::async_iterator(), context)? {
                return begin(iterable, &method, false, prototype, context);
            }
            let method = method_of(iterable, JsSymbol::iterator(), context)?;
            let method = method.ok_or_else(|| not_iterable(iterable))?;
            begin(iterable, &method, true, prototype, context)
        },
        prototype,
    ))
}

fn prototype(methods: &[(&str, Method)], context: &mut Context) -> JsResult<JsObject> {
    let prototype = JsObject::with_null_proto();
    for (name, call) in methods {
        let name = JsString::from(*name);
        let function =
            FunctionObjectBuilder::new(context.realm(), NativeFunction::from_fn_ptr(*call))
                .name(name.clone())
                .build();
        prototype.create_data_property_or_throw(name, function, context)?;
    }
    prototype.set_integrity_level(IntegrityLevel::Frozen, context)?;
    Ok(prototype)
}

/// A method of a value; none if it is undefined or null.
fn method_of(
    value: &JsValue,
    key: impl Into<PropertyKey>,
    context: &mut Context,
) -> JsResult<Option<JsObject>> {
    let key = key.into();
    let found = match value.as_object() {
        Some(object) => object.get(key, context)?,
        None if value.is_null_or_undefined() => return Err(not_iterable(value)),
        None => {
            // A getter is to see the value itself.
            let object = value.to_object(context)?;
            object.get(key, context)?
        }
    };
    if found.is_null_or_undefined() {
        return Ok(None);
    }
    let method = found.as_callable();
    method.map(Some).ok_or_else(|| js_error!(TypeError: "{} is not a function", named(&found)))
}

fn begin(
    iterable: &JsValue,
    method: &JsObject,
    is_lifted: bool,
    prototype: &JsObject,
    context: &mut Context,
) -> JsResult<JsValue> {
    let iterator = method.call(iterable, &[], context)?;
    let Some(iterator) = iterator.as_object() else {
        return Err(js_error!(TypeError: "Result of the Symbol.iterator method is not an object"));
    };
    let next = iterator.get(js_string!("next"), context)?;
    let iteration = Iteration { iterator, next, is_open: true, is_lifted };
    let made = JsObject::new(context.root_shape(), prototype.clone(), iteration).upcast();
    plain::put(&made, VALUE, JsValue::undefined());
    Ok(made.into())
}

fn not_iterable(value: &JsValue) -> JsError {
    js_error!(TypeError: "{} is not iterable", named(value))
}

/// The name of a value in an error message.
fn named(value: &JsValue) -> String {
    match value.is_object() || value.is_symbol() {
        true => value.type_of().to_owned(),
        false => value.display().to_string(),
    }
}

fn not_an_object(value: &JsValue) -> JsError {
    js_error!(TypeError: "Iterator result {} is not an object", named(value))
}

/// The iterator and its `next`. The iterator counts as closed until a step succeeded.
fn opened(this: &JsValue) -> JsResult<(JsObject, JsObject, JsValue, bool)> {
    let object = this.as_object();
    let taken = object.as_ref().and_then(|object| {
        let mut iteration = object.downcast_mut::<Iteration>()?;
        iteration.is_open = false;
        Some((iteration.iterator.clone(), iteration.next.clone(), iteration.is_lifted))
    });
    let taken = object
        .zip(taken)
        .map(|(object, (iterator, next, is_lifted))| (object, iterator, next, is_lifted));
    taken.ok_or_else(|| js_error!(TypeError: "this is not a loop"))
}

/// Marks the iterator as closed. Returns it if it was open.
fn closed(this: &JsValue) -> JsResult<Option<(JsObject, JsObject, bool)>> {
    let is_open =
        this.as_object().and_then(|object| Some(object.downcast_ref::<Iteration>()?.is_open));
    match is_open {
        Some(true) => {
            opened(this).map(|(object, iterator, _, is_lifted)| Some((object, iterator, is_lifted)))
        }
        Some(false) => Ok(None),
        None => Err(js_error!(TypeError: "this is not a loop")),
    }
}

fn called(next: &JsValue, iterator: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let next = next.as_callable();
    let next = next.ok_or_else(|| js_error!(TypeError: "next is not a function"))?;
    next.call(&iterator.clone().into(), &[], context)
}

/// Takes the value of a result. False if there is no value.
fn take(object: &JsObject, result: &JsValue, context: &mut Context) -> JsResult<bool> {
    let Some(result) = result.as_object() else { return Err(not_an_object(result)) };
    if result.get(js_string!("done"), context)?.to_boolean() {
        return Ok(false);
    }
    let value = result.get(VALUE, context)?;
    plain::put(object, VALUE, value);
    if let Some(mut iteration) = object.downcast_mut::<Iteration>() {
        iteration.is_open = true;
    }
    Ok(true)
}

/// `step()`.
fn step(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (object, iterator, next, _) = opened(this)?;
    let result = called(&next, &iterator, context)?;
    take(&object, &result, context).map(JsValue::from)
}

/// `fail(error)`.
fn fail(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some((_, iterator, _)) = closed(this)? {
        let value = iterator.clone().into();
        // The error of the loop is the one that is thrown.
        if let Ok(Some(method)) = method_of(&value, js_string!("return"), context) {
            let ended = method.call(&value, &[], context);
            unless_it_ends_all(ended)?;
        }
    }
    Ok(arguments.get_or_undefined(0).clone())
}

/// Passes on an error that no code may catch.
fn unless_it_ends_all(ended: JsResult<JsValue>) -> JsResult<()> {
    match ended {
        Err(error) if error.as_engine().is_some() => Err(error),
        _ => Ok(()),
    }
}

/// `end()`.
fn end(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some((_, iterator, _)) = closed(this)? {
        let value = iterator.clone().into();
        if let Some(method) = method_of(&value, js_string!("return"), context)? {
            let result = method.call(&value, &[], context)?;
            if !result.is_object() {
                return Err(not_an_object(&result));
            }
        }
    }
    Ok(JsValue::undefined())
}

/// `next()`.
fn next(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (_, iterator, next, is_lifted) = opened(this)?;
    let result = called(&next, &iterator, context);
    match is_lifted {
        true => lifted(result, context),
        false => result,
    }
}

/// `took(result)`.
fn took(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (object, ..) = opened(this)?;
    take(&object, arguments.get_or_undefined(0), context).map(JsValue::from)
}

/// `ends()`.
fn ends(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some((object, iterator, is_lifted)) = closed(this)? else { return Ok(false.into()) };
    let value = iterator.clone().into();
    let method = method_of(&value, js_string!("return"), context);
    let ended = match (method, is_lifted) {
        (Ok(Some(method)), false) => method.call(&value, &[], context)?,
        (Ok(None), false) => return Ok(false.into()),
        (Err(error), false) => return Err(error),
        (Ok(Some(method)), true) => {
            let result = method.call(&value, &[], context);
            lifted(result, context)?
        }
        (Ok(None), true) => {
            let result = create_iter_result_object(JsValue::undefined(), true, context);
            JsPromise::resolve(result, context)?.into()
        }
        (Err(error), true) => JsPromise::reject(error, context)?.into(),
    };
    plain::put(&object, VALUE, ended);
    Ok(true.into())
}

/// `fails()`.
fn fails(this: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    match ends(this, arguments, context) {
        Err(error) if error.as_engine().is_none() => Ok(false.into()),
        other => other,
    }
}

/// `ended(result)`.
fn ended(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let result = arguments.get_or_undefined(0);
    match result.is_object() {
        true => Ok(JsValue::undefined()),
        false => Err(not_an_object(result)),
    }
}

/// The result of a synchronous iterator as a promise, as an asynchronous iterator returns it.
fn lifted(result: JsResult<JsValue>, context: &mut Context) -> JsResult<JsValue> {
    let promised = |context: &mut Context| -> JsResult<JsPromise> {
        let result = result?;
        let Some(result) = result.as_object() else { return Err(not_an_object(&result)) };
        let done = result.get(js_string!("done"), context)?.to_boolean();
        let value = result.get(VALUE, context)?;
        let promise = JsPromise::resolve(value, context)?;
        let wrap: JsFunction = NativeFunction::from_copy_closure(move |_, arguments, context| {
            let value = arguments.get_or_undefined(0).clone();
            Ok(create_iter_result_object(value, done, context))
        })
        .to_js_function(context.realm());
        promise.then(Some(wrap), None, context)
    };
    match promised(context) {
        Ok(promise) => Ok(promise.into()),
        Err(error) if error.as_engine().is_none() => Ok(JsPromise::reject(error, context)?.into()),
        Err(error) => Err(error),
    }
}
