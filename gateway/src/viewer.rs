//! A viewer's request as it arrived, checked against the proxy's own limits (`contract.md` 5.3,
//! 7.2).

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use actix_web::http::uri::Authority;
use data_encoding::BASE64URL_NOPAD;
use rand::RngCore;

use brink_shared::event::{Headers, Request};

use crate::cdn_loop;
use crate::origin::policy::strip_named_by_connection;
use crate::rejected::Rejected;
use crate::target::Spelling;
use crate::viewer_head::ViewerHead;
use crate::viewer_tls::ViewerTls;

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
    /// `1.0`, `1.1`, `2.0` or `3.0`, for `Via`.
    pub http_version: &'static str,
    /// True if the request announces a body.
    pub has_body: bool,
    /// The body's announced length.
    pub content_length: Option<u64>,
    /// True if the viewer asks for a WebSocket (RFC 6455, 4.1).
    pub is_upgrade: bool,
    /// The `CDN-Loop` header for origins ([`cdn_loop`]).
    pub cdn_loop: Cow<'static, str>,
    /// The TLS session of its connection; `None` over plain HTTP.
    pub tls: Option<ViewerTls>,
}

// === impl ViewerRequest ===

impl ViewerRequest {
    /// Reads a head that a front end has filled, and takes its parts. The headers of a rejected
    /// request stay in the head, for the log.
    pub fn read(head: &mut ViewerHead) -> Result<Self, Rejected> {
        let host = host(head.authority.take(), &mut head.headers).ok_or(Rejected::NoHost)?;
        if head.has_body && matches!(head.method.as_str(), "GET" | "HEAD") {
            return Err(Rejected::GetWithBody);
        }
        let cdn_loop = cdn_loop::passed_on(&head.headers).ok_or(Rejected::Loop)?;
        let mut headers = std::mem::take(&mut head.headers);
        // Before any use: functions, cache keys and origins see the same headers.
        strip_named_by_connection(&mut headers);
        let client_ip = head.peer.map(|peer| peer.ip().to_canonical());
        let client_ip = client_ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(Self {
            id: new_id(),
            host,
            request: Request {
                client_ip,
                method: std::mem::take(&mut head.method),
                uri: std::mem::take(&mut head.path),
                querystring: std::mem::take(&mut head.query),
                headers,
                body: None,
                origin: None,
            },
            spelling: head.spelling.take(),
            port: head.peer.map_or(0, |peer| peer.port()),
            http_version: head.http_version,
            has_body: head.has_body,
            content_length: head.content_length,
            is_upgrade: head.is_upgrade,
            cdn_loop,
            tls: head.tls.take(),
        })
    }
}

/// A new request id.
pub fn new_id() -> String {
    let mut bytes = [0; ID_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    BASE64URL_NOPAD.encode(&bytes)
}

/// The authority of the target, which overrides and replaces every `Host` line (RFC 9112, 3.2.2);
/// else the one `Host` line.
fn host(authority: Option<String>, headers: &mut Headers) -> Option<String> {
    let lines: Vec<&str> = headers.get_all("host").collect();
    if lines.len() > 1 || lines.iter().any(|line| !is_host(line)) {
        return None;
    }
    let line = lines.first().map(|line| (*line).to_owned());
    let Some(host) = authority else { return line };
    if !is_host(&host) {
        return None;
    }
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

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(target: &str) -> Result<ViewerRequest, Rejected> {
        let request = TestRequest::with_uri(target).insert_header(("Host", "theirs.example"));
        ViewerHead::of(&request.to_http_request())
            .and_then(|mut head| ViewerRequest::read(&mut head))
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
