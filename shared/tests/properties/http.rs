//! Every accepted value can be written as HTTP, and adds nothing to it.

use brink_shared::contract::{self, FunctionResponse, Outcome, Strictness};
use brink_shared::event::{
    CustomOrigin, Event, EventConfig, Headers, Origin, OriginProtocol, Request, Response, Trigger,
};
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, StatusCode, Uri};
use hyper::ext::ReasonPhrase;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// Characters that path and query of a `Uri` may not have; the gateway percent-encodes them.
const ENCODED: &[u8] = b"#?<>`\"";

/// Builds what the gateway would send.
pub fn check(outcome: &Outcome) -> Result<(), String> {
    match outcome {
        Outcome::Request(request) => check_request(request),
        Outcome::Response(response) => check_response(response),
    }
}

fn check_request(request: &Request) -> Result<(), String> {
    let origin = request.origin.as_ref();
    let path = encoded(origin.map_or("", Origin::path)) + &encoded(&request.uri);
    let query = encoded(&request.querystring);
    let target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
    let target = PathAndQuery::try_from(target).map_err(|error| format!("{path}: {error}"))?;
    if target.path() != path || target.query().unwrap_or_default() != query {
        return Err(format!("{target} is not {path} and {query}"));
    }
    if let Some(origin) = origin {
        let uri = Uri::builder()
            .scheme("http")
            .authority(origin.domain_name())
            .path_and_query(target.clone())
            .build()
            .map_err(|error| format!("{}: {error}", origin.domain_name()))?;
        if uri.host() != Some(origin.domain_name()) || uri.port().is_some() {
            return Err(format!("{uri} goes elsewhere than {}", origin.domain_name()));
        }
        check_head(&format!("GET {target} HTTP/1.1"), origin.custom_headers())?;
    }
    let hosts = request.headers.get_all("host").count();
    if hosts > 1 {
        return Err(format!("{hosts} hosts"));
    }
    check_head(&format!("GET {target} HTTP/1.1"), &request.headers)
}

fn check_response(response: &FunctionResponse) -> Result<(), String> {
    let status = StatusCode::from_u16(response.status).map_err(|error| error.to_string())?;
    let reason = response.status_description.as_deref().unwrap_or_default();
    ReasonPhrase::try_from(reason.as_bytes()).map_err(|error| format!("{reason:?}: {error:?}"))?;
    check_head(&format!("HTTP/1.1 {} {reason}", status.as_str()), &response.headers)
}

/// A head of these lines is read back as these lines: nothing begins a line of its own.
fn check_head(first: &str, headers: &Headers) -> Result<(), String> {
    let mut head = format!("{first}\r\n");
    for header in headers {
        HeaderName::from_bytes(header.key.as_bytes())
            .map_err(|error| format!("{:?}: {error}", header.key))?;
        HeaderValue::from_bytes(header.value.as_bytes())
            .map_err(|error| format!("{:?}: {error}", header.value))?;
        head += &format!("{}: {}\r\n", header.key, header.value);
    }
    let lines: Vec<_> = head.split_terminator("\r\n").collect();
    let broken = lines.iter().any(|line| line.contains(['\r', '\n', '\0']));
    if broken || lines.len() != 1 + headers.len() {
        return Err(format!("{head:?} is not {} lines", 1 + headers.len()));
    }
    Ok(())
}

fn encoded(text: &str) -> String {
    let encode = |c: char| match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() && (!byte.is_ascii_graphic() || ENCODED.contains(&byte)) => {
            format!("%{byte:02X}")
        }
        _ => c.to_string(),
    };
    text.chars().map(encode).collect()
}

/// Text that would break out of its place if it could.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = [
        "\r\n",
        "\r",
        "\n",
        "\0",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\t",
        " ",
        ":",
        "@",
        "/",
        "//",
        "#",
        "?",
        "\\",
        "%0d%0a",
        "%",
        "é",
        "\u{fffd}",
        "a",
        "X-Evil: 1",
        " HTTP/1.1",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..4).prop_map(|p| p.concat())
}

