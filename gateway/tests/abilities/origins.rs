//! Changing `request.origin`: in place, to another server, and between servers and buckets.

use serde_json::{Value, json};

use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, TRIGGERS, at, document, head, line};

const BUCKET: &str = "photos.s3.eu-west-1.amazonaws.com";

/// All eight fields of a server.
fn custom(port: u16) -> Value {
    json!({"custom": {
        "customHeaders": {"x-custom": line("1")}, "domainName": "localhost", "keepaliveTimeout": 5,
        "path": "/moved", "port": port, "protocol": "http", "readTimeout": 5,
        "sslProtocols": ["TLSv1.2"],
    }})
}

/// All five fields of a bucket.
fn s3(domain: &str) -> Value {
    json!({"s3": {
        "authMethod": "none", "customHeaders": {"x-custom": line("1")}, "domainName": domain,
        "path": "/moved", "region": "",
    }})
}

/// A distribution that lists a bucket in a store of its own beside the origin.
fn with_bucket(origin: &RawOrigin, store: &RawOrigin, behavior: Value) -> Value {
    let mut document = document(origin, behavior);
    document["origins"]["photos"] =
        json!({"s3": BUCKET, "endpoint": format!("http://127.0.0.1:{}", store.port)});
    document
}

#[actix_rt::test]
async fn the_origin_request_turns_to_an_origin_that_is_not_listed() {
    let (origin, other) = (RawOrigin::answering(HELLO), RawOrigin::answering(HELLO));
    let cases = [("/origin", custom(other.port)), ("/origin/custom/port", json!(other.port))];
    let document = document(&origin, at(&["origin-request", "origin-response"]));
    let stage = Stage::putting(document, "origin-request", cases).await;
    assert_eq!(stage.get("/0").await.text(), "hello");
    let sent = head(&other.requests().pop().unwrap());
    assert!(
        sent.starts_with("get /moved/0 http/1.1\r\n") && sent.contains("x-custom: 1"),
        "{sent}"
    );
    let shown = stage.shown("origin-response")["request"]["origin"].clone();
    assert_eq!(shown["custom"]["domainName"], "localhost");
    assert_eq!(stage.get("/1").await.text(), "hello");
    assert_eq!((origin.connections(), other.requests().len()), (0, 2));
    stage.stop().await;
}

#[actix_rt::test]
async fn the_origin_request_swaps_a_server_for_a_bucket() {
    let (origin, store) = (RawOrigin::answering(HELLO), RawOrigin::answering(HELLO));
    let document = with_bucket(&origin, &store, at(&["origin-request", "origin-response"]));
    let stage = Stage::start(document, |trigger, request| {
        if trigger == "origin-request" {
            request["origin"] = s3(BUCKET);
            request["headers"]["host"] = line(BUCKET);
        }
    })
    .await;
    assert_eq!(stage.get("/a").await.text(), "hello");
    let sent = head(&store.requests().pop().unwrap());
    assert!(sent.starts_with("get /moved/a http/1.1\r\n"), "{sent}");
    assert!(sent.contains(&format!("host: {BUCKET}\r\n")) && sent.contains("x-custom: 1"));
    let shown = stage.shown("origin-response")["request"]["origin"].clone();
    assert_eq!((&shown["s3"]["domainName"], shown.get("custom")), (&json!(BUCKET), None));
    assert_eq!(origin.connections(), 0);
    stage.stop().await;
}

#[actix_rt::test]
async fn the_origin_request_swaps_a_bucket_for_a_server_or_another_bucket() {
    let (origin, store) = (RawOrigin::answering(HELLO), RawOrigin::answering(HELLO));
    let mut behavior = at(&["origin-request"]);
    behavior["forward"] = json!({"headers": "all"});
    let mut document = with_bucket(&origin, &store, behavior);
    document["behaviors"][0]["origin"] = json!("photos");
    let elsewhere = "photos.s3.eu-central-1.amazonaws.com";
    let cases = [
        ("/uri", json!("/0")),
        ("/origin", custom(origin.port)),
        ("/origin/s3/domainName", json!(elsewhere)),
    ];
    let stage = Stage::putting(document, "origin-request", cases).await;
    for path in ["/0", "/1", "/2"] {
        assert_eq!(stage.get(path).await.text(), "hello", "{path}");
    }
    let shown = stage.shown("origin-request")["request"].clone();
    let bucket = json!({"s3": {"authMethod": "none", "customHeaders": {}, "domainName": BUCKET,
        "path": "", "region": "eu-west-1"}});
    assert_eq!(shown["origin"], bucket);
    let (first, second) = (head(&store.requests()[0]), head(&store.requests()[1]));
    // A bucket is called by its own name, also where the viewer's Host is forwarded.
    for (sent, name) in [(first, BUCKET), (second, elsewhere)] {
        assert!(sent.contains(&format!("host: {name}\r\n")), "{sent}");
    }
    let moved = head(&origin.requests()[0]);
    assert!(moved.starts_with("get /moved/1 "), "{moved}");
    assert!(moved.contains(&format!("host: {}\r\n", stage.edge.address())), "{moved}");
    stage.stop().await;
}

#[actix_rt::test]
async fn a_bucket_without_a_store_is_asked_over_https_by_its_own_name() {
    let origin = RawOrigin::answering(HELLO);
    let document = document(&origin, at(&["origin-request"]));
    let cases = [("/origin", s3("localhost"))];
    let stage = Stage::putting(document, "origin-request", cases).await;
    let (reply, lines) = crate::log::told(async || stage.get("/0").await).await;
    assert_eq!((reply.status, reply.header("x-cache")), (502, "Error from brink"));
    assert!(lines.contains("origin localhost:443"), "{lines}");
    assert_eq!(origin.connections(), 0);
    stage.stop().await;
}

#[actix_rt::test]
async fn no_other_trigger_changes_the_origin() {
    let (origin, other) = (RawOrigin::answering(HELLO), RawOrigin::answering(HELLO));
    for trigger in ["viewer-request", "origin-response", "viewer-response"] {
        let cases = [("/origin", custom(other.port))];
        let stage = Stage::putting(document(&origin, at(&TRIGGERS)), trigger, cases).await;
        assert_eq!(stage.get("/0").await.text(), "hello", "{trigger}");
        let shown = stage.shown("origin-response")["request"]["origin"]["custom"].clone();
        assert_eq!((&shown["port"], &shown["path"]), (&json!(origin.port), &json!("")));
        for trigger in ["viewer-request", "viewer-response"] {
            assert_eq!(stage.shown(trigger)["request"].get("origin"), None);
        }
        stage.stop().await;
    }
    assert_eq!(other.connections(), 0);
}
