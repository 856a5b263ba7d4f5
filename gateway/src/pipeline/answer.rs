//! The answer to a viewer, and its form as an HTTP response.

mod multipart;
mod sending;

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_http::ConnectionType;
use actix_web::body::{BodySize, MessageBody as _};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{StatusCode, Version};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;

use brink_shared::contract::FunctionResponse;
use brink_shared::event::Headers;

use super::reason;
use crate::cache::object::{CachedObject, Encoded, ObjectHead};
use crate::cache::range::ContentRange;
use crate::cache::{Body, BodyReader};
use crate::octets;
use crate::response_headers::server_timing::{Layer, Outcome, UpstreamTiming};
use crate::viewer_head::offers_websocket;
pub(super) use sending::ArrivingBody;

/// An answer to a viewer, before the proxy adds its headers.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The status of the origin, or of a request function that answered instead, before any
    /// response function.
    pub(super) origin_status: u16,
    pub(super) status_description: String,
    pub(super) headers: Arc<Headers>,
    pub(super) body: AnswerBody,
    /// Bytes of a body that arrives, or that a HEAD leaves out, as the origin announced them. Not
    /// read from the headers, because functions write those.
    pub(super) length: Option<u64>,
    /// Set if the gateway compressed the body.
    pub(super) encoded: Option<Encoded>,
    /// Seconds since the origin sent or confirmed a stored answer.
    pub(super) age: Option<u64>,
    pub(super) source: Source,
    /// How long the origin or its shield took, if one was asked for this viewer.
    pub(super) upstream: Option<UpstreamTiming>,
    /// How much longer it is fresh, if a cache has it: this gateway's or the shield's.
    pub(super) fresh_for: Option<Duration>,
}

/// The body of an answer. A stream can be taken once.
pub(super) enum AnswerBody {
    /// No body.
    Empty,
    /// A whole body.
    Whole(Body),
    /// A body as it arrives from the origin, for all viewers of the same fetch.
    Shared(RefCell<Option<BodyReader>>),
    /// A body as it arrives from the origin, for this viewer alone.
    Arriving(RefCell<Option<ArrivingBody>>),
}

/// The source of an answer: `X-Cache`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The cache of this gateway, or of the origin's shield.
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
    /// The proxy, which redirects to HTTPS.
    Redirect,
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
            Self::Redirect => "Redirect",
        }
    }

    /// The same for `Server-Timing`.
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Hit => Outcome::Hit,
            Self::RefreshHit => Outcome::Refreshed,
            Self::Miss => Outcome::Miss,
            Self::GeneratedForViewer | Self::GeneratedForOrigin | Self::Error | Self::Redirect => {
                Outcome::Generated
            }
        }
    }
}

// === impl Answer ===

impl Answer {
    /// An answer that a function made.
    pub(super) fn generated(response: FunctionResponse, source: Source) -> Self {
        let mut headers = response.headers;
        headers.remove("content-length");
        headers.remove("transfer-encoding");
        Self {
            status: response.status,
            origin_status: response.status,
            status_description: response.status_description.unwrap_or_default(),
            headers: headers.into(),
            body: response.body.map_or(AnswerBody::Empty, |body| AnswerBody::Whole(body.into())),
            length: None,
            encoded: None,
            age: None,
            source,
            upstream: None,
            fresh_for: None,
        }
    }

    /// A redirect to HTTPS, with a short page for people.
    pub(super) fn redirect(status: u16, headers: Headers, page: &'static str) -> Self {
        let body = Some(Bytes::from_static(page.as_bytes()));
        let response = FunctionResponse { status, status_description: None, headers, body };
        Self::generated(response, Source::Redirect)
    }

    /// A stored object.
    pub(super) fn stored(object: &CachedObject, source: Source) -> Self {
        let age = object.head.age(Instant::now());
        Self {
            age: matches!(source, Source::Hit | Source::RefreshHit).then(|| age.as_secs()),
            ..Self::headed(&object.head, AnswerBody::stored(object), source)
        }
    }

    /// An answer whose body is still arriving.
    pub(super) fn arriving(head: &Arc<ObjectHead>, body: BodyReader, source: Source) -> Self {
        Self::headed(head, AnswerBody::shared(body), source)
    }

    /// A range of an object of `total` bytes that has this head.
    pub(super) fn range(
        head: &ObjectHead,
        range: &Range<u64>,
        total: u64,
        body: AnswerBody,
        source: Source,
    ) -> Self {
        let age = head.age(Instant::now()).as_secs();
        let mut answer = Self { age: Some(age), ..Self::headed(head, body, source) };
        answer.become_range(range, total);
        answer
    }

