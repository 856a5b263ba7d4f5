//! The requests of the Runtime API.

use http::{HeaderMap, Method, Request};
use hyper::body::Incoming;

use brink_shared::limits::RESPONSE_SIZE;
use brink_shared::wire::{Failure, FailureKind};

use super::answer::{self, Answer, RequestError};
use super::body::{self, Read};
use super::state::Next;
use super::{Shared, function_error};
use crate::json_value;

/// The version of the API that paths begin with.
const API: &str = "2018-06-01";

/// Largest description of an error, in bytes.
const ERROR_MAX: u64 = 256 * 1024;

/// How a client says that it wants to stream a response.
const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";

/// The event whose answer is being read. If the request is cut off before its end, the event fails.
struct Answering<'a> {
    shared: &'a Shared,
    is_done: bool,
}

/// Answers a request.
pub(super) async fn answer(shared: &Shared, request: Request<Incoming>) -> Answer {
    let path = request.uri().path().to_owned();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let method = request.method().clone();
    let given = |expected: Method, name: &'static str| match method == expected {
        true => Ok(()),
        false => Err(RequestError::Method(name)),
    };
    let (get, post) = (|| given(Method::GET, "GET"), || given(Method::POST, "POST"));
    let answered = match &parts[..] {
        [API, "runtime", "invocation", "next"] => match get() {
            Ok(()) => next(shared).await,
            Err(error) => Err(error),
        },
        [API, "runtime", "invocation", id, "response"] => match post() {
            Ok(()) => response(shared, id, request).await,
            Err(error) => Err(error),
        },
        [API, "runtime", "invocation", id, "error"] => match post() {
            Ok(()) => error(shared, id, request).await,
            Err(error) => Err(error),
        },
        [API, "runtime", "init", "error"] => match post() {
            Ok(()) => init_error(shared, request).await,
            Err(error) => Err(error),
        },
        [API, "runtime", "restore", ..] => Err(RequestError::NotHere("snapshots to restore")),
        [_, "extension", ..] => Err(RequestError::NotHere("extensions")),
        [_, "logs", ..] | [_, "telemetry", ..] => Err(RequestError::NotHere("telemetry service")),
        _ => Err(RequestError::NoSuchPath(path.chars().take(200).collect())),
    };
    answered.unwrap_or_else(|error| error.answer())
}

/// Waits for an event.
async fn next(shared: &Shared) -> Result<Answer, RequestError> {
    let number = shared.state.lock().ask()?;
    // An older request learns that it was replaced.
    shared.changed.notify_waiters();
    loop {
        let changed = shared.changed.notified();
        tokio::pin!(changed);
        // From here on no wake-up is missed.
        changed.as_mut().enable();
        let next = shared.state.lock().next(number);
        match next {
            Next::Event(running) => return Ok(answer::event(&shared.about, &running)),
            Next::Wait => changed.await,
            Next::Replaced => {
                let state = "Ready";
                return Err(super::state::Refused::State { request: "next", state }.into());
            }
        }
    }
}

/// Takes the value of an event.
async fn response(
    shared: &Shared,
    id: &str,
    request: Request<Incoming>,
) -> Result<Answer, RequestError> {
    let answering = Answering::begin(shared, id, "response")?;
    let (head, mut body) = request.into_parts();
    if head.headers.contains_key(RESPONSE_MODE) {
        let message = "the response is to be streamed, which a function at the edge cannot do";
        answering.end(Err(execution("Runtime.StreamingHandler", message)));
        return Err(RequestError::ResponseMode);
    }
    let max = shared.about.response_max;
    match body::read(&mut body, max).await {
        Read::Whole(bytes) => {
            answering.end(json_value(&bytes));
            Ok(answer::accepted())
        }
        Read::TooLarge(length) => {
            let exceeded = RESPONSE_SIZE.exceeded(length, max);
            let message = format!("{} {exceeded}", shared.about.name);
            answering.end(Err(Failure {
                kind: FailureKind::Validation,
                ..execution("Function.ResponseSizeTooLarge", &message)
            }));
            body::pass_over(&mut body).await;
            Err(RequestError::TooLarge(max))
        }
        // Dropping it fails the event.
        Read::Truncated => Err(RequestError::Truncated),
    }
}

/// Takes the error of an event.
async fn error(
    shared: &Shared,
    id: &str,
    request: Request<Incoming>,
) -> Result<Answer, RequestError> {
    let answering = Answering::begin(shared, id, "error")?;
    let (head, mut body) = request.into_parts();
    let (failure, answer) = read_error(&head.headers, &mut body).await;
    answering.end(Err(failure));
    answer
}

/// Takes the reason why the function cannot start.
async fn init_error(shared: &Shared, request: Request<Incoming>) -> Result<Answer, RequestError> {
    shared.state.lock().can_fail_start()?;
    let (head, mut body) = request.into_parts();
    let (failure, answer) = read_error(&head.headers, &mut body).await;
    shared.state.lock().fail_start(failure)?;
    answer
}

async fn read_error(
    headers: &HeaderMap,
    body: &mut Incoming,
) -> (Failure, Result<Answer, RequestError>) {
    match body::read(body, ERROR_MAX).await {
        Read::Whole(bytes) => (function_error::read(headers, &bytes), Ok(answer::accepted())),
        Read::TooLarge(_) => {
            body::pass_over(body).await;
            let message = format!("the function's error has more than {ERROR_MAX} bytes");
            let failure = function_error::undescribed(headers, &message);
            (failure, Err(RequestError::TooLarge(ERROR_MAX)))
        }
        Read::Truncated => {
            let message = "the function did not send all of its error";
            let failure = function_error::undescribed(headers, message);
            (failure, Err(RequestError::Truncated))
        }
    }
}

/// MessagePack of the value that the function sent.
fn json_value(bytes: &[u8]) -> Result<bytes::Bytes, Failure> {
    let unreadable = |why: String| Failure {
        kind: FailureKind::Validation,
        ..execution("Runtime.MarshalError", &format!("the response is not JSON: {why}"))
    };
    let text = std::str::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))?;
    json_value::to_msgpack(text).map_err(|error| unreadable(error.to_string()))
}

fn execution(error_type: &str, message: &str) -> Failure {
    Failure {
        kind: FailureKind::Execution,
        error_type: error_type.to_owned(),
        message: message.to_owned(),
        stack: Vec::new(),
    }
}

// === impl Answering ===

impl<'a> Answering<'a> {
    fn begin(shared: &'a Shared, id: &str, request: &'static str) -> Result<Self, RequestError> {
        shared.state.lock().begin_answer(id, request)?;
        Ok(Self { shared, is_done: false })
    }

    fn end(mut self, result: Result<bytes::Bytes, Failure>) {
        self.is_done = true;
        self.shared.state.lock().answered(result);
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            let message = "the function did not send all of its response";
            let failure = execution("Runtime.TruncatedResponse", message);
            self.shared.state.lock().answered(Err(failure));
        }
    }
}
