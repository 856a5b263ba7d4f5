//! The natives for later work: ticks, microtasks, immediate functions and timers, and the frame of
//! `AsyncLocalStorage` in them.

use boa_engine::job::PromiseJob;
use boa_engine::object::JsObject;
use boa_engine::object::builtins::{JsArray, JsFunction};
use boa_engine::{Context, JsArgs, JsResult, JsValue, js_error};

use brink_shared::limits::TIMERS;

use super::super::super::jobs::{self, FrameWatch, Guard};
use super::super::super::session::Session;
use super::functions::functions;

pub(super) fn make(context: &mut Context) -> JsResult<JsObject> {
    Ok(functions(
        &[
            ("tick", 2, tick),
            ("microtask", 1, microtask),
            ("setImmediate", 2, set_immediate),
            ("clearImmediate", 1, clear_immediate),
            ("setTimer", 3, set_timer),
            ("clearTimer", 1, clear_timer),
            ("holdTimer", 2, hold_timer),
            ("frame", 0, frame),
            ("setFrame", 1, set_frame),
            ("setGuard", 2, set_guard),
            ("watchFrames", 2, watch_frames),
        ],
        context,
    ))
}

fn callback(value: &JsValue) -> JsResult<JsFunction> {
    value.as_function().ok_or_else(|| js_error!(TypeError: "not a function"))
}

fn serial(value: &JsValue) -> u64 {
    // A serial is a small integer; anything else names no timer.
    value.as_number().map_or(0, |number| number as u64)
}

/// The elements of an array of arguments, or none.
fn list(value: &JsValue, context: &mut Context) -> JsResult<Vec<JsValue>> {
    let Some(object) = value.as_object() else {
        return Ok(Vec::new());
    };
    let array = JsArray::from_object(object)?;
    (0..array.length(context)?).map(|at| array.get(at, context)).collect()
}

/// `tick(callback, arguments)`.
fn tick(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let callback = callback(arguments.get_or_undefined(0))?;
    let values = list(arguments.get_or_undefined(1), context)?;
    let jobs = jobs::of(context)?;
    jobs.tick(jobs.task(callback, values));
    Ok(JsValue::undefined())
}

/// `microtask(callback)`.
fn microtask(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let jobs = jobs::of(context)?;
    let task = jobs.task(callback(arguments.get_or_undefined(0))?, Vec::new());
    let job = PromiseJob::new(move |context| task.call(&jobs, context));
    context.enqueue_job(job.into());
    Ok(JsValue::undefined())
}

/// `setImmediate(callback, arguments)` returns the function's serial.
fn set_immediate(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let callback = callback(arguments.get_or_undefined(0))?;
    let values = list(arguments.get_or_undefined(1), context)?;
    let jobs = jobs::of(context)?;
    Ok(jobs.set_immediate(jobs.task(callback, values)).into())
}

fn clear_immediate(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    jobs::of(context)?.clear_immediate(serial(arguments.get_or_undefined(0)));
    Ok(JsValue::undefined())
}

/// `setTimer(callback, milliseconds, holds)` returns the timer's serial.
fn set_timer(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let callback = callback(arguments.get_or_undefined(0))?;
    let delay = serial(arguments.get_or_undefined(1));
    let holds = arguments.get_or_undefined(2).to_boolean();
    let jobs = jobs::of(context)?;
    let load = &Session::of(context)?.load;
    let (live, max) = (jobs.timers(), load.bounds.timers as usize);
    if live >= max {
        let exceeded = TIMERS.exceeded(live as u64 + 1, max as u64);
        return Err(js_error!(RangeError: "{} {}", load.name(), exceeded));
    }
    Ok(jobs.set_timer(jobs.task(callback, Vec::new()), delay, holds).into())
}

fn clear_timer(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    jobs::of(context)?.clear_timer(serial(arguments.get_or_undefined(0)));
    Ok(JsValue::undefined())
}

/// `holdTimer(serial, holds)`.
fn hold_timer(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let holds = arguments.get_or_undefined(1).to_boolean();
    jobs::of(context)?.hold_timer(serial(arguments.get_or_undefined(0)), holds);
    Ok(JsValue::undefined())
}

fn frame(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(jobs::of(context)?.frame())
}

/// `setFrame(frame)` returns the previous frame.
fn set_frame(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(jobs::of(context)?.set_frame(arguments.get_or_undefined(0).clone()))
}

/// `setGuard(uncaught, handled)`: from now on `uncaught(thrown, promise, number)` is called with
/// each uncaught error, and returns true if the loop shall go on. The promise is undefined unless
/// the error is a rejection. `handled(promise)` is called for such a promise if it is handled
/// later.
fn set_guard(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let uncaught = callback(arguments.get_or_undefined(0))?;
    let handled = callback(arguments.get_or_undefined(1))?;
    jobs::of(context)?.set_guard(Guard { uncaught, handled });
    Ok(JsValue::undefined())
}

/// `watchFrames(enter, leave)`: from now on `enter(frame)` is called before work with a frame, and
/// `leave(frame)` after it, unless it was a task that threw.
fn watch_frames(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let enter = callback(arguments.get_or_undefined(0))?;
    let leave = callback(arguments.get_or_undefined(1))?;
    jobs::of(context)?.watch_frames(FrameWatch { enter, leave });
    Ok(JsValue::undefined())
}
