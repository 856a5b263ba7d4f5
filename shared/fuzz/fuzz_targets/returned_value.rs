//! What a handler returned, on its way through the gateway: MessagePack, then the contract of
//! each trigger.

#![no_main]

use std::sync::LazyLock;

use brink_fuzz::{golden, plant};
use brink_shared::contract::limits::URI_AND_QUERY_LIMIT;
use brink_shared::contract::{self, Outcome, Strictness};
use brink_shared::event::{Event, Headers};
use brink_shared::wire;
use http::{HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// Longest text of an error, in bytes: functions choose what it quotes, and it is logged.
const ERROR_TEXT_MAX: usize = 1_000;

static EVENTS: LazyLock<Vec<Event>> =
    LazyLock::new(|| golden().into_iter().map(|(event, _)| event).collect());

fuzz_target!(init: plant(seeds()), |bytes: &[u8]| {
    let Ok(value) = wire::decode_value::<Value>(bytes) else { return };
    let again = wire::encode_value(&value).expect("what was read can be written");
    let again: Value = wire::decode_value(&again).expect("what was written can be read");
    assert_eq!(again, value);
    for event in EVENTS.iter() {
        for strictness in [Strictness::Strict, Strictness::Compatible] {
            match contract::read(event, &value, strictness) {
                Ok(outcome) => check(&outcome),
                Err(error) => {
                    let text = error.to_string();
                    assert!(text.len() < ERROR_TEXT_MAX, "{} bytes: {text}", text.len());
                }
            }
        }
    }
});

/// An accepted value can be sent as HTTP.
fn check(outcome: &Outcome) {
    match outcome {
        Outcome::Request(request) => {
            assert!(request.uri.starts_with('/'), "{:?}", request.uri);
            let line = [request.uri.as_str(), &request.querystring].concat();
            assert!(line.len() < URI_AND_QUERY_LIMIT, "{} bytes", line.len());
            assert!(!line.contains(|c: char| c.is_control() || c == ' ' || c == '#'), "{line:?}");
            check_headers(&request.headers);
        }
        Outcome::Response(response) => {
            assert!((200..600).contains(&response.status), "{}", response.status);
            check_headers(&response.headers);
        }
    }
}

fn check_headers(headers: &Headers) {
    for line in headers.iter() {
        let name = line.key.as_str();
        assert!(HeaderName::from_bytes(name.as_bytes()).is_ok(), "{name:?}");
        let value = line.value.as_str();
        assert!(HeaderValue::from_bytes(value.as_bytes()).is_ok(), "{name}: {value:?}");
    }
}

/// The golden requests and responses as they came, and changed in the ways that functions do.
fn seeds() -> Vec<Vec<u8>> {
    let mut values: Vec<Value> = golden().into_iter().map(|(_, shown)| shown).collect();
    let body = json!({ "action": "replace", "encoding": "text", "data": "text" });
    for value in values.clone() {
        let mut changed = value;
        if changed.get("uri").is_some() {
            changed["body"] = body.clone();
            changed["uri"] = json!("/other");
        } else {
            changed["body"] = json!("AAEC");
            changed["bodyEncoding"] = json!("base64");
        }
        values.push(changed);
    }
    let headers = json!({ "location": [{ "key": "Location", "value": "/there" }] });
    values.push(json!({ "status": "302", "statusDescription": "Found", "headers": headers }));
    values.push(json!({ "status": 200, "body": "text", "bodyEncoding": "text" }));
    values.extend([json!(null), json!([]), json!({}), json!("text"), json!(1.5)]);
    values.iter().filter_map(|value| wire::encode_value(value).ok()).map(Into::into).collect()
}
