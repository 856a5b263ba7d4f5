//! Properties of every event, name, bundle and returned value.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "properties/cost.rs"]
mod cost;
#[path = "properties/http.rs"]
mod http_messages;
#[path = "properties/origins.rs"]
mod origins;

use std::collections::BTreeMap;
use std::net::IpAddr;

use brink_shared::contract::header_rules::{is_forbidden_custom, visible};
use brink_shared::contract::{
    self, ContractError, ORIGIN_BODY_MAX, ORIGIN_RESPONSE_MAX, Outcome, Strictness,
};
use brink_shared::event::{
    AuthMethod, BodyAction, BodyEncoding, CustomOrigin, Event, EventConfig, ForFunction, Headers,
    Origin, OriginProtocol, Request, RequestBody, Response, S3Origin, Trigger, event_from_json,
};
use brink_shared::id::{FunctionName, NAME_MAX, VersionId};
use brink_shared::registry::Bundle;
use brink_shared::{subject, wire};
use bytes::Bytes;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Map, Value, json};

/// Header lines as they are received: names in any case, some more than once.
fn headers() -> impl Strategy<Value = Headers> {
    let name = prop_oneof!["[a-cA-C]{1,2}", "[!#$%&'*+.^_`|~0-9a-zA-Z-]{1,20}"];
    let lines = prop::collection::vec((name, "[ -~\u{80}-\u{ff}]{0,20}"), 0..12);
    lines.prop_map(|lines| lines.into_iter().collect())
}

fn origin() -> impl Strategy<Value = Origin> {
    let path = prop_oneof![Just(String::new()), "(/[a-z0-9]{1,8}){1,3}"];
    let custom = (headers(), "[a-z]{1,20}", 1u32..60, path, any::<u16>(), any::<bool>(), 1u32..60);
    let custom = custom.prop_map(|(custom_headers, host, keepalive, path, port, tls, read)| {
        Origin::Custom(CustomOrigin {
            custom_headers,
            domain_name: host,
            keepalive_timeout: keepalive,
            path,
            port,
            protocol: if tls { OriginProtocol::Https } else { OriginProtocol::Http },
            read_timeout: read,
            ssl_protocols: vec!["TLSv1.2".to_owned()],
        })
    });
    let bucket = (headers(), "[a-z]{1,20}", any::<bool>()).prop_map(|(headers, host, signs)| {
        Origin::S3(S3Origin {
            auth_method: if signs { AuthMethod::OriginAccessIdentity } else { AuthMethod::None },
            custom_headers: headers,
            domain_name: host,
            path: "/a".to_owned(),
            region: "eu-west-1".to_owned(),
        })
    });
    prop_oneof![custom, bucket]
}

fn body() -> impl Strategy<Value = RequestBody> {
    (any::<bool>(), any::<bool>(), any::<Vec<u8>>()).prop_map(|(cut, replaces, data)| RequestBody {
        input_truncated: cut,
        action: if replaces { BodyAction::Replace } else { BodyAction::ReadOnly },
        encoding: BodyEncoding::Base64,
        data: data.into(),
    })
}

fn request() -> impl Strategy<Value = Request> {
    let ip = any::<u128>().prop_map(|bits| IpAddr::from(bits.to_be_bytes()));
    let ip = prop_oneof![ip, any::<u32>().prop_map(|bits| IpAddr::from(bits.to_be_bytes()))];
    let line = ("[A-Z]{1,10}", "/\\PC{0,30}", "\\PC{0,30}");
    let more = (prop::option::of(body()), prop::option::of(origin()));
    (ip, line, headers(), more).prop_map(|(client_ip, line, headers, (body, origin))| {
        let (method, uri, querystring) = line;
        Request { client_ip, method, uri, querystring, headers, body, origin }
    })
}

