//! Writes an answer to the viewer: chooses the part of the body, and sends it in slices.

use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodyStream, BoxBody, SizedStream};
use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures_util::stream::{self, LocalBoxStream, Stream, StreamExt as _};

use brink_shared::event::Headers;

use super::multipart::Multipart;
use super::{Answer, AnswerBody, Source};
use crate::cache::body::SLICE;
use crate::cache::conditional::Validators;
use crate::cache::range::{ContentRange, Part};
use crate::cache::{Body, BodyReader, CachedObject};
use crate::origin::BodyError;
use crate::trailers::Trailers;

/// Headers of an object that a 416 does not have: viewers and caches must not take it for the object.
const OF_OBJECT: [HeaderName; 9] = [
    header::AGE,
    header::CACHE_CONTROL,
    header::CONTENT_ENCODING,
    header::CONTENT_TYPE,
    header::ETAG,
    header::EXPIRES,
    header::LAST_MODIFIED,
    header::PRAGMA,
    header::SET_COOKIE,
];

/// A body that is still arriving, read on the thread that serves the viewer.
pub(in crate::pipeline) struct ArrivingBody {
    bytes: LocalBoxStream<'static, Result<Bytes, BodyError>>,
    /// The fields after it, if there may be any.
    trailers: Option<Trailers>,
}

// === impl ArrivingBody ===

impl ArrivingBody {
    /// The body and its trailers; `None` if it has no trailers.
    pub(in crate::pipeline) fn split(mut self) -> Option<(Self, Trailers)> {
        let trailers = self.trailers.take()?;
        Some((self, trailers))
    }
}

impl Stream for ArrivingBody {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.bytes.poll_next_unpin(cx)
    }
}

// === impl Answer ===

impl Answer {
    /// Writes the answer to a viewer's request with this method and these headers: the whole, parts
    /// of it, or a 304.
    pub(in crate::pipeline) fn respond(&self, method: &str, viewer: &Headers) -> HttpResponse {
        let readable = matches!(method, "GET" | "HEAD") && matches!(self.status, 200 | 206);
        // The viewer's date and range are about another resource than an error page.
        let is_asked = self.source != Source::Error || viewer.contains("if-none-match");
        if readable && is_asked && Validators::of(&self.headers).viewer_has_copy(viewer) {
            return self.head(304).finish();
        }
        match (self.part(method, viewer), self.total()) {
            (Part::Whole, _) | (_, None) => self.respond_whole(method),
            (Part::Unsatisfiable, Some(total)) => {
                let none = ContentRange::none_of(total);
                let mut response = self.head(416).insert_header(("Content-Range", none)).finish();
                for name in OF_OBJECT {
                    response.headers_mut().remove(name);
                }
                response
            }
            (Part::One(range), Some(total)) => {
                let told = ContentRange::of(&range, total);
                let mut response = self.head(206);
                response.insert_header(("Content-Range", told));
                self.send_part(response, range)
            }
            (Part::Many(ranges), Some(total)) => self.respond_parts(ranges, total),
        }
    }

    /// True if the viewer asks for a range outside of the body.
    pub(in crate::pipeline) fn is_unsatisfiable(&self, method: &str, viewer: &Headers) -> bool {
        self.part(method, viewer) == Part::Unsatisfiable
    }

    /// True if a viewer with these headers may get a range of this answer: it sends no `If-Range`,
    /// or one that matches this answer.
    pub(in crate::pipeline) fn allows_range(&self, viewer: &Headers) -> bool {
        Validators::of(&self.headers).allow_range(viewer)
    }

    /// The part of the body that the viewer asks for. HEAD has no ranges (RFC 9110, 14.2).
    fn part(&self, method: &str, viewer: &Headers) -> Part {
        let is_object = self.status == 200 && self.source != Source::Error;
        let asked = viewer.get("range").filter(|_| method == "GET" && is_object);
        let (Some(total), Some(asked)) = (self.total(), asked) else {
            return Part::Whole;
        };
        if !self.allows_range(viewer) {
            return Part::Whole;
        }
        match (Part::asked(Some(asked), total), &self.body) {
            // A body that is still arriving can be read only forward, and only for one part.
            (Part::Many(_), AnswerBody::Shared(_)) => Part::Whole,
            (part, _) => part,
        }
    }

    /// The length of the body, if parts of it may be sent. A body that was compressed here may have
    /// other bytes the next time, so a viewer could not join parts of it.
    fn total(&self) -> Option<u64> {
        match &self.body {
            _ if self.encoded.is_some() => None,
            AnswerBody::Whole(body) => Some(body.len() as u64),
            AnswerBody::Shared(_) => self.length,
            AnswerBody::Empty | AnswerBody::Arriving(_) => None,
        }
    }

