//! The second and the third argument of a handler: `context` and `callback`.

use std::cell::Cell;
use std::rc::Rc;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsFunction;
use boa_engine::{
    Context, Finalize, JsArgs, JsResult, JsString, JsValue, NativeFunction, Trace, js_string,
};

use brink_shared::wire::UnixMillis;

use super::answer::Settled;
use super::failure;
use super::plain;
use super::session::Session;
use brink_frames::{Invoke, Load};

/// `callbackWaitsForEmptyEventLoop`.
const WAITS: JsString = js_string!("callbackWaitsForEmptyEventLoop");

/// `awsRequestId`.
const REQUEST_ID: JsString = js_string!("awsRequestId");

/// The parts of `context` that are the same for every event in an environment.
pub(super) struct About {
    name: JsString,
    version: JsString,
    memory: JsString,
    arn: JsString,
    log_group: JsString,
    log_stream: JsString,
}

/// `context` of one event, and the functions that answer it.
pub(super) struct ContextObject {
    /// The object itself.
    pub(super) object: JsObject,
    /// `callback(error, value)`.
    pub(super) callback: JsFunction,
    /// `context.succeed(value)`.
    pub(super) succeed: JsFunction,
    /// `context.fail(error)`.
    pub(super) fail: JsFunction,
    deadline: Deadline,
}

/// When the event's time is over; none before it begins.
#[derive(Clone, Default, Trace, Finalize)]
struct Deadline(#[unsafe_ignore_trace] Rc<Cell<Option<UnixMillis>>>);

// === impl About ===

impl About {
    /// The parts for a version.
    pub(super) fn new(load: &Load) -> Self {
        let name = load.function.as_str();
        let version = load.version_name();
        Self {
            name: name.into(),
            version: version.as_str().into(),
            memory: load.memory_mb.to_string().into(),
            arn: load.arn().into(),
            log_group: load.log_group().into(),
            log_stream: load.log_stream().into(),
        }
    }
}

// === impl ContextObject ===

impl ContextObject {
    /// Makes `context` for the session's next event, before the event is known.
    pub(super) fn for_next(about: &About, session: &Session, context: &mut Context) -> Self {
        let serial = session.answer.serial() + 1;
        let realm = context.realm().clone();
        let done = NativeFunction::from_copy_closure(move |_, arguments, context| {
            let settled = error_or_value(arguments, context);
            settle(serial, settled, context)
        });
        let succeed = NativeFunction::from_copy_closure(move |_, arguments, context| {
            settle(serial, Ok(arguments.get_or_undefined(0).clone()), context)
        })
        .to_js_function(&realm);
        let fail = NativeFunction::from_copy_closure(move |_, arguments, context| {
            let failure = failure::of_thrown(arguments.get_or_undefined(0), context);
            settle(serial, Err(failure), context)
        })
        .to_js_function(&realm);
        let functions = [
            (js_string!("succeed"), succeed.clone()),
            (js_string!("fail"), fail.clone()),
            (js_string!("done"), done.to_js_function(&realm)),
        ];
        let deadline = Deadline::default();
        let object = describe(about, functions, deadline.clone(), context);
        let callback = NativeFunction::from_copy_closure_with_captures(
            move |_, arguments, object: &JsObject, context| {
                let settled = error_or_value(arguments, context);
                let answer = &Session::of(context)?.answer;
                if object.get(WAITS, context)?.to_boolean() {
                    answer.settle_when_idle(serial, settled);
                } else {
                    answer.settle(serial, settled);
                }
                Ok(JsValue::undefined())
            },
            object.clone(),
        );
        Self { object, callback: callback.to_js_function(&realm), succeed, fail, deadline }
    }

    /// Sets the event of `context`.
    pub(super) fn begin(&self, invoke: &Invoke) {
        self.deadline.0.set(Some(invoke.deadline));
        plain::put(&self.object, REQUEST_ID, JsString::from(invoke.request_id.as_str()));
    }
}

// === impl Deadline ===

impl Deadline {
    /// Milliseconds until the event's time is over; 0 before it begins.
    fn remaining(&self) -> u32 {
        let remaining = self.0.get().map(UnixMillis::remaining).unwrap_or_default();
        u32::try_from(remaining.as_millis()).unwrap_or(u32::MAX)
    }
}

fn settle(serial: u64, settled: Settled, context: &Context) -> JsResult<JsValue> {
    Session::of(context)?.answer.settle(serial, settled);
    Ok(JsValue::undefined())
}

/// The arguments of `callback` and `context.done`.
fn error_or_value(arguments: &[JsValue], context: &mut Context) -> Settled {
    let error = arguments.get_or_undefined(0);
    if error.is_null_or_undefined() {
        Ok(arguments.get_or_undefined(1).clone())
    } else {
        Err(failure::of_thrown(error, context))
    }
}

/// All properties of `context`, in Lambda's order. The event is not known yet.
fn describe(
    about: &About,
    functions: [(JsString, JsFunction); 3],
    deadline: Deadline,
    context: &mut Context,
) -> JsObject {
    let remaining = NativeFunction::from_copy_closure_with_captures(
        |_, _, deadline: &Deadline, _| Ok(JsValue::from(deadline.remaining())),
        deadline,
    );
    let remaining = remaining.to_js_function(context.realm());
    let object = plain::object(context);
    plain::put(&object, WAITS, true);
    for (name, function) in functions {
        plain::put(&object, name, function);
    }
    plain::put(&object, js_string!("functionVersion"), about.version.clone());
    plain::put(&object, js_string!("functionName"), about.name.clone());
    plain::put(&object, js_string!("memoryLimitInMB"), about.memory.clone());
    plain::put(&object, js_string!("logGroupName"), about.log_group.clone());
    plain::put(&object, js_string!("logStreamName"), about.log_stream.clone());
    plain::put(&object, js_string!("clientContext"), JsValue::undefined());
    plain::put(&object, js_string!("identity"), JsValue::undefined());
    plain::put(&object, js_string!("invokedFunctionArn"), about.arn.clone());
    plain::put(&object, REQUEST_ID, JsValue::undefined());
    plain::put(&object, js_string!("getRemainingTimeInMillis"), remaining);
    object
}