fn event() -> impl Strategy<Value = Event> {
    let response = (100u16..600, "\\PC{0,20}", headers());
    let config = ("[a-z.]{1,20}", "[a-z]{1,9}", prop::sample::select(&Trigger::ALL[..]), "\\PC{9}");
    (config, request(), response).prop_map(|(config, request, response)| {
        let (distribution_domain_name, distribution_id, event_type, request_id) = config;
        let (status, status_description, headers) = response;
        let response = Response { status, status_description, headers };
        Event {
            config: EventConfig {
                distribution_domain_name,
                distribution_id,
                event_type,
                request_id,
            },
            request,
            response: (!event_type.is_request()).then_some(response),
        }
    })
}

/// Headers in the order in which the contract's map has them: one name's lines together.
fn grouped(headers: &Headers) -> Headers {
    let mut lines: Vec<(String, String)> = Vec::new();
    for header in headers {
        if !lines.iter().any(|(key, _)| header.is(key)) {
            let same = headers.iter().filter(|other| other.is(&header.key));
            lines.extend(same.map(|h| (h.key.clone(), h.value.clone())));
        }
    }
    lines.into_iter().collect()
}

fn all_grouped(mut event: Event) -> Event {
    event.request.headers = grouped(&event.request.headers);
    match &mut event.request.origin {
        Some(Origin::Custom(origin)) => origin.custom_headers = grouped(&origin.custom_headers),
        Some(Origin::S3(origin)) => origin.custom_headers = grouped(&origin.custom_headers),
        None => {}
    }
    if let Some(response) = &mut event.response {
        response.headers = grouped(&response.headers);
    }
    event
}

/// Any JSON, with the keys that the contract looks at more often than chance would have them.
fn returned() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop_oneof!["200", "/a", "base64", "text", "replace", "YQ==", "https", "\\PC{0,12}", ".*"]
            .prop_map(Value::from),
    ];
    let key = prop_oneof![
        prop::sample::select(
            &[
                "status",
                "headers",
                "body",
                "bodyEncoding",
                "statusDescription",
                "uri",
                "method",
                "querystring",
                "origin",
                "custom",
                "s3",
                "customHeaders",
                "domainName",
                "port",
                "path",
                "protocol",
                "sslProtocols",
                "readTimeout",
                "keepaliveTimeout",
                "action",
                "data",
                "encoding",
                "inputTruncated",
                "clientIp",
                "key",
                "value",
                "authMethod",
                "region",
                "host",
                "x-a",
                "connection",
            ][..]
        )
        .prop_map(str::to_owned),
        "\\PC{0,8}",
    ];
    leaf.prop_recursive(5, 96, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The object that the function was given, with some places overwritten by any JSON.
fn edited(event: &Event, edits: &[(prop::sample::Index, Value)]) -> Value {
    let envelope = serde_json::to_value(ForFunction(event)).unwrap();
    let kind = if event.config.event_type.is_request() { "request" } else { "response" };
    let mut object = envelope["Records"][0]["cf"][kind].clone();
    for (place, value) in edits {
        let mut pointers = Vec::new();
        walk(&object, String::new(), &mut pointers);
        *object.pointer_mut(&pointers[place.index(pointers.len())]).unwrap() = value.clone();
    }
    object
}

fn walk(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            let key = key.replace('~', "~0").replace('/', "~1");
            walk(value, format!("{at}/{key}"), found);
        }),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| {
            walk(value, format!("{at}/{index}"), found);
        }),
        _ => {}
    }
    found.push(at);
}

