//! The head of a viewer's request, in one form for all versions of HTTP.
//!
//! Each front end fills a [`ViewerHead`]. The server of HTTP/1 (actix-http) leaves its request to
//! the handler, which reads it once ([`ViewerHead::of`]). Other front ends put the head beside the
//! request with [`ViewerHead::put`], and leave the headers of the request itself empty. But if they
//! reject the head, the headers stay beside the request, for the log.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::Version;
use actix_web::http::header::{HeaderMap, UPGRADE};
use actix_web::{HttpMessage as _, HttpRequest};

use brink_shared::event::Headers;
use brink_shared::event::headers::capitalized;

use crate::octets;
use crate::rejected::Rejected;
use crate::routing::leads_above_root;
use crate::target::{self, Spelling, text};
use crate::viewer_stream::{Noted, ViewerConnection};
use crate::viewer_tls::ViewerTls;

/// A head that its front end has checked: the framing of the body is clear, and the target is a
/// path that does not lead above its root.
#[derive(Clone, Debug)]
pub struct ViewerHead {
    /// The method.
    pub method: String,
    /// The authority in the target: `:authority` in HTTP/2 and HTTP/3.
    pub authority: Option<String>,
    /// The path as functions see it.
    pub path: String,
    /// The query as functions see it, without the question mark.
    pub query: String,
    /// The viewer's spelling of the target, if functions see it converted.
    pub spelling: Option<Arc<Spelling>>,
    /// The header lines, in the viewer's order of lines with the same name.
    pub headers: Headers,
    /// `1.0`, `1.1`, `2.0` or `3.0`.
    pub http_version: &'static str,
    /// The other end of the connection.
    pub peer: Option<SocketAddr>,
    /// True if a body of at least one byte follows, or may follow.
    pub has_body: bool,
    /// The announced length of the body.
    pub content_length: Option<u64>,
    /// True if the viewer asks for a WebSocket (RFC 6455, 4.1), which needs HTTP/1.1.
    pub is_upgrade: bool,
    /// The TLS session of the connection; `None` over plain HTTP.
    pub tls: Option<ViewerTls>,
}

/// The head as a front end puts it beside the request.
struct Put(Result<ViewerHead, Rejected>);

// === impl ViewerHead ===

impl ViewerHead {
    /// The head of this request, or why the request is rejected. Call this once for each request.
    pub fn of(from: &HttpRequest) -> Result<Self, Rejected> {
        match from.extensions_mut().remove::<Put>() {
            Some(Put(head)) => head,
            None => Self::of_http1(from),
        }
    }

    /// Puts a head, or the reason of a rejection, beside a request.
    pub fn put(head: Result<Self, Rejected>, request: &actix_http::Request) {
        request.extensions_mut().insert(Put(head));
    }

    /// Reads a request that the server of HTTP/1 has read.
    fn of_http1(from: &HttpRequest) -> Result<Self, Rejected> {
        let connection = from.conn_data::<Rc<ViewerConnection>>();
        let received = match connection.and_then(|connection| connection.take_noted()) {
            Some(Noted::Rejected(rejected)) => return Err(rejected),
            Some(Noted::Target(target)) => Some(target),
            None => None,
        };
        let (path, query, spelling) = read_target(from, received)?;
        let headers = read_headers(from.headers());
        let content_length = headers.get("content-length").and_then(|text| text.parse().ok());
        let chunked = headers.contains("transfer-encoding");
        if chunked && headers.contains("content-length") {
            return Err(Rejected::Framing);
        }
        let is_upgrade = from.head().upgrade() && offers_websocket(from);
        Ok(Self {
            method: from.method().as_str().to_owned(),
            authority: from.uri().authority().map(|authority| authority.as_str().to_owned()),
            path,
            query,
            spelling,
            headers,
            http_version: if from.version() == Version::HTTP_10 { "1.0" } else { "1.1" },
            peer: from.peer_addr(),
            has_body: chunked || content_length.is_some_and(|length: u64| length > 0),
            content_length,
            is_upgrade: is_upgrade
                && from.method().as_str() == "GET"
                && from.version() == Version::HTTP_11,
            tls: connection.and_then(|connection| connection.tls()).map(|tls| tls.of_request()),
        })
    }
}

/// True if the server reads the bytes after the request's head as another protocol.
pub fn offers_websocket(from: &HttpRequest) -> bool {
    let mut offers = from.headers().get_all(UPGRADE);
    offers.any(|offer| offer.as_bytes().trim_ascii().eq_ignore_ascii_case(b"websocket"))
}

/// The case of the names is lost by now; they are shown in their usual spelling.
fn read_headers(map: &HeaderMap) -> Headers {
    let line = |value: &[u8]| octets::from_bytes(value);
    map.iter().map(|(name, value)| (capitalized(name.as_str()), line(value.as_bytes()))).collect()
}

/// Path and query as functions see them, and the viewer's spelling if it is another. Fails if the
/// target is neither a path nor a URL (RFC 9112, 3.2), or if the path leads above its root.
fn read_target(
    from: &HttpRequest,
    received: Option<Vec<u8>>,
) -> Result<(String, String, Option<Arc<Spelling>>), Rejected> {
    let target = from.uri();
    let is_url = matches!(target.scheme_str(), Some("http" | "https"));
    if !is_url && (target.scheme().is_some() || !target.path().starts_with('/')) {
        return Err(Rejected::Target);
    }
    if leads_above_root(target.path()) {
        return Err(Rejected::AboveRoot);
    }
    let Some(received) = received else {
        let query = target.query().unwrap_or_default();
        return Ok((target.path().to_owned(), query.to_owned(), None));
    };
    let (path, query) = target::split(&received);
    let spelling = Spelling::of(path, query).map(Arc::new);
    Ok((text(path), text(query), spelling))
}
