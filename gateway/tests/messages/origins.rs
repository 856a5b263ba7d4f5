//! Answers of origins that are not what they should be.

use serde_json::json;

use crate::edge::{Edge, raw};
use crate::raw_origin::RawOrigin;
use crate::stage::document;

#[actix_rt::test]
async fn a_body_in_another_coding_than_chunks_is_an_error() {
    for coding in [
        "gzip, chunked",
        "gzip",
        "identity",
        "chunked, chunked",
        "xchunked",
        "chunked\r\nTransfer-Encoding: chunked",
        "chunked\r\nTransfer-Encoding: gzip",
    ] {
        let origin = RawOrigin::answering(format!(
            "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: {coding}\r\n\r\n\
             5\r\nhello\r\n0\r\n\r\n"
        ));
        let edge = Edge::start(document(&origin, json!({}))).await;
        let reply = edge.get("/a").await;
        assert_eq!((reply.status, reply.header("x-cache")), (502, "Error from brink"), "{coding}");
        edge.stop().await;
    }
    let origin = RawOrigin::answering(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    );
    let edge = Edge::start(document(&origin, json!({}))).await;
    assert_eq!(edge.get("/a").await.text(), "hello");
    edge.stop().await;
}

#[actix_rt::test]
async fn interim_answers_end_at_the_gateway_and_only_one_may_say_continue() {
    let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let (one, hints) =
        ("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
    for (interim, status) in [
        (one.to_owned(), 200),
        (hints.repeat(3), 200),
        (format!("{hints}{one}HTTP/1.1 102 Processing\r\n\r\n"), 200),
        (one.repeat(2), 502),
        (format!("{one}{hints}{one}"), 502),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n".to_owned(), 502),
    ] {
        let origin = RawOrigin::answering(format!("{interim}{hello}"));
        let edge = Edge::start(document(&origin, json!({}))).await;
        for version in ["1.0", "1.1"] {
            let host = "Host: d.brink.localhost\r\nConnection: close";
            let request = format!("GET /a HTTP/{version}\r\n{host}\r\n\r\n");
            let answer = raw(edge.address(), &request).await;
            assert!(answer.starts_with(&format!("HTTP/{version} {status}")), "{interim}: {answer}");
            assert_eq!(answer.matches("HTTP/1.").count(), 1, "{interim}: {answer}");
        }
        edge.stop().await;
    }
}

#[actix_rt::test]
async fn a_viewer_who_waits_for_it_is_told_to_continue_and_the_origin_is_not_asked() {
    let origin = RawOrigin::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let edge = Edge::start(document(&origin, json!({"methods": "all"}))).await;
    let host = "Host: d.brink.localhost\r\nConnection: close";
    for (version, told) in [("1.1", true), ("1.0", false)] {
        let request = format!(
            "POST /a HTTP/{version}\r\n{host}\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx"
        );
        let answer = raw(edge.address(), &request).await;
        assert_eq!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\n"), told, "{answer}");
        assert!(answer.ends_with("ok"), "{answer}");
        let sent = origin.requests().pop().unwrap().to_ascii_lowercase();
        assert!(!sent.contains("expect"), "{sent}");
    }
    edge.stop().await;
}
