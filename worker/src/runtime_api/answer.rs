//! The answers of the Runtime API.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde_json::json;

use super::About;
use super::state::{Refused, Running};

/// An answer.
pub(super) type Answer = Response<Full<Bytes>>;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    /// It does not fit the state.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The body of a response is too large.
    #[error("Exceeded maximum allowed payload size ({0} bytes).")]
    TooLarge(u64),
    /// The body ended before its end, or took too long.
    #[error("HTTP request detected as truncated")]
    Truncated,
    /// The response is to be streamed.
    #[error("Invalid function response mode: a function at the edge cannot stream its response")]
    ResponseMode,
    /// The path is not one of the Runtime API.
    #[error("the Runtime API of Brink has no {0}")]
    NoSuchPath(String),
    /// The path exists on Lambda, but not here.
    #[error("Brink has no {0}")]
    NotHere(&'static str),
    /// The path has another method.
    #[error("the method must be {0}")]
    Method(&'static str),
}

/// The event, with the headers of Lambda. Headers that would be empty are left out.
pub(super) fn event(about: &About, running: &Running) -> Answer {
    let mut answer = Response::new(Full::new(running.json.clone()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in [
        ("lambda-runtime-aws-request-id", running.request_id.as_str()),
        ("lambda-runtime-deadline-ms", &running.deadline.0.to_string()),
        ("lambda-runtime-invoked-function-arn", &about.arn),
        ("lambda-runtime-trace-id", &running.trace_id),
    ] {
        // All of them are made of letters, digits and a few signs.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    answer
}

/// The answer to a request that was done.
pub(super) fn accepted() -> Answer {
    json_answer(StatusCode::ACCEPTED, &json!({"status": "OK"}))
}

// === impl RequestError ===

impl RequestError {
    /// The answer that tells of it.
    pub(super) fn answer(&self) -> Answer {
        let body = json!({"errorMessage": self.to_string(), "errorType": self.error_type()});
        let mut answer = json_answer(self.status(), &body);
        if let Self::Method(method) = self {
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static(method));
        }
        answer
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Refused(Refused::State { .. }) => StatusCode::FORBIDDEN,
            Self::Refused(Refused::RequestId) | Self::Truncated | Self::ResponseMode => {
                StatusCode::BAD_REQUEST
            }
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoSuchPath(_) | Self::NotHere(_) => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    fn error_type(&self) -> &'static str {
        match self {
            Self::Refused(Refused::State { .. }) => "InvalidStateTransition",
            Self::Refused(Refused::RequestId) => "InvalidRequestID",
            Self::TooLarge(_) => "RequestEntityTooLarge",
            Self::Truncated => "TruncatedHTTPRequest",
            Self::ResponseMode => "InvalidFunctionResponseMode",
            Self::NoSuchPath(_) => "NotFound",
            Self::NotHere(_) => "NotSupported",
            Self::Method(_) => "MethodNotAllowed",
        }
    }
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body.to_string())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
