//! A gateway over real HTTP, between viewers and origins, with functions played by the tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod edge;
#[path = "gateway/invalidations.rs"]
mod invalidations;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "edge/log.rs"]
mod log;
#[path = "gateway/origins.rs"]
mod origins;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;
#[path = "gateway/requests.rs"]
mod requests;
#[path = "gateway/runtimes.rs"]
mod runtimes;
#[path = "gateway/workers.rs"]
mod workers;

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use edge::{Edge, Origin, raw};

fn distribution(origin: &Origin, behavior: Value) -> Value {
    let mut behavior = behavior;
    behavior["path"] = json!("*");
    behavior["origin"] = json!("web");
    json!({"id": "d", "origins": {"web": {"url": origin.url()}}, "behaviors": [behavior]})
}

#[actix_rt::test]
async fn a_miss_is_fetched_once_and_then_hit() {
    let origin = Origin::start().await;
    let edge = Edge::start(distribution(&origin, json!({}))).await;
    let first = edge.get("/cache/60").await;
    assert_eq!((first.status, first.header("x-cache")), (200, "Miss from brink"));
    assert!(first.header("via").ends_with(".brink (Brink)"));
    assert!(!first.header("x-amz-cf-id").is_empty());
    // Viewers of production do not see how the distribution is made.
    assert_eq!(first.header("x-brink-behavior"), "");
    let second = edge.get("/cache/60").await;
    assert_eq!((second.status, second.header("x-cache")), (200, "Hit from brink"));
    assert_eq!(second.header("age"), "0");
    assert_eq!(first.body, second.body);
    assert_eq!(origin.requests.load(Ordering::Relaxed), 1);
    edge.stop().await;
}

#[actix_rt::test]
async fn concurrent_misses_are_one_fetch() {
    let origin = Origin::start().await;
    let edge = Edge::start(distribution(&origin, json!({}))).await;
    let requests = (0..40).map(|_| edge.get("/slow-cache"));
    let replies = futures_util::future::join_all(requests).await;
    assert!(replies.iter().all(|reply| reply.status == 200 && reply.body == replies[0].body));
    assert_eq!(origin.requests.load(Ordering::Relaxed), 1);
    edge.stop().await;
}

#[actix_rt::test]
async fn ranges_conditions_and_head_are_answered_from_the_cache() {
    let origin = Origin::start().await;
    let edge = Edge::start(distribution(&origin, json!({}))).await;
    assert_eq!(edge.get("/tagged").await.body, b"0123456789");
    let part = edge.request("GET", "/tagged", &[("Range", "bytes=2-4")], b"").await;
    assert_eq!((part.status, part.body.as_slice()), (206, b"234".as_slice()));
    assert_eq!(part.header("content-range"), "bytes 2-4/10");
    let beyond = edge.request("GET", "/tagged", &[("Range", "bytes=50-")], b"").await;
    assert_eq!(beyond.status, 416);
    let not_modified = edge.request("GET", "/tagged", &[("If-None-Match", "\"t\"")], b"").await;
    assert_eq!((not_modified.status, not_modified.body.len()), (304, 0));
    let head = edge.request("HEAD", "/tagged", &[], b"").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, "10", 0));
    assert_eq!(origin.requests.load(Ordering::Relaxed), 1);
    edge.stop().await;
}

#[actix_rt::test]
async fn hosts_methods_and_sizes_are_rejected_clearly() {
    let origin = Origin::start().await;
    let mut document = distribution(&origin, json!({}));
    document["aliases"] = json!(["shop.example.com"]);
    let edge = Edge::start(document).await;
    let unknown = edge.get("/").await;
    assert_eq!(unknown.status, 403);
    assert!(unknown.text().contains("No distribution answers this host name."));
    let host = [("Host", "shop.example.com")];
    assert_eq!(edge.request("GET", "/echo", &host, b"").await.status, 200);
    assert_eq!(edge.request("POST", "/echo", &host, b"x").await.status, 403);
    let long = format!("/{}", "a".repeat(9_000));
    assert_eq!(edge.request("GET", &long, &host, b"").await.status, 413);
    let large = "b".repeat(21_000);
    let headers = [("Host", "shop.example.com"), ("X-Large", large.as_str())];
    assert_eq!(edge.request("GET", "/echo", &headers, b"").await.status, 413);
    for broken in ["GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"] {
        let reply = raw(edge.address(), broken).await;
        assert!(reply.starts_with("HTTP/1.1 400"), "{reply}");
    }
    let with_body = "GET / HTTP/1.1\r\nHost: shop.example.com\r\nContent-Length: 1\r\n\r\nx";
    assert!(raw(edge.address(), with_body).await.starts_with("HTTP/1.1 403"));
    edge.stop().await;
}

#[actix_rt::test]
async fn uploads_stream_to_the_origin() {
    let origin = Origin::start().await;
    let edge = Edge::start(distribution(&origin, json!({"methods": "all"}))).await;
    let body = vec![b'x'; 3_000_000];
    let reply = edge.request("POST", "/count", &[("Content-Type", "text/plain")], &body).await;
    assert_eq!((reply.status, reply.text().as_str()), (200, "3000000 text/plain"));
    edge.stop().await;
}

