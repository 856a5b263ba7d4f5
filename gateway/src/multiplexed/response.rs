//! Answers of the application in the form that hyper and h3 send.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, BoxBody, MessageBody as _};
use actix_web::http::StatusCode;
use bytes::Bytes;
use hyper::Response;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue};

use super::streams::Streams;
use crate::trailers::Trailers;

/// Headers that belong to a connection of HTTP/1 (RFC 9113, 8.2.2; RFC 9114, 4.2).
const OF_CONNECTION: [&str; 5] =
    ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

/// The body of an answer.
pub(crate) struct AnswerBody {
    body: BoxBody,
    /// Bytes that are to come; `None` if that is not known.
    left: Option<u64>,
    /// The fields after it, if there may be any.
    trailers: Option<Trailers>,
    streams: Streams,
}

/// An answer in the form for a connection. `is_head` is true for the answer to HEAD, which has no body.
pub(super) fn response(
    mut answer: actix_http::Response<BoxBody>,
    is_head: bool,
    streams: Streams,
) -> Response<AnswerBody> {
    let status = answer.status();
    let bodiless = status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let length = match answer.body().size() {
        BodySize::Sized(length) => Some(length),
        BodySize::None | BodySize::Stream => None,
    };
    let is_none = answer.body().size() == BodySize::None;
    let has_body = !is_head && !bodiless && !is_none;
    let left = if has_body { length } else { Some(0) };
    let trailers = answer.extensions_mut().remove::<Trailers>().filter(|_| has_body);
    if left == Some(0)
        && trailers.is_none()
        && let Some(sending) = streams.current()
    {
        sending.is_whole();
    }
    let (head, body) = answer.into_parts();
    let mut response = Response::new(AnswerBody { body, left, trailers, streams });
    // The status comes from the application, which has a valid one.
    *response.status_mut() = hyper::StatusCode::from_u16(status.as_u16()).unwrap_or_default();
    let headers = response.headers_mut();
    for (name, value) in head.headers() {
        if OF_CONNECTION.contains(&name.as_str()) {
            continue;
        }
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    if let Some(length) = length.filter(|_| !bodiless) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

// === impl AnswerBody ===

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        let sending = this.streams.current();
        if let Some(sending) = &sending {
            sending.wants_more();
        }
        if this.is_end_stream() {
            return Poll::Ready(None);
        }
        let next = loop {
            match ready!(Pin::new(&mut this.body).poll_next(cx)) {
                Some(Ok(bytes)) if bytes.is_empty() => {}
                next => break next,
            }
        };
        let broken = |why: String| Poll::Ready(Some(Err(io::Error::other(why))));
        let bytes = match next {
            Some(Ok(bytes)) => bytes,
            Some(Err(error)) => return broken(error.to_string()),
            None if this.left.is_some_and(|left| left > 0) => {
                return broken("the body ends too early".to_owned());
            }
            None => {
                sending.inspect(|sending| sending.is_whole());
                let fields = this.trailers.take().and_then(|trailers| trailers.take());
                this.left = Some(0);
                return Poll::Ready(fields.map(|fields| Ok(Frame::trailers(fields))));
            }
        };
        if let Some(left) = &mut this.left {
            match left.checked_sub(bytes.len() as u64) {
                Some(rest) => *left = rest,
                None => return broken("the body is longer than announced".to_owned()),
            }
        }
        if let Some(sending) = &sending {
            sending.takes(bytes.len());
            if this.left == Some(0) && this.trailers.is_none() {
                sending.is_whole();
            }
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0) && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
