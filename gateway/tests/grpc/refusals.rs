//! Calls that get no answer of their origin, and requests that are no calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::calls::document;
use crate::client::{self, Site};
use crate::http2_origin::{Http2Origin, Respond};
use crate::http2_viewer::{Reply, Viewer, map};
use crate::raw_origin::RawOrigin;
use crate::tls_origin::{TlsOrigin, trusts_the_tests_authority};

const CALL: [(&str, &str); 2] = [("content-type", "application/grpc"), ("te", "trailers")];

/// A call with one empty message.
async fn call(site: &Site) -> Reply {
    Viewer::connect(site).await.send("POST", "/a.B/C", &CALL, &["\0\0\0\0\0"], &[]).await
}

/// The result in these fields.
fn result(fields: &http::HeaderMap) -> (&str, &str) {
    let text = |name| fields.get(name).map_or("", |value| value.to_str().unwrap());
    (text("grpc-status"), text("grpc-message"))
}

#[actix_rt::test]
async fn a_call_over_http1_is_refused() {
    let nobody = format!("https://localhost:{}", RawOrigin::closed_port());
    let site = Site::start(document(&nobody, json!({}))).await;
    let kind = [("Content-Type", "application/grpc+proto")];
    let reply = site.edge.request("POST", "/a.B/C", &kind, b"\0\0\0\0\0").await;
    assert_eq!(reply.status, 505);
    assert!(reply.text().contains("A gRPC call needs HTTP/2."), "{}", reply.text());
    site.edge.stop().await;
}

#[actix_rt::test]
async fn other_requests_of_the_behavior_are_ordinary() {
    if !trusts_the_tests_authority("refusals::other_requests_of_the_behavior_are_ordinary") {
        return;
    }
    let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: max-age=60\r\n\r\nhello";
    let origin = TlsOrigin::start("origin", hello).await;
    let url = format!("https://localhost:{}", origin.port);
    let site = Site::start(document(&url, json!({}))).await;
    let mut viewer = Viewer::connect(&site).await;
    for cached in ["Miss from brink", "Hit from brink"] {
        let reply = viewer.get("/page").await;
        assert_eq!((reply.status.as_u16(), reply.body.as_deref()), (200, Ok(&b"hello"[..])));
        assert_eq!(reply.headers["x-cache"], cached);
    }
    // Calls are POST requests.
    let reply = viewer.send("GET", "/a.B/C", &CALL, &[], &[]).await;
    assert_eq!((reply.status.as_u16(), reply.body.as_deref()), (200, Ok(&b"hello"[..])));
    site.edge.stop().await;
}

#[actix_rt::test]
async fn elsewhere_a_call_is_an_ordinary_request_and_functions_guard_it() {
    let origin = RawOrigin::answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    let url = format!("http://127.0.0.1:{}", origin.port);
    let functions = json!({"viewer-request": "f:1"});
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let site = Site::with_function(
        client::document(&url, json!({"functions": functions})),
        move |event| {
            counter.fetch_add(1, Ordering::SeqCst);
            let request = &event["Records"][0]["cf"]["request"];
            match request["headers"]["authorization"] {
                Value::Null => json!({"status": "401"}),
                _ => request.clone(),
            }
        },
    )
    .await;
    let reply = call(&site).await;
    assert_eq!((reply.status.as_u16(), result(&reply.headers)), (401, ("", "")));
    assert_eq!((asked.load(Ordering::SeqCst), origin.requests().len()), (1, 0));
    let mut viewer = Viewer::connect(&site).await;
    let allowed = [&CALL[..], &[("authorization", "Basic eDp5")]].concat();
    let reply = viewer.send("POST", "/a.B/C", &allowed, &["\0\0\0\0\0"], &[]).await;
    assert_eq!(reply.body.as_deref(), Ok(&b"hello"[..]));
    assert_eq!((asked.load(Ordering::SeqCst), origin.requests().len()), (2, 1));
    // And over HTTP/1.1 too.
    let kind = [("Content-Type", "application/grpc")];
    assert_eq!(site.edge.request("POST", "/a.B/C", &kind, b"x").await.status, 401);
    site.edge.stop().await;
}

