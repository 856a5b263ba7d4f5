//! WebSockets through the gateway.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::raw_origin::{Conn, RawOrigin};
use crate::stage::{HELLO, Stage, TRIGGERS, at, document, head};

const HANDSHAKE: &str = "GET /chat HTTP/1.1\r\nHost: d.brink.localhost\r\n\
    Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: chat\r\n\r\n";

const AGREED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    Set-Cookie: a=1\r\nSec-WebSocket-Protocol: chat\r\n\r\n";

const WITHIN: Duration = Duration::from_secs(10);

/// Accepts the WebSocket, greets at once, and sends all bytes back until the end.
fn echo(conn: &mut Conn) {
    conn.request();
    conn.send(format!("{AGREED}\x00greeting"));
    loop {
        let bytes = conn.read();
        if bytes.is_empty() {
            return;
        }
        conn.send(bytes);
    }
}

/// Reads until all of this has come.
async fn until(viewer: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    let mut read = Vec::new();
    let reading = async {
        while !read.ends_with(end) {
            let len = viewer.read_buf(&mut read).await.unwrap();
            assert!(len > 0, "{}", read.escape_ascii());
        }
    };
    tokio::time::timeout(WITHIN, reading).await.unwrap();
    read
}

async fn asked(stage: &Stage, more: &[u8]) -> TcpStream {
    let mut viewer = TcpStream::connect(stage.edge.address()).await.unwrap();
    viewer.write_all(&[HANDSHAKE.as_bytes(), more].concat()).await.unwrap();
    viewer
}

/// All bytes until the end.
async fn rest(viewer: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    tokio::time::timeout(WITHIN, viewer.read_to_end(&mut rest)).await.unwrap().unwrap();
    String::from_utf8_lossy(&rest).into_owned()
}

#[actix_rt::test]
async fn bytes_pass_both_ways_and_the_request_runs_its_functions() {
    let (closed, told) = mpsc::channel();
    let origin = RawOrigin::start(move |mut conn| {
        echo(&mut conn);
        closed.send(()).unwrap();
    });
    let stage = Stage::passing(document(&origin, at(&TRIGGERS))).await;
    let mut viewer = asked(&stage, b"early").await;
    let answer = until(&mut viewer, b"\x00greetingearly").await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{answer}");
    for line in [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-Websocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Sec-Websocket-Protocol: chat",
        "X-Cache: Miss from brink",
        "X-Amz-Cf-Id: ",
        "Via: 1.1 ",
    ] {
        assert!(answer.contains(&format!("\r\n{line}")), "{line}: {answer}");
    }
    // The behavior forwards no cookies.
    for name in ["content-length", "transfer-encoding", "content-type", "set-cookie"] {
        assert!(!answer.to_ascii_lowercase().contains(name), "{answer}");
    }
    // These bytes look like HTTP but are not, and they are more than the buffers hold.
    let mut many = vec![b'x'; 1 << 20];
    many.extend_from_slice(b"GET * HTTP/9\r\n\r\n");
    let (mut from, mut to) = viewer.split();
    let sending = to.write_all(&many);
    let mut back = vec![0; many.len()];
    let (sent, read) = tokio::join!(sending, from.read_exact(&mut back));
    assert!(sent.is_ok() && read.is_ok() && back == many);
    assert_eq!(stage.ran(), ["viewer-request", "origin-request"]);
    let sent = head(&origin.requests()[0]);
    for line in [
        "get /chat http/1.1",
        "connection: upgrade",
        "upgrade: websocket",
        "sec-websocket-key: dghlihnhbxbszsbub25jzq==",
        "sec-websocket-version: 13",
        "sec-websocket-protocol: chat",
    ] {
        assert!(sent.contains(line), "{line}: {sent}");
    }
    // If the viewer ends, the WebSocket ends.
    viewer.shutdown().await.unwrap();
    assert_eq!(rest(&mut viewer).await, "");
    assert!(told.recv_timeout(WITHIN).is_ok());
    stage.stop().await;
}

