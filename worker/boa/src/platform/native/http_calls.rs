//! Outgoing HTTP: `fetch`, `http` and `https` hand all calls to the host, which decides whether a
//! call may be made, and makes it. If the function gives a call up, it ends at the host at once.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::Poll;

use boa_engine::object::JsObject;
use boa_engine::object::builtins::{JsArray, JsPromise};
use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsError, JsResult, JsString, JsValue, Trace, js_error,
    js_string,
};
use futures_util::FutureExt;
use tokio::sync::{Notify, oneshot};

use super::bytes::{Bytes, uint8_array};
use super::functions::functions;
use crate::session::Session;
use brink_frames::{CallError, CallRequest, CallResponse, CallResult, Redirect};

/// Most header lines of a request: names and values.
const HEADERS_MAX: u64 = 2000;

/// A call under way, as JavaScript has it.
#[derive(Trace, Finalize, JsData)]
struct Handle(#[unsafe_ignore_trace] Weak<Waiting>);

/// A call under way. If the receiver is dropped, the host knows that the call is given up.
struct Waiting {
    answer: RefCell<Option<oneshot::Receiver<CallResult>>>,
    cancelled: Notify,
}

// === impl Waiting ===

impl Waiting {
    /// The host's answer; none if there will be no answer.
    async fn answer(&self) -> Option<CallResult> {
        let answered = poll_fn(|task| match &mut *self.answer.borrow_mut() {
            Some(answer) => answer.poll_unpin(task).map(Result::ok),
            None => Poll::Ready(None),
        });
        tokio::select! {
            answer = answered => answer,
            () = self.cancelled.notified() => None,
        }
    }

    /// Gives the call up. The host hears of it even if the event ends now and its remaining work is
    /// frozen.
    fn cancel(&self) {
        self.answer.take();
        self.cancelled.notify_one();
    }
}

/// The natives with the name `calls`.
pub(super) fn make(context: &mut Context) -> JsResult<JsObject> {
    Ok(functions(&[("call", 6, call), ("cancel", 1, cancel)], context))
}

/// `call(method, url, [name, value, ...], body, redirect, target)`: `[answer, call]`. The
/// characters of the target are the bytes of the request line, instead of what the URL has there.
/// The first is a promise of `[status, reason, url, redirected, [name, value, ...], body]`.
fn call(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = |at: usize, context: &mut Context| {
        Ok::<_, JsError>(arguments.get_or_undefined(at).to_string(context)?.to_std_string_lossy())
    };
    let body = Bytes::find(arguments.get_or_undefined(3), context)?;
    let request = CallRequest {
        method: text(0, context)?,
        url: text(1, context)?,
        target: match arguments.get_or_undefined(5) {
            target if target.is_undefined() => ::bytes::Bytes::new(),
            target => latin1(&target.to_string(context)?),
        },
        headers: headers(arguments.get_or_undefined(2), context)?,
        body: body.map(|body| body.to_vec()).unwrap_or_default().into(),
        redirect: match text(4, context)?.as_str() {
            "manual" => Redirect::Manual,
            "error" => Redirect::Error,
            _ => Redirect::Follow,
        },
    };
    let session = Session::of(context)?;
    let answer = session.host.call(session.event.get(), request);
    let waiting = Rc::new(Waiting { answer: RefCell::new(Some(answer)), cancelled: Notify::new() });
    let handle = JsObject::from_proto_and_data(None, Handle(Rc::downgrade(&waiting)));
    let promise = JsPromise::from_async_fn(
        async move |context| {
            let result = waiting.answer().await;
            let context = &mut context.borrow_mut();
            match result {
                Some(Ok(response)) => incoming(&response, context),
                Some(Err(error)) => Err(failed(&error, context)),
                None => {
                    Err(failed(&CallError::new("ECONNRESET", "the call was cancelled"), context))
                }
            }
        },
        context,
    );
    Ok(JsArray::from_iter([promise.into(), handle.into()], context).into())
}

/// `cancel(call)`: the promise of its answer is rejected, unless it is settled.
fn cancel(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let call = arguments.get_or_undefined(0).as_object();
    let call = call.as_ref().and_then(|call| call.downcast_ref::<Handle>());
    let call = call.ok_or_else(|| js_error!(TypeError: "not a call"))?;
    if let Some(waiting) = call.0.upgrade() {
        waiting.cancel();
    }
    Ok(JsValue::undefined())
}

/// Header lines from a flat array. Each character of a value is a byte.
fn headers(value: &JsValue, context: &mut Context) -> JsResult<Vec<(String, ::bytes::Bytes)>> {
    let Some(lines) = value.as_object() else {
        return Ok(Vec::new());
    };
    let lines = JsArray::from_object(lines)?;
    let length = lines.length(context)?;
    if length > HEADERS_MAX {
        return Err(js_error!(RangeError: "a request has at most {} headers", HEADERS_MAX / 2));
    }
    (0..length / 2)
        .map(|line| {
            let name = lines.get(2 * line, context)?.to_string(context)?.to_std_string_lossy();
            let value = lines.get(2 * line + 1, context)?.to_string(context)?;
            Ok((name, latin1(&value)))
        })
        .collect()
}

/// A byte for each character of a text whose characters are bytes.
fn latin1(text: &JsString) -> ::bytes::Bytes {
    text.iter().map(|unit| unit.to_le_bytes()[0]).collect()
}

fn incoming(response: &CallResponse, context: &mut Context) -> JsResult<JsValue> {
    let headers: Vec<JsValue> = response
        .headers
        .iter()
        .flat_map(|(name, value)| {
            let value: String = value.iter().copied().map(char::from).collect();
            [JsString::from(name.as_str()).into(), JsString::from(value).into()]
        })
        .collect();
    let headers = JsArray::from_iter(headers, context);
    let parts = [
        response.status.into(),
        JsString::from(response.reason.as_str()).into(),
        JsString::from(response.url.as_str()).into(),
        response.redirected.into(),
        headers.into(),
        uint8_array(&response.body, context)?.into(),
    ];
    Ok(JsArray::from_iter(parts, context).into())
}

/// The error in Node.js's form.
fn failed(error: &CallError, context: &mut Context) -> JsError {
    let thrown = js_error!(Error: "{}", error.message);
    let Ok(value) = thrown.into_opaque(context) else {
        return js_error!(Error: "the call failed");
    };
    let Some(object) = value.as_object() else {
        return JsError::from_opaque(value);
    };
    let mut fields: Vec<(JsString, JsValue)> = Vec::new();
    if let Some(errno) = errno(&error.code) {
        fields.push((js_string!("errno"), errno.into()));
    }
    fields.push((js_string!("code"), JsString::from(error.code.as_str()).into()));
    if !error.syscall.is_empty() {
        let host = JsString::from(error.host.as_str());
        fields.push((js_string!("syscall"), JsString::from(error.syscall.as_str()).into()));
        if error.syscall == "getaddrinfo" {
            fields.push((js_string!("hostname"), host.into()));
        } else {
            fields.push((js_string!("address"), host.into()));
            fields.push((js_string!("port"), error.port.into()));
        }
    }
    for (name, value) in fields {
        // A fresh error object takes any property.
        let _ = object.set(name, value, false, context);
    }
    JsError::from_opaque(value)
}

/// The number of an error's code, as in libuv on Linux.
fn errno(code: &str) -> Option<i32> {
    Some(match code {
        "ECONNREFUSED" => -111,
        "ETIMEDOUT" => -110,
        "EHOSTUNREACH" => -113,
        "ENETUNREACH" => -101,
        "EACCES" => -13,
        "ENOTFOUND" => -3008,
        "EAI_AGAIN" => -3001,
        _ => return None,
    })
}
