//! Which bytes functions and origins see of paths, queries and headers (`contract.md` 2.7).

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, TRIGGERS, at, document, header};

#[actix_rt::test]
async fn what_no_function_changed_reaches_the_origin_byte_for_byte() {
    let origin = RawOrigin::answering(HELLO);
    let mut behavior = at(&TRIGGERS);
    behavior["forward"] = json!({"query_strings": "all"});
    let stage = Stage::passing(document(&origin, behavior)).await;
    let (uri, query) = ("/caf%E9/%c3%A4//../a'b", "q=%E9&&x=%20+%2B");
    let get = format!("GET {uri}?{query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(stage.raw(&get).await.starts_with("HTTP/1.1 200 "));
    for trigger in TRIGGERS {
        let request = stage.shown(trigger)["request"].clone();
        assert_eq!((&request["uri"], &request["querystring"]), (&json!(uri), &json!(query)));
    }
    let sent = origin.requests().pop().unwrap();
    assert!(sent.starts_with(&format!("GET {uri}?{query} HTTP/1.1\r\n")), "{sent}");
    stage.stop().await;
}

#[actix_rt::test]
async fn what_a_function_wrote_reaches_the_origin_in_utf8() {
    let origin = RawOrigin::answering(HELLO);
    for trigger in ["viewer-request", "origin-request"] {
        let mut behavior = at(&[trigger]);
        behavior["forward"] = json!({"query_strings": "all"});
        let stage = Stage::start(document(&origin, behavior), |_, request| {
            request["uri"] = json!("/caf\u{e9}/\u{65e5}");
            request["querystring"] = json!("q=\u{e9}%E9");
        })
        .await;
        assert_eq!(stage.get("/a").await.status, 200);
        let sent = origin.requests().pop().unwrap();
        let target = "GET /caf\u{e9}/\u{65e5}?q=\u{e9}%E9 HTTP/1.1\r\n";
        assert!(sent.starts_with(target), "{trigger}: {sent}");
        stage.stop().await;
    }
}

#[actix_rt::test]
async fn headers_that_are_not_utf8_are_taken_for_latin1() {
    let origin = RawOrigin::answering(
        &b"HTTP/1.1 200 OK\r\nX-Own: caf\xe9\r\nContent-Length: 0\r\n\r\n"[..],
    );
    let stage = Stage::passing(document(&origin, at(&TRIGGERS))).await;
    let mut viewer = tokio::net::TcpStream::connect(stage.edge.address()).await.unwrap();
    let get = b"GET /a HTTP/1.1\r\nHost: a\r\nX-Utf: caf\xc3\xa9\r\nX-Latin: caf\xe9\r\n\
                Connection: close\r\n\r\n";
    viewer.write_all(get).await.unwrap();
    viewer.read_to_end(&mut Vec::new()).await.unwrap();
    let request = stage.shown("viewer-request")["request"].clone();
    assert_eq!(header(&request, "x-utf"), "caf\u{e9}");
    assert_eq!(header(&request, "x-latin"), "caf\u{e9}");
    assert_eq!(header(&stage.shown("origin-response")["response"], "x-own"), "caf\u{e9}");
    stage.stop().await;
}

/// The HTTP server takes no such target: paths and queries are to be percent-encoded (RFC 3986).
#[actix_rt::test]
async fn bytes_beyond_ascii_are_refused_in_the_request_line() {
    let origin = RawOrigin::answering(HELLO);
    let stage = Stage::passing(document(&origin, at(&["viewer-request"]))).await;
    let get = "GET /caf\u{e9} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert!(stage.raw(get).await.starts_with("HTTP/1.1 400 "));
    assert_eq!(stage.ran(), [""; 0]);
    stage.stop().await;
}
