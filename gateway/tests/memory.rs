//! The memory of a gateway with viewers that do not read. A test target of its own, since it
//! measures the process.
//!
//! Before a release, run it with `BRINK_VIEWERS=200 BRINK_OBJECT_MB=30`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "edge/stage.rs"]
mod stage;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use brink_testing::process::own_resident_kb;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};

use edge::Edge;
use raw_origin::{Conn, RawOrigin};
use stage::document;

/// Megabytes that the test's gateway may keep.
const CACHE_MB: usize = 64;

/// The bytes that the origin sends repeatedly. Static, because they count only once then.
static CHUNK: [u8; 256 * 1024] = [7; 256 * 1024];

/// Further megabytes that all viewers together may cost.
const BESIDE_MB: usize = 100;

fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

fn own_resident_mb() -> usize {
    usize::try_from(own_resident_kb()).unwrap() / 1024
}

/// Answers `/broken...` with half of an object, all else with a whole one.
fn serve(conn: &mut Conn, request: &str, length: usize) {
    let framing = if request.starts_with("GET /chunked") {
        "Transfer-Encoding: chunked".to_owned()
    } else {
        format!("Content-Length: {length}")
    };
    conn.send(format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n{framing}\r\n\r\n"));
    let broken = request.starts_with("GET /broken");
    for _ in 0..length / CHUNK.len() / if broken { 2 } else { 1 } {
        if framing.starts_with("Transfer") {
            conn.send(format!("{:x}\r\n", CHUNK.len()));
            conn.send(CHUNK.as_slice());
            conn.send("\r\n");
        } else {
            conn.send(CHUNK.as_slice());
        }
    }
    if framing.starts_with("Transfer") {
        conn.send("0\r\n\r\n");
    }
}

/// A viewer that sends a request and does not read.
async fn viewer(address: SocketAddr, path: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: d.brink.localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[actix_rt::test]
async fn viewers_who_do_not_read_cost_a_small_constant() {
    let viewers = setting("BRINK_VIEWERS", 50);
    let length = setting("BRINK_OBJECT_MB", 7) << 20;
    let origin = RawOrigin::start(move |mut conn| {
        while let Some(request) = conn.request() {
            serve(&mut conn, &request, length);
            if request.starts_with("GET /broken") {
                return;
            }
        }
    });
    let edge = Edge::start(document(&origin, json!({}))).await;
    let before = own_resident_mb();
    let mut most = 0;
    for kind in ["same", "own", "chunked", "broken", "left"] {
        let mut waiting = Vec::new();
        for number in 0..viewers {
            let own = if kind == "same" { 0 } else { number };
            waiting.push(viewer(edge.address(), &format!("/{kind}{own}")).await);
            if kind == "left" {
                // They leave while their answers are on the way.
                waiting.clear();
            }
            most = most.max(own_resident_mb() - before);
        }
        let until = Instant::now() + Duration::from_millis(1000);
        while Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(50)).await;
            most = most.max(own_resident_mb() - before);
        }
        println!("{viewers} viewers of {kind}: {} MB more than before", own_resident_mb() - before);
    }
    assert!(most <= CACHE_MB + BESIDE_MB, "{most} MB more than before");
    // Other viewers still get their answers.
    assert_eq!(edge.get("/after").await.body.len(), length);
    edge.stop().await;
}

#[actix_rt::test]
async fn requests_of_a_viewer_who_does_not_read_are_not_answered_in_memory() {
    let origin = RawOrigin::answering(
        "HTTP/1.1 301 Moved\r\nCache-Control: max-age=600\r\nLocation: /elsewhere\r\n\
         Content-Length: 0\r\n\r\n",
    );
    let edge = Edge::start(document(&origin, json!({}))).await;
    let mut stream = viewer(edge.address(), "/moved").await;
    let requests = "GET /moved HTTP/1.1\r\nHost: d.brink.localhost\r\n\r\n".repeat(1000);
    let started = Instant::now();
    let mut sent = 0;
    while started.elapsed() < Duration::from_secs(10) {
        let write = stream.write_all(requests.as_bytes());
        if tokio::time::timeout(Duration::from_secs(1), write).await.is_err() {
            drop(stream);
            return edge.stop().await;
        }
        sent += requests.len();
    }
    panic!("{sent} bytes of requests were taken and no answer was read");
}
