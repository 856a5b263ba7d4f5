//! What flows back to the viewer, and how it is written as an HTTP response.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use actix_http::ConnectionType;
use actix_web::body::{BodySize, BodyStream, BoxBody, MessageBody as _, SizedStream};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{StatusCode, Version};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures_util::stream::{LocalBoxStream, Stream, StreamExt as _};

use brink_shared::contract::FunctionResponse;
use brink_shared::event::{Header, Headers};

use super::reason;
use crate::cache::conditional::Validators;
use crate::cache::fill::BodyReader;
use crate::cache::object::{CachedObject, ObjectHead};
use crate::cache::range::Part;
use crate::octets;
use crate::origin::BodyError;
use crate::viewer::offers_websocket;

/// An answer to a viewer, before the proxy signs it.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) status_description: String,
    pub(super) headers: Arc<Headers>,
    pub(super) body: AnswerBody,
    /// Bytes of a body that arrives, or that a HEAD leaves out, as the origin announced them. Not
    /// read from the headers, which functions write.
    pub(super) length: Option<u64>,
    /// Seconds since the origin sent or confirmed a stored answer.
    pub(super) age: Option<u64>,
    pub(super) source: Source,
}

/// The body of an answer. A stream is handed out once.
pub(super) enum AnswerBody {
    /// None at all.
    Empty,
    /// All of it.
    Whole(Bytes),
    /// As it arrives from the origin.
    Arriving(RefCell<Option<ArrivingBody>>),
}

/// A body that is still arriving, read on the thread that serves the viewer.
pub(super) type ArrivingBody = LocalBoxStream<'static, Result<Bytes, BodyError>>;

/// Where an answer comes from: `X-Cache`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The cache.
    Hit,
    /// The cache, after the origin confirmed it.
    RefreshHit,
    /// The origin.
    Miss,
    /// The viewer-request function.
    GeneratedForViewer,
    /// The origin-request function, just now.
    GeneratedForOrigin,
    /// An error page.
    Error,
}

// === impl Source ===

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::Hit => "Hit",
            Self::RefreshHit => "RefreshHit",
            Self::Miss => "Miss",
            Self::GeneratedForViewer | Self::GeneratedForOrigin => "LambdaGeneratedResponse",
            Self::Error => "Error",
        }
    }
}

// === impl Answer ===

impl Answer {
    /// What a function made.
    pub(super) fn generated(response: FunctionResponse, source: Source) -> Self {
        let mut headers = response.headers;
        headers.remove("content-length");
        headers.remove("transfer-encoding");
        Self {
            status: response.status,
            status_description: response.status_description.unwrap_or_default(),
            headers: headers.into(),
            body: response.body.map_or(AnswerBody::Empty, AnswerBody::Whole),
            length: None,
            age: None,
            source,
        }
    }

    /// A stored object.
    pub(super) fn stored(object: &CachedObject, source: Source) -> Self {
        let age = object.head.age(Instant::now());
        Self {
            age: matches!(source, Source::Hit | Source::RefreshHit).then(|| age.as_secs()),
            ..Self::headed(&object.head, AnswerBody::Whole(object.body.clone()), source)
        }
    }

    /// An answer whose body is still arriving.
    pub(super) fn arriving(head: &Arc<ObjectHead>, body: BodyReader, source: Source) -> Self {
        Self::headed(head, AnswerBody::new(body), source)
    }

    fn headed(head: &ObjectHead, body: AnswerBody, source: Source) -> Self {
        Self {
            status: head.status,
            status_description: head.status_description.clone(),
            headers: head.headers.clone(),
            body,
            length: head.content_length(),
            age: None,
            source,
        }
    }

