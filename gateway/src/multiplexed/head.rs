//! The head of a request in HTTP/2 (RFC 9113, 8.3) or HTTP/3 (RFC 9114, 4.3), checked like one in
//! HTTP/1.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::http::uri::PathAndQuery;

use brink_shared::event::Headers;
use brink_shared::event::headers::capitalized;

use super::protocol::Protocol;
use crate::octets;
use crate::rejected::{HEAD_MAX, Rejected, URL_MAX};
use crate::routing::leads_above_root;
use crate::target::{self, Spelling, text};
use crate::viewer_head::ViewerHead;
use crate::viewer_tls::ViewerTls;

/// The most header lines, as in HTTP/1.
const LINES_MAX: usize = 96;

/// Bytes of a request line beyond method and target.
const LINE: usize = "  HTTP/1.1\r\n\r\n".len();

/// Reads a head. `has_body` is true if the viewer has not ended the request with it.
pub(super) fn read(
    parts: &Parts,
    protocol: Protocol,
    has_body: bool,
    peer: Option<SocketAddr>,
    tls: ViewerTls,
) -> Result<ViewerHead, Rejected> {
    let target = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    if parts.method == hyper::Method::CONNECT {
        return Err(Rejected::Connect);
    }
    let headers = headers(parts)?;
    let lines: usize = headers.iter().map(|line| line.key.len() + line.value.len() + 4).sum();
    let size = parts.method.as_str().len() + target.len() + LINE + lines;
    if size > HEAD_MAX || target.len() > URL_MAX || headers.len() > LINES_MAX {
        return Err(Rejected::TooLarge);
    }
    let authority = parts.uri.authority().map(|authority| authority.as_str().to_owned());
    let own = authority.as_deref();
    let other_host = |line: &str| own.is_some_and(|own| !own.eq_ignore_ascii_case(line));
    if headers.get_all("host").any(other_host) {
        // Servers on the way might choose either of them (RFC 9113, 8.3.1).
        return Err(Rejected::NoHost);
    }
    if !target.starts_with('/') {
        return Err(Rejected::Target);
    }
    if leads_above_root(parts.uri.path()) {
        return Err(Rejected::AboveRoot);
    }
    let (path, query) = target::split(target.as_bytes());
    let content_length = match headers.get("content-length") {
        Some(length) => Some(length.parse().map_err(|_| Rejected::Framing)?),
        None => None,
    };
    Ok(ViewerHead {
        method: parts.method.as_str().to_owned(),
        authority,
        path: text(path),
        query: text(query),
        spelling: Spelling::of(path, query).map(Arc::new),
        has_body: has_body && content_length != Some(0),
        content_length: if has_body { content_length } else { None },
        headers,
        http_version: protocol.version(),
        peer,
        is_upgrade: false,
        tls: Some(tls),
    })
}

/// The URL in ASCII.
pub(super) fn url(uri: &hyper::Uri) -> String {
    let mut url = String::new();
    for byte in uri.to_string().bytes() {
        if byte.is_ascii() {
            url.push(char::from(byte));
        } else {
            // Writing into memory does not fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

/// The header lines of a head that is rejected. They are not checked, and nothing but the log may
/// read them.
pub(super) fn for_log(parts: &Parts) -> HeaderMap {
    let mut headers = HeaderMap::new();
    // The server of the application would take an `Upgrade` as one of HTTP/1.
    let lines = parts.headers.iter().filter(|(name, _)| *name != hyper::header::UPGRADE);
    for (name, value) in lines {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

/// The header lines. The pairs of a cookie may come in lines of their own (RFC 9113, 8.2.3), which
/// are one line for functions, cache keys and origins.
fn headers(parts: &Parts) -> Result<Headers, Rejected> {
    let mut headers = Headers::new();
    let mut cookies = String::new();
    for (name, value) in &parts.headers {
        let value = octets::from_bytes(value.as_bytes());
        match name.as_str() {
            "cookie" if !cookies.is_empty() => cookies = format!("{cookies}; {value}"),
            "cookie" => cookies = value,
            // The connection is not for other servers (RFC 9113, 8.2.2; RFC 9114, 4.2).
            "connection" | "keep-alive" | "proxy-connection" | "transfer-encoding" | "upgrade" => {
                return Err(Rejected::Syntax);
            }
            name => headers.append(capitalized(name), value),
        }
    }
    if !cookies.is_empty() {
        headers.append("Cookie", cookies);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;
    use crate::viewer_tls::TlsSession;

    fn read_with(target: &str, lines: &[(&str, &str)]) -> Result<ViewerHead, Rejected> {
        let mut request = Request::builder().uri(target);
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let session = Arc::new(TlsSession::new("TLSv1.3", "TLS_AES_128_GCM_SHA256", false));
        read(&parts, Protocol::Http2, false, None, session.of_request())
    }

    #[test]
    fn a_head_is_read_like_one_in_http1() {
        let lines = [("cookie", "a=1"), ("x", "1"), ("cookie", "b=2"), ("x", "2")];
        let head = read_with("https://shop.example/a%20b?c=d", &lines).unwrap();
        assert_eq!(head.authority.as_deref(), Some("shop.example"));
        assert_eq!((head.path.as_str(), head.query.as_str()), ("/a%20b", "c=d"));
        assert_eq!(head.headers.get_all("cookie").collect::<Vec<_>>(), ["a=1; b=2"]);
        assert_eq!(head.headers.get_all("x").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((head.http_version, head.has_body), ("2.0", false));
    }

    #[test]
    fn heads_that_servers_might_read_differently_are_rejected() {
        let rejected = |target: &str, lines: &[(&str, &str)]| read_with(target, lines).err();
        let at = "https://shop.example/";
        assert_eq!(rejected(at, &[("host", "SHOP.example")]), None);
        assert_eq!(rejected(at, &[("host", "evil.example")]), Some(Rejected::NoHost));
        assert_eq!(rejected(at, &[("transfer-encoding", "chunked")]), Some(Rejected::Syntax));
        assert_eq!(rejected(at, &[("content-length", "1, 1")]), Some(Rejected::Framing));
        assert_eq!(rejected("https://shop.example/../a", &[]), Some(Rejected::AboveRoot));
    }

    #[test]
    fn the_limits_are_those_of_http1() {
        let at = "https://shop.example/";
        let lines = vec![("x", "1"); LINES_MAX];
        assert!(read_with(at, &lines).is_ok());
        assert_eq!(read_with(at, &vec![("x", "1"); LINES_MAX + 1]).err(), Some(Rejected::TooLarge));
        let room = HEAD_MAX - "GET/".len() - LINE - "x: \r\n".len();
        assert!(read_with(at, &[("x", &"v".repeat(room))]).is_ok());
        let more = "v".repeat(room + 1);
        assert_eq!(read_with(at, &[("x", &more)]).err(), Some(Rejected::TooLarge));
        let path = "a".repeat(URL_MAX - 1);
        assert!(read_with(&format!("{at}{path}"), &[]).is_ok());
        assert_eq!(read_with(&format!("{at}{path}a"), &[]).err(), Some(Rejected::TooLarge));
    }
}
