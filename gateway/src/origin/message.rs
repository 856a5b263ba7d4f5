//! Converts requests and answers between the event model and HTTP.

use brink_shared::event::headers::capitalized;
use brink_shared::event::{Header, Headers};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use hyper::ext::ReasonPhrase;

use super::origin_fault::OriginFault;
use crate::cdn_loop;
use crate::octets;
use crate::routing::leads_above_root;
use crate::target::text;

/// Headers that describe the transfer of a message. The client writes them itself.
const FRAMING: [&str; 5] =
    ["connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"];

/// The target of the request line: prefix, path and query byte for byte. Bytes that HTTP does not
/// allow there are percent-encoded. Fails for a path that leads out of the prefix.
pub(super) fn target(prefix: &str, path: &str, query: &str) -> Result<PathAndQuery, OriginFault> {
    if !prefix.is_empty() && leads_above_root(path) {
        let why =
            format!("the dot segments of its path {path:?} lead out of the origin's {prefix:?}");
        return Err(OriginFault::BadRequest(why));
    }
    let mut target = String::with_capacity(prefix.len() + path.len() + query.len() + 1);
    push_escaped(&mut target, prefix, b"#?<>`");
    if !path.starts_with('/') {
        target.push('/');
    }
    push_escaped(&mut target, path, b"#?<>`");
    if !query.is_empty() {
        target.push('?');
        push_escaped(&mut target, query, b"#<>\"");
    }
    PathAndQuery::from_maybe_shared(bytes::Bytes::from(target))
        .map_err(|error| OriginFault::BadRequest(format!("its path or query: {error}")))
}

fn push_escaped(target: &mut String, text: &str, rejected: &[u8]) {
    for c in text.chars() {
        let ascii = u8::try_from(c).ok().filter(u8::is_ascii);
        match ascii {
            Some(byte) if !byte.is_ascii_graphic() || rejected.contains(&byte) => {
                target.push_str(&format!("%{byte:02X}"));
            }
            _ => target.push(c),
        }
    }
}

/// The headers of a request in their order. Custom headers replace those of the same name, but not
/// `CDN-Loop`, because loops would not be found.
pub(super) fn request_headers(
    headers: &Headers,
    custom: &Headers,
) -> Result<HeaderMap, OriginFault> {
    let is_loop = |header: &&Header| header.is(cdn_loop::NAME);
    let own = headers.iter().filter(|header| is_loop(header) || !custom.contains(&header.key));
    let mut map = HeaderMap::with_capacity(headers.len() + custom.len());
    for header in own.chain(custom.iter().filter(|header| !is_loop(header))) {
        if FRAMING.contains(&header.name().as_ref()) {
            continue;
        }
        let bad = |why: &dyn std::fmt::Display| {
            OriginFault::BadRequest(format!("header {:?}: {why}", header.key))
        };
        let name = HeaderName::from_bytes(header.key.as_bytes()).map_err(|e| bad(&e))?;
        let value =
            HeaderValue::from_bytes(&octets::to_bytes(&header.value)).map_err(|e| bad(&e))?;
        map.append(name, value);
    }
    Ok(map)
}

/// The method, which may be any token.
pub(super) fn method(method: &str) -> Result<Method, OriginFault> {
    Method::from_bytes(method.as_bytes())
        .map_err(|_| OriginFault::BadRequest(format!("method {method:?}")))
}

/// The headers of an answer: names in the contract's case, values with their bytes. A
/// `Content-Length` that the framing overrides is left out, because it is not the length of the
/// body.
pub(super) fn response_headers(map: &HeaderMap) -> Headers {
    let chunked = map.contains_key(http::header::TRANSFER_ENCODING);
    map.iter()
        .filter(|(name, _)| !(chunked && *name == http::header::CONTENT_LENGTH))
        .map(|(name, value)| (capitalized(name.as_str()), octets::from_bytes(value.as_bytes())))
        .collect()
}

/// Rejects a body in any transfer coding but chunked (`contract.md` 4.4). It could not be decoded
/// here, and viewers would take the encoded bytes for the body.
pub(super) fn check_coding(map: &HeaderMap) -> Result<(), OriginFault> {
    let mut codings = map.get_all(http::header::TRANSFER_ENCODING).iter();
    let unknown = match (codings.next(), codings.next()) {
        (None, _) => return Ok(()),
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => return Ok(()),
        (Some(coding), None) => coding.as_bytes().escape_ascii().to_string(),
        (Some(_), Some(_)) => "on several lines".to_owned(),
    };
    Err(OriginFault::Malformed(format!("Transfer-Encoding {unknown}; only chunked is supported")))
}

