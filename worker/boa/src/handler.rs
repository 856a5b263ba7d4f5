//! Calls a handler as Lambda's Node.js runtime does.
//!
//! A handler may return a promise, or call `callback`, `context.succeed`, `context.fail` or
//! `context.done`. If it does none of these, it answers null once nothing is left to run. A
//! returned value that is not a promise is ignored.

use boa_engine::object::builtins::{JsFunction, JsPromise};
use boa_engine::{Context, JsResult, JsValue, js_string};

use super::context_object::ContextObject;
use super::failure;
use super::jobs;
use super::session::Session;

/// Calls the handler. The session gets its answer, now or after some jobs.
pub(super) fn call(
    handler: &JsFunction,
    event: JsValue,
    about: ContextObject,
    session: &Session,
    context: &mut Context,
) {
    if let Err(error) = try_call(handler, event, about, session, context) {
        let failure = failure::of_error(error, context);
        session.answer.settle(session.answer.serial(), Err(failure));
    }
}

fn try_call(
    handler: &JsFunction,
    event: JsValue,
    about: ContextObject,
    session: &Session,
    context: &mut Context,
) -> JsResult<()> {
    let arguments = [event, about.object.into(), about.callback.into()];
    let jobs = jobs::of(context)?;
    jobs.progress.begin(handler, context);
    let returned = handler.call(&JsValue::undefined(), &arguments, context);
    let own = returned.as_ref().ok().and_then(JsValue::as_object);
    jobs.progress.returned(own.and_then(|own| JsPromise::from_object(own).ok()));
    let returned = returned?;
    let Some(promise) = returned.as_object() else {
        return Ok(());
    };
    if let Some(then) = promise.get(js_string!("then"), context)?.as_callable() {
        session.answer.promise();
        let reactions = [about.succeed.into(), about.fail.into()];
        then.call(&returned, &reactions, context)?;
    }
    Ok(())
}
