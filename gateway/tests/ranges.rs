//! Ranges of objects of any size: from the origin, from the kept parts, and from both together
//! (`contract.md` 7.7).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "ranges/film.rs"]
mod film;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "edge/stage.rs"]
mod stage;

use std::ops::Range;
use std::sync::Arc;

use brink_shared::admin::Invalidate;
use brink_shared::bus::{Bus, EmbeddedBus};
use brink_shared::subject;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use edge::{Edge, Reply, raw};
use film::{Film, bytes_of};
use raw_origin::RawOrigin;
use stage::{Stage, at, document};

/// Larger than what is kept whole.
const LARGE: usize = 80 << 20;

async fn edge_for(film: &film::Running) -> Edge {
    Edge::start(document(&film.origin, json!({}))).await
}

async fn ask(edge: &Edge, headers: &[(&str, &str)]) -> Reply {
    edge.request("GET", "/film", headers, b"").await
}

async fn range(edge: &Edge, range: &str) -> Reply {
    ask(edge, &[("Range", range)]).await
}

/// The reply is a 206 with these bytes of a film of this length.
#[track_caller]
fn is_part(reply: &Reply, range: Range<usize>, total: usize) {
    assert_eq!(reply.status, 206);
    let told = format!("bytes {}-{}/{total}", range.start, range.end - 1);
    assert_eq!(reply.header("content-range"), told);
    assert_eq!(reply.header("content-length"), range.len().to_string());
    assert!(reply.body == bytes_of(range.clone()), "other bytes than {range:?}");
}

#[actix_rt::test]
async fn a_range_of_a_large_object_is_asked_of_the_origin_once() {
    let film = Film::new(LARGE).start();
    let edge = edge_for(&film).await;
    for (header, expected) in [
        ("bytes=0-9", 0..10),
        ("bytes=50000000-50300000", 50_000_000..50_300_001),
        ("bytes=-70000", LARGE - 70_000..LARGE),
        ("bytes=83886000-", 83_886_000..LARGE),
    ] {
        let first = range(&edge, header).await;
        is_part(&first, expected.clone(), LARGE);
        assert_eq!(first.header("accept-ranges"), "bytes");
        let asked = film.asked();
        let again = range(&edge, header).await;
        is_part(&again, expected, LARGE);
        assert_eq!(again.header("x-cache"), "Hit from brink", "{header}");
        assert!(!again.header("age").is_empty());
        assert_eq!(film.asked(), asked, "{header}");
    }
    assert_eq!(film.asked().len(), 3);
    assert!(film.asked().iter().all(|request| request.range.is_some()));
    edge.stop().await;
}

