//! Rejected requests: the viewer gets one answer with the proxy's headers, and the connection ends.

use serde_json::json;

use crate::edge::{Edge, raw};
use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, document};

/// The first request is rejected with this status, and the second one is not read.
async fn rejected(edge: &Edge, request: &str, status: u16) {
    let next = "GET /next HTTP/1.1\r\nHost: d.brink.localhost\r\n\r\n";
    let answer = raw(edge.address(), &format!("{request}{next}")).await;
    let shown = request.get(..200).unwrap_or(request).escape_debug();
    let head = answer.split("\r\n\r\n").next().unwrap();
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{shown}: {answer}");
    for header in ["X-Cache: Error from brink", "Via: 1.1 ", "X-Amz-Cf-Id: ", "Connection: close"] {
        assert!(head.contains(&format!("\r\n{header}")), "{shown}: {answer}");
    }
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{shown}: {answer}");
}

#[actix_rt::test]
async fn rejected_requests_get_one_answer_with_the_proxys_headers() {
    let origin = RawOrigin::answering(HELLO);
    let edge = Edge::start(document(&origin, json!({"methods": "all"}))).await;
    let host = "Host: d.brink.localhost\r\n";
    let long = "a".repeat(8_192);
    rejected(&edge, &format!("GET /{long} HTTP/1.1\r\n{host}\r\n"), 413).await;
    let large = "a".repeat(20_480);
    rejected(&edge, &format!("GET / HTTP/1.1\r\n{host}X: {large}\r\n\r\n"), 413).await;
    rejected(&edge, &format!("GET / HTTP/1.1\r\n{host}X: {}", "a".repeat(200_000)), 413).await;
    let many = "X: 1\r\n".repeat(100);
    rejected(&edge, &format!("GET / HTTP/1.1\r\n{host}{many}\r\n"), 413).await;
    for head in ["GET / HTTP/1.1\r\nHost : a\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\r\n", "{}\r\n"]
    {
        rejected(&edge, head, 400).await;
    }
    for target in ["*", "evil.example:80", "foo", "ftp://a/", "/<>", "/a b"] {
        rejected(&edge, &format!("GET {target} HTTP/1.1\r\n{host}\r\n"), 400).await;
    }
    rejected(&edge, &format!("OPTIONS * HTTP/1.1\r\n{host}\r\n"), 400).await;
    rejected(&edge, &format!("CONNECT a:80 HTTP/1.1\r\n{host}\r\n"), 403).await;
    for name in ["a b", "a/b", "u@a", "a, b", "[::1", "", "a:b", "a:70000"] {
        rejected(&edge, &format!("GET / HTTP/1.1\r\nHost: {name}\r\n\r\n"), 400).await;
        let other = format!("GET http://d.brink.localhost/ HTTP/1.1\r\nHost: {name}\r\n\r\n");
        rejected(&edge, &other, 400).await;
    }
    for body in ["Content-Length: 1\r\n\r\nx", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"] {
        let upload = format!("POST / HTTP/1.1\r\n{host}Upgrade: websocket\r\n{body}");
        rejected(&edge, &upload, 400).await;
    }
    rejected(&edge, "GET / HTTP/1.1\r\n\r\n", 400).await;
    rejected(&edge, &format!("GET / HTTP/1.1\r\n{host}{host}\r\n"), 400).await;
    rejected(&edge, &format!("GET / HTTP/1.1\r\n{host}Content-Length: 1\r\n\r\nx"), 403).await;
    assert!(origin.requests().is_empty());
    edge.stop().await;
}

