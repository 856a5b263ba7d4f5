//! Which bytes functions and origins see of paths, queries and headers (`contract.md` 2.7).

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::raw_origin::RawOrigin;
use crate::stage::{HELLO, Stage, TRIGGERS, at, document, header};

#[actix_rt::test]
async fn unchanged_parts_reach_the_origin_byte_for_byte() {
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
async fn parts_that_a_function_wrote_reach_the_origin_in_utf8() {
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

#[actix_rt::test]
async fn bytes_beyond_ascii_are_shown_in_utf8_and_sent_as_they_came() {
    let origin = RawOrigin::answering(HELLO);
    let mut behavior = at(&TRIGGERS);
    behavior["forward"] = json!({"query_strings": "all"});
    let stage = Stage::passing(document(&origin, behavior)).await;
    // UTF-8 goes out byte for byte; in ISO-8859-1 every byte is the same one, percent-encoded.
    let targets: [(&[u8], &str); 2] = [
        (b"/caf\xc3\xa9?q=\xc3\xa9%E9", "/caf\u{e9}?q=\u{e9}%E9"),
        (b"/caf\xe9?q=\xe9%E9", "/caf%E9?q=%E9%E9"),
    ];
    let mut viewer = tokio::net::TcpStream::connect(stage.edge.address()).await.unwrap();
    for (target, sent) in targets {
        let get = [b"GET ", target, b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
        viewer.write_all(&get).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"hello") {
            assert_ne!(viewer.read_buf(&mut answer).await.unwrap(), 0, "closed too early");
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 "));
        for trigger in TRIGGERS {
            let request = stage.shown(trigger)["request"].clone();
            let shown = (&request["uri"], &request["querystring"]);
            assert_eq!(shown, (&json!("/caf\u{e9}"), &json!("q=\u{e9}%E9")), "{trigger}");
        }
        let request = origin.requests().pop().unwrap();
        assert!(request.starts_with(&format!("GET {sent} HTTP/1.1\r\n")), "{request}");
    }
    // Each is kept as an object of its own, although functions see them alike.
    assert_eq!(origin.requests().len(), 2);
    stage.stop().await;
}

#[actix_rt::test]
async fn bytes_beyond_ascii_are_taken_after_an_upload_in_chunks_too() {
    let origin = RawOrigin::answering(HELLO);
    let stage = Stage::passing(document(&origin, at(&[]))).await;
    let mut viewer = tokio::net::TcpStream::connect(stage.edge.address()).await.unwrap();
    let upload = b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
        6;a=\"\xe9\"\r\nGET /\xe9\r\n0\r\nX: \xe9\r\n\r\n";
    for sent in [upload.as_slice(), b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"] {
        viewer.write_all(sent).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"hello") {
            assert_ne!(viewer.read_buf(&mut answer).await.unwrap(), 0, "closed too early");
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 "));
    }
    let request = origin.requests().pop().unwrap();
    assert!(request.starts_with("GET /\u{e9} HTTP/1.1\r\n"), "{request}");
    stage.stop().await;
}

#[actix_rt::test]
async fn text_that_a_function_converted_goes_out_in_utf8() {
    let origin = RawOrigin::answering(HELLO);
    let stage = Stage::start(document(&origin, at(&["viewer-request"])), |_, request| {
        request["uri"] = json!(format!("{}/x", request["uri"].as_str().unwrap()));
    })
    .await;
    let mut viewer = tokio::net::TcpStream::connect(stage.edge.address()).await.unwrap();
    let get = b"GET /caf\xe9 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    viewer.write_all(get).await.unwrap();
    viewer.read_to_end(&mut Vec::new()).await.unwrap();
    let request = origin.requests().pop().unwrap();
    assert!(request.starts_with("GET /caf\u{e9}/x HTTP/1.1\r\n"), "{request}");
    stage.stop().await;
}