/// The text, or with one chance in six something hostile after it.
fn text(usual: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        5 => Just(usual.to_owned()),
        1 => hostile().prop_map(move |more| format!("{usual}{more}")),
    ]
}

fn headers() -> impl Strategy<Value = Value> {
    let line = (text("x-a"), text("1"), prop::option::of(Just("X-A")), 0usize..4);
    line.prop_map(|(name, value, key, hosts)| {
        let host = json!({ "value": "b.example" });
        json!({ name: [{ "key": key, "value": value }], "Host": vec![host; hosts] })
    })
}

fn hostile_request() -> impl Strategy<Value = Value> {
    let origin = (text("b.example"), text("/base"), headers());
    let origin = origin.prop_map(|(domain, path, mut custom)| {
        if let Some(lines) = custom.as_object_mut().and_then(|map| map.remove("x-a")) {
            custom = json!({ "x-custom": lines });
            custom["x-custom"][0].as_object_mut().unwrap().remove("key");
        }
        json!({ "custom": {
            "domainName": domain, "path": path, "port": 443, "protocol": "https",
            "keepaliveTimeout": 5, "readTimeout": 5, "sslProtocols": [], "customHeaders": custom,
        } })
    });
    (text("/a"), text("b=1"), headers(), origin).prop_map(|(uri, query, headers, origin)| {
        json!({ "uri": uri, "querystring": query, "headers": headers, "origin": origin })
    })
}

fn hostile_response() -> impl Strategy<Value = Value> {
    (text("200"), text("OK"), headers(), text("body")).prop_map(|(status, words, headers, body)| {
        json!({ "status": status, "statusDescription": words, "headers": headers, "body": body })
    })
}

fn event(trigger: Trigger) -> Event {
    Event {
        config: EventConfig {
            distribution_domain_name: "d.example".into(),
            distribution_id: "d".into(),
            event_type: trigger,
            request_id: "r".into(),
        },
        request: Request {
            client_ip: "203.0.113.7".parse().unwrap(),
            method: "GET".into(),
            uri: "/".into(),
            querystring: String::new(),
            headers: Headers::new(),
            body: None,
            origin: Some(Origin::Custom(CustomOrigin {
                custom_headers: Headers::new(),
                domain_name: "a.example".into(),
                keepalive_timeout: 5,
                path: String::new(),
                port: 443,
                protocol: OriginProtocol::Https,
                read_timeout: 5,
                ssl_protocols: Vec::new(),
            })),
        },
        response: (!trigger.is_request()).then(|| Response {
            status: 200,
            status_description: "OK".into(),
            headers: Headers::new(),
        }),
    }
}

/// Reads many hostile values; those that are accepted are HTTP, and neither all nor none are.
fn none_breaks_out(trigger: Trigger, values: impl Strategy<Value = Value>) {
    let mut runner = TestRunner::deterministic();
    let event = event(trigger);
    let (mut accepted, mut rejected) = (0, 0);
    for _ in 0..4_000 {
        let value = values.new_tree(&mut runner).unwrap().current();
        match contract::read(&event, &value, Strictness::Compatible) {
            Ok(outcome) => {
                accepted += 1;
                check(&outcome).unwrap_or_else(|why| panic!("{value}: {why}"));
            }
            Err(_) => rejected += 1,
        }
    }
    assert!(accepted > 400 && rejected > 400, "{accepted} accepted, {rejected} rejected");
}

#[test]
fn no_request_breaks_out_of_its_place() {
    none_breaks_out(Trigger::OriginRequest, hostile_request());
}

#[test]
fn no_response_breaks_out_of_its_place() {
    for trigger in Trigger::ALL {
        none_breaks_out(trigger, hostile_response());
    }
}
