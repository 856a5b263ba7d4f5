//! A small write must not wait until the other side has confirmed the one before.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::edge::Edge;
use crate::raw_origin::RawOrigin;
use crate::stage::document;

const ROUNDS: u32 = 25;

/// Linux confirms a single segment only after 40 ms.
const WITHHELD: Duration = Duration::from_millis(40);

#[actix_rt::test]
async fn an_answer_in_two_writes_takes_no_longer_than_its_origin() {
    let origin = RawOrigin::start(|mut conn| {
        while conn.request().is_some() {
            conn.send(
                "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 10\r\n\r\nhello",
            );
            std::thread::sleep(Duration::from_millis(2));
            conn.send("world");
        }
    });
    let edge = Edge::start(document(&origin, json!({}))).await;
    let mut viewer = TcpStream::connect(edge.address()).await.unwrap();
    let mut round = async || {
        let request = b"GET /a HTTP/1.1\r\nHost: d.brink.localhost\r\n\r\n";
        viewer.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"helloworld") {
            assert!(viewer.read_buf(&mut answer).await.unwrap() > 0);
        }
    };
    // A machine that is busy with other things may be slow once, and then again.
    let mut quickest = Duration::MAX;
    for _ in 0..3 {
        let started = Instant::now();
        for _ in 0..ROUNDS {
            round().await;
        }
        quickest = quickest.min(started.elapsed());
    }
    assert!(quickest < WITHHELD * ROUNDS / 2, "{quickest:?} for {ROUNDS} answers");
    edge.stop().await;
}
