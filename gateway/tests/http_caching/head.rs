//! Tests the lengths in answers to HEAD, and the effect of HEAD on the cache (RFC 9111, 4.3.5).

use serde_json::json;

use super::*;
use crate::edge::raw;

#[actix_rt::test]
async fn decision_50_a_head_is_kept_for_heads_and_is_no_answer_to_a_get() {
    let stand = Stand::start(json!({}), |request, before| {
        let body = if request.starts_with("HEAD ") { "" } else { "hello" };
        format!(
            "HTTP/1.1 200 OK\r\nX-Number: {before}\r\nCache-Control: max-age=60\r\n\
             Content-Length: 5\r\n\r\n{body}"
        )
    })
    .await;
    for (method, expected, number) in [
        ("HEAD", "Miss", "0"),
        ("HEAD", "Hit", "0"),
        ("GET", "Miss", "1"),
        ("GET", "Hit", "1"),
        ("HEAD", "Hit", "1"),
    ] {
        let reply = stand.edge.request(method, "/a", &[], b"").await;
        let seen = (source(&reply), reply.header("x-number").to_owned());
        assert_eq!(seen, (expected.to_owned(), number.to_owned()), "{method}");
        assert_eq!(reply.header("content-length"), "5");
        assert_eq!(reply.text(), if method == "GET" { "hello" } else { "" });
    }
    assert_eq!(stand.asked(), 2);
    stand.stop().await;
}

#[actix_rt::test]
async fn a_length_that_is_not_known_is_not_zero() {
    let stand = Stand::start(json!({}), |request, _| {
        let body = if request.starts_with("HEAD ") { "" } else { "5\r\nhello\r\n0\r\n\r\n" };
        let lines = "Cache-Control: max-age=60\r\nTransfer-Encoding: chunked";
        format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\n{body}")
    })
    .await;
    let head = "HEAD /a HTTP/1.1\r\nHost: d.brink.localhost\r\nConnection: close\r\n\r\n";
    for from in ["Miss", "Hit"] {
        let reply = raw(stand.edge.address(), head).await.to_ascii_lowercase();
        assert!(reply.contains(&format!("x-cache: {from} ").to_ascii_lowercase()), "{reply}");
        assert!(!reply.contains("content-length"), "{reply}");
        assert!(reply.ends_with("\r\n\r\n"), "{reply}");
    }
    // Once a GET has brought the body, its length is known.
    stand.get("/a").await;
    assert_eq!(stand.head("/a").await.header("content-length"), "5");
    stand.stop().await;
}

#[actix_rt::test]
async fn decision_50_a_head_confirms_the_copy_of_a_get() {
    // With a 304, and by an answer with the same validator and length.
    for obeys in [true, false] {
        let stand = Stand::start(json!({}), move |request, before| {
            let head = request.starts_with("HEAD ");
            if head && obeys && line(request, "if-none-match") == Some("\"v\"") {
                return "HTTP/1.1 304 Not Modified\r\nETag: \"v\"\r\nCache-Control: max-age=60\r\n\
                        X-New: 1\r\n\r\n"
                    .to_owned();
            }
            let age = if before == 0 { 0 } else { 60 };
            let body = if head { "" } else { "hello" };
            format!(
                "HTTP/1.1 200 OK\r\nCache-Control: max-age={age}\r\nETag: \"v\"\r\nX-New: {before}\r\n\
                 Content-Length: 5\r\n\r\n{body}"
            )
        })
        .await;
        stand.get("/a").await;
        let head = stand.head("/a").await;
        assert_eq!((source(&head).as_str(), head.header("content-length")), ("RefreshHit", "5"));
        assert!(stand.last().starts_with("head "));
        let hit = stand.get("/a").await;
        let seen = (source(&hit), hit.text(), hit.header("x-new").to_owned());
        assert_eq!(seen, ("Hit".to_owned(), "hello".to_owned(), "1".to_owned()), "{obeys}");
        stand.stop().await;
    }
}

#[actix_rt::test]
async fn a_head_of_another_version_confirms_nothing() {
    for (tag, length) in [("\"new\"", 5), ("\"v\"", 6)] {
        let stand = Stand::start(json!({}), move |request, _| {
            if request.starts_with("HEAD ") {
                return format!(
                    "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nETag: {tag}\r\n\
                     Content-Length: {length}\r\n\r\n"
                );
            }
            ok(&["Cache-Control: max-age=0", "ETag: \"v\""], "hello")
        })
        .await;
        stand.get("/a").await;
        for from in ["Miss", "Hit"] {
            let head = stand.head("/a").await;
            assert_eq!(source(&head), from, "{tag}");
            assert_eq!(head.header("content-length"), length.to_string());
        }
        assert_eq!(stand.source("/a").await, "Miss");
        stand.stop().await;
    }
}