/// What came out is within the limits and can be sent as HTTP, whatever went in.
fn is_sound(event: &Event, read: Result<Outcome, ContractError>) -> Result<(), TestCaseError> {
    if let Ok(outcome) = &read {
        http_messages::check(outcome).map_err(TestCaseError::fail)?;
    }
    match read {
        Ok(Outcome::Request(request)) => {
            let size = request.body.map_or(0, |body| body.data.len());
            prop_assert!(size <= ORIGIN_BODY_MAX);
            prop_assert!(request.uri.starts_with('/'));
        }
        Ok(Outcome::Response(response)) => {
            match (event.config.event_type, &event.response) {
                (Trigger::ViewerResponse, Some(before)) => {
                    prop_assert_eq!(response.status, before.status);
                }
                _ => prop_assert!((200..600).contains(&response.status)),
            }
            let size = response.body.map_or(0, |body| body.len()) + response.headers.size();
            prop_assert!(size <= ORIGIN_RESPONSE_MAX);
        }
        Err(error) => {
            let text = error.to_string();
            prop_assert!(text.len() < 4_096, "{} bytes of error", text.len());
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn an_untouched_object_is_always_accepted(event in event()) {
        // What the gateway never shows is no header of an event.
        let mut event = event;
        event.request.headers = visible(&event.request.headers);
        event.response = event.response.map(|mut response| {
            response.headers = visible(&response.headers);
            response.status = response.status.max(200);
            response
        });
        if let Some(Origin::Custom(CustomOrigin { custom_headers, .. }) | Origin::S3(S3Origin { custom_headers, .. }))
            = &mut event.request.origin
        {
            custom_headers.retain(|header| !is_forbidden_custom(&header.name()));
        }
        if let Some(body) = &mut event.request.body {
            body.action = BodyAction::ReadOnly;
        }
        let read = contract::read(&event, &edited(&event, &[]), Strictness::Compatible);
        prop_assert!(read.is_ok(), "{read:?}");
    }

    #[test]
    fn an_event_survives_messagepack(event in event()) {
        let bytes = wire::encode(&event).unwrap();
        prop_assert_eq!(wire::decode::<Event>(&bytes).unwrap(), event);
    }

    #[test]
    fn an_event_survives_json(event in event()) {
        let text = serde_json::to_string(&ForFunction(&event)).unwrap();
        let read = event_from_json(&serde_json::from_str(&text).unwrap()).unwrap();
        prop_assert_eq!(read, all_grouped(event));
    }

    #[test]
    fn bytes_that_are_no_event_are_an_error(bytes in any::<Vec<u8>>()) {
        if let Ok(event) = wire::decode::<Event>(&bytes) {
            prop_assert_eq!(wire::decode::<Event>(&wire::encode(&event).unwrap()).unwrap(), event);
        }
    }

    #[test]
    fn any_json_is_an_event_or_an_error(config in returned(), request in returned()) {
        let cf = json!({ "config": config, "request": request, "response": {} });
        let _ = event_from_json(&json!({ "Records": [{ "cf": cf }] }));
        let mut config = Map::new();
        config.insert("eventType".to_owned(), json!("origin-request"));
        let cf = json!({ "config": config, "request": request });
        let is_object = request.is_object();
        let read = event_from_json(&json!({ "Records": [{ "cf": cf }] }));
        prop_assert_eq!(read.is_ok(), is_object);
    }

    #[test]
    fn header_names_compare_without_case(headers in headers(), at in any::<prop::sample::Index>()) {
        prop_assume!(!headers.is_empty());
        let key = headers.iter().nth(at.index(headers.len())).unwrap().key.clone();
        for name in [key.to_ascii_lowercase(), key.to_ascii_uppercase()] {
            prop_assert!(headers.contains(&name));
            let values: Vec<_> = headers.get_all(&name).collect();
            prop_assert_eq!(headers.get(&name), values.first().copied());
            let mut set = headers.clone();
            set.set(name.clone(), "new");
            prop_assert_eq!(set.get_all(&key).collect::<Vec<_>>(), ["new"]);
            prop_assert_eq!(set.len(), headers.len() - values.len() + 1);
            prop_assert!(set.remove(&key) && !set.contains(&name));
        }
    }

    #[test]
    fn a_name_is_one_token_of_a_subject(text in prop_oneof!["[A-Za-z0-9_-]{0,70}", "\\PC{0,9}"]) {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let good = (1..=NAME_MAX).contains(&text.len()) && text.chars().all(is_plain);
        prop_assert_eq!(text.parse::<FunctionName>().is_ok(), good);
        let quoted = serde_json::from_value::<FunctionName>(json!(text));
        prop_assert_eq!(quoted.is_ok(), good, "JSON is no way around the check");
    }

    #[test]
    fn a_version_survives_text_and_subject(name in "[A-Za-z0-9_-]{1,64}", number in 1u32..) {
        let version = VersionId { function: name.parse().unwrap(), number };
        prop_assert_eq!(version.to_string().parse::<VersionId>().unwrap(), version.clone());
        prop_assert_eq!(subject::version_of_start(&subject::start(&version)), Some(version));
    }

    #[test]
    fn a_bundle_holds_paths_that_stay_inside(path in prop_oneof![
        "[a-z./\\\\]{0,12}",
        "(\\.\\./|\\./|/|a/|b){1,5}",
        "\\PC{0,12}",
    ]) {
        let files = BTreeMap::from([(path.clone(), Bytes::from_static(b"x"))]);
        let Ok(bundle) = Bundle::new(files) else { return Ok(()) };
        let joined = std::path::Path::new("/bundle").join(&path);
        let plain = joined.components().skip(2).all(|part| {
            matches!(part, std::path::Component::Normal(_))
        });
        prop_assert!(joined.starts_with("/bundle") && plain, "{path:?}");
        // Two spellings of one file cannot both be in a bundle.
        let respelled: std::path::PathBuf = joined.components().collect();
        prop_assert_eq!(respelled.as_os_str(), joined.as_os_str());
        let (digest, bytes) = bundle.encode().unwrap();
        prop_assert_eq!(Bundle::decode(&bytes, &digest).unwrap(), bundle);
    }

    #[test]
    fn any_returned_value_is_read_or_rejected(event in event(), value in returned()) {
        for strictness in [Strictness::Strict, Strictness::Compatible] {
            is_sound(&event, contract::read(&event, &value, strictness))?;
        }
    }

    #[test]
    fn an_edited_object_is_read_or_rejected(
        event in event(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), returned()), 1..4),
    ) {
        let value = edited(&event, &edits);
        for strictness in [Strictness::Strict, Strictness::Compatible] {
            is_sound(&event, contract::read(&event, &value, strictness))?;
        }
    }
}

