//! `Promise`, and those of its functions that catch errors.
//!
//! In `resolve(parse(text))` the engine puts `resolve` on its stack before it calls `parse`. If
//! `parse` throws, such values stay on the stack until the next frame ends. But `Promise` catches
//! the error and goes on, and its caller would take these values for its own. So `Promise` is
//! called through a function in JavaScript, whose frame ends first.

use boa_engine::object::builtins::{JsArray, JsFunction};
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, Source, js_error, js_string};

use super::exchange::exchange;

/// Calls a function of the engine.
const FRAME: &str = "((apply) => (own, self, values) => apply(own, self, values))(Reflect.apply)";

/// Calls an executor, and rejects the promise with the error that it throws.
const GUARD: &str = "(executor) => (resolve, reject) => {
    try { executor(resolve, reject); } catch (error) { reject(error); }
}";

/// Both functions, compiled.
struct Between {
    frame: JsFunction,
    guard: JsFunction,
}

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let between = Between { frame: compiled(FRAME, context)?, guard: compiled(GUARD, context)? };
    context.insert_data(between);
    let promise = context.intrinsics().constructors().promise().constructor();
    for name in ["all", "allSettled", "any", "race", "resolve"] {
        let name = JsString::from(name);
        if let Some(function) = promise.get(name.clone(), context)?.as_object() {
            exchange(&function, name, settle, context)?;
        }
    }
    exchange(&promise, js_string!("Promise"), construct, context)
}

fn compiled(text: &str, context: &mut Context) -> JsResult<JsFunction> {
    let function = context.eval(Source::from_bytes(text))?.as_function();
    function.ok_or_else(|| js_error!(Error: "the engine lacks a function"))
}

fn settle(
    this: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    // A number or a text has no property that runs code.
    let may_run = arguments.get_or_undefined(0).is_object();
    let between = context.get_data::<Between>().filter(|_| may_run);
    let Some(frame) = between.map(|between| between.frame.clone()) else {
        return own.call(this, arguments, context);
    };
    let values = JsArray::from_iter(arguments.iter().cloned(), context);
    let arguments = [own.clone().into(), this.clone(), values.into()];
    frame.call(&JsValue::undefined(), &arguments, context)
}

fn construct(
    new_target: &JsValue,
    arguments: &[JsValue],
    own: &JsFunction,
    context: &mut Context,
) -> JsResult<JsValue> {
    let executor = arguments.get_or_undefined(0);
    let guard = context.get_data::<Between>().map(|between| between.guard.clone());
    let (Some(new_target), Some(guard), true) =
        (new_target.as_object(), guard, executor.is_callable())
    else {
        // The engine reports the error.
        return own.call(new_target, arguments, context);
    };
    let guarded = guard.call(&JsValue::undefined(), std::slice::from_ref(executor), context)?;
    Ok(own.construct(&[guarded], Some(&new_target), context)?.into())
}
