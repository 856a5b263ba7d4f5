//! Answers to viewers and lines in the log after failures of functions, and reason phrases.

use std::sync::Arc;

use brink_shared::bus::{Bus, EmbeddedBus};
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Bundle, Store};
use brink_shared::wire::FailureKind;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::edge::Edge;
use crate::log;
use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, TRIGGERS, at, document, line};

#[actix_rt::test]
async fn a_failing_function_fails_its_request_with_status_page_and_reason() {
    let origin = RawOrigin::answering(HELLO);
    for trigger in TRIGGERS {
        for (kind, status, sentence) in [
            (FailureKind::Validation, 502, "The function returned an invalid result."),
            (FailureKind::Execution, 503, "The function could not be run or failed."),
            (FailureKind::Limit, 503, "The function was throttled or ran over its limit."),
        ] {
            let document = document(&origin, at(&[trigger]));
            let stage = Stage::failing(document, trigger, kind).await;
            let (reply, lines) = log::told(async || stage.get("/a").await).await;
            assert_eq!(reply.status, status, "{trigger}");
            assert_eq!(reply.header("x-cache"), format!("{} from brink", kind.as_str()));
            let (page, id) = (reply.text(), reply.header("x-amz-cf-id"));
            assert!(page.contains("The request could not be satisfied"), "{page}");
            assert!(page.contains(&format!("<h1>{status} ERROR</h1>")), "{page}");
            assert!(page.contains(sentence) && page.contains(&format!("Request ID: {id}")));
            assert!(!page.contains("fell over"), "viewers are not told what happened inside");
            assert_eq!(reply.header("cache-control"), "no-store");
            for part in [kind.as_str(), trigger, "version=f:1", "Error: it fell over"] {
                assert!(lines.contains(part), "{part}: {lines}");
            }
            stage.stop().await;
        }
    }
}

#[actix_rt::test]
async fn a_noisy_function_does_not_hide_the_failures_of_others() {
    log::keep();
    let origin = RawOrigin::answering(HELLO);
    let mut document = document(&origin, json!({}));
    let behavior = |path: &str, version: &str| json!({"path": path, "origin": "web", "functions": {"viewer-request": version}});
    document["behaviors"] = json!([behavior("/noisy", "f:1"), behavior("*", "other:1")]);
    let bus: Arc<dyn Bus> = EmbeddedBus::new();
    let store = Store::open(bus.clone()).await.unwrap();
    let bundle = Bundle::new([("index.js".to_owned(), "".into())].into()).unwrap();
    let digest = store.put_bundle(&bundle).await.unwrap();
    let (name, settings) = ("other".parse().unwrap(), FunctionSettings::default());
    store.add_version(&name, settings, digest, 0, Default::default()).await.unwrap();
    // Without a worker every event fails.
    let edge = Edge::on(bus, CancellationToken::new(), document).await;
    for _ in 0..3 {
        let noise = (0..30).map(|_| edge.get("/noisy"));
        futures_util::future::join_all(noise).await;
        let lines = log::of(&edge.get("/a").await);
        assert!(lines.contains("function failed") && lines.contains("other:1"), "{lines:?}");
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn with_continue_the_request_goes_on_as_if_there_were_no_function() {
    let origin = RawOrigin::answering(HELLO);
    for trigger in TRIGGERS {
        for kind in [FailureKind::Validation, FailureKind::Execution, FailureKind::Limit] {
            let function = json!({"function": "f:1", "on_error": "continue"});
            let behavior = json!({"methods": "all", "functions": {trigger: function}});
            let stage = Stage::failing(document(&origin, behavior), trigger, kind).await;
            let ask = async || stage.post("/a", b"theirs").await;
            let (reply, lines) = log::told(ask).await;
            assert_eq!((reply.status, reply.text().as_str()), (200, "hello"), "{trigger}");
            assert_eq!(reply.header("x-cache"), "Miss from brink");
            assert!(origin.requests().pop().unwrap().ends_with("theirs"));
            assert!(lines.contains("Continue") && lines.contains("it fell over"), "{lines}");
            stage.stop().await;
        }
    }
}

#[actix_rt::test]
async fn with_continue_an_invalid_result_changes_nothing() {
    let origin = RawOrigin::answering(HELLO);
    for trigger in TRIGGERS {
        let function = json!({"function": "f:1", "on_error": "continue"});
        let behavior = json!({"functions": {trigger: function}});
        let stage = Stage::start(document(&origin, behavior), |_, object| {
            object["uri"] = json!("/changed");
            object["status"] = json!("999");
            object["headers"] = json!({"x-own": line("1")});
        })
        .await;
        let reply = stage.get("/a").await;
        assert_eq!((reply.status, reply.text().as_str()), (200, "hello"), "{trigger}");
        assert_eq!(reply.header("x-own"), "");
        assert!(origin.requests().pop().unwrap().starts_with("GET /a "));
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn the_log_names_the_place_that_breaks_the_contract() {
    let origin = RawOrigin::answering(HELLO);
    for (trigger, place, value, named) in [
        ("viewer-request", "/uri", json!("a"), "request.uri"),
        ("origin-request", "/origin/custom/port", json!(81), "request.origin.custom.port"),
        ("origin-response", "/status", json!("99"), "response.status"),
        ("viewer-response", "/headers/x", json!("a"), "response.headers"),
    ] {
        let cases = [(place, value)];
        let stage = Stage::putting(document(&origin, at(&[trigger])), trigger, cases).await;
        let (reply, lines) = log::told(async || stage.get("/0").await).await;
        let seen = (reply.status, reply.header("x-cache"));
        assert_eq!(seen, (502, "LambdaValidationError from brink"), "{trigger}");
        assert!(lines.contains(named), "{trigger}: {lines}");
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn words_beside_the_status_are_no_way_to_write_headers() {
    let origin = RawOrigin::answering(HELLO);
    let get = "GET /0 HTTP/1.1\r\nHost: d.brink.localhost\r\nConnection: close\r\n\r\n";
    for trigger in TRIGGERS {
        let cases = [("", json!({"status": "200", "statusDescription": "a\r\nX-Evil: 1"}))];
        let stage = Stage::putting(document(&origin, at(&[trigger])), trigger, cases).await;
        let reply = stage.raw(get).await;
        assert!(reply.starts_with("HTTP/1.1 ") && !reply.contains("X-Evil"), "{reply}");
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn the_words_beside_the_status_are_the_functions() {
    let origin = RawOrigin::answering(HELLO);
    let get = "GET /0 HTTP/1.1\r\nHost: d.brink.localhost\r\nConnection: close\r\n\r\n";
    for trigger in TRIGGERS {
        for (words, sent) in [
            (json!("All is well"), "All is well"),
            (json!("Caf\u{e9}"), "Caf\u{e9}"),
            (json!("x".repeat(500)), "OK"),
            (json!(""), "OK"),
            (Value::Null, "OK"),
        ] {
            let answer = json!({"status": "200", "statusDescription": words});
            let cases = [("", answer)];
            let stage = Stage::putting(document(&origin, at(&[trigger])), trigger, cases).await;
            let reply = stage.raw(get).await;
            assert!(reply.starts_with(&format!("HTTP/1.1 200 {sent}\r\n")), "{trigger}: {reply}");
            stage.stop().await;
        }
    }
}