#[actix_rt::test]
async fn kept_bytes_are_served_and_only_the_rest_is_fetched() {
    let film = Film::new(LARGE).start();
    let edge = edge_for(&film).await;
    is_part(&range(&edge, "bytes=1000-299999").await, 1000..300_000, LARGE);
    // A part of it, then one that goes on beyond it.
    is_part(&range(&edge, "bytes=5000-5999").await, 5000..6000, LARGE);
    is_part(&range(&edge, "bytes=200000-499999").await, 200_000..500_000, LARGE);
    let asked = film.asked();
    assert_eq!(asked[1].range.as_deref(), Some("bytes=300000-499999"));
    assert_eq!(asked[1].if_range.as_deref(), Some("\"v1\""));
    is_part(&range(&edge, "bytes=1000-499999").await, 1000..500_000, LARGE);
    assert_eq!(film.asked().len(), 2);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_changed_object_is_never_mixed_with_kept_bytes() {
    let mut film = Film::new(LARGE);
    film.changes_after = Some(1);
    let film = film.start();
    let edge = edge_for(&film).await;
    is_part(&range(&edge, "bytes=0-99999").await, 0..100_000, LARGE);
    let reply = range(&edge, "bytes=0-199999").await;
    assert_eq!((reply.status, reply.body.len()), (206, 200_000));
    assert_eq!(reply.header("etag"), "\"v2\"");
    assert!(reply.body.iter().zip(bytes_of(0..200_000)).all(|(new, old)| *new == !old));
    edge.stop().await;
}

#[actix_rt::test]
async fn without_a_strong_validator_parts_of_two_answers_are_not_joined() {
    let mut film = Film::new(LARGE);
    film.etag = "W/\"v\"";
    let film = film.start();
    let edge = edge_for(&film).await;
    is_part(&range(&edge, "bytes=0-99").await, 0..100, LARGE);
    is_part(&range(&edge, "bytes=0-199").await, 0..200, LARGE);
    assert_eq!(film.asked()[1].range.as_deref(), Some("bytes=0-199"));
    is_part(&range(&edge, "bytes=50-149").await, 50..150, LARGE);
    assert_eq!(film.asked().len(), 2);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_download_is_resumed_if_the_copy_is_still_the_same() {
    let film = Film::new(LARGE).start();
    let edge = edge_for(&film).await;
    let resumed = [("Range", "bytes=83000000-"), ("If-Range", "\"v1\"")];
    for _ in ["from the origin", "from what is kept"] {
        is_part(&ask(&edge, &resumed).await, 83_000_000..LARGE, LARGE);
    }
    assert_eq!(film.asked().len(), 1);
    let other = Film::new(200_000).start();
    let edge_of_other = edge_for(&other).await;
    for _ in ["from the origin", "from what is kept"] {
        let stale = [("Range", "bytes=100000-"), ("If-Range", "\"v0\"")];
        let whole = ask(&edge_of_other, &stale).await;
        assert_eq!((whole.status, whole.body.len()), (200, 200_000));
    }
    assert_eq!(other.asked().len(), 1);
    edge.stop().await;
    edge_of_other.stop().await;
}

#[actix_rt::test]
async fn everything_from_the_first_byte_is_fetched_as_the_whole_is() {
    let film = Film::new(300_000).start();
    let edge = edge_for(&film).await;
    let requests = (0..20).map(|_| range(&edge, "bytes=0-"));
    for reply in futures_util::future::join_all(requests).await {
        is_part(&reply, 0..300_000, 300_000);
    }
    assert_eq!(film.asked().len(), 1);
    assert_eq!(film.asked()[0].range, None);
    assert_eq!(edge.get("/film").await.header("x-cache"), "Hit from brink");

    let large = Film::new(34 << 20).start();
    let edge_of_large = edge_for(&large).await;
    is_part(&range(&edge_of_large, "bytes=0-").await, 0..34 << 20, 34 << 20);
    is_part(
        &range(&edge_of_large, "bytes=30000000-30000999").await,
        30_000_000..30_001_000,
        34 << 20,
    );
    assert_eq!(large.asked().len(), 1);
    edge.stop().await;
    edge_of_large.stop().await;
}

#[actix_rt::test]
async fn an_origin_without_ranges_gives_the_whole_which_then_has_ranges() {
    let mut film = Film::new(200_000);
    film.has_ranges = false;
    let film = film.start();
    let edge = edge_for(&film).await;
    let whole = range(&edge, "bytes=100-199").await;
    assert_eq!((whole.status, whole.body.len()), (200, 200_000));
    is_part(&range(&edge, "bytes=100-199").await, 100..200, 200_000);
    assert_eq!(film.asked().len(), 1);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_body_of_unknown_length_is_sent_whole() {
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    for header in ["bytes=1-2", "bytes=0-"] {
        let origin = RawOrigin::answering(answer);
        let edge = Edge::start(document(&origin, json!({}))).await;
        let whole = range(&edge, header).await;
        assert_eq!((whole.status, whole.text().as_str()), (200, "hello"), "{header}");
        // Once it is kept its length is known.
        assert_eq!(range(&edge, "bytes=1-2").await.text(), "el");
        edge.stop().await;
    }
}

#[actix_rt::test]
async fn several_ranges_have_a_body_of_several_parts() {
    let film = Film::new(200_000).start();
    let edge = edge_for(&film).await;
    edge.get("/film").await;
    let reply = range(&edge, "bytes=10-19,100000-149999,-5").await;
    assert_eq!(reply.status, 206);
    let kind = reply.header("content-type").to_owned();
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").unwrap();
    let mut expected = Vec::new();
    for part in [10..20, 100_000..150_000, 199_995..200_000] {
        let (first, last) = (part.start, part.end - 1);
        let head = format!(
            "\r\n--{boundary}\r\nContent-Type: video/mp4\r\n\
             Content-Range: bytes {first}-{last}/200000\r\n\r\n"
        );
        expected.extend_from_slice(head.as_bytes());
        expected.extend(bytes_of(part));
    }
    expected.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    assert!(reply.body == expected);
    assert_eq!(reply.header("content-length"), expected.len().to_string());
    for (header, status) in [
        ("bytes=10-19,15-30", 200),
        ("bytes=30-40,10-19", 200),
        ("bytes=10-19,--3", 200),
        ("bytes=19-10", 200),
        ("pages=1-2", 200),
        ("bytes=300000-,400000-500000", 416),
        ("bytes=10-19,300000-", 206),
    ] {
        assert_eq!(range(&edge, header).await.status, status, "{header}");
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn a_range_beyond_the_end_is_416_and_not_kept() {
    let film = Film::new(LARGE).start();
    let edge = edge_for(&film).await;
    for asked in 1..3 {
        let beyond = range(&edge, "bytes=90000000-").await;
        assert_eq!(beyond.status, 416);
        assert_eq!(beyond.header("content-range"), format!("bytes */{LARGE}"));
        assert_eq!(film.asked().len(), asked);
    }
    // The kept parts tell the object's length, so the gateway knows that the range is outside of
    // it.
    range(&edge, "bytes=0-9").await;
    let beyond = range(&edge, "bytes=90000000-").await;
    assert_eq!((beyond.status, film.asked().len()), (416, 3));
    assert_eq!(beyond.header("content-range"), format!("bytes */{LARGE}"));
    edge.stop().await;
}

#[actix_rt::test]
async fn a_range_of_an_uncached_object_goes_to_the_origin_each_time() {
    let film = Film::new(LARGE).start();
    let off = json!({"cache": {"min_ttl": "0s", "default_ttl": "0s", "max_ttl": "0s"}});
    let edge = Edge::start(document(&film.origin, off)).await;
    for asked in 1..3 {
        is_part(&range(&edge, "bytes=70000000-70000009").await, 70_000_000..70_000_010, LARGE);
        assert_eq!(film.asked().len(), asked);
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn objects_that_may_not_be_kept_are_not_kept_in_parts() {
    let mut film = Film::new(LARGE);
    film.cache_control = "private, no-store";
    let film = film.start();
    let edge = edge_for(&film).await;
    for asked in 1..3 {
        is_part(&range(&edge, "bytes=0-9").await, 0..10, LARGE);
        assert_eq!(film.asked().len(), asked);
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn a_broken_range_is_sent_as_it_came_and_not_kept() {
    let origin = RawOrigin::answering(
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 4-9/10\r\nContent-Length: 5\r\n\
         ETag: \"v\"\r\n\r\n01234",
    );
    let edge = Edge::start(document(&origin, json!({}))).await;
    for asked in 1..3 {
        let reply = range(&edge, "bytes=-5").await;
        assert_eq!((reply.status, reply.text().as_str()), (206, "01234"));
        assert_eq!(origin.requests().len(), asked);
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn functions_run_once_for_a_range_and_not_for_kept_bytes() {
    let film = Film::new(LARGE).start();
    let triggers = ["origin-request", "origin-response", "viewer-response"];
    let stage = Stage::passing(document(&film.origin, at(&triggers))).await;
    let headers = [("Range", "bytes=10-19")];
    is_part(&stage.get_with("/film", &headers).await, 10..20, LARGE);
    let shown = stage.shown("origin-request");
    assert_eq!(shown["request"]["headers"]["range"][0]["value"], "bytes=10-19");
    assert_eq!(stage.ran(), triggers);
    is_part(&stage.get_with("/film", &headers).await, 10..20, LARGE);
    assert_eq!(stage.ran(), ["viewer-response"]);
    stage.stop().await;
}

#[actix_rt::test]
async fn answers_tell_that_they_have_ranges() {
    let film = Film::new(200_000).start();
    let edge = edge_for(&film).await;
    for method in ["HEAD", "GET", "GET", "HEAD"] {
        let reply = edge.request(method, "/film", &[], b"").await;
        assert_eq!((reply.status, reply.header("accept-ranges")), (200, "bytes"));
    }
    let not_modified = ask(&edge, &[("If-None-Match", "\"v1\""), ("Range", "bytes=0-1")]).await;
    assert_eq!(not_modified.status, 304);
    let old = "GET /film HTTP/1.0\r\nHost: d.brink.localhost\r\nRange: bytes=0-1\r\n\r\n";
    assert!(raw(edge.address(), old).await.contains(" 206 "));
    edge.stop().await;
}

#[actix_rt::test]
async fn bytes_that_leave_the_store_while_sending_come_from_the_origin() {
    let film = Film::new(LARGE).start();
    let bus: Arc<dyn Bus> = EmbeddedBus::new();
    let stop = CancellationToken::new();
    let edge = Edge::on(bus.clone(), stop, document(&film.origin, json!({}))).await;
    is_part(&range(&edge, "bytes=0-19999999").await, 0..20_000_000, LARGE);

    let mut viewer = TcpStream::connect(edge.address()).await.unwrap();
    let request = "GET /film HTTP/1.1\r\nHost: d.brink.localhost\r\nConnection: close\r\n\
                   Range: bytes=0-19999999\r\n\r\n";
    viewer.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1000];
    viewer.read_exact(&mut answer).await.unwrap();
    let forget = Invalidate { id: "d".parse().unwrap(), paths: vec!["/*".to_owned()] };
    let message = serde_json::to_vec(&forget).unwrap().into();
    bus.publish(subject::INVALIDATE, None, message).await.unwrap();
    // The origin is asked again once the first bytes are forgotten.
    while film.asked().len() == 1 {
        is_part(&range(&edge, "bytes=5-9").await, 5..10, LARGE);
    }
    viewer.read_to_end(&mut answer).await.unwrap();

    let body = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    assert!(answer[..body].starts_with(b"HTTP/1.1 206 "));
    assert!(answer[body..] == bytes_of(0..20_000_000));
    let rest = |asked: &film::Asked| {
        let range = asked.range.as_deref().unwrap_or_default();
        asked.if_range.is_some() && range.ends_with("-19999999")
    };
    assert!(film.asked().iter().any(rest), "{:?}", film.asked());
    edge.stop().await;
}
