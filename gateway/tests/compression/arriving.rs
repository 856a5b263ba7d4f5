//! Bodies that arrive slowly, break off, or find no place.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;
use crate::counters::{self, counter};

/// Bodies of the origin have this length.
const LENGTH: usize = 4_000;

/// Most bodies that a gateway compresses at the same time.
const PLACES: usize = 32;

/// An origin that sends half of each body, and the rest, or nothing more, when it is told.
fn halting() -> (RawOrigin, Sender<bool>) {
    let (tell, told) = channel();
    let told: Arc<Mutex<Receiver<bool>>> = Arc::new(Mutex::new(told));
    let origin = RawOrigin::start(move |mut conn| {
        while let Some(request) = conn.request() {
            let whole = html(&["Cache-Control: max-age=60"], &text(LENGTH));
            let half = whole.len() - LENGTH / 2;
            conn.send(&whole[..half]);
            let halts = request.starts_with("GET /half");
            if halts && told.lock().recv() != Ok(true) {
                return;
            }
            conn.send(&whole[half..]);
        }
    });
    (origin, tell)
}

/// A viewer that reads an answer while it arrives.
struct Viewer {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Viewer {
    async fn asks(stand: &Stand, path: &str) -> Self {
        let mut stream = TcpStream::connect(stand.edge.address()).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: d\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        Self { stream, received: Vec::new() }
    }

    /// Reads until this is true of all bytes so far. False at the end of the connection.
    async fn until(&mut self, test: impl Fn(&[u8]) -> bool) -> bool {
        while !test(&self.received) {
            let mut bytes = [0; 4096];
            let read = tokio::time::timeout(Duration::from_secs(20), self.stream.read(&mut bytes));
            match read.await.expect("bytes or the end") {
                Ok(length @ 1..) => self.received.extend_from_slice(&bytes[..length]),
                Ok(0) | Err(_) => return false,
            }
        }
        true
    }

    /// Reads until these bytes of the object can be decoded.
    async fn until_decoded(&mut self, bytes: usize) -> bool {
        self.until(|received| beginning(received) == text(bytes)).await
    }
}

/// The part of the object that a gzip decoder makes of an answer in chunks.
fn beginning(received: &[u8]) -> Vec<u8> {
    let head = received.windows(4).position(|window| window == b"\r\n\r\n");
    let mut rest = head.map_or(&[][..], |head| &received[head + 4..]);
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        let chunk = rest.get(end + 2..end + 2 + length);
        body.extend_from_slice(chunk.unwrap_or_default());
        rest = rest.get(end + 4 + length..).unwrap_or_default();
    }
    let mut plain = Vec::new();
    let _ = flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain);
    plain
}

fn is_whole(received: &[u8]) -> bool {
    received.ends_with(b"\r\n0\r\n\r\n")
}

#[actix_rt::test]
async fn viewers_see_the_object_while_it_arrives() {
    let (origin, tell) = halting();
    let stand = Stand::before(origin, |origin| document(origin, compressing())).await;
    let mut first = Viewer::asks(&stand, "/half").await;
    assert!(first.until_decoded(LENGTH / 2).await);
    // Another viewer joins.
    let mut second = Viewer::asks(&stand, "/half").await;
    assert!(second.until_decoded(LENGTH / 2).await);
    tell.send(true).unwrap();
    for viewer in [&mut first, &mut second] {
        assert!(viewer.until(is_whole).await);
        assert!(beginning(&viewer.received) == text(LENGTH));
    }
    assert_eq!(stand.asked().len(), 1);
    let reply = stand.get("/half", &[GZIP]).await;
    assert_eq!(source(&reply), "Hit");
    assert!(decoded(&reply) == text(LENGTH));
    stand.stop().await;
}

#[actix_rt::test]
async fn an_object_that_breaks_off_is_never_whole_and_never_kept() {
    let (origin, tell) = halting();
    let stand = Stand::before(origin, |origin| document(origin, compressing())).await;
    for _ in 0..2 {
        let mut viewer = Viewer::asks(&stand, "/half").await;
        assert!(viewer.until_decoded(LENGTH / 2).await);
        tell.send(false).unwrap();
        assert!(!viewer.until(is_whole).await, "the connection ends");
        assert!(beginning(&viewer.received) == text(LENGTH / 2));
    }
    assert_eq!(stand.asked().len(), 2);
    stand.stop().await;
}

#[actix_rt::test]
async fn an_object_without_a_place_is_passed_on_as_it_is() {
    let (origin, tell) = halting();
    let stand = Stand::before(origin, |origin| document(origin, compressing())).await;
    counters::keep();
    let refused = || counter("brink_gateway_not_compressed_total no_place");
    let before = refused();
    let mut viewers = Vec::new();
    for number in 0..PLACES {
        let mut viewer = Viewer::asks(&stand, &format!("/half{number}")).await;
        assert!(viewer.until_decoded(LENGTH / 2).await);
        viewers.push(viewer);
    }
    for _ in 0..2 {
        let reply = stand.get("/plain", &[GZIP]).await;
        assert_eq!(reply.header("content-encoding"), "");
        assert!(decoded(&reply) == text(LENGTH));
    }
    assert_eq!(refused() - before, 1);
    // This copy stays until its end, and other objects are compressed again.
    for _ in 0..PLACES {
        tell.send(true).unwrap();
    }
    for viewer in &mut viewers {
        assert!(viewer.until(is_whole).await);
    }
    let reply = stand.get("/plain", &[GZIP]).await;
    assert_eq!((reply.header("content-encoding"), source(&reply)), ("", "Hit"));
    let reply = stand.get("/other", &[GZIP]).await;
    assert_eq!(reply.header("content-encoding"), "gzip");
    stand.stop().await;
}

#[actix_rt::test]
async fn viewers_that_leave_give_their_places_back() {
    let (origin, tell) = halting();
    let stand = Stand::before(origin, |origin| document(origin, compressing())).await;
    for number in 0..PLACES + 8 {
        let mut viewer = Viewer::asks(&stand, &format!("/half{number}")).await;
        assert!(viewer.until_decoded(LENGTH / 2).await);
        drop(viewer);
        // The fetch goes on without its viewer.
        tell.send(number % 2 == 0).unwrap();
    }
    let reply = stand.get("/other", &[GZIP]).await;
    assert_eq!(reply.header("content-encoding"), "gzip");
    stand.stop().await;
}

#[actix_rt::test]
async fn a_cache_without_room_for_the_work_does_not_compress() {
    let _turn = TURNS.read().await;
    let origin = origin(|_, _| html(&["Cache-Control: max-age=60"], &text(LENGTH)));
    for (cache_bytes, expected) in [(2 << 20, ""), (16 << 20, "br")] {
        let document = document(&origin, compressing());
        let edge = Edge::sized(document, Size { cache_bytes, ..Size::USUAL }).await;
        // The memory comes back after each of them.
        for number in 0..12 {
            let reply = edge.request("GET", &format!("/{number}"), &[BOTH], b"").await;
            assert_eq!(reply.header("content-encoding"), expected);
            assert!(decoded(&reply) == text(LENGTH));
        }
        edge.stop().await;
    }
}
