//! The fields of events.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde_json::{Value, json};

use crate::edge::{raw, returned};
use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, TRIGGERS, at, document, object_of};

/// The keys of an object, sorted.
fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[actix_rt::test]
async fn each_trigger_has_exactly_its_fields() {
    let origin = RawOrigin::answering(HELLO);
    let mut behavior = at(&TRIGGERS);
    behavior["functions"]["origin-request"] = json!({"function": "f:1", "include_body": true});
    let mut document = document(&origin, behavior);
    document["aliases"] = json!(["shop.example.com"]);
    let stage = Stage::passing(document).await;
    let reply = stage.get_with("/a/b", &[("Host", "shop.example.com")]).await;
    let (viewers, origins) = (
        ["clientIp", "headers", "method", "querystring", "uri"],
        ["clientIp", "headers", "method", "origin", "querystring", "uri"],
    );
    for (trigger, request) in [
        ("viewer-request", viewers.to_vec()),
        ("origin-request", [&["body"], &origins[..]].concat()),
        ("origin-response", origins.to_vec()),
        ("viewer-response", viewers.to_vec()),
    ] {
        let cf = stage.shown(trigger);
        assert_eq!(keys(&cf["request"]), request, "{trigger}");
        assert_eq!(
            cf["config"],
            json!({
                "distributionDomainName": "d.brink.localhost", "distributionId": "d",
                "eventType": trigger, "requestId": reply.header("x-amz-cf-id"),
            })
        );
        let seen = ["clientIp", "method", "uri", "querystring"].map(|key| &cf["request"][key]);
        assert_eq!(seen, ["127.0.0.1", "GET", "/a/b", ""], "{trigger}");
        if trigger.ends_with("request") {
            assert_eq!(keys(&cf), ["config", "request"], "{trigger}");
        } else {
            assert_eq!(keys(&cf), ["config", "request", "response"], "{trigger}");
            assert_eq!(keys(&cf["response"]), ["headers", "status", "statusDescription"]);
            assert_eq!(cf["response"]["status"], "200");
        }
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn a_servers_settings_are_shown_as_they_are_configured() {
    let origin = RawOrigin::answering(HELLO);
    let mut document = document(&origin, at(&["origin-request", "origin-response"]));
    document["origins"]["web"] = json!({
        "url": format!("http://localhost:{}/base", origin.port), "custom_headers": {"X-Key": "k"},
        "read_timeout": "7s", "keepalive_timeout": "3s",
    });
    let stage = Stage::passing(document).await;
    stage.get("/a").await;
    let custom = json!({"custom": {
        "customHeaders": {"x-key": [{"key": "X-Key", "value": "k"}]}, "domainName": "localhost",
        "keepaliveTimeout": 3, "path": "/base", "port": origin.port, "protocol": "http",
        "readTimeout": 7, "sslProtocols": ["TLSv1.2"],
    }});
    for trigger in ["origin-request", "origin-response"] {
        assert_eq!(stage.shown(trigger)["request"]["origin"], custom, "{trigger}");
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn a_buckets_settings_are_shown_and_requests_reach_its_store() {
    let store = RawOrigin::answering(HELLO);
    let bucket = "photos.s3.eu-west-1.amazonaws.com";
    let mut document = document(&store, at(&["origin-request", "origin-response"]));
    document["origins"]["web"] = json!({
        "s3": bucket, "path": "/2026", "custom_headers": {"X-Key": "k"},
        "endpoint": format!("http://127.0.0.1:{}", store.port),
    });
    let stage = Stage::passing(document).await;
    assert_eq!(stage.get("/a.png").await.text(), "hello");
    let s3 = json!({"s3": {
        "authMethod": "none", "customHeaders": {"x-key": [{"key": "X-Key", "value": "k"}]},
        "domainName": bucket, "path": "/2026", "region": "eu-west-1",
    }});
    for trigger in ["origin-request", "origin-response"] {
        let request = stage.shown(trigger)["request"].clone();
        assert_eq!(request["origin"], s3, "{trigger}");
        assert_eq!(request["headers"]["host"][0]["value"], bucket);
    }
    let sent = store.requests().pop().unwrap();
    assert!(sent.starts_with("GET /2026/a.png HTTP/1.1\r\n"), "{sent}");
    assert!(sent.contains(&format!("Host: {bucket}\r\n")) && sent.contains("X-Key: k\r\n"));
    stage.stop().await;
}

#[actix_rt::test]
async fn the_client_ip_is_the_viewers_in_the_shortest_form() {
    // Where a machine has no IPv6, there are no such viewers.
    if std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return;
    }
    let origin = RawOrigin::answering(HELLO);
    let both = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    let document = document(&origin, at(&["viewer-request"]));
    let stage =
        Stage::listening(both, document, |trigger, cf| returned(&object_of(trigger, cf))).await;
    let port = stage.edge.address().port();
    for (ip, shown) in
        [(IpAddr::V4(Ipv4Addr::LOCALHOST), "127.0.0.1"), (IpAddr::V6(Ipv6Addr::LOCALHOST), "::1")]
    {
        let request =
            format!("GET /{} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", shown.len());
        raw((ip, port).into(), &request).await;
        assert_eq!(stage.shown("viewer-request")["request"]["clientIp"], shown);
        let sent = origin.requests().pop().unwrap();
        assert!(sent.contains(&format!("X-Forwarded-For: {shown}\r\n")), "{sent}");
    }
    stage.stop().await;
}