    /// A 416: an object of `total` bytes does not have this range.
    pub(super) fn unsatisfiable(total: u64) -> Self {
        let range = ("Content-Range", ContentRange::none_of(total));
        Self {
            status: 416,
            origin_status: 416,
            status_description: String::new(),
            headers: Arc::new([range].into_iter().collect()),
            body: AnswerBody::Empty,
            length: None,
            encoded: None,
            age: None,
            source: Source::Hit,
            upstream: None,
            fresh_for: None,
        }
    }

    /// Makes this the answer to a request for a range. The body has only the bytes of the range.
    pub(super) fn become_range(&mut self, range: &Range<u64>, total: u64) {
        self.status = 206;
        self.status_description = String::new();
        self.length = Some(range.end - range.start);
        let headers = Arc::make_mut(&mut self.headers);
        headers.set("Content-Range", ContentRange::of(range, total));
        headers.set("Content-Length", (range.end - range.start).to_string());
    }

    fn headed(head: &ObjectHead, body: AnswerBody, source: Source) -> Self {
        Self {
            status: head.status,
            origin_status: head.origin_status,
            status_description: head.status_description.clone(),
            headers: head.headers.clone(),
            body,
            length: head.content_length(),
            encoded: head.encoded.clone(),
            age: None,
            source,
            upstream: None,
            fresh_for: Some(head.fresh_for(Instant::now())),
        }
    }

    /// The headers of the answer as the origin knows it.
    pub(super) fn plain_headers(&self) -> &Arc<Headers> {
        self.encoded.as_ref().map_or(&self.headers, |encoded| &encoded.plain)
    }

    /// The beginning of `X-Cache`, and a label of metrics. Errors of the origin count as errors
    /// also if they come from the cache.
    pub(super) fn result(&self) -> &'static str {
        match self.source {
            Source::Hit | Source::RefreshHit | Source::Miss if self.status >= 400 => "Error",
            source => source.name(),
        }
    }

    /// True if it comes from the cache of the origin's shield.
    pub(super) fn is_shields_hit(&self) -> bool {
        let is_shields = |upstream: UpstreamTiming| upstream.layer == Layer::OriginShield;
        self.source == Source::Hit && self.upstream.is_some_and(is_shields)
    }

    /// The headers as the viewer-response function sees them.
    pub(super) fn headers_with_age(&self) -> Headers {
        let mut headers = Headers::clone(&self.headers);
        if let Some(age) = self.age {
            headers.set("Age", age.to_string());
        }
        headers
    }

    /// Status and headers, without the headers of the body's framing, which the server writes
    /// itself. The reason phrase is that of the answer, if the answer is sent with its own status.
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
            if status == 304 && self.encoded.is_some() && header.is("content-encoding") {
                // The viewer may have the plain body, which must not get a coding by this.
                continue;
            }
            let name = HeaderName::from_bytes(header.key.as_bytes());
            let value = HeaderValue::from_bytes(&octets::to_bytes(&header.value));
            match (name, value) {
                (Ok(name), Ok(value)) => drop(response.append_header((name, value))),
                _ => tracing::warn!(header = header.key, "a header cannot be sent and is left out"),
            }
        }
        if let Some(age) = self.age {
            response.insert_header(("Age", age));
        }
        let has_length = matches!(self.body, AnswerBody::Whole(_)) || self.length.is_some();
        let has_ranges = matches!(self.status, 200 | 206) && has_length && self.encoded.is_none();
        if has_ranges && !self.headers.contains("accept-ranges") {
            response.insert_header(("Accept-Ranges", "bytes"));
        }
        response
    }
}

/// Adds the proxy's own headers (`contract.md` 7.10).
pub(super) fn sign(response: &mut HttpResponse, id: &str, result: &str, via: &str) {
    // Viewers of HTTP/1 get names in their usual spelling, as from CloudFront.
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

/// Frames the answer: where it ends, and that the connection speaks HTTP until then.
pub(super) fn frame(response: &mut HttpResponse, from: &HttpRequest) {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return;
    }
    let (is_old, is_declined) = (from.version() < Version::HTTP_11, offers_websocket(from));
    let ends_unsaid = response.body().size() == BodySize::Stream && (is_old || is_declined);
    if ends_unsaid {
        // Viewers that speak HTTP/1.0 know no chunks, and the server writes none after a request
        // for an upgrade. So the body ends with the connection (RFC 9112, 6.1 and 6.3).
        response.head_mut().no_chunking(true);
    }
    if ends_unsaid || is_declined || from.head().upgrade() {
        // Otherwise the server would offer an upgrade.
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
}

/// Names the behavior that matched. Adds no header if none matched, or if its pattern cannot be in
/// a header.
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