/// The origin's reason phrase, or the usual one.
pub(super) fn status_description(status: StatusCode, reason: Option<&ReasonPhrase>) -> String {
    match reason {
        Some(reason) => text(reason.as_bytes()),
        None => status.canonical_reason().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(prefix: &str, path: &str, query: &str) -> String {
        target(prefix, path, query).unwrap().to_string()
    }

    #[test]
    fn the_target_is_not_normalized() {
        assert_eq!(sent("/base", "/a//b/../%7e%7E", "x=%20&&y"), "/base/a//b/../%7e%7E?x=%20&&y");
        assert_eq!(sent("", "/", ""), "/");
        assert_eq!(sent("", "", ""), "/");
        assert_eq!(sent("", "/ä", "ü=é"), "/ä?ü=é");
        assert_eq!(sent("", "/a?b#c d", "e#f g"), "/a%3Fb%23c%20d?e%23f%20g");
        assert_eq!(sent("", "/{\"a\":1}", "{'}|\\^`"), "/{\"a\":1}?{'}|\\^`");
    }

    #[test]
    fn no_path_leads_out_of_the_prefix() {
        for path in ["/../private", "/a/%2e%2E/../private", "/..%2Fprivate", "//..", ".."] {
            assert!(target("/base", path, "").is_err(), "{path}");
            assert!(target("", path, "").is_ok(), "{path}");
        }
        assert_eq!(sent("/base", "/a/../b", "x=/../../"), "/base/a/../b?x=/../../");
    }

    #[test]
    fn every_character_can_be_sent_in_path_and_query() {
        for c in (0..=0x17F).filter_map(char::from_u32) {
            let sent = sent("", &format!("/{c}END"), &format!("{c}END"));
            assert_eq!(sent.matches("END").count(), 2, "{c:?} became {sent}");
            assert_eq!(sent.matches('?').count(), if c == '?' { 2 } else { 1 });
        }
    }

    #[test]
    fn custom_headers_replace_and_framing_is_ours() {
        let headers = [
            ("Host", "a"),
            ("X-Own", "1"),
            ("Content-Length", "5"),
            ("X-Two", "1"),
            ("x-two", "2"),
        ];
        let custom = [("x-own", "origin")].into_iter().collect();
        let map = request_headers(&headers.into_iter().collect(), &custom).unwrap();
        let sent: Vec<_> =
            map.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        let expected = [("host", "a"), ("x-two", "1"), ("x-two", "2"), ("x-own", "origin")];
        assert_eq!(sent, expected);
        let custom = [("cdn-loop", "nobody")].into_iter().collect();
        let map = request_headers(&[("CDN-Loop", "brink")].into_iter().collect(), &custom).unwrap();
        assert_eq!(map.get_all("cdn-loop").iter().collect::<Vec<_>>(), ["brink"]);
        let broken = [("X-A", "a\r\nX-B: b")].into_iter().collect();
        assert!(request_headers(&broken, &Headers::new()).is_err());
    }

    #[test]
    fn answers_keep_their_bytes_and_have_capitalized_names() {
        let mut map = HeaderMap::new();
        let latin = HeaderValue::from_bytes(b"caf\xe9").unwrap();
        map.append("x-place", latin);
        map.append("set-cookie", HeaderValue::from_static("a=1"));
        map.append("set-cookie", HeaderValue::from_static("b=2"));
        map.append("content-length", HeaderValue::from_static("9"));
        let headers = response_headers(&map);
        assert_eq!(octets::shown(headers.get("X-Place").unwrap()), "café");
        let sent = request_headers(&headers, &Headers::new()).unwrap();
        assert_eq!(sent["x-place"].as_bytes(), b"caf\xe9");
        assert_eq!(headers.get_all("set-cookie").collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert!(headers.iter().any(|header| header.key == "Set-Cookie"));
        assert!(headers.contains("content-length"));
        map.append("transfer-encoding", HeaderValue::from_static("chunked"));
        assert!(!response_headers(&map).contains("content-length"));
    }
}