#[test]
fn large_values_are_rejected_in_few_words() {
    let long = "x".repeat(3 * 1024 * 1024);
    let lines: Vec<Value> = (0..100_000).map(|n| json!({ "value": n.to_string() })).collect();
    let values = [
        json!({ "status": "200", "body": long }),
        json!({ "status": long }),
        json!({ "status": "200", "headers": { "x": [{ "key": long, "value": long }] } }),
        json!({ "status": "200", "headers": { &long: [{ "value": "a" }] } }),
        json!({ "status": "200", "headers": { "x": lines } }),
        json!({ "status": "200", "headers": { format!("x-edge-{long}"): [{ "value": "a" }] } }),
        json!({ "uri": "/", "origin": { "s3": { "domainName": long } } }),
        json!({ "uri": "/", "origin": { "custom": { "domainName": "a", "sslProtocols": lines } } }),
        json!({ "status": "200", "body": "", "bodyEncoding": long }),
        json!({ "uri": long, "headers": {} }),
        json!({ "uri": format!("/{long}"), "headers": {} }),
        json!({ "uri": "/", "querystring": long, "headers": {} }),
    ];
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for value in values {
        let event = event().new_tree(&mut runner).unwrap().current();
        let mut event = Event { response: None, ..event };
        event.config.event_type = Trigger::OriginRequest;
        let error = contract::read(&event, &value, Strictness::Compatible).unwrap_err().to_string();
        assert!(error.len() < 4_096, "{} bytes: {:.80}", error.len(), error);
    }
}