#[actix_rt::test]
async fn an_origin_without_http2_is_an_error_in_the_words_of_grpc() {
    let own = "refusals::an_origin_without_http2_is_an_error_in_the_words_of_grpc";
    if !trusts_the_tests_authority(own) {
        return;
    }
    let origin = TlsOrigin::start("origin", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let url = format!("https://localhost:{}", origin.port);
    let mut distribution = document(&url, json!({}));
    // Clients read no pages.
    distribution["error_pages"] = json!([{"status": 502, "path": "/sorry.html"}]);
    let site = Site::start(distribution).await;
    for _ in 0..2 {
        let reply = call(&site).await;
        assert_eq!((reply.status.as_u16(), reply.body.as_deref()), (502, Ok(&b""[..])));
        assert_eq!(reply.headers["content-type"], "application/grpc");
        assert_eq!(reply.headers["x-cache"], "Error from brink");
        let why = "The origin could not be reached or gave no valid answer.";
        assert_eq!(result(&reply.headers), ("14", why));
    }
    site.edge.stop().await;
}

#[actix_rt::test]
async fn an_answer_that_breaks_off_ends_with_a_status() {
    if !trusts_the_tests_authority("refusals::an_answer_that_breaks_off_ends_with_a_status") {
        return;
    }
    for (reason, status) in [
        (h2::Reason::CANCEL, "1"),
        (h2::Reason::ENHANCE_YOUR_CALM, "8"),
        (h2::Reason::INTERNAL_ERROR, "13"),
        (h2::Reason::REFUSED_STREAM, "14"),
    ] {
        let origin = Http2Origin::start(&["h2"], move |mut respond: Respond| async move {
            let mut body = respond.send_response(http::Response::new(()), false).unwrap();
            body.send_data("part".into(), false).unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            body.send_reset(reason);
        })
        .await;
        let site = Site::start(document(&origin.url(), json!({}))).await;
        let reply = call(&site).await;
        assert_eq!(reply.body.as_deref(), Ok(&b"part"[..]), "{reason}");
        assert_eq!(result(&reply.trailers), (status, "The origin's answer broke off."), "{reason}");
        site.edge.stop().await;
    }
    // Trailers over the bounds.
    let origin = Http2Origin::start(&["h2"], |mut respond: Respond| async move {
        let mut body = respond.send_response(http::Response::new(()), false).unwrap();
        body.send_trailers(map(&[("x-large", &"x".repeat(17_000))])).unwrap();
    })
    .await;
    let site = Site::start(document(&origin.url(), json!({}))).await;
    assert_eq!(result(&call(&site).await.trailers).0, "13");
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_call_reaches_the_origin_with_what_grpc_needs() {
    if !trusts_the_tests_authority("refusals::a_call_reaches_the_origin_with_what_grpc_needs") {
        return;
    }
    let origin = Http2Origin::start(&["h2"], |mut respond: Respond| async move {
        // An answer that is all in its head.
        let answer = http::Response::builder()
            .header("content-type", "application/grpc")
            .header("grpc-status", "5")
            .body(())
            .unwrap();
        respond.send_response(answer, true).unwrap();
    })
    .await;
    // Nothing is forwarded by name.
    let site = Site::start(document(&origin.url(), json!({"forward": {}}))).await;
    let mut viewer = Viewer::connect(&site).await;
    let headers =
        [&CALL[..], &[("grpc-timeout", "5S"), ("grpc-encoding", "gzip"), ("x-own", "1")]].concat();
    let reply = viewer.send("POST", "/a.B/C", &headers, &["\0\0\0\0\0"], &[]).await;
    assert_eq!((reply.status.as_u16(), result(&reply.headers).0), (200, "5"));
    assert_eq!((reply.body.as_deref(), reply.trailers.len()), (Ok(&b""[..]), 0));
    let got = origin.got.lock().pop().unwrap();
    for (name, value) in [
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("grpc-timeout", "5S"),
        ("grpc-encoding", "gzip"),
    ] {
        assert_eq!(got.headers[name], value);
    }
    assert!(!got.headers.contains_key("x-own"));
    assert_eq!(got.body, b"\0\0\0\0\0");
    site.edge.stop().await;
}
