//! Responses: sections 2.6, 3.2 to 3.5, and the size of 5.1.

use brink_shared::contract::Rule;
use brink_shared::event::Trigger::{OriginRequest, OriginResponse, ViewerRequest, ViewerResponse};

use super::case::{Case, accepts, rejects};

pub fn cases() -> Vec<Case> {
    let mut cases = kinds();
    cases.extend(mistaken_kinds());
    cases.extend(status());
    cases.extend(body());
    cases.extend(sizes());
    cases
}

fn kinds() -> Vec<Case> {
    vec![
        accepts(Rule::Returned, ViewerRequest, "").decision(2),
        accepts(Rule::Returned, ViewerRequest, r#"{"unknown":1}"#).gives("").decision(2),
        accepts(Rule::Returned, OriginRequest, "{}").gives("without body").decision(2),
        accepts(Rule::Returned, ViewerRequest, r#"{"status":"302","headers":{"location":[{"value":"/"}]}}"#)
            .decision(2),
        accepts(Rule::Returned, OriginRequest, r#"{"status":"200","uri":"/b"}"#)
            .gives(r#"{"status":"200"}"#)
            .decision(2),
        accepts(Rule::Returned, OriginResponse, ""),
        accepts(Rule::Returned, ViewerResponse, r#"headers.age = [{"key":"Age","value":"3"}]"#),
        rejects(
            Rule::Returned,
            ViewerRequest,
            "null",
            "returned value: expected a request or response object, got null; return the request, or a response with a status (rule 3.2.1: lambda-edge-authoring-functions)",
        )
        .decision(2),
        rejects(
            Rule::Returned,
            OriginRequest,
            r#""ok""#,
            "returned value: expected a request or response object, got string (rule 3.2.1: lambda-edge-authoring-functions)",
        )
        .decision(2),
        rejects(
            Rule::Returned,
            OriginResponse,
            "[]",
            "returned value: expected a response object, got array; return the object itself, not a list (rule 3.2.1: lambda-edge-authoring-functions)",
        )
        .decision(2),
        rejects(
            Rule::Returned,
            ViewerResponse,
            "true",
            "returned value: expected a response object, got boolean (rule 3.2.1: lambda-edge-authoring-functions)",
        )
        .decision(2),
        rejects(
            Rule::Required,
            ViewerResponse,
            "{}",
            "response.status: missing (rule 3.5.2: lambda-edge-testing-debugging)",
        )
        .decision(2),
        rejects(
            Rule::Required,
            OriginResponse,
            r#"{"headers":{}}"#,
            "response.status: missing (rule 3.5.2: lambda-edge-testing-debugging)",
        )
        .decision(2),
    ]
}

/// Objects that are neither a request nor a response: some contain one, others have the form of
/// another service.
fn mistaken_kinds() -> Vec<Case> {
    let returned = |trigger, value, why: &'static str| {
        rejects(Rule::Returned, trigger, value, why).decision(44)
    };
    vec![
        rejects(
            Rule::Status,
            ViewerRequest,
            r#"{"statusCode":302,"headers":{"location":[{"value":"/"}]}}"#,
            "response.statusCode: responses have `status` here; write status instead of statusCode (rule 3.3.1: lambda-generating-http-responses-in-requests)",
        )
        .decision(44),
        rejects(
            Rule::Status,
            OriginResponse,
            r#"{"statusCode":"200"}"#,
            "response.statusCode: responses have `status` here; write status instead of statusCode (rule 3.3.1: lambda-generating-http-responses-in-requests)",
        )
        .decision(44),
        rejects(
            Rule::Required,
            OriginRequest,
            r#"{"statusDescription":"OK","body":"ok"}"#,
            "response.status: missing; with statusDescription this is a response, which needs a status (rule 3.5.2: lambda-edge-testing-debugging)",
        )
        .decision(44),
        returned(
            ViewerRequest,
            r#"{"Records":[{"cf":{}}]}"#,
            "returned value: the whole event; return event.Records[0].cf.request (rule 3.2.1: lambda-edge-authoring-functions)",
        ),
        returned(
            ViewerResponse,
            r#"{"Records":[{"cf":{}}]}"#,
            "returned value: the whole event; return event.Records[0].cf.response (rule 3.2.1: lambda-edge-authoring-functions)",
        ),
        returned(
            OriginRequest,
            r#"{"cf":{"request":{}}}"#,
            "returned value: a record of the event; return its cf.request (rule 3.2.1: lambda-edge-authoring-functions)",
        ),
        returned(
            OriginResponse,
            r#"{"config":{},"request":{"uri":"/"},"response":{"status":"200"}}"#,
            "returned value: an object with a response in it; return the response itself (rule 3.2.1: lambda-edge-authoring-functions)",
        ),
        returned(
            ViewerRequest,
            r#"{"response":{"status":"200"}}"#,
            "returned value: an object with a response in it; return the response itself (rule 3.2.1: lambda-edge-authoring-functions)",
        ),
        returned(
            OriginResponse,
            r#"{"uri":"/b"}"#,
            "returned value: a request; at origin-response return the response (rule 3.2.1: lambda-edge-authoring-functions)",
        ),
        accepts(Rule::Returned, ViewerRequest, r#"{"uri":"/index.html","cf":{"a":1}}"#)
            .gives(r#"uri = "/index.html""#)
            .decision(44),
        returned(
            OriginRequest,
            r#"{"status":"200","body":"b2s=","isBase64Encoded":true}"#,
            r#"response.isBase64Encoded: has no effect here; write bodyEncoding: "base64" (rule 3.2.1: lambda-edge-authoring-functions)"#,
        )
        .strict(),
        returned(
            ViewerRequest,
            r#"{"status":"200","multiValueHeaders":{"set-cookie":["a=1"]}}"#,
            r#"response.multiValueHeaders: has no effect here; write all lines in headers, { "set-cookie": [{ value: "a=1" }] } (rule 3.2.1: lambda-edge-authoring-functions)"#,
        )
        .strict(),
        returned(
            OriginResponse,
            r#"cookies = {"a":{"value":"1"}}"#,
            r#"response.cookies: has no effect here; write them in headers, { "set-cookie": [{ value: "a=1" }] } (rule 3.2.1: lambda-edge-authoring-functions)"#,
        )
        .strict(),
        accepts(
            Rule::Returned,
            OriginRequest,
            r#"{"status":"200","body":"b2s=","isBase64Encoded":true}"#,
        )
        .gives(r#"{"status":"200","body":"b2s="}"#)
        .compatible()
        .decision(44),
        accepts(Rule::Returned, OriginRequest, r#"{"status":"200","isBase64Encoded":false}"#)
            .gives(r#"{"status":"200"}"#)
            .decision(44),
    ]
}

fn status() -> Vec<Case> {
    vec![
        accepts(Rule::Status, OriginResponse, "status = 404"),
        accepts(Rule::Status, OriginResponse, "status = 200.0").gives(""),
        accepts(Rule::Status, ViewerRequest, r#"{"status":"599"}"#),
        accepts(Rule::Status, OriginRequest, r#"{"status":"200"}"#),
        rejects(
            Rule::Status,
            ViewerRequest,
            r#"{"status":"199"}"#,
            r#"response.status: "199" is not a status from 200 to 599 (rule 3.3.1: lambda-generating-http-responses-in-requests)"#,
        )
        .decision(3),
        rejects(
            Rule::Status,
            OriginResponse,
            "status = 600",
            "response.status: 600 is not a status from 200 to 599 (rule 3.3.1: lambda-generating-http-responses-in-requests)",
        ),
        rejects(
            Rule::Status,
            OriginResponse,
            r#"status = "+200""#,
            r#"response.status: "+200" is not a status from 200 to 599 (rule 3.3.1: lambda-generating-http-responses-in-requests)"#,
        ),
        rejects(
            Rule::Status,
            ViewerResponse,
            r#"status = "OK""#,
            r#"response.status: "OK" is not a status from 200 to 599 (rule 3.3.1: lambda-generating-http-responses-in-requests)"#,
        ),
        rejects(
            Rule::Status,
            ViewerRequest,
            r#"{"status":null}"#,
            "response.status: expected a status code, got null (rule 3.3.1: lambda-generating-http-responses-in-requests)",
        ),
        accepts(Rule::StatusDescription, OriginResponse, r#"statusDescription = "Très bien""#),
        accepts(Rule::StatusDescription, OriginResponse, "without statusDescription")
            .gives("")
            .decision(10),
        accepts(Rule::StatusDescription, OriginResponse, "")
            .event(r#"response.statusDescription = "<1025 bytes>""#),
        rejects(
            Rule::StatusDescription,
            ViewerResponse,
            r#"statusDescription = "OK\r\nSet-Cookie: evil""#,
            "response.statusDescription: control character 0x0d (rule 3.3.2: RFC 9112, 4)",
        ),
        rejects(
            Rule::StatusDescription,
            OriginResponse,
            r#"statusDescription = "<1025 bytes>""#,
            "response.statusDescription: longer than 1024 bytes (rule 3.3.2: RFC 9112, 4)",
        ),
        rejects(
            Rule::StatusDescription,
            OriginRequest,
            r#"{"status":"200","statusDescription":7}"#,
            r#"response.statusDescription: expected a string, got number; write words such as "Not Found"; the number is the status (rule 3.3.2: RFC 9112, 4)"#,
        )
        .decision(44),
        accepts(Rule::ViewerStatus, OriginResponse, r#"status = "404""#),
        accepts(Rule::ViewerStatus, ViewerResponse, "status = 200").gives(""),
        accepts(Rule::ViewerStatus, ViewerResponse, r#"status = "404""#)
            .gives("")
            .compatible()
            .decision(8),
        rejects(
            Rule::ViewerStatus,
            ViewerResponse,
            r#"status = "404""#,
            "response.status: viewer-response may not change it; it was 200 (rule 3.5.14: edge-functions-restrictions)",
        )
        .strict()
        .decision(8),
    ]
}

fn body() -> Vec<Case> {
    vec![
        accepts(Rule::ResponseBody, OriginResponse, r#"body = "new""#),
        accepts(Rule::ResponseBody, OriginResponse, r#"body = """#),
        accepts(Rule::ResponseBody, OriginResponse, "body = null").gives(""),
        rejects(
            Rule::ResponseBody,
            OriginResponse,
            r#"body = {"data":"new"}"#,
            "response.body: expected a string, got object; write its data as body and its encoding as bodyEncoding (rule 3.3.4: lambda-updating-http-responses)",
        )
        .decision(44),
        rejects(
            Rule::ResponseBody,
            ViewerRequest,
            r#"{"status":"200","body":{"ok":true}}"#,
            "response.body: expected a string, got object; write JSON.stringify(body) (rule 3.3.4: lambda-updating-http-responses)",
        )
        .decision(44),
        rejects(
            Rule::ResponseBody,
            OriginRequest,
            r#"{"status":"200","body":{"type":"Buffer","data":[111,107]}}"#,
            r#"response.body: expected a string, got object; write Buffer.from(body).toString("base64") and bodyEncoding: "base64" (rule 3.3.4: lambda-updating-http-responses)"#,
        )
        .decision(44),
        rejects(
            Rule::ResponseBody,
            OriginRequest,
            r#"{"status":"200","body":7}"#,
            "response.body: expected a string, got number; write String(body) (rule 3.3.4: lambda-updating-http-responses)",
        )
        .decision(44),
        accepts(Rule::ViewerBody, ViewerResponse, r#"body = "new""#)
            .gives("")
            .compatible()
            .decision(7),
        accepts(Rule::ViewerBody, ViewerResponse, "body = 7").gives("").compatible().decision(7),
        rejects(
            Rule::ViewerBody,
            ViewerResponse,
            r#"body = """#,
            "response.body: viewer-response may not replace it; origin-response may (rule 2.6.4: lambda-updating-http-responses)",
        )
        .strict()
        .decision(7),
        accepts(Rule::ResponseEncoding, OriginResponse, r#"bodyEncoding = "base64""#).gives(""),
        accepts(Rule::ResponseEncoding, ViewerRequest, r#"{"status":"200","body":"b2s=","bodyEncoding":"text"}"#)
            .gives(r#"{"status":"200","body":"b2s="}"#),
        rejects(
            Rule::ResponseEncoding,
            OriginResponse,
            r#"bodyEncoding = "gzip""#,
            r#"response.bodyEncoding: "gzip" is neither "text" nor "base64" (rule 3.3.5: lambda-generating-http-responses-in-requests)"#,
        )
        .decision(3),
        rejects(
            Rule::ResponseEncoding,
            ViewerResponse,
            "bodyEncoding = 64",
            "response.bodyEncoding: expected a string, got number (rule 3.3.5: lambda-generating-http-responses-in-requests)",
        ),
        accepts(Rule::Base64, OriginResponse, r#"body = "b2s="; bodyEncoding = "base64""#)
            .gives(r#"body = "ok""#),
        rejects(
            Rule::Base64,
            OriginRequest,
            r#"{"status":"200","body":"b2s","bodyEncoding":"base64"}"#,
            "response.body: not base64: invalid length at 0 (rule 3.5.10: lambda-generating-http-responses-in-requests)",
        )
        .decision(3),
        rejects(
            Rule::Base64,
            OriginResponse,
            r#"body = "b-_="; bodyEncoding = "base64""#,
            "response.body: not base64: invalid symbol at 1 (rule 3.5.10: lambda-generating-http-responses-in-requests)",
        ),
        accepts(Rule::NoContent, ViewerRequest, r#"{"status":"204"}"#),
        accepts(Rule::NoContent, ViewerRequest, r#"{"status":"204","body":""}"#).decision(9),
        accepts(Rule::NoContent, OriginRequest, r#"{"status":"304","body":"kept back"}"#).decision(9),
        rejects(
            Rule::NoContent,
            ViewerRequest,
            r#"{"status":"204","body":"x"}"#,
            "response.body: a response of status 204 has no body (rule 3.5.7: lambda-generating-http-responses-in-requests)",
        )
        .decision(9),
        rejects(
            Rule::NoContent,
            OriginRequest,
            r#"{"status":204,"body":"x"}"#,
            "response.body: a response of status 204 has no body (rule 3.5.7: lambda-generating-http-responses-in-requests)",
        )
        .decision(9),
        rejects(
            Rule::NoContent,
            OriginResponse,
            r#"status = "204"; body = "eA=="; bodyEncoding = "base64""#,
            "response.body: a response of status 204 has no body (rule 3.5.7: lambda-generating-http-responses-in-requests)",
        )
        .decision(9),
    ]
}

fn sizes() -> Vec<Case> {
    vec![
        accepts(Rule::ResponseSize, ViewerRequest, r#"{"status":"200","body":"<40960 bytes>"}"#)
            .decision(5),
        accepts(
            Rule::ResponseSize,
            ViewerRequest,
            r#"{"status":"200","statusDescription":"<1024 bytes>","headers":{"x-a":[{"key":"x-a","value":"12345"}]},"body":"<40952 bytes>"}"#,
        )
        .decision(5),
        accepts(Rule::ResponseSize, OriginRequest, r#"{"status":"200","body":"<1048576 bytes>"}"#),
        accepts(Rule::ResponseSize, ViewerResponse, r#"headers = {"x-a":[{"value":"<40957 bytes>"}]}"#)
            .decision(6),
        rejects(
            Rule::ResponseSize,
            ViewerRequest,
            r#"{"status":"200","body":"<40961 bytes>"}"#,
            "response: 40961 bytes of headers and body; the limit at viewer-request is 40960 (rule 5.1.3: cloudfront-limits)",
        )
        .decision(5),
        rejects(
            Rule::ResponseSize,
            ViewerRequest,
            r#"{"status":"200","headers":{"x-a":[{"key":"x-a","value":"123456"}]},"body":"<40952 bytes>"}"#,
            "response: 40961 bytes of headers and body; the limit at viewer-request is 40960 (rule 5.1.3: cloudfront-limits)",
        )
        .decision(5),
        rejects(
            Rule::ResponseSize,
            OriginRequest,
            r#"{"status":"200","bodyEncoding":"base64","body":"<base64 of 1048577 bytes>"}"#,
            "response: 1048577 bytes of headers and body; the limit at origin-request is 1048576 (rule 5.1.3: cloudfront-limits)",
        ),
        rejects(
            Rule::ResponseSize,
            OriginResponse,
            r#"headers = {}; body = "<1048577 bytes>""#,
            "response: 1048577 bytes of headers and body; the limit at origin-response is 1048576 (rule 5.1.3: cloudfront-limits)",
        )
        .decision(6),
        rejects(
            Rule::ResponseSize,
            ViewerResponse,
            r#"headers = {"x-a":[{"value":"<40958 bytes>"}]}"#,
            "response: 40961 bytes of headers and body; the limit at viewer-response is 40960 (rule 5.1.3: cloudfront-limits)",
        )
        .decision(6),
    ]
}