    /// The beginning of `X-Cache`, and a label of metrics. Errors of the origin count as such
    /// also when they come from the cache.
    pub(super) fn result(&self) -> &'static str {
        match self.source {
            Source::Hit | Source::RefreshHit | Source::Miss if self.status >= 400 => "Error",
            source => source.name(),
        }
    }

    /// The headers as the viewer-response function sees them.
    pub(super) fn headers_with_age(&self) -> Headers {
        let mut headers = Headers::clone(&self.headers);
        if let Some(age) = self.age {
            headers.set("Age", age.to_string());
        }
        headers
    }

    /// Writes the answer to a viewer's request with this method and these headers: the whole of
    /// it, a part, or only that the viewer's copy is still good.
    pub(super) fn respond(&self, method: &str, viewer: &Headers) -> HttpResponse {
        let readable = matches!(method, "GET" | "HEAD") && self.status == 200;
        if readable && viewer.iter().any(asks_for_less) {
            let validators = Validators::of(&self.headers);
            if validators.is_held_by(viewer) {
                return self.head(304).finish();
            }
            if let AnswerBody::Whole(body) = &self.body {
                let part = self.part(method, viewer);
                if part != Part::Whole {
                    return self.respond_part(part, body);
                }
            }
        }
        self.respond_whole(method)
    }

    /// True if the viewer asks for a range that the answer does not have.
    pub(super) fn is_unsatisfiable(&self, method: &str, viewer: &Headers) -> bool {
        self.part(method, viewer) == Part::Unsatisfiable
    }

    /// What of the body the viewer wants. HEAD has no ranges (RFC 9110, 14.2).
    fn part(&self, method: &str, viewer: &Headers) -> Part {
        match &self.body {
            AnswerBody::Whole(body)
                if method == "GET"
                    && self.status == 200
                    && viewer.contains("range")
                    && Validators::of(&self.headers).allow_range(viewer) =>
            {
                Part::of(viewer.get("range"), body.len() as u64)
            }
            _ => Part::Whole,
        }
    }

    fn respond_part(&self, part: Part, body: &Bytes) -> HttpResponse {
        let range = part.content_range(body.len() as u64).unwrap_or_default();
        match part {
            Part::Slice { first, end } => {
                let slice = usize::try_from(first).ok().zip(usize::try_from(end).ok());
                let bytes = slice.map_or_else(Bytes::new, |(first, end)| body.slice(first..end));
                self.head(206).insert_header(("Content-Range", range)).body(bytes)
            }
            Part::Whole | Part::Unsatisfiable => {
                self.head(416).insert_header(("Content-Range", range)).finish()
            }
        }
    }

    fn respond_whole(&self, method: &str) -> HttpResponse {
        let mut response = self.head(self.status);
        if matches!(self.status, 204 | 304) {
            return response.finish();
        }
        if method == "HEAD" {
            let nothing = futures_util::stream::empty::<Result<Bytes, std::io::Error>>();
            let length = match &self.body {
                AnswerBody::Whole(body) => Some(body.len() as u64),
                AnswerBody::Empty | AnswerBody::Arriving(_) => self.length,
            };
            return match length {
                Some(length) => response.body(SizedStream::new(length, nothing)),
                None => response.finish(),
            };
        }
        match &self.body {
            AnswerBody::Empty => response.finish(),
            AnswerBody::Whole(body) => response.body(body.clone()),
            AnswerBody::Arriving(reader) => match (reader.borrow_mut().take(), self.length) {
                (None, _) => response.finish(),
                (Some(reader), Some(length)) => {
                    response.body(BoxBody::new(SizedStream::new(length, reader)))
                }
                (Some(reader), None) => response.body(BoxBody::new(BodyStream::new(reader))),
            },
        }
    }

    /// Status and headers, without those that describe how the body is framed: the server
    /// writes them itself. The words beside the status are those of the answer, if it is sent
    /// with its own status.
    pub(super) fn head(&self, status: u16) -> HttpResponseBuilder {
        let code = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
        let mut response = HttpResponse::build(code);
        if status == self.status
            && let Some(phrase) = reason::phrase(code, &self.status_description)
        {
            response.reason(phrase);
        }
        for header in self.headers.iter() {
            if header.is("content-length") || header.is("transfer-encoding") {
                continue;
            }
            let name = HeaderName::from_bytes(header.key.as_bytes());
            let value = HeaderValue::from_bytes(&octets::to_bytes(&header.value));
            match (name, value) {
                (Ok(name), Ok(value)) => drop(response.append_header((name, value))),
                _ => tracing::warn!(header = header.key, "a header cannot be sent; left out"),
            }
        }
        if let Some(age) = self.age {
            response.insert_header(("Age", age));
        }
        response
    }
}

// === impl AnswerBody ===

impl AnswerBody {
    /// A body that arrives.
    pub(super) fn new(body: impl Stream<Item = Result<Bytes, BodyError>> + 'static) -> Self {
        Self::Arriving(RefCell::new(Some(body.boxed_local())))
    }
}

/// True for the headers by which a viewer asks for a part, or says what it has already.
fn asks_for_less(header: &Header) -> bool {
    ["if-none-match", "if-modified-since", "range"].iter().any(|name| header.is(name))
}

/// Adds the headers by which the proxy makes itself known (`contract.md` 7.10).
pub(super) fn sign(response: &mut HttpResponse, id: &str, result: &str, via: &str) {
    // Viewers of HTTP/1 see names in their usual spelling, as from CloudFront.
    response.head_mut().set_camel_case_headers(true);
    let headers = response.headers_mut();
    let lines =
        [("via", via.to_owned()), ("x-amz-cf-id", id.to_owned()), ("x-cache", from_brink(result))];
    for (name, value) in lines {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// Makes clear where the answer ends, and that the connection speaks HTTP until then.
pub(super) fn frame(response: &mut HttpResponse, from: &HttpRequest) {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return;
    }
    let (is_old, is_declined) = (from.version() < Version::HTTP_11, offers_websocket(from));
    let ends_unsaid = response.body().size() == BodySize::Stream && (is_old || is_declined);
    if ends_unsaid {
        // Old viewers know no chunks, and the server writes none after an offer of a WebSocket: the
        // body ends with the connection (RFC 9112, 6.1 and 6.3).
        response.head_mut().no_chunking(true);
    }
    if ends_unsaid || is_declined || from.head().upgrade() {
        // The server would offer an upgrade in its turn.
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
}

/// Tells the viewer which behavior took the request; nothing if none did, or if its pattern is none
/// for a header.
pub(super) fn name_behavior(response: &mut HttpResponse, pattern: &str) {
    if let Ok(value) = HeaderValue::try_from(pattern)
        && !pattern.is_empty()
    {
        response.headers_mut().insert(HeaderName::from_static("x-brink-behavior"), value);
    }
}

fn from_brink(result: &str) -> String {
    format!("{result} from brink")
}
