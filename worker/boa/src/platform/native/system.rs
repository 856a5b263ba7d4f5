//! The natives of `process`: data about the environment, and the log.

use std::rc::Rc;
use std::time::Instant;

use boa_engine::error::RuntimeLimitError;
use boa_engine::object::{JsObject, ObjectInitializer};
use boa_engine::property::Attribute;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, js_string};

use super::super::super::session::Session;
use super::super::load::Platform;
use super::functions::functions;
use brink_frames::LogLevel;
use brink_frames::lambda_environment::{self, Surroundings};

pub(super) fn make(context: &mut Context) -> JsResult<JsObject> {
    Ok(functions(
        &[
            ("env", 0, env),
            ("log", 2, log),
            ("indent", 1, indent),
            ("nanoseconds", 0, nanoseconds),
            ("memory", 0, memory),
            ("cpu", 0, cpu),
            ("exit", 1, exit),
        ],
        context,
    ))
}

/// The function's own variables and those that Lambda sets; none while there is no version.
fn env(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let platform = Platform::of(context)?;
    let new = JsObject::with_object_proto(context.intrinsics());
    let env = platform.env.get_or_init(|| new);
    if context.has_data::<Rc<Session>>() {
        fill_env(env, context)?;
    }
    Ok(env.clone().into())
}

/// Puts the version's variables into `process.env`.
pub(in super::super) fn fill_env(env: &JsObject, context: &mut Context) -> JsResult<()> {
    let session = Session::of(context)?;
    for (name, value) in lambda_environment::variables(&session.load, &Surroundings::default()) {
        let value = JsString::from(value);
        env.create_data_property_or_throw(JsString::from(name), value, context)?;
    }
    Ok(())
}

/// `log(level, text)`.
fn log(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let level = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let text = arguments.get_or_undefined(1).to_string(context)?.to_std_string_lossy();
    let level = match level.as_str() {
        "trace" => LogLevel::Trace,
        "debug" => LogLevel::Debug,
        "warn" => LogLevel::Warn,
        "error" => LogLevel::Error,
        _ => LogLevel::Info,
    };
    Session::of(context)?.log(level, text);
    Ok(JsValue::undefined())
}

/// `indent(by)`: from now on lines are indented by this many columns more (or less).
fn indent(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let by = arguments.get_or_undefined(0).to_i32(context)?;
    Session::of(context)?.log.indent(by);
    Ok(JsValue::undefined())
}

/// Nanoseconds since the environment was made.
fn nanoseconds(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let begun = Platform::of(context)?.begun;
    // A double holds them exactly for a hundred days.
    Ok((Instant::now().saturating_duration_since(begun).as_nanos() as f64).into())
}

/// Bytes of memory that the process uses.
fn memory(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let resident = Session::of(context)?.host.memory_used() as f64;
    let object = ObjectInitializer::new(context)
        .property(js_string!("rss"), resident, Attribute::all())
        .build();
    Ok(object.into())
}

/// Microseconds of CPU time that this thread used.
fn cpu(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Ok((time.tv_sec as f64 * 1e6 + (time.tv_nsec / 1000) as f64).into())
}

/// `exit(code)` ends the environment. The function's code cannot catch that.
fn exit(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let code = arguments.get_or_undefined(0).to_i32(context)?;
    Session::of(context)?.exited.set(Some(code));
    // The engine lets nobody catch this kind of error.
    Err(RuntimeLimitError::LoopIteration.into())
}