#[actix_rt::test]
async fn functions_run_at_all_four_triggers_in_order() {
    let origin = Origin::start().await;
    let triggers = ["viewer-request", "origin-request", "origin-response", "viewer-response"];
    let functions: Value = triggers.iter().map(|t| ((*t).to_owned(), json!("f:1"))).collect();
    let document = distribution(&origin, json!({ "functions": functions }));
    let edge = Edge::with_function(document, |event| {
        let cf = &event["Records"][0]["cf"];
        let trigger = cf["config"]["eventType"].as_str().unwrap().to_owned();
        let kind = if trigger.ends_with("request") { "request" } else { "response" };
        let mut object = cf[kind].clone();
        match trigger.as_str() {
            "viewer-request" => object["uri"] = json!("/echo/rewritten"),
            "origin-request" => {
                object["headers"]["x-from-function"] = json!([{"value": "yes"}]);
                assert_eq!(object["origin"]["custom"]["domainName"], "127.0.0.1");
            }
            _ => object["headers"][format!("x-{trigger}")] = json!([{"value": "1"}]),
        }
        object
    })
    .await;
    for cache in ["Miss from brink", "Hit from brink"] {
        let reply = edge.get("/start").await;
        assert_eq!((reply.status, reply.header("x-cache")), (200, cache));
        assert!(reply.text().contains("GET /echo/rewritten"), "{}", reply.text());
        assert!(reply.text().contains("x-from-function: yes"), "{}", reply.text());
        assert_eq!(reply.header("x-origin-response"), "1");
        assert_eq!(reply.header("x-viewer-response"), "1");
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn generated_responses_skip_the_later_steps() {
    let origin = Origin::start().await;
    for (trigger, hit) in [("viewer-request", false), ("origin-request", true)] {
        let behavior = json!({"functions": {trigger: "f:1"}});
        let edge = Edge::with_function(distribution(&origin, behavior), |_| {
            json!({"status": "302", "headers": {"location": [{"value": "/new"}]}, "body": "gone"})
        })
        .await;
        let reply = edge.get("/cache/1").await;
        assert_eq!((reply.status, reply.header("location")), (302, "/new"));
        assert_eq!(reply.header("x-cache"), "LambdaGeneratedResponse from brink");
        assert_eq!(reply.text(), "gone");
        let again = edge.get("/cache/1").await;
        assert_eq!(again.header("x-cache") == "Hit from brink", hit, "{trigger}");
        edge.stop().await;
    }
    assert_eq!(origin.requests.load(Ordering::Relaxed), 0);
}

#[actix_rt::test]
async fn failing_functions_are_answered_by_kind_or_passed_over() {
    let origin = Origin::start().await;
    let functions = json!({"viewer-request": "f:1"});
    let edge = Edge::with_function(
        distribution(&origin, json!({"functions": functions})),
        |_| json!({"headers": {"host": [{"value": "other"}]}}),
    )
    .await;
    let reply = edge.get("/").await;
    assert_eq!(reply.status, 502);
    assert_eq!(reply.header("x-cache"), "LambdaValidationError from brink");
    edge.stop().await;

    let functions = json!({"viewer-request": {"function": "f:1", "on_error": "continue"}});
    let edge = Edge::with_function(distribution(&origin, json!({"functions": functions})), |_| {
        Value::Null
    })
    .await;
    assert_eq!(edge.get("/echo").await.status, 200);
    edge.stop().await;

    let functions = json!({"viewer-request": "f:1"});
    let edge = Edge::start(distribution(&origin, json!({"functions": functions}))).await;
    let reply = edge.get("/").await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, "1"));
    assert_eq!(reply.header("x-cache"), "LambdaLimitExceeded from brink");
    edge.stop().await;
}

#[actix_rt::test]
async fn an_origin_that_fails_is_replaced_by_another_a_copy_or_a_page() {
    let (origin, backup) = (Origin::start().await, Origin::start().await);
    let mut document = distribution(&origin, json!({}));
    document["behaviors"][0]["origin"] = json!("both");
    document["origins"]["backup"] = json!({"url": backup.url()});
    document["origin_groups"] = json!({"both": {"primary": "web", "secondary": "backup"}});
    document["error_pages"] =
        json!([{"status": 404, "path": "/echo/page", "response_status": 200}]);
    let edge = Edge::start(document).await;
    assert_eq!(edge.get("/flaky").await.text(), "fine");
    assert_eq!(edge.get("/status/503").await.status, 503);
    assert_eq!(backup.requests.load(Ordering::Relaxed), 1);
    let page = edge.get("/status/404").await;
    assert_eq!((page.status, page.header("x-cache")), (200, "Error from brink"));
    assert!(page.text().contains("GET /echo/page"));

    // The copy of /flaky expires after a second; then both origins fail.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let stale = edge.get("/flaky").await;
    assert_eq!((stale.status, stale.text().as_str()), (200, "fine"));
    edge.stop().await;

    let mut document = distribution(&origin, json!({}));
    document["origins"]["web"] = json!({"url": "http://127.0.0.1:1", "attempts": 1});
    let edge = Edge::start(document).await;
    let rejected = edge.get("/").await;
    assert_eq!((rejected.status, rejected.header("x-cache")), (502, "Error from brink"));
    edge.stop().await;
}

#[actix_rt::test]
async fn a_change_of_the_registry_is_served_within_a_second() {
    let origin = Origin::start().await;
    let edge = Edge::start(distribution(&origin, json!({}))).await;
    let mut document = distribution(&origin, json!({}));
    document["default_root_object"] = json!("echo/index.html");
    let applied = std::time::Instant::now();
    edge.apply(document).await;
    while !edge.get("/").await.text().contains("GET /echo/index.html") {
        assert!(applied.elapsed() < Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    edge.stop().await;
}