    fn send_part(&self, mut response: HttpResponseBuilder, range: Range<u64>) -> HttpResponse {
        let length = range.end - range.start;
        let (Ok(first), Ok(end)) = (usize::try_from(range.start), usize::try_from(range.end))
        else {
            return response.finish();
        };
        match &self.body {
            AnswerBody::Whole(body) => send(response, body, first..end),
            AnswerBody::Shared(reader) => match reader.take() {
                Some(reader) => response.body(sized(length, reader.limited(first..end))),
                None => response.finish(),
            },
            AnswerBody::Empty | AnswerBody::Arriving(_) => response.finish(),
        }
    }

    fn respond_parts(&self, ranges: Vec<Range<u64>>, total: u64) -> HttpResponse {
        let AnswerBody::Whole(body) = &self.body else {
            return self.respond_whole("GET");
        };
        let parts = Multipart::new(self.headers.get("content-type"), ranges, total);
        let mut response = self.head(206);
        response.insert_header(("Content-Type", parts.content_type()));
        response.body(sized(parts.length(), parts.stream(body.clone())))
    }

    fn respond_whole(&self, method: &str) -> HttpResponse {
        let mut response = self.head(self.status);
        if matches!(self.status, 204 | 304) {
            return response.finish();
        }
        if method == "HEAD" {
            let length = match &self.body {
                AnswerBody::Whole(body) => Some(body.len() as u64),
                AnswerBody::Empty | AnswerBody::Arriving(_) | AnswerBody::Shared(_) => self.length,
            };
            return match length {
                Some(length) => response.body(sized(length, stream::empty())),
                // An unknown length is not zero.
                None => response.body(actix_web::body::None::new()),
            };
        }
        match &self.body {
            AnswerBody::Empty => response.finish(),
            AnswerBody::Whole(body) => send(response, body, 0..body.len()),
            AnswerBody::Shared(reader) => self.send_stream(response, reader.take()),
            AnswerBody::Arriving(reader) => {
                let body = reader.take();
                if let Some(trailers) = body.as_ref().and_then(|body| body.trailers.clone()) {
                    response.extensions_mut().insert(trailers);
                }
                self.send_stream(response, body)
            }
        }
    }

    fn send_stream<S>(&self, mut response: HttpResponseBuilder, body: Option<S>) -> HttpResponse
    where
        S: Stream<Item = Result<Bytes, BodyError>> + 'static,
    {
        match (body, self.length) {
            (None, _) => response.finish(),
            (Some(body), Some(length)) => response.body(sized(length, body)),
            (Some(body), None) => response.body(BoxBody::new(BodyStream::new(Box::pin(body)))),
        }
    }
}

// === impl AnswerBody ===

impl AnswerBody {
    /// A stored body. A stored answer to HEAD has none.
    pub(in crate::pipeline) fn stored(object: &CachedObject) -> Self {
        if object.head.bodiless { Self::Empty } else { Self::Whole(object.body.clone()) }
    }

    /// A body that arrives.
    pub(in crate::pipeline) fn new(
        body: impl Stream<Item = Result<Bytes, BodyError>> + 'static,
    ) -> Self {
        let body = ArrivingBody { bytes: body.boxed_local(), trailers: None };
        Self::Arriving(Some(body).into())
    }

    /// The same body, if it arrives, with these trailers. They are lost with the body, or if it is
    /// changed or shared.
    pub(in crate::pipeline) fn with_trailers(mut self, trailers: Option<Trailers>) -> Self {
        if let Self::Arriving(body) = &mut self
            && let Some(body) = body.get_mut()
        {
            body.trailers = trailers;
        }
        self
    }

    /// A body that several viewers read.
    pub(in crate::pipeline) fn shared(reader: BodyReader) -> Self {
        Self::Shared(Some(reader).into())
    }

    /// The same, but sent whole whatever the viewer asks for.
    pub(in crate::pipeline) fn undivided(self) -> Self {
        match self {
            Self::Shared(reader) => reader.into_inner().map_or(Self::Empty, Self::new),
            other => other,
        }
    }
}

/// A part of a complete body. A small part is sent at once, a larger one in slices, because the
/// server copies all bytes that it gets into the connection's buffer.
fn send(mut response: HttpResponseBuilder, body: &Body, part: Range<usize>) -> HttpResponse {
    if body.len() <= SLICE {
        return response.body(body.to_bytes().slice(part));
    }
    response.body(sized(part.len() as u64, body.stream(part)))
}

fn sized<S>(length: u64, body: S) -> BoxBody
where
    S: Stream<Item = Result<Bytes, BodyError>> + 'static,
{
    BoxBody::new(SizedStream::new(length, Box::pin(body)))
}
