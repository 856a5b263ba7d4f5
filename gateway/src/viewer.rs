//! A viewer's request as it arrived, checked against the proxy's own limits (`contract.md` 5.3,
//! 7.2).

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::Version;
use actix_web::http::header::{HeaderMap, HeaderValue, UPGRADE};
use actix_web::http::uri::Authority;
use data_encoding::BASE64URL_NOPAD;
use rand::RngCore;

use brink_shared::event::headers::capitalized;
use brink_shared::event::{Headers, Request};

use crate::cdn_loop;
use crate::octets;
use crate::origin::policy::strip_named_by_connection;
use crate::rejected::Rejected;
use crate::routing::leads_above_root;
use crate::target::{self, Spelling, text};
use crate::viewer_stream::{Noted, ViewerConnection};

/// Bytes of randomness in a request id: two requests never share one.
const ID_BYTES: usize = 24;

/// A viewer's request.
#[derive(Clone, Debug)]
pub struct ViewerRequest {
    /// Unique; in `X-Amz-Cf-Id`, in events, and in every log line.
    pub id: String,
    /// The `Host` that chooses the distribution.
    pub host: String,
    /// The request as viewer-facing functions see it, but still with the disallowed headers.
    pub request: Request,
    /// The viewer's spelling of the target, if functions see it converted.
    pub spelling: Option<Arc<Spelling>>,
    /// The port that the viewer's connection comes from.
    pub port: u16,
    /// `1.0`, `1.1` or `2.0`, for `Via`.
    pub http_version: &'static str,
    /// True if the request announces a body.
    pub has_body: bool,
    /// The body's announced length.
    pub content_length: Option<u64>,
    /// True if the viewer asks for a WebSocket (RFC 6455, 4.1).
    pub is_upgrade: bool,
    /// The `CDN-Loop` header for origins ([`cdn_loop`]).
    pub cdn_loop: Cow<'static, str>,
}

// === impl ViewerRequest ===

impl ViewerRequest {
    /// Reads the head of a request that passed the checks of its connection.
    pub fn read(from: &HttpRequest) -> Result<Self, Rejected> {
        let noted = from.conn_data::<Rc<ViewerConnection>>().and_then(|c| c.take_noted());
        let received = match noted {
            Some(Noted::Rejected(rejected)) => return Err(rejected),
            Some(Noted::Target(target)) => Some(target),
            None => None,
        };
        let (uri, querystring, spelling) = read_target(from, received)?;
        let mut headers = read_headers(from.headers());
        let host = host(from, &mut headers).ok_or(Rejected::NoHost)?;
        let content_length = headers.get("content-length").and_then(|text| text.parse().ok());
        let chunked = headers.contains("transfer-encoding");
        if chunked && headers.contains("content-length") {
            return Err(Rejected::Framing);
        }
        let has_body = chunked || content_length.is_some_and(|length: u64| length > 0);
        let method = from.method().as_str().to_owned();
        if has_body && matches!(method.as_str(), "GET" | "HEAD") {
            return Err(Rejected::GetWithBody);
        }
        let cdn_loop = cdn_loop::passed_on(&headers).ok_or(Rejected::Loop)?;
        // Before any use: functions, cache keys and origins see the same headers.
        strip_named_by_connection(&mut headers);
        let is_upgrade = from.head().upgrade() && offers_websocket(from) && method == "GET";
        let (client_ip, port) = peer(from);
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
            port,
            http_version: match from.version() {
                actix_web::http::Version::HTTP_2 => "2.0",
                actix_web::http::Version::HTTP_10 => "1.0",
                _ => "1.1",
            },
            has_body,
            content_length,
            is_upgrade: is_upgrade && from.version() == Version::HTTP_11,
            cdn_loop,
        })
    }
}

/// Address and port of the viewer's connection.
pub fn peer(from: &HttpRequest) -> (IpAddr, u16) {
    let unknown = (IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
    from.peer_addr().map_or(unknown, |peer| (peer.ip().to_canonical(), peer.port()))
}

/// A new request id.
pub fn new_id() -> String {
    let mut bytes = [0; ID_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    BASE64URL_NOPAD.encode(&bytes)
}

/// True if the server reads the bytes after the request's head as another protocol.
pub fn offers_websocket(from: &HttpRequest) -> bool {
    let mut offers = from.headers().get_all(UPGRADE);
    offers.any(|offer| offer.as_bytes().trim_ascii().eq_ignore_ascii_case(b"websocket"))
}

/// The authority of the target, which overrides and replaces every `Host` line (RFC 9112, 3.2.2);
/// else the one `Host` line.
fn host(from: &HttpRequest, headers: &mut Headers) -> Option<String> {
    let lines: Vec<&str> = headers.get_all("host").collect();
    if lines.len() > 1 || lines.iter().any(|line| !is_host(line)) {
        return None;
    }
    let line = lines.first().map(|line| (*line).to_owned());
    let Some(authority) = from.uri().authority().map(|authority| authority.as_str()) else {
        return line;
    };
    let host = is_host(authority).then(|| authority.to_owned())?;
    headers.set("Host", host.as_str());
    Some(host)
}

/// True for a name or an address, with or without a port. A user name is not allowed.
fn is_host(text: &str) -> bool {
    let Ok(authority) = Authority::try_from(text) else { return false };
    let host = authority.host();
    let port = text.strip_prefix(host);
    let port = port.map(|port| port.strip_prefix(':').unwrap_or(port));
    let is_port = port.is_some_and(|port| port.is_empty() || port.parse::<u16>().is_ok());
    let is_name = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty(),
    };
    is_port && is_name && !text.contains('@')
}

/// The case of the names is lost by now; they are shown in their usual spelling.
fn read_headers(map: &HeaderMap) -> Headers {
    let value = |value: &HeaderValue| octets::from_bytes(value.as_bytes());
    map.iter().map(|(name, line)| (capitalized(name.as_str()), value(line))).collect()
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

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(target: &str) -> Result<ViewerRequest, Rejected> {
        let request = TestRequest::with_uri(target).insert_header(("Host", "theirs.example"));
        ViewerRequest::read(&request.to_http_request())
    }

    #[test]
    fn the_targets_own_host_takes_the_place_of_the_header() {
        let viewer = read("http://shop.example/a?b").unwrap();
        assert_eq!((viewer.host.as_str(), viewer.request.uri.as_str()), ("shop.example", "/a"));
        assert_eq!(viewer.request.headers.get_all("host").collect::<Vec<_>>(), ["shop.example"]);
        assert_eq!(read("/a").unwrap().host, "theirs.example");
        assert_eq!(read("http://me:secret@shop.example/").err(), Some(Rejected::NoHost));
    }

    #[test]
    fn targets_that_name_nothing_are_rejected() {
        for target in ["*", "evil.example:80", "foo", "ftp://shop.example/a"] {
            assert_eq!(read(target).err(), Some(Rejected::Target), "{target}");
        }
        assert_eq!(read("https://shop.example").unwrap().request.uri, "/");
    }

    #[test]
    fn hosts_are_names_or_addresses_with_or_without_a_port() {
        for host in ["a", "shop.example:8080", "a_b.example.", "127.0.0.1:1", "[::1]:80", "a:"] {
            assert!(is_host(host), "{host}");
        }
        for host in [
            "",
            "a b",
            "a/b",
            "u@a",
            "a, b",
            "[::1",
            "[x]",
            "a:b",
            "a:99999",
            ":80",
            "a:1:2",
            "a%41",
            "a?b",
            "a#b",
            "caf\u{e9}",
            "::1",
            "a\\b",
        ] {
            assert!(!is_host(host), "{host}");
        }
    }
}
