//! Requests: sections 2.2, 2.3, 2.7 and the request limits of 5.2.

use brink_shared::contract::Rule;
use brink_shared::event::Trigger::{OriginRequest, OriginResponse, ViewerRequest};

use super::case::{Case, accepts, rejects};

pub fn cases() -> Vec<Case> {
    let mut cases = fields();
    cases.extend(target());
    cases.extend(body());
    cases
}

fn fields() -> Vec<Case> {
    vec![
        accepts(Rule::ClientIp, ViewerRequest, r#"clientIp = "203.0.113.178""#).decision(10),
        accepts(Rule::ClientIp, ViewerRequest, "without clientIp").gives("").decision(10),
        accepts(Rule::ClientIp, ViewerRequest, r#"clientIp = "203.0.113.9""#)
            .gives("")
            .compatible()
            .decision(10),
        rejects(
            Rule::ClientIp,
            ViewerRequest,
            r#"clientIp = "203.0.113.9""#,
            "request.clientIp: read-only; leave it as it came (rule 2.2.1: lambda-event-structure)",
        )
        .strict()
        .decision(10),
        accepts(Rule::Method, OriginRequest, "without method").gives("").decision(10),
        accepts(Rule::Method, OriginRequest, r#"method = "GET""#)
            .gives("")
            .compatible()
            .decision(10),
        rejects(
            Rule::Method,
            OriginRequest,
            r#"method = "GET""#,
            "request.method: read-only; leave it as it came (rule 2.2.2: lambda-event-structure)",
        )
        .strict()
        .decision(10),
        accepts(Rule::OriginTrigger, OriginRequest, "without origin").gives("").decision(10),
        accepts(Rule::OriginTrigger, OriginRequest, r#"origin.custom.domainName = "b.example""#),
        accepts(Rule::OriginTrigger, ViewerRequest, r#"origin = {"s3":{"domainName":"b.example"}}"#)
            .gives("")
            .compatible()
            .decision(10),
        rejects(
            Rule::OriginTrigger,
            ViewerRequest,
            r#"origin = {"s3":{"domainName":"b.example"}}"#,
            "request.origin: viewer-request may not set it; origin-request may (rule 2.2.7: lambda-event-structure)",
        )
        .strict()
        .decision(10),
        accepts(Rule::Required, OriginResponse, r#"{"status":"404"}"#)
            .gives(r#"status = "404""#)
            .decision(10),
        rejects(
            Rule::Required,
            OriginResponse,
            r#"{"headers":{}}"#,
            "response.status: missing (rule 3.5.2: lambda-edge-testing-debugging)",
        )
        .decision(10),
        rejects(
            Rule::Required,
            OriginRequest,
            "without origin.custom.port",
            "request.origin.custom.port: missing (rule 3.5.2: lambda-edge-testing-debugging)",
        ),
        rejects(
            Rule::Required,
            ViewerRequest,
            r#"headers.x-a = [{"key":"X-A"}]"#,
            r#"request.headers["x-a"][0].value: missing (rule 3.5.2: lambda-edge-testing-debugging)"#,
        ),
    ]
}

fn target() -> Vec<Case> {
    vec![
        accepts(Rule::Uri, ViewerRequest, r#"uri = "/caf%C3%A9/ü""#),
        accepts(Rule::Uri, ViewerRequest, "without uri").gives("").decision(10),
        accepts(Rule::Uri, ViewerRequest, "").event(r#"request.uri = "/a\u0085b""#),
        rejects(
            Rule::Uri,
            ViewerRequest,
            r#"uri = "cart""#,
            r#"request.uri: "cart" does not begin with / (rule 2.2.3: lambda-event-structure)"#,
        )
        .decision(3),
        rejects(
            Rule::Uri,
            OriginRequest,
            r#"uri = """#,
            r#"request.uri: "" does not begin with / (rule 2.2.3: lambda-event-structure)"#,
        ),
        rejects(
            Rule::Uri,
            OriginRequest,
            r#"uri = "/a?b=c""#,
            "request.uri: has a '?'; write the query in querystring, and the character as %3F (rule 2.2.3: lambda-event-structure)",
        ),
        rejects(
            Rule::Uri,
            ViewerRequest,
            r#"uri = "https://b.example/a""#,
            r#"request.uri: "https://b.example/a" does not begin with /; origin-request sends it elsewhere by origin, a response by location (rule 2.2.3: lambda-event-structure)"#,
        ),
        rejects(
            Rule::Uri,
            OriginRequest,
            r#"uri = "/ HTTP/1.1\r\nHost: evil""#,
            "request.uri: has the character ' '; percent-encode it (rule 2.2.3: lambda-event-structure)",
        ),
        rejects(
            Rule::Uri,
            OriginRequest,
            r#"uri = 7"#,
            "request.uri: expected a string, got number (rule 2.2.3: lambda-event-structure)",
        ),
        accepts(Rule::Querystring, ViewerRequest, r#"querystring = "a=1&b=%20&c=?""#),
        accepts(Rule::Querystring, OriginRequest, r#"querystring = """#),
        accepts(Rule::Querystring, OriginRequest, "without querystring").gives("").decision(10),
        rejects(
            Rule::Querystring,
            ViewerRequest,
            r#"querystring = "a b""#,
            "request.querystring: has the character ' '; percent-encode it (rule 2.2.4: edge-functions-restrictions)",
        )
        .decision(3),
        rejects(
            Rule::Querystring,
            ViewerRequest,
            r##"querystring = "a#b""##,
            "request.querystring: has the character '#'; percent-encode it (rule 2.2.4: edge-functions-restrictions)",
        ),
        rejects(
            Rule::Querystring,
            ViewerRequest,
            r#"querystring = "a\nb""#,
            r"request.querystring: has the character '\n'; percent-encode it (rule 2.2.4: edge-functions-restrictions)",
        ),
        rejects(
            Rule::Querystring,
            ViewerRequest,
            r#"querystring = {"a":"1"}"#,
            r#"request.querystring: expected a string, got object; write require("querystring").stringify(query) (rule 2.2.4: edge-functions-restrictions)"#,
        ),
        accepts(Rule::UriAndQuerystring, ViewerRequest, r#"uri = "/<8190 bytes>""#),
        rejects(
            Rule::UriAndQuerystring,
            ViewerRequest,
            r#"uri = "/<8191 bytes>""#,
            "request.uri: uri and querystring together reach 8192 characters (rule 5.2.4: edge-functions-restrictions)",
        ),
        rejects(
            Rule::UriAndQuerystring,
            OriginRequest,
            r#"uri = "/<4095 bytes>"; querystring = "<4096 bytes>""#,
            "request.uri: uri and querystring together reach 8192 characters (rule 5.2.4: edge-functions-restrictions)",
        ),
    ]
}

fn body() -> Vec<Case> {
    vec![
        accepts(Rule::Body, ViewerRequest, "without body"),
        accepts(Rule::Body, ViewerRequest, "body = null").gives("without body"),
        rejects(
            Rule::Body,
            ViewerRequest,
            r#"body = "a=1""#,
            r#"request.body: expected an object, got string; write { action: "replace", encoding: "text", data: body }, or give a response its status (rule 2.2.6: lambda-event-structure)"#,
        ),
        accepts(Rule::InputTruncated, ViewerRequest, "body.inputTruncated = true"),
        accepts(Rule::InputTruncated, ViewerRequest, "body.inputTruncated = false")
            .gives("")
            .compatible()
            .decision(10),
        rejects(
            Rule::InputTruncated,
            ViewerRequest,
            "body.inputTruncated = false",
            "request.body.inputTruncated: read-only; leave it as it came (rule 2.3.1: lambda-event-structure)",
        )
        .strict()
        .decision(10),
        accepts(Rule::BodyAction, OriginRequest, r#"body.data = "edited, but not to be sent""#)
            .gives(""),
        accepts(
            Rule::BodyAction,
            OriginRequest,
            r#"body = {"action":"replace","encoding":"text","data":"b=2"}"#,
        )
        .gives(r#"body = {"action":"replace","data":"Yj0y","encoding":"base64","inputTruncated":false}"#),
        rejects(
            Rule::BodyAction,
            OriginRequest,
            r#"body.action = "append""#,
            r#"request.body.action: "append" is neither "read-only" nor "replace" (rule 2.3.2: lambda-event-structure)"#,
        ),
        accepts(
            Rule::RequestEncoding,
            OriginRequest,
            r#"body = {"action":"replace","data":"Yj0y"}"#,
        )
        .gives(r#"body = {"action":"replace","data":"Yj0y","encoding":"base64","inputTruncated":false}"#),
        rejects(
            Rule::RequestEncoding,
            OriginRequest,
            r#"body.action = "replace"; body.encoding = "utf-8""#,
            r#"request.body.encoding: "utf-8" is neither "text" nor "base64" (rule 2.3.3: lambda-event-structure)"#,
        ),
        accepts(Rule::BodyData, OriginRequest, r#"body.action = "replace"; body.data = """#),
        rejects(
            Rule::BodyData,
            OriginRequest,
            r#"body.action = "replace"; body.data = 7"#,
            "request.body.data: expected a string, got number (rule 2.3.4: lambda-event-structure)",
        ),
        rejects(
            Rule::Required,
            OriginRequest,
            r#"body = {"action":"replace"}"#,
            "request.body.data: missing (rule 3.5.2: lambda-edge-testing-debugging)",
        ),
        rejects(
            Rule::Base64,
            OriginRequest,
            r#"body.action = "replace"; body.data = "a=1""#,
            "request.body.data: not base64: invalid length at 0 (rule 3.5.10: lambda-generating-http-responses-in-requests)",
        )
        .decision(3),
        accepts(
            Rule::ReplacedBody,
            ViewerRequest,
            r#"body = {"action":"replace","encoding":"text","data":"<40960 bytes>"}"#,
        )
        .gives(r#"body = {"action":"replace","data":"<base64 of 40960 bytes>","encoding":"base64","inputTruncated":false}"#),
        accepts(
            Rule::ReplacedBody,
            ViewerRequest,
            r#"body = {"action":"replace","data":"<base64 of 40960 bytes>"}"#,
        )
        .gives(r#"body = {"action":"replace","data":"<base64 of 40960 bytes>","encoding":"base64","inputTruncated":false}"#),
        accepts(
            Rule::ReplacedBody,
            ViewerRequest,
            r#"body = {"action":"replace","encoding":"text","data":"<40961 bytes>"}"#,
        )
        .gives(r#"body = {"action":"replace","data":"<base64 of 40960 bytes>","encoding":"base64","inputTruncated":false}"#)
        .compatible()
        .decision(4),
        rejects(
            Rule::ReplacedBody,
            ViewerRequest,
            r#"body = {"action":"replace","encoding":"text","data":"<40961 bytes>"}"#,
            "request.body.data: 40961 bytes; the limit at viewer-request is 40960 (rule 5.2.2: edge-functions-restrictions)",
        )
        .strict()
        .decision(4),
        accepts(
            Rule::ReplacedBody,
            OriginRequest,
            r#"body = {"action":"replace","data":"<base64 of 1048577 bytes>"}"#,
        )
        .gives(r#"body = {"action":"replace","data":"<base64 of 1048576 bytes>","encoding":"base64","inputTruncated":false}"#)
        .compatible()
        .decision(5),
        rejects(
            Rule::ReplacedBody,
            OriginRequest,
            r#"body = {"action":"replace","data":"<base64 of 1048577 bytes>"}"#,
            "request.body.data: 1048577 bytes; the limit at origin-request is 1048576 (rule 5.2.2: edge-functions-restrictions)",
        )
        .strict()
        .decision(4),
    ]
}
