//! A viewer's request as it arrived, checked against the proxy's own limits
//! (`contract.md` 5.3, 7.2).

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use data_encoding::BASE64URL_NOPAD;
use rand::RngCore;

use brink_shared::event::headers::capitalized;
use brink_shared::event::{Headers, Request};

use crate::target::{self, Spelling, text};
use crate::viewer_stream::ReceivedTargets;

/// Most bytes of request line and headers together (`contract.md` 5.3).
pub const HEAD_MAX: usize = 20_480;

/// Most bytes of a URL (`contract.md` 5.3).
pub const URL_MAX: usize = 8_192;

/// Bytes of randomness in a request id: two requests never share one.
const ID_BYTES: usize = 24;

/// A viewer's request.
#[derive(Clone, Debug)]
pub struct ViewerRequest {
    /// Unique; in `X-Amz-Cf-Id`, in events, and in every log line.
    pub id: String,
    /// The `Host` that chooses the distribution.
    pub host: String,
    /// The request as viewer-facing functions see it, without disallowed headers taken out.
    pub request: Request,
    /// How the target was spelled, if the request shows it converted.
    pub spelling: Option<Arc<Spelling>>,
    /// The port that the viewer's connection comes from.
    pub port: u16,
    /// `1.0`, `1.1` or `2.0`, for `Via`.
    pub http_version: &'static str,
    /// True if the request announces a body.
    pub has_body: bool,
    /// The body's announced length.
    pub content_length: Option<u64>,
}

/// Why a request goes no further than this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Over [`HEAD_MAX`] or [`URL_MAX`].
    TooLarge,
    /// No single `Host`, or none that can be read.
    NoHost,
    /// A GET that carries a body (`contract.md` 7.2).
    GetWithBody,
    /// A body that is announced in two ways: where it ends is a matter of opinion.
    Ambiguous,
}

// === impl ViewerRequest ===

impl ViewerRequest {
    /// Reads the head of a request.
    pub fn read(from: &HttpRequest) -> Result<Self, Refused> {
        let (uri, querystring, spelling) = read_target(from);
        let url_len = uri.len() + querystring.len() + 1;
        if url_len > URL_MAX || from.method().as_str().len() + url_len + head_len(from) > HEAD_MAX {
            return Err(Refused::TooLarge);
        }
        let mut headers = read_headers(from.headers());
        let host = host(from, &mut headers).ok_or(Refused::NoHost)?;
        let content_length = headers.get("content-length").and_then(|text| text.parse().ok());
        let chunked = headers.contains("transfer-encoding");
        if chunked && headers.contains("content-length") {
            return Err(Refused::Ambiguous);
        }
        let has_body = chunked || content_length.is_some_and(|length: u64| length > 0);
        let method = from.method().as_str().to_owned();
        if has_body && matches!(method.as_str(), "GET" | "HEAD") {
            return Err(Refused::GetWithBody);
        }
        let peer = from.peer_addr();
        let client_ip = peer.map(|peer| peer.ip().to_canonical());
        let client_ip = client_ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(Self {
            id: new_id(),
            host,
            request: Request {
                client_ip,
                method,
                uri,
                querystring,
                headers,
                body: None,
                origin: None,
            },
            spelling,
            port: peer.map_or(0, |peer| peer.port()),
            http_version: match from.version() {
                actix_web::http::Version::HTTP_2 => "2.0",
                actix_web::http::Version::HTTP_10 => "1.0",
                _ => "1.1",
            },
            has_body,
            content_length,
        })
    }
}

/// A new request id.
pub fn new_id() -> String {
    let mut bytes = [0; ID_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    BASE64URL_NOPAD.encode(&bytes)
}

fn head_len(from: &HttpRequest) -> usize {
    from.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

/// The authority of the target, which overrules every `Host` line and takes its place
/// (RFC 9112, 3.2.2); else the one `Host` line.
fn host(from: &HttpRequest, headers: &mut Headers) -> Option<String> {
    if let Some(authority) = from.uri().authority().map(|authority| authority.as_str()) {
        // Nobody logs in to a proxy by its host name.
        let host = (!authority.contains('@')).then(|| authority.to_owned())?;
        headers.set("Host", host.as_str());
        return Some(host);
    }
    let mut lines = headers.get_all("host");
    let host = lines.next()?;
    lines.next().is_none().then(|| host.to_owned())
}

/// The wire has lost the case of names by now; they are shown in their usual spelling.
fn read_headers(map: &HeaderMap) -> Headers {
    map.iter().map(|(name, value)| (capitalized(name.as_str()), text(value.as_bytes()))).collect()
}

/// Path and query as functions see them, and how they were spelled if that is not the same.
fn read_target(from: &HttpRequest) -> (String, String, Option<Arc<Spelling>>) {
    let received = from.conn_data::<Rc<ReceivedTargets>>().and_then(|targets| targets.next());
    let Some(received) = received else {
        let target = from.uri();
        return (target.path().to_owned(), target.query().unwrap_or_default().to_owned(), None);
    };
    let (path, query) = target::split(&received);
    let spelling = Spelling::of(path, query).map(Arc::new);
    (text(path), text(query), spelling)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(target: &str) -> Result<ViewerRequest, Refused> {
        let request = TestRequest::with_uri(target).insert_header(("Host", "theirs.example"));
        ViewerRequest::read(&request.to_http_request())
    }

    #[test]
    fn the_targets_own_host_takes_the_place_of_the_header() {
        let viewer = read("http://shop.example/a?b").unwrap();
        assert_eq!((viewer.host.as_str(), viewer.request.uri.as_str()), ("shop.example", "/a"));
        assert_eq!(viewer.request.headers.get_all("host").collect::<Vec<_>>(), ["shop.example"]);
        assert_eq!(read("/a").unwrap().host, "theirs.example");
        assert_eq!(read("http://me:secret@shop.example/").err(), Some(Refused::NoHost));
    }
}
