//! The JSON of each trigger's event, as recorded in `testdata/events`, field by field.
//! `UPDATE_GOLDEN=1` records it anew.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use brink_shared::event::{
    AuthMethod, BodyAction, BodyEncoding, CustomOrigin, Event, EventConfig, ForFunction, Headers,
    Origin, OriginProtocol, Request, RequestBody, Response, S3Origin, Trigger, event_from_json,
};
use serde_json::Value;

fn headers(lines: &[(&str, &str)]) -> Headers {
    lines.iter().copied().collect()
}

fn body(truncated: bool) -> RequestBody {
    RequestBody {
        input_truncated: truncated,
        action: BodyAction::ReadOnly,
        encoding: BodyEncoding::Base64,
        data: "a=1&b=\u{fc}".into(),
    }
}

fn custom() -> Origin {
    Origin::Custom(CustomOrigin {
        custom_headers: headers(&[("X-Shop", "1"), ("x-shop", "2")]),
        domain_name: "origin.example.com".into(),
        keepalive_timeout: 5,
        path: "/base".into(),
        port: 8443,
        protocol: OriginProtocol::Https,
        read_timeout: 30,
        ssl_protocols: vec!["TLSv1.2".into(), "TLSv1.1".into()],
    })
}

fn bucket() -> Origin {
    Origin::S3(S3Origin {
        auth_method: AuthMethod::OriginAccessIdentity,
        custom_headers: headers(&[("X-Shop", "1")]),
        domain_name: "shop.s3.eu-west-1.amazonaws.com".into(),
        path: String::new(),
        region: "eu-west-1".into(),
    })
}

fn event(trigger: Trigger) -> Event {
    let (body, origin) = match trigger {
        Trigger::ViewerRequest => (Some(body(true)), None),
        Trigger::OriginRequest => (Some(body(false)), Some(custom())),
        Trigger::OriginResponse => (None, Some(bucket())),
        Trigger::ViewerResponse => (None, None),
    };
    Event {
        config: EventConfig {
            distribution_domain_name: "shop.brink.localhost".into(),
            distribution_id: "shop".into(),
            event_type: trigger,
            request_id: "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==".into(),
        },
        request: Request {
            client_ip: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 178)),
            method: if body.is_some() { "POST" } else { "GET" }.into(),
            uri: "/cart".into(),
            querystring: if trigger.is_viewer() { "" } else { "size=large" }.into(),
            headers: headers(&[
                ("Host", "shop.example.com"),
                ("Cookie", "a=1; b=2"),
                ("accept", "*/*"),
                ("cookie", "c=3"),
            ]),
            body,
            origin,
        },
        response: (!trigger.is_request()).then(|| Response {
            status: 200,
            status_description: "OK".into(),
            headers: headers(&[("Content-Type", "text/html"), ("Set-Cookie", "a=1")]),
        }),
    }
}

fn is_golden(trigger: Trigger) -> Value {
    let file = format!("{}/testdata/events/{trigger}.json", env!("CARGO_MANIFEST_DIR"));
    let file = Path::new(&file);
    let text = serde_json::to_string_pretty(&ForFunction(&event(trigger))).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(file).unwrap(), "{}", file.display());
    serde_json::from_str(&text).unwrap()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn events_are_as_recorded() {
    for trigger in Trigger::ALL {
        let json = is_golden(trigger);
        assert_eq!(event_from_json(&json).unwrap(), grouped(event(trigger)), "{trigger}");
    }
}

/// The order in which the contract's map gives header lines back: those of one name together.
fn grouped(mut event: Event) -> Event {
    let headers = &event.request.headers;
    let mut lines: Vec<(String, String)> = Vec::new();
    for header in headers {
        if !lines.iter().any(|(key, _)| header.is(key)) {
            let same = headers.iter().filter(|other| other.is(&header.key));
            lines.extend(same.map(|h| (h.key.clone(), h.value.clone())));
        }
    }
    event.request.headers = lines.into_iter().collect();
    event
}

/// The names of `contract.md` section 2, written down once more.
#[test]
fn events_have_the_fields_of_the_contract_and_no_others() {
    for trigger in Trigger::ALL {
        let json = is_golden(trigger);
        assert_eq!(keys(&json), ["Records"].into());
        assert_eq!(json["Records"].as_array().unwrap().len(), 1);
        let cf = &json["Records"][0]["cf"];
        let names = ["distributionDomainName", "distributionId", "eventType", "requestId"];
        assert_eq!(keys(&cf["config"]), names.into());
        assert_eq!(cf["config"]["eventType"], trigger.as_str());

        let mut request: BTreeSet<_> =
            ["clientIp", "headers", "method", "querystring", "uri"].into();
        if trigger.is_request() {
            request.insert("body");
            let names = ["action", "data", "encoding", "inputTruncated"];
            assert_eq!(keys(&cf["request"]["body"]), names.into());
            assert_eq!(cf["request"]["body"]["encoding"], "base64");
        }
        if !trigger.is_viewer() {
            request.insert("origin");
        }
        assert_eq!(keys(&cf["request"]), request, "{trigger}");
        let cookies = &cf["request"]["headers"]["cookie"];
        assert_eq!(cookies[0], serde_json::json!({"key": "Cookie", "value": "a=1; b=2"}));
        assert_eq!(cookies[1], serde_json::json!({"key": "cookie", "value": "c=3"}));

        if trigger.is_request() {
            assert!(cf.get("response").is_none());
        } else {
            let names = ["headers", "status", "statusDescription"];
            assert_eq!(keys(&cf["response"]), names.into());
            assert_eq!(cf["response"]["status"], "200");
        }
    }
    let origin = is_golden(Trigger::OriginRequest)["Records"][0]["cf"]["request"]["origin"].clone();
    assert_eq!(keys(&origin), ["custom"].into());
    let names = [
        "customHeaders",
        "domainName",
        "keepaliveTimeout",
        "path",
        "port",
        "protocol",
        "readTimeout",
        "sslProtocols",
    ];
    assert_eq!(keys(&origin["custom"]), names.into());
    let origin =
        is_golden(Trigger::OriginResponse)["Records"][0]["cf"]["request"]["origin"].clone();
    assert_eq!(keys(&origin), ["s3"].into());
    let names = ["authMethod", "customHeaders", "domainName", "path", "region"];
    assert_eq!(keys(&origin["s3"]), names.into());
}
