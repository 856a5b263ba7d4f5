//! Functions that fail, and the things that a failure does not change.

use brink_shared::wire::FailureKind;
use serde_json::{Value, json};

use crate::edge::Edge;
use crate::log;
use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, TRIGGERS, at, document};

#[actix_rt::test]
async fn decision_01_an_execution_error_is_503() {
    let origin = RawOrigin::answering(HELLO);
    for trigger in TRIGGERS {
        let document = document(&origin, at(&[trigger]));
        let stage = Stage::failing(document, trigger, FailureKind::Execution).await;
        let (reply, lines) = log::told(async || stage.get("/a").await).await;
        let seen = (reply.status, reply.header("x-cache"));
        assert_eq!(seen, (503, "LambdaExecutionError from brink"), "{trigger}");
        assert!(lines.contains("it fell over") && lines.contains(trigger), "{lines}");
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn decision_15_failures_are_not_kept() {
    let origin = RawOrigin::answering(HELLO);
    for (trigger, kind) in [
        ("origin-request", FailureKind::Execution),
        ("origin-response", FailureKind::Validation),
        ("origin-request", FailureKind::Limit),
    ] {
        let stage = Stage::failing(document(&origin, at(&[trigger])), trigger, kind).await;
        for _ in 0..3 {
            assert!(stage.get("/a").await.status >= 500);
        }
        assert_eq!(stage.ran(), [trigger; 3]);
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn decision_15_failures_do_not_turn_to_the_secondary() {
    let (origin, backup) = (RawOrigin::answering(HELLO), RawOrigin::answering(HELLO));
    for trigger in ["origin-request", "origin-response"] {
        let document = with_backup(&origin, &backup, at(&[trigger]));
        let stage = Stage::failing(document, trigger, FailureKind::Execution).await;
        assert_eq!(stage.get("/a").await.status, 503);
        assert_eq!(stage.ran(), [trigger]);
        stage.stop().await;
    }
    assert_eq!(backup.connections(), 0);
}

#[actix_rt::test]
async fn decision_15_error_pages_stand_in_for_validation_and_execution_only() {
    let origin = RawOrigin::answering(HELLO);
    for trigger in TRIGGERS {
        for (kind, status, has_page) in [
            (FailureKind::Validation, 502, true),
            (FailureKind::Execution, 503, true),
            (FailureKind::Limit, 503, false),
        ] {
            let mut document = document(&origin, at(&[trigger]));
            let behaviors = document["behaviors"].as_array_mut().unwrap();
            behaviors.insert(0, json!({"path": "/sorry", "origin": "web"}));
            let page = |status| json!({"status": status, "path": "/sorry", "response_status": 404});
            document["error_pages"] = json!([page(502), page(503)]);
            let stage = Stage::failing(document, trigger, kind).await;
            let reply = stage.get("/a").await;
            if has_page {
                let seen = (reply.status, reply.header("x-cache"), reply.text());
                assert_eq!(seen, (404, "Error from brink", "hello".to_owned()), "{trigger}");
            } else {
                let seen = (reply.status, reply.header("x-cache"));
                assert_eq!(seen, (status, "LambdaLimitExceeded from brink"), "{trigger}");
            }
            stage.stop().await;
        }
    }
}

#[actix_rt::test]
async fn an_error_page_is_sent_whole_whatever_the_viewer_has_of_the_object() {
    let origin = RawOrigin::start(|mut conn| {
        while let Some(request) = conn.request() {
            conn.send(match request.starts_with("GET /page") {
                true => {
                    "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nETag: \"page\"\r\n\
                     Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 4\r\n\r\npage"
                }
                false => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            });
        }
    });
    let mut document = document(&origin, at(&[]));
    document["error_pages"] = json!([{"status": 404, "path": "/page", "response_status": 200}]);
    let edge = Edge::start(document).await;
    let later = ("If-Modified-Since", "Mon, 07 Nov 1994 08:49:37 GMT");
    for headers in [&[] as &[_], &[("Range", "bytes=1-2")], &[("Range", "bytes=9-")], &[later]] {
        for path in ["/gone", "/gone", "/never"] {
            let reply = edge.request("GET", path, headers, b"").await;
            assert_eq!((reply.status, reply.text().as_str()), (200, "page"), "{path} {headers:?}");
        }
    }
    let same = edge.request("GET", "/gone", &[("If-None-Match", "\"page\"")], b"").await;
    assert_eq!(same.status, 304, "the viewer has the page");
    edge.stop().await;
}

/// A group of two origins that fails over on 503.
pub fn with_backup(origin: &RawOrigin, backup: &RawOrigin, behavior: Value) -> Value {
    let mut document = document(origin, behavior);
    document["origins"]["backup"] =
        json!({"url": format!("http://127.0.0.1:{}", backup.port), "attempts": 1});
    document["origin_groups"] =
        json!({"both": {"primary": "web", "secondary": "backup", "failover": [503]}});
    document["behaviors"][0]["origin"] = json!("both");
    document
}
