//! Accepted and refused values at each trigger.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::{Value, json};

use super::*;
use crate::event::{CustomOrigin, EventConfig, Origin, OriginProtocol, Response};

fn event(trigger: Trigger) -> Event {
    let origin = Origin::Custom(CustomOrigin {
        custom_headers: Headers::new(),
        domain_name: "127.0.0.1".into(),
        keepalive_timeout: 5,
        path: String::new(),
        port: 81,
        protocol: OriginProtocol::Http,
        read_timeout: 1,
        ssl_protocols: vec!["TLSv1.2".into()],
    });
    Event {
        config: EventConfig {
            distribution_domain_name: "d.example".into(),
            distribution_id: "d".into(),
            event_type: trigger,
            request_id: "r".into(),
        },
        request: Request {
            client_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            method: "GET".into(),
            uri: "/a".into(),
            querystring: "q=1".into(),
            headers: [("Host", "d.example"), ("X-Seen", "1")].into_iter().collect(),
            body: None,
            origin: (!trigger.is_viewer()).then_some(origin),
        },
        response: (!trigger.is_request()).then(|| Response {
            status: 200,
            status_description: "OK".into(),
            headers: [("Via", "1.1 x"), ("Age", "3")].into_iter().collect(),
        }),
    }
}

/// The event as the function sees it, with one place changed.
fn changed(trigger: Trigger, pointer: &str, value: Value) -> Value {
    let event = event(trigger);
    let envelope = serde_json::to_value(crate::event::ForFunction(&event)).unwrap();
    let kind = if trigger.is_request() { "request" } else { "response" };
    let mut object = envelope.pointer(&format!("/Records/0/cf/{kind}")).unwrap().clone();
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    object.pointer_mut(parent).unwrap()[last] = value;
    object
}

fn error(trigger: Trigger, value: &Value) -> String {
    read(&event(trigger), value).unwrap_err().to_string()
}

#[test]
fn an_untouched_request_and_response_pass() {
    for trigger in Trigger::ALL {
        let event = event(trigger);
        let envelope = serde_json::to_value(crate::event::ForFunction(&event)).unwrap();
        let kind = if trigger.is_request() { "request" } else { "response" };
        let object = envelope.pointer(&format!("/Records/0/cf/{kind}")).unwrap();
        match read(&event, object).unwrap() {
            Outcome::Request(request) => assert_eq!(request, event.request),
            Outcome::Response(response) => assert_eq!(response.status, 200),
        }
    }
}

#[test]
fn rubbish_is_named() {
    use Trigger::{OriginResponse, ViewerRequest};
    let text = "the function returned null; return the request or response object";
    assert_eq!(error(ViewerRequest, &Value::Null), text);
    let text = "the function returned array; return the response object";
    assert_eq!(error(OriginResponse, &json!([])), text);
    assert_eq!(error(OriginResponse, &json!({"headers": {}})), "response.status: missing");
}

#[test]
fn refused_values_name_their_place() {
    let line = |value: Value| json!([{ "value": value }]);
    let cases = [
        (Trigger::ViewerRequest, "/uri", json!("a"), r#"request.uri: "a" does not begin with /"#),
        (
            Trigger::ViewerRequest,
            "/querystring",
            json!("a b"),
            "request.querystring: has the character ' '; percent-encode it",
        ),
        (
            Trigger::ViewerRequest,
            "/headers/x",
            line(json!(1)),
            r#"request.headers["x"][0].value: expected a string, got number"#,
        ),
        (
            Trigger::ViewerRequest,
            "/headers/x",
            line(json!("a\r\nb: c")),
            r#"request.headers["x"][0].value: control character 0x0d"#,
        ),
        (
            Trigger::ViewerRequest,
            "/headers/x",
            json!("a"),
            r#"request.headers["x"]: expected an array of {key, value}, got string"#,
        ),
        (
            Trigger::ViewerRequest,
            "/headers/host",
            line(json!("other")),
            r#"request.headers["host"]: the header host is read-only at viewer-request; leave it as it came"#,
        ),
        (
            Trigger::OriginRequest,
            "/headers/x-cache",
            line(json!("Hit")),
            r#"request.headers["x-cache"]: functions may not add the header x-cache"#,
        ),
        (
            Trigger::OriginRequest,
            "/origin/custom/domainName",
            json!("10.0.0.1"),
            r#"request.origin.custom.domainName: "10.0.0.1" is an address; name a host"#,
        ),
        (
            Trigger::OriginRequest,
            "/origin/custom/port",
            json!(82),
            "request.origin.custom.port: 82 is not 80, 443 or 1024-65535",
        ),
        (
            Trigger::OriginResponse,
            "/status",
            json!(600),
            "response.status: 600 is not a status from 200 to 599",
        ),
        (
            Trigger::OriginResponse,
            "/body",
            json!(7),
            "response.body: expected a string, got number",
        ),
        (
            Trigger::ViewerResponse,
            "/headers/via",
            line(json!("mine")),
            r#"response.headers["via"]: the header via is read-only at viewer-response; leave it as it came"#,
        ),
    ];
    for (trigger, pointer, value, expected) in cases {
        assert_eq!(error(trigger, &changed(trigger, pointer, value)), expected);
    }
}

#[test]
fn generated_responses_have_a_size() {
    let body = |size: usize| json!({"status": "200", "body": "x".repeat(size)});
    assert!(read(&event(Trigger::ViewerRequest), &body(VIEWER_RESPONSE_MAX)).is_ok());
    assert_eq!(
        error(Trigger::ViewerRequest, &body(VIEWER_RESPONSE_MAX + 1)),
        "response: 40961 bytes of headers and body; the limit at viewer-request is 40960"
    );
    assert!(read(&event(Trigger::OriginRequest), &body(ORIGIN_RESPONSE_MAX)).is_ok());
}

#[test]
fn a_replaced_body_is_cut_to_the_limit() {
    let body = json!({"action": "replace", "encoding": "text", "data": "x".repeat(50_000)});
    let value = changed(Trigger::ViewerRequest, "/body", body);
    let Outcome::Request(request) = read(&event(Trigger::ViewerRequest), &value).unwrap() else {
        panic!("a request")
    };
    assert_eq!(request.body.unwrap().data.len(), VIEWER_BODY_MAX);
}
