//! Request bodies.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, TRIGGERS, at, document};

/// A behavior whose function at this trigger is shown the body.
fn with_body(trigger: &str) -> Value {
    json!({"methods": "all", "functions": {trigger: {"function": "f:1", "include_body": true}}})
}

/// Bytes that are no text.
fn noise(size: usize) -> Vec<u8> {
    (0..size).map(|n| u8::try_from(n * 31 % 251).unwrap()).collect()
}

/// The body of the last request that the origin got.
fn body(origin: &RawOrigin) -> String {
    origin.requests().pop().unwrap().split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[actix_rt::test]
async fn request_triggers_see_a_body_up_to_their_limit_and_the_origin_gets_all_of_it() {
    let origin = RawOrigin::answering(HELLO);
    for (trigger, most) in [("viewer-request", 40 * 1024), ("origin-request", 1024 * 1024)] {
        let stage = Stage::passing(document(&origin, with_body(trigger))).await;
        for (size, truncated) in [(most, false), (most + 1, true), (5 * 1024 * 1024, true)] {
            let upload = noise(size);
            assert_eq!(stage.post("/a", &upload).await.status, 200);
            let shown = stage.shown(trigger)["request"]["body"].clone();
            let seen = BASE64.decode(shown["data"].as_str().unwrap().as_bytes()).unwrap();
            assert!(seen == upload[..size.min(most)], "{trigger} {size}");
            assert_eq!(shown["inputTruncated"], truncated, "{trigger} {size}");
            assert_eq!(
                (&shown["action"], &shown["encoding"]),
                (&json!("read-only"), &json!("base64"))
            );
            assert!(body(&origin) == String::from_utf8_lossy(&upload), "{trigger} {size}");
        }
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn request_triggers_replace_a_body_whether_they_are_shown_it_or_not() {
    let origin = RawOrigin::answering(HELLO);
    for trigger in ["viewer-request", "origin-request"] {
        for behavior in [at(&[trigger]), with_body(trigger)] {
            let text = json!({"action": "replace", "encoding": "text", "data": "mine \u{e4}"});
            let base64 = json!({"action": "replace", "encoding": "base64", "data": "bWluZQ=="});
            let plain = json!({"action": "replace", "data": "bWluZQ=="});
            let bodies = [(text, "mine \u{e4}"), (base64, "mine"), (plain, "mine")];
            let cases = bodies.iter().map(|(body, _)| ("/body", body.clone()));
            let stage = Stage::putting(document(&origin, behavior), trigger, cases).await;
            for (number, (_, expected)) in bodies.iter().enumerate() {
                assert_eq!(stage.post(&format!("/{number}"), b"theirs").await.status, 200);
                assert_eq!(body(&origin), *expected, "{trigger}");
            }
            stage.stop().await;
        }
    }
}

#[actix_rt::test]
async fn edits_of_a_read_only_body_have_no_effect() {
    let origin = RawOrigin::answering(HELLO);
    for trigger in ["viewer-request", "origin-request"] {
        let cases = [("/body/data", json!("bWluZQ==")), ("/body/encoding", json!("text"))];
        let stage = Stage::putting(document(&origin, with_body(trigger)), trigger, cases).await;
        for path in ["/0", "/1"] {
            assert_eq!(stage.post(path, b"theirs").await.status, 200);
            assert_eq!(body(&origin), "theirs", "{trigger}");
        }
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn a_megabyte_reaches_the_function_and_another_one_the_origin() {
    let origin = RawOrigin::answering(HELLO);
    let document = document(&origin, with_body("origin-request"));
    let stage = Stage::start(document, |_, request| {
        let data = request["body"]["data"].as_str().unwrap();
        let mut bytes = BASE64.decode(data.as_bytes()).unwrap();
        bytes.reverse();
        request["body"]["data"] = json!(BASE64.encode(&bytes));
        request["body"]["action"] = json!("replace");
    })
    .await;
    let mut upload = noise(1024 * 1024);
    assert_eq!(stage.post("/a", &upload).await.status, 200);
    upload.reverse();
    assert!(body(&origin) == String::from_utf8_lossy(&upload));
    stage.stop().await;
}

#[actix_rt::test]
async fn origin_request_sees_the_body_of_viewer_request() {
    let origin = RawOrigin::answering(HELLO);
    let mut behavior = with_body("viewer-request");
    behavior["functions"]["origin-request"] = json!({"function": "f:1", "include_body": true});
    let stage = Stage::start(document(&origin, behavior), |trigger, request| {
        if trigger == "viewer-request" {
            request["body"] = json!({"action": "replace", "encoding": "text", "data": "mine"});
        }
    })
    .await;
    stage.post("/a", b"theirs").await;
    assert_eq!(stage.shown("viewer-request")["request"]["body"]["data"], "dGhlaXJz");
    let request = stage.shown("origin-request")["request"].clone();
    assert_eq!(request["body"]["data"], "bWluZQ==");
    assert_eq!(request["headers"]["content-length"][0]["value"], "4");
    assert_eq!(body(&origin), "mine");
    stage.stop().await;
}

#[actix_rt::test]
async fn response_triggers_are_shown_no_body() {
    let origin = RawOrigin::answering(HELLO);
    let mut behavior = at(&TRIGGERS);
    for trigger in ["viewer-request", "origin-request"] {
        behavior["functions"][trigger] = json!({"function": "f:1", "include_body": true});
    }
    let stage = Stage::passing(document(&origin, behavior)).await;
    stage.post("/a", b"theirs").await;
    for trigger in ["origin-response", "viewer-response"] {
        assert_eq!(stage.shown(trigger)["request"].get("body"), None, "{trigger}");
    }
    stage.stop().await;
}