#[actix_rt::test]
async fn a_broken_upload_is_answered_once() {
    let origin = RawOrigin::start(|mut conn| {
        while conn.request().is_some() {
            conn.send(HELLO);
        }
    });
    let edge = Edge::start(document(&origin, json!({"methods": "all"}))).await;
    let long = format!("1;{}\r\nx\r\n", "a".repeat(2_000));
    let extended = format!("1;{}\r\nx\r\n", "a".repeat(1_000)).repeat(20);
    let trailed = format!("0\r\n{}\r\n", "X: 1\r\n".repeat(100));
    for (body, status) in [
        ("5 \r\nhello\r\n0\r\n\r\n", 400),
        ("5\nhello\r\n0\r\n\r\n", 400),
        ("-5\r\nhello\r\n0\r\n\r\n", 400),
        ("5\r\nhello!\r\n0\r\n\r\n", 400),
        ("1\r\nx\r\n0\r\nno trailer\r\n\r\n", 400),
        ("ffffffffffffffffff\r\n", 400),
        (&long, 413),
        (&extended, 413),
        (&trailed, 413),
    ] {
        let head =
            "POST / HTTP/1.1\r\nHost: d.brink.localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
        rejected(&edge, &format!("{head}{body}"), status).await;
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn a_head_is_rejected_without_a_body() {
    let origin = RawOrigin::answering(HELLO);
    let edge = Edge::start(document(&origin, json!({}))).await;
    let answer = raw(edge.address(), "HEAD * HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    let answer = raw(edge.address(), "HEAD / HTTP/1.1\r\nHost : a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    edge.stop().await;
}

#[actix_rt::test]
async fn a_request_that_goes_round_in_circles_is_rejected_on_its_third_round() {
    let origin = RawOrigin::answering(HELLO);
    let uncached = json!({"cache": {"min_ttl": "0s", "default_ttl": "0s", "max_ttl": "0s"}});
    let edge = Edge::start(document(&origin, uncached.clone())).await;
    assert_eq!(edge.get("/a").await.status, 200);
    let told = [("CDN-Loop", "other; v=1")];
    assert_eq!(edge.request("GET", "/a", &told, b"").await.status, 200);
    let sent = origin.requests();
    assert!(sent[0].contains("\r\nCdn-Loop: brink\r\n"), "{}", sent[0]);
    assert!(sent[1].contains("\r\nCdn-Loop: other; v=1, brink\r\n"), "{}", sent[1]);
    let told = [("CDN-Loop", "brink, other, brink")];
    assert_eq!(edge.request("GET", "/a", &told, b"").await.status, 403);

    let mut circle = document(&origin, uncached);
    circle["origins"]["web"]["url"] = json!(format!("http://{}", edge.address()));
    edge.apply(circle).await;
    let rejected = async {
        while edge.get("/b").await.status != 403 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), rejected).await.unwrap();
    edge.stop().await;
}

#[actix_rt::test]
async fn a_function_cannot_hide_that_a_request_went_through_here() {
    let origin = RawOrigin::answering(HELLO);
    let triggers = json!({"functions": {"viewer-request": "f:1", "origin-request": "f:1"}});
    let edge = Edge::with_function(document(&origin, triggers), |event| {
        let mut request = event["Records"][0]["cf"]["request"].clone();
        let headers = request["headers"].as_object_mut().unwrap();
        headers.remove("cdn-loop");
        headers.insert("cdn-loop".to_owned(), json!([{"value": "nobody"}]));
        request
    })
    .await;
    let told = [("CDN-Loop", "brink")];
    assert_eq!(edge.request("GET", "/a", &told, b"").await.status, 200);
    let sent = &origin.requests()[0];
    assert!(sent.contains("\r\nCdn-Loop: brink, brink\r\n"), "{sent}");
    assert!(!sent.contains("nobody"), "{sent}");
    edge.stop().await;
}

#[actix_rt::test]
async fn a_custom_header_cannot_hide_that_a_request_went_through_here() {
    let origin = RawOrigin::answering(HELLO);
    let functions = json!({"functions": {"origin-request": "f:1"}});
    let mut document = document(&origin, functions);
    document["origins"]["web"]["custom_headers"] = json!({"CDN-Loop": "configured"});
    let edge = Edge::with_function(document, |event| {
        let mut request = event["Records"][0]["cf"]["request"].clone();
        if request["uri"] == "/function" {
            let line = json!([{"key": "cdn-loop", "value": "written"}]);
            request["origin"]["custom"]["customHeaders"] = json!({ "cdn-loop": line });
        }
        request
    })
    .await;
    for path in ["/configured", "/function"] {
        assert_eq!(edge.get(path).await.status, 200);
        let sent = origin.requests().pop().unwrap();
        assert_eq!(sent.to_ascii_lowercase().matches("\r\ncdn-loop: ").count(), 1, "{sent}");
        assert!(sent.contains("\r\nCdn-Loop: brink\r\n"), "{sent}");
    }
    edge.stop().await;
}