#[actix_rt::test]
async fn the_end_of_the_origin_ends_it() {
    let origin = RawOrigin::start(|mut conn| {
        conn.request();
        conn.send(format!("{AGREED}last words"));
    });
    let stage = Stage::passing(document(&origin, at(&[]))).await;
    let mut viewer = asked(&stage, b"").await;
    assert!(rest(&mut viewer).await.ends_with("\r\n\r\nlast words"));
    stage.stop().await;
}

#[actix_rt::test]
async fn a_viewer_who_vanishes_leaves_nothing_behind() {
    let (closed, told) = mpsc::channel();
    let origin = RawOrigin::start(move |mut conn| {
        echo(&mut conn);
        closed.send(()).unwrap();
    });
    let stage = Stage::passing(document(&origin, at(&[]))).await;
    let mut viewer = asked(&stage, b"").await;
    until(&mut viewer, b"greeting").await;
    viewer.set_zero_linger().unwrap();
    drop(viewer);
    let seen = actix_rt::task::spawn_blocking(move || told.recv_timeout(WITHIN)).await;
    assert!(seen.unwrap().is_ok());
    stage.stop().await;
}

#[actix_rt::test]
async fn functions_can_deny_it_and_origins_decline_it() {
    let origin = RawOrigin::start(|mut conn| {
        conn.request();
        conn.send(HELLO);
    });
    for trigger in ["viewer-request", "origin-request"] {
        let denial = json!({"status": "403", "body": "members only"});
        let stage = Stage::start(document(&origin, at(&TRIGGERS)), move |at, object| {
            if at == trigger {
                *object = denial.clone();
            }
        })
        .await;
        let mut viewer = asked(&stage, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let answer = rest(&mut viewer).await;
        assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
        assert!(answer.ends_with("members only"), "{answer}");
        assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
        assert!(origin.requests().is_empty());
        stage.stop().await;
    }
    let stage = Stage::passing(document(&origin, at(&TRIGGERS))).await;
    let answer = rest(&mut asked(&stage, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("hello"), "{answer}");
    assert_eq!(
        (stage.ran().as_slice(), origin.requests().len()),
        (&TRIGGERS.map(str::to_owned)[..], 1)
    );
    stage.stop().await;
}

#[actix_rt::test]
async fn only_a_get_of_http_1_1_asks_for_it_and_only_for_a_web_socket() {
    let origin = RawOrigin::answering(HELLO);
    let stage = Stage::passing(document(&origin, at(&[]))).await;
    for (from, to) in [
        ("GET", "POST"),
        ("HTTP/1.1", "HTTP/1.0"),
        ("WebSocket", "h2c"),
        ("keep-alive, Upgrade", "close"),
    ] {
        let request = HANDSHAKE.replacen(from, to, 1);
        let answer = crate::edge::raw(stage.edge.address(), &request).await;
        assert!(answer.contains(" 200 OK\r\n"), "{to}: {answer}");
        let sent = head(&origin.requests().pop().unwrap());
        assert!(!sent.contains("upgrade"), "{to}: {sent}");
    }
    stage.stop().await;
}

#[actix_rt::test]
async fn an_origin_that_switches_to_something_else_is_an_error() {
    let origin = RawOrigin::start(|mut conn| {
        conn.request();
        conn.send(AGREED.replace("websocket", "h2c"));
        conn.stall();
    });
    let stage = Stage::passing(document(&origin, at(&[]))).await;
    let answer = rest(&mut asked(&stage, b"").await).await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    stage.stop().await;
}

#[actix_rt::test]
async fn a_gateway_that_stops_ends_it_at_once() {
    let origin = RawOrigin::start(|mut conn| echo(&mut conn));
    let stage = Stage::passing(document(&origin, at(&[]))).await;
    let mut viewer = asked(&stage, b"").await;
    until(&mut viewer, b"greeting").await;
    let started = Instant::now();
    stage.stop().await;
    assert!(started.elapsed() < WITHIN, "{:?}", started.elapsed());
    assert_eq!(rest(&mut viewer).await, "");
}
