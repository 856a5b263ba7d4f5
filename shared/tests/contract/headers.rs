//! Headers: sections 2.4, 4.1, 4.2 and 4.3.

use brink_shared::contract::Rule;
use brink_shared::event::Trigger::{OriginRequest, OriginResponse, ViewerRequest, ViewerResponse};

use super::case::{Case, accepts, rejects};

pub fn cases() -> Vec<Case> {
    let mut cases = map();
    cases.extend(lines());
    cases.extend(disallowed());
    cases.extend(read_only());
    cases
}

fn map() -> Vec<Case> {
    vec![
        accepts(Rule::HeaderMap, ViewerRequest, "without headers.accept"),
        accepts(Rule::HeaderMap, ViewerRequest, "headers.accept = []").gives("without headers.accept"),
        accepts(Rule::HeaderMap, ViewerRequest, "without headers").gives("").decision(10),
        accepts(Rule::HeaderMap, ViewerRequest, "headers = null").gives("").decision(10),
        accepts(Rule::HeaderMap, OriginResponse, "without headers").gives("").decision(10),
        accepts(
            Rule::HeaderMap,
            OriginResponse,
            r#"headers.set-cookie = [{"key":"Set-Cookie","value":"b=2"},{"key":"Set-Cookie","value":"a=1"}]"#,
        )
        .decision(22),
        rejects(
            Rule::HeaderMap,
            ViewerRequest,
            r#"headers = [{"key":"Accept","value":"*/*"}]"#,
            r#"request.headers: expected an object of header names, got array; write them by name, { "location": [{ value: "/" }] } (rule 2.4.1: lambda-event-structure)"#,
        )
        .decision(44),
        rejects(
            Rule::HeaderMap,
            OriginResponse,
            r#"headers.x-a = "1""#,
            r#"response.headers["x-a"]: expected an array of {key, value}, got string; write [{ value: "1" }] (rule 2.4.1: lambda-event-structure)"#,
        )
        .decision(44),
        rejects(
            Rule::HeaderMap,
            ViewerRequest,
            r#"{"status":302,"headers":{"location":{"value":"/"}}}"#,
            r#"response.headers["location"]: expected an array of {key, value}, got object; write it in an array, [{ value: ... }] (rule 2.4.1: lambda-event-structure)"#,
        )
        .decision(44),
        rejects(
            Rule::HeaderMap,
            OriginResponse,
            r#"headers.x-a = {"value":"1","multiValue":[{"value":"1"},{"value":"2"}]}"#,
            r#"response.headers["x-a"]: expected an array of {key, value}, got object; that is CloudFront Functions' form; write an array of { value } (rule 2.4.1: lambda-event-structure)"#,
        )
        .decision(44),
        rejects(
            Rule::HeaderMap,
            OriginResponse,
            "headers.age = 3",
            r#"response.headers["age"]: expected an array of {key, value}, got number; write [{ value: "3" }] (rule 2.4.1: lambda-event-structure)"#,
        )
        .decision(44),
        rejects(
            Rule::HeaderMap,
            OriginResponse,
            "headers.x-a = null",
            r#"response.headers["x-a"]: expected an array of {key, value}, got null (rule 2.4.1: lambda-event-structure)"#,
        ),
        rejects(
            Rule::HeaderMap,
            OriginResponse,
            r#"headers.x-a = ["1"]"#,
            r#"response.headers["x-a"][0]: expected {key, value}, got string; write { value: "1" } (rule 2.4.1: lambda-event-structure)"#,
        )
        .decision(44),
        accepts(Rule::HeaderName, ViewerRequest, r#"headers.X-A = [{"value":"1"}]"#)
            .gives(r#"headers.x-a = [{"key":"X-A","value":"1"}]"#)
            .decision(22),
        accepts(
            Rule::HeaderName,
            ViewerRequest,
            r#"headers.x-a = [{"value":"1"}]; headers.X-A = [{"value":"2"}]"#,
        )
        .gives(r#"headers.x-a = [{"key":"X-A","value":"1"},{"key":"X-A","value":"2"}]"#)
        .decision(22),
        accepts(Rule::HeaderName, ViewerRequest, r#"headers.!#$%&'*+-^_`|~9 = [{"value":"1"}]"#),
        rejects(
            Rule::HeaderName,
            ViewerRequest,
            r#"headers. = [{"value":"1"}]"#,
            r#"request.headers[""]: not a header name (rule 2.4.2: RFC 9110, 5.1)"#,
        ),
        rejects(
            Rule::HeaderName,
            ViewerRequest,
            r#"headers.x a = [{"value":"1"}]"#,
            r#"request.headers["x a"]: not a header name (rule 2.4.2: RFC 9110, 5.1)"#,
        ),
        rejects(
            Rule::HeaderName,
            ViewerRequest,
            r#"{"headers":{"x-a: 1\r\nx-b":[{"value":"1"}]}}"#,
            r#"request.headers["x-a: 1\r\nx-b"]: not a header name (rule 2.4.2: RFC 9110, 5.1)"#,
        ),
        rejects(
            Rule::HeaderName,
            OriginResponse,
            r#"headers.x-é = [{"value":"1"}]"#,
            r#"response.headers["x-é"]: not a header name (rule 2.4.2: RFC 9110, 5.1)"#,
        ),
        rejects(
            Rule::HeaderName,
            OriginResponse,
            r#"{"status":"200","headers":{"<20481 bytes>":[{"value":"1"}]}}"#,
            r#"response.headers["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"...]: longer than 20480 bytes (rule 2.4.2: RFC 9110, 5.1)"#,
        ),
    ]
}

fn lines() -> Vec<Case> {
    vec![
        accepts(Rule::HeaderKey, OriginResponse, r#"headers.x-forwarded-FOR = [{"value":"1"}]"#)
            .gives(r#"headers.x-forwarded-for = [{"key":"X-Forwarded-For","value":"1"}]"#),
        accepts(Rule::HeaderKey, OriginResponse, r#"headers.x-a = [{"key":"x-A","value":"1"}]"#)
            .decision(22),
        accepts(
            Rule::HeaderKey,
            OriginResponse,
            r#"headers.last-modified = [{"key":"X-Amz-Meta-Last-Modified","value":"1"}]"#,
        )
        .gives(r#"headers.last-modified = [{"key":"Last-Modified","value":"1"}]"#)
        .decision(22),
        // The header that `key` names is not added, so no rule forbids it.
        accepts(Rule::HeaderKey, OriginResponse, r#"headers.x-a = [{"key":"Connection","value":"1"}]"#)
            .gives(r#"headers.x-a = [{"key":"X-A","value":"1"}]"#)
            .decision(22),
        rejects(
            Rule::DisallowedHeader,
            OriginResponse,
            r#"headers.connection = [{"key":"X-A","value":"1"}]"#,
            r#"response.headers["connection"]: functions may not add it (rule 4.1.1: edge-functions-restrictions)"#,
        )
        .decision(22),
        rejects(
            Rule::HeaderKey,
            OriginResponse,
            r#"headers.x-a = [{"key":1,"value":"1"}]"#,
            r#"response.headers["x-a"][0].key: expected a string, got number (rule 2.4.3: lambda-event-structure)"#,
        ),
        accepts(Rule::HeaderValue, ViewerRequest, r#"headers.x-a = [{"value":"a\tb é \ufffd"}]"#),
        accepts(Rule::HeaderValue, ViewerRequest, r#"headers.x-a = [{"value":""}]"#),
        rejects(
            Rule::HeaderValue,
            OriginResponse,
            r#"headers.x-a = [{"value":1}]"#,
            r#"response.headers["x-a"][0].value: expected a string, got number; write "1" (rule 2.4.4: RFC 9110, 5.5)"#,
        )
        .decision(44),
        accepts(Rule::HeaderValue, OriginResponse, r#"headers.set-cookie = [{"key":"set-cookie","value":["a=1","b=2"]},{"value":"c=3"}]"#)
            .gives(r#"headers.set-cookie = [{"key":"set-cookie","value":"a=1"},{"key":"set-cookie","value":"b=2"},{"key":"Set-Cookie","value":"c=3"}]"#)
            .decision(22),
        accepts(Rule::HeaderValue, ViewerRequest, r#"headers.x-a = [{"value":[]}]"#)
            .gives("")
            .decision(22),
        rejects(
            Rule::HeaderValue,
            OriginResponse,
            r#"headers.x-a = [{"value":["1",2]}]"#,
            r#"response.headers["x-a"][0].value[1]: expected a string, got number; write "2" (rule 2.4.4: RFC 9110, 5.5)"#,
        ),
        rejects(
            Rule::HeaderValue,
            OriginResponse,
            r#"headers.x-a = [{"value":["1","a\r\nSet-Cookie: evil"]}]"#,
            r#"response.headers["x-a"][0].value[1]: control character 0x0d (rule 2.4.4: RFC 9110, 5.5)"#,
        ),
        rejects(
            Rule::HeaderValue,
            OriginResponse,
            r#"headers.x-a = [{"value":"1"},{"value":"a\r\nSet-Cookie: evil"}]"#,
            r#"response.headers["x-a"][1].value: control character 0x0d (rule 2.4.4: RFC 9110, 5.5)"#,
        ),
        rejects(
            Rule::HeaderValue,
            OriginResponse,
            r#"headers.x-a = [{"value":"a\u0000"}]"#,
            r#"response.headers["x-a"][0].value: control character 0x00 (rule 2.4.4: RFC 9110, 5.5)"#,
        ),
        accepts(Rule::HeaderLines, OriginRequest, r#"headers = {"x-a":"<1024 lines>"}"#),
        rejects(
            Rule::HeaderLines,
            OriginRequest,
            r#"headers = {"x-a":"<1025 lines>"}"#,
            r#"request.headers["x-a"]: more than 1024 header lines in all (rule 2.4.5: brink)"#,
        ),
        rejects(
            Rule::HeaderLines,
            OriginRequest,
            r#"headers = {"x-a":"<1023 lines>","x-b":[{"value":["1","2"]}]}"#,
            r#"request.headers["x-b"]: more than 1024 header lines in all (rule 2.4.5: brink)"#,
        ),
        accepts(Rule::OneHost, OriginRequest, r#"headers.host = [{"key":"Host","value":"b.example"}]"#)
            .decision(27),
        accepts(Rule::OneHost, OriginRequest, "without headers.host"),
        rejects(
            Rule::OneHost,
            OriginRequest,
            r#"headers.host = [{"value":"a.example"},{"value":"b.example"}]"#,
            r#"request.headers["host"]: 2 lines; a request names one host (rule 2.4.6: RFC 9112, 3.2)"#,
        ),
        rejects(
            Rule::OneHost,
            OriginRequest,
            r#"headers.HOST = [{"value":"b.example"}]"#,
            r#"request.headers["host"]: 2 lines; a request names one host (rule 2.4.6: RFC 9112, 3.2)"#,
        ),
    ]
}

fn disallowed() -> Vec<Case> {
    vec![
        accepts(
            Rule::DisallowedHeader,
            ViewerRequest,
            r#"headers.x-forwarded-host = [{"value":"1"}]"#,
        ),
        accepts(Rule::DisallowedHeader, OriginResponse, "headers.connection = []").gives(""),
        rejects(
            Rule::DisallowedHeader,
            ViewerRequest,
            r#"headers.connection = [{"value":"close"}]"#,
            r#"request.headers["connection"]: functions may not add it (rule 4.1.1: edge-functions-restrictions)"#,
        ),
        rejects(
            Rule::DisallowedHeader,
            OriginRequest,
            r#"headers.X-Real-IP = [{"value":"203.0.113.9"}]"#,
            r#"request.headers["X-Real-IP"]: functions may not add it (rule 4.1.1: edge-functions-restrictions)"#,
        ),
        rejects(
            Rule::DisallowedHeader,
            OriginResponse,
            r#"headers.x-amz-cf-id = [{"value":"1"}]"#,
            r#"response.headers["x-amz-cf-id"]: functions may not add it (rule 4.1.1: edge-functions-restrictions)"#,
        ),
        rejects(
            Rule::DisallowedHeader,
            ViewerResponse,
            r#"headers.x-edge-anything = [{"value":"1"}]"#,
            r#"response.headers["x-edge-anything"]: functions may not add it (rule 4.1.1: edge-functions-restrictions)"#,
        ),
        rejects(
            Rule::DisallowedHeader,
            ViewerRequest,
            r#"{"status":"200","headers":{"x-cache":[{"value":"Hit"}]}}"#,
            r#"response.headers["x-cache"]: functions may not add it (rule 4.1.1: edge-functions-restrictions)"#,
        ),
    ]
}

fn read_only() -> Vec<Case> {
    vec![
        accepts(
            Rule::ReadOnlyHeader,
            ViewerRequest,
            r#"headers.host = [{"key":"HOST","value":"shop.example.com"}]"#,
        )
        .decision(11),
        accepts(
            Rule::ReadOnlyHeader,
            OriginRequest,
            r#"headers.host = [{"key":"Host","value":"origin.example.com"}]"#,
        ),
        accepts(Rule::ReadOnlyHeader, OriginResponse, r#"headers.content-length = [{"value":"1"}]"#),
        accepts(Rule::ReadOnlyHeader, ViewerResponse, r#"headers.transfer-encoding = [{"value":"1"}]"#),
        rejects(
            Rule::ReadOnlyHeader,
            ViewerRequest,
            r#"headers.host = [{"key":"Host","value":"other.example.com"}]"#,
            r#"request.headers["host"]: the header host is read-only at viewer-request; leave it as it came (rule 4.2.1: edge-functions-restrictions)"#,
        ),
        rejects(
            Rule::ReadOnlyHeader,
            ViewerRequest,
            "without headers.host",
            r#"request.headers["host"]: the header host is read-only at viewer-request; leave it as it came (rule 4.2.1: edge-functions-restrictions)"#,
        )
        .decision(11),
        rejects(
            Rule::ReadOnlyHeader,
            ViewerRequest,
            r#"headers.host = [{"key":"Host","value":"shop.example.com "}]"#,
            r#"request.headers["host"]: the header host is read-only at viewer-request; leave it as it came (rule 4.2.1: edge-functions-restrictions)"#,
        )
        .decision(11),
        rejects(
            Rule::ReadOnlyHeader,
            ViewerRequest,
            r#"{"status":"200","headers":{"content-length":[{"value":"2"}]},"body":"ok"}"#,
            r#"response.headers["content-length"]: the header content-length is read-only at viewer-request; leave it as it came (rule 4.2.1: edge-functions-restrictions)"#,
        ),
        rejects(
            Rule::ReadOnlyHeader,
            OriginRequest,
            r#"headers.if-none-match = [{"value":"\"1\""}]"#,
            r#"request.headers["if-none-match"]: the header if-none-match is read-only at origin-request; leave it as it came (rule 4.2.1: edge-functions-restrictions)"#,
        ),
        rejects(
            Rule::ReadOnlyHeader,
            OriginRequest,
            r#"{"status":"200","headers":{"transfer-encoding":[{"value":"chunked"}]}}"#,
            r#"response.headers["transfer-encoding"]: the header transfer-encoding is read-only at origin-request; leave it as it came (rule 4.2.1: edge-functions-restrictions)"#,
        ),
        rejects(
            Rule::ReadOnlyHeader,
            OriginResponse,
            "without headers.transfer-encoding",
            r#"response.headers["transfer-encoding"]: the header transfer-encoding is read-only at origin-response; leave it as it came (rule 4.2.1: edge-functions-restrictions)"#,
        )
        .event(r#"response.headers.transfer-encoding = [{"value":"chunked"}]"#)
        .decision(11),
        rejects(
            Rule::ReadOnlyHeader,
            ViewerResponse,
            r#"headers.warning = [{"value":"110 - stale"}]"#,
            r#"response.headers["warning"]: the header warning is read-only at viewer-response; leave it as it came (rule 4.2.1: edge-functions-restrictions)"#,
        ),
        accepts(
            Rule::ViewerCountry,
            OriginRequest,
            r#"headers.cloudfront-viewer-country = [{"value":"DE"}]"#,
        ),
        accepts(
            Rule::ViewerCountry,
            ViewerRequest,
            r#"headers.cloudfront-is-mobile-viewer = [{"value":"true"}]"#,
        ),
        accepts(
            Rule::ViewerCountry,
            ViewerRequest,
            r#"headers.cloudfront-viewer-country = [{"value":"DE"}]"#,
        )
        .event(r#"request.headers.cloudfront-viewer-country = [{"value":"FR"}]"#),
        rejects(
            Rule::ViewerCountry,
            ViewerRequest,
            r#"headers.cloudfront-viewer-country = [{"value":"DE"}]"#,
            r#"request.headers["cloudfront-viewer-country"]: viewer-request may not add it (rule 4.3.1: edge-functions-restrictions)"#,
        ),
    ]
}
