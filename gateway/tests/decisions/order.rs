//! The order of rejections, and the origins and functions that are not asked then.

use serde_json::json;

use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, TRIGGERS, at, document};

const KNOWN: &str = "Host: shop.example.com\r\n";
const UNKNOWN: &str = "Host: elsewhere.example.com\r\n";

#[actix_rt::test]
async fn decision_18_and_19_syntax_host_and_method_come_before_any_function() {
    let origin = RawOrigin::answering(HELLO);
    let mut document = document(&origin, at(&TRIGGERS));
    document["behaviors"][0]["methods"] = json!("read");
    document["aliases"] = json!(["shop.example.com"]);
    let stage = Stage::passing(document).await;
    let long = format!("/{}", "a".repeat(9_000));
    let body = "Content-Length: 1\r\n";
    for (head, status, says) in [
        (format!("POST {long} HTTP/1.1\r\n{UNKNOWN}"), 413, "larger than"),
        (format!("POST http://me@a/ HTTP/1.1\r\n{UNKNOWN}"), 400, "name one valid host"),
        (format!("GET / HTTP/1.1\r\n{UNKNOWN}{body}"), 403, "may not have a body"),
        (format!("POST / HTTP/1.1\r\n{UNKNOWN}"), 403, "No distribution"),
        (format!("POST / HTTP/1.1\r\n{KNOWN}"), 403, "method is not allowed"),
        (format!("GET / HTTP/1.1\r\n{KNOWN}{body}"), 403, "may not have a body"),
    ] {
        let reply = stage.raw(&format!("{head}Connection: close\r\n\r\n")).await;
        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{head}: {reply}");
        assert!(reply.contains(says), "{head}: {reply}");
        assert!(reply.contains("X-Cache: Error from brink\r\n"), "{reply}");
        assert!(reply.contains("X-Amz-Cf-Id: "), "{reply}");
    }
    assert_eq!(stage.ran(), [""; 0]);
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_19_the_viewer_response_does_not_run_for_a_range_that_is_not_there() {
    let origin = RawOrigin::answering(HELLO);
    let stage = Stage::passing(document(&origin, at(&["viewer-response"]))).await;
    stage.get("/a").await;
    for (range, status, runs) in [("bytes=1-2", 206, 1), ("bytes=9-", 416, 0)] {
        stage.ran();
        let reply = stage.get_with("/a", &[("Range", range)]).await;
        assert_eq!((reply.status, stage.ran().len()), (status, runs), "{range}");
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn decision_19_the_viewer_response_does_not_run_for_error_pages() {
    let origin = RawOrigin::start(|mut conn| {
        while let Some(request) = conn.request() {
            conn.send(if request.starts_with("GET /sorry ") {
                HELLO
            } else {
                "HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n"
            });
        }
    });
    let mut document = document(&origin, at(&["viewer-response"]));
    document["error_pages"] = json!([{"status": 404, "path": "/sorry", "response_status": 200}]);
    let stage = Stage::passing(document).await;
    assert_eq!(stage.get("/a").await.text(), "hello");
    assert_eq!(stage.get("/a").await.text(), "hello");
    assert_eq!(stage.ran(), [""; 0]);
    stage.stop().await;
}
