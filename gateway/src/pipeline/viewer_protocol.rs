//! The viewer protocol policy: requests over HTTP are redirected to HTTPS or rejected (`contract.md`
//! 7.2).

use std::fmt::Write as _;

use brink_shared::event::Headers;
use brink_shared::registry::distribution::ViewerProtocolPolicy;

use super::answer::Answer;
use crate::error_answer::Fault;
use crate::viewer::ViewerRequest;

/// The usual port of HTTPS, which URLs leave out.
const USUAL_PORT: u16 = 443;

/// The redirect or the fault that ends a request because of its protocol; `None` if the policy
/// allows it. `https_port` is the port on which this gateway speaks HTTPS.
pub(super) fn ends(
    viewer: &ViewerRequest,
    policy: ViewerProtocolPolicy,
    https_port: Option<u16>,
) -> Option<Result<Answer, Fault>> {
    if viewer.tls.is_some() {
        return None;
    }
    match policy {
        ViewerProtocolPolicy::AllowAll => None,
        ViewerProtocolPolicy::HttpsOnly => Some(Err(Fault::Protocol)),
        ViewerProtocolPolicy::RedirectToHttps => {
            let readable = matches!(viewer.request.method.as_str(), "GET" | "HEAD");
            let status = match (readable, viewer.http_version) {
                (true, _) => 301,
                // Viewers that speak HTTP/1.0 do not know 307.
                (false, "1.0") => return Some(Err(Fault::Protocol)),
                (false, _) => 307,
            };
            Some(Ok(redirect(status, &location(viewer, https_port))))
        }
    }
}

fn redirect(status: u16, location: &str) -> Answer {
    let headers: Headers = [("Location", location), ("Content-Type", "text/html; charset=utf-8")]
        .into_iter()
        .collect();
    let page = "<!DOCTYPE html>\n<html><head><title>HTTPS</title></head>\n\
                <body><p>This page is served over HTTPS.</p></body></html>\n";
    Answer::redirect(status, headers, page)
}

/// The same URL over HTTPS. A viewer that named a port of this gateway is led to the gateway's
/// port for HTTPS. Otherwise something on the way chose the port, and chooses it for HTTPS too.
fn location(viewer: &ViewerRequest, https_port: Option<u16>) -> String {
    let (name, port) = split_port(&viewer.host);
    let port = https_port.filter(|https| port.is_some() && *https != USUAL_PORT);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let request = &viewer.request;
    let (path, query) = match &viewer.spelling {
        Some(spelling) => (spelling.path(&request.uri), spelling.query(&request.querystring)),
        None => (request.uri.clone(), request.querystring.clone()),
    };
    let query = if query.is_empty() { query } else { format!("?{query}") };
    let mut location = format!("https://{name}{port}");
    for byte in path.bytes().chain(query.bytes()) {
        if byte.is_ascii_graphic() {
            location.push(char::from(byte));
        } else {
            // Writing into memory does not fail.
            let _ = write!(location, "%{byte:02X}");
        }
    }
    location
}

/// A host without its port, and the port.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => {
            (name, Some(port).filter(|port| !port.is_empty()))
        }
        _ => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::viewer_head::ViewerHead;

    fn location_of(host: &str, target: &str, https_port: Option<u16>) -> String {
        let request = TestRequest::with_uri(target).insert_header(("Host", host));
        let mut head = ViewerHead::of(&request.to_http_request()).unwrap();
        location(&ViewerRequest::read(&mut head).unwrap(), https_port)
    }

    #[test]
    fn the_location_is_the_same_url_over_https() {
        for (host, port, expected) in [
            ("shop.example", Some(8443), "https://shop.example"),
            ("shop.example:80", Some(443), "https://shop.example"),
            ("localhost:8080", Some(8443), "https://localhost:8443"),
            ("localhost:8080", None, "https://localhost"),
            ("shop.example:", Some(8443), "https://shop.example"),
            ("[::1]:8080", Some(8443), "https://[::1]:8443"),
            ("[::1]", Some(8443), "https://[::1]"),
        ] {
            assert_eq!(location_of(host, "/a%20b?c=d&e", port), format!("{expected}/a%20b?c=d&e"));
        }
        assert_eq!(location_of("a", "/", None), "https://a/");
    }
}
