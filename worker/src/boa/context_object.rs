//! The second and the third argument of a handler: `context` and `callback`.

use boa_engine::object::builtins::JsFunction;
use boa_engine::object::{JsObject, ObjectInitializer};
use boa_engine::property::Attribute;
use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, NativeFunction, js_string};

use brink_shared::wire::UnixMillis;

use super::failure;
use super::handler::Settled;
use super::session::Session;
use crate::sandbox::frame::{Invoke, Load};

/// `callbackWaitsForEmptyEventLoop`.
const WAITS: JsString = js_string!("callbackWaitsForEmptyEventLoop");

/// What `context` says of every event in an environment.
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
}

// === impl About ===

impl About {
    /// Of a version.
    pub(super) fn new(load: &Load) -> Self {
        let name = load.function.as_str();
        let version = version_name(load);
        let arn = format!("arn:aws:lambda:us-east-1:000000000000:function:{name}:{version}");
        Self {
            name: name.into(),
            version: version.as_str().into(),
            memory: load.memory_mb.to_string().into(),
            arn: arn.into(),
            log_group: format!("/aws/lambda/{name}").into(),
            log_stream: format!("{name}/[{version}]").into(),
        }
    }
}

// === impl ContextObject ===

impl ContextObject {
    /// Makes it for the event that the session has open.
    pub(super) fn new(session: &Session, invoke: &Invoke, context: &mut Context) -> JsResult<Self> {
        let serial = session.answer.serial();
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
        let object = describe(&session.about, invoke, functions, context);
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
        Ok(Self { object, callback: callback.to_js_function(&realm), succeed, fail })
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

/// All of `context`, listed in Lambda's order.
fn describe(
    about: &About,
    invoke: &Invoke,
    functions: [(JsString, JsFunction); 3],
    context: &mut Context,
) -> JsObject {
    let deadline = invoke.deadline;
    let remaining = NativeFunction::from_copy_closure(move |_, _, _| {
        Ok(JsValue::from(remaining_millis(deadline)))
    });
    let remaining = remaining.to_js_function(context.realm());
    let all = Attribute::all();
    let mut object = ObjectInitializer::new(context);
    object.property(WAITS, true, all);
    for (name, function) in functions {
        object.property(name, function, all);
    }
    object
        .property(js_string!("functionVersion"), about.version.clone(), all)
        .property(js_string!("functionName"), about.name.clone(), all)
        .property(js_string!("memoryLimitInMB"), about.memory.clone(), all)
        .property(js_string!("logGroupName"), about.log_group.clone(), all)
        .property(js_string!("logStreamName"), about.log_stream.clone(), all)
        .property(js_string!("clientContext"), JsValue::undefined(), all)
        .property(js_string!("identity"), JsValue::undefined(), all)
        .property(js_string!("invokedFunctionArn"), about.arn.clone(), all)
        .property(js_string!("awsRequestId"), JsString::from(invoke.request_id.as_str()), all)
        .property(js_string!("getRemainingTimeInMillis"), remaining, all)
        .build()
}

/// A version as Lambda writes it; code that is not published is `$LATEST`.
pub(super) fn version_name(load: &Load) -> String {
    match load.version {
        0 => "$LATEST".to_owned(),
        number => number.to_string(),
    }
}

fn remaining_millis(deadline: UnixMillis) -> u32 {
    u32::try_from(deadline.remaining().as_millis()).unwrap_or(u32::MAX)
}
