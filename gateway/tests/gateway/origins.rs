//! Origins that misbehave, as viewers see them.

use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Instant;

use super::*;
use crate::raw_origin::RawOrigin;
use brink_testing::exchange;

/// Failures are told within this: a second of the origin's patience, and some for a busy machine.
const BOUND: Duration = Duration::from_secs(5);

const GET: &str = "GET /a HTTP/1.1\r\nHost: d.brink.localhost\r\n\r\n";

fn impatient(port: u16, behavior: Value) -> Value {
    let mut behavior = behavior;
    behavior["path"] = json!("*");
    behavior["origin"] = json!("web");
    let url = format!("http://127.0.0.1:{port}");
    let web = json!({"url": url, "attempts": 1, "connect_timeout": "1s", "read_timeout": "1s"});
    json!({"id": "d", "origins": {"web": web}, "behaviors": [behavior]})
}

#[actix_rt::test]
async fn an_origin_without_an_answer_is_told_by_status_and_not_kept() {
    let silent = RawOrigin::start(|mut conn| conn.stall());
    let closing = RawOrigin::start(|mut conn| drop(conn.request()));
    let resetting = RawOrigin::start(|mut conn| conn.wait_unread());
    let garbage = RawOrigin::answering("\x01garbage\r\n\r\n");
    for (name, port, status) in [
        ("refusing", RawOrigin::closed_port(), 502),
        ("silent", silent.port, 504),
        ("closing", closing.port, 502),
        ("resetting", resetting.port, 502),
        ("garbage", garbage.port, 502),
    ] {
        let edge = Edge::start(impatient(port, json!({}))).await;
        for _ in 0..2 {
            let asked = Instant::now();
            let reply = edge.get("/a").await;
            let seen = (reply.status, reply.header("x-cache"));
            assert_eq!(seen, (status, "Error from brink"), "{name}");
            assert!(asked.elapsed() < BOUND, "{name}");
        }
        edge.stop().await;
    }
    assert_eq!((silent.connections(), closing.connections()), (2, 2));
    assert_eq!(garbage.requests().len(), 2);
}

#[actix_rt::test]
async fn a_body_that_breaks_off_closes_the_viewers_connection_and_is_not_kept() {
    const LONG: &str = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";
    const CHUNKS: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
    let closing = |text: &'static str| {
        RawOrigin::start(move |mut conn| {
            conn.request();
            conn.send(text);
        })
    };
    let stalling = RawOrigin::start(|mut conn| {
        conn.request();
        conn.send(LONG);
        conn.stall();
    });
    let rubbish = RawOrigin::answering(format!("{CHUNKS}ZZ\r\n"));
    for behavior in [json!({}), json!({"cache": {"default_ttl": "0s", "max_ttl": "0s"}})] {
        for origin in [&closing(LONG), &closing(CHUNKS), &stalling, &rubbish] {
            let edge = Edge::start(impatient(origin.port, behavior.clone())).await;
            for _ in 0..2 {
                let (asked, before) = (Instant::now(), origin.connections());
                let reply = raw(edge.address(), GET).await;
                assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
                assert!(reply.contains("X-Cache: Miss from brink"), "{reply}");
                assert!(reply.contains("hello") && !reply.ends_with("0\r\n\r\n"), "{reply}");
                assert!(asked.elapsed() < BOUND);
                assert_eq!(origin.connections(), before + 1, "not kept");
            }
            edge.stop().await;
        }
    }
}

#[actix_rt::test]
async fn a_dead_origin_is_asked_once_for_all_followers() {
    let silent = RawOrigin::start(|mut conn| conn.stall());
    let edge = Edge::start(impatient(silent.port, json!({}))).await;
    let asked = Instant::now();
    let replies = futures_util::future::join_all((0..20).map(|_| edge.get("/a"))).await;
    assert!(replies.iter().all(|reply| reply.status == 504));
    assert!(asked.elapsed() < BOUND);
    // A request that comes after the failure begins anew; twenty at once do not.
    assert!(silent.connections() <= 2, "{}", silent.connections());
    edge.stop().await;
}

#[actix_rt::test]
async fn a_viewer_who_leaves_does_not_stop_the_fetch() {
    let (go, wait) = mpsc::channel();
    let wait = Mutex::new(wait);
    let origin = RawOrigin::start(move |mut conn| {
        conn.request();
        conn.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
        wait.lock().unwrap().recv().unwrap();
        conn.send("world");
        conn.stall();
    });
    let mut document = impatient(origin.port, json!({}));
    document["origins"]["web"]["read_timeout"] = json!("10s");
    let edge = Edge::start(document).await;
    let half = exchange::begin(edge.address(), exchange::request("GET", "/a", "")).await;
    assert_eq!(half.status().as_u16(), 200);
    drop(half);
    go.send(()).unwrap();
    let whole = edge.get("/a").await;
    assert_eq!((whole.text().as_str(), whole.header("x-cache")), ("helloworld", "Hit from brink"));
    assert_eq!(origin.requests().len(), 1);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_viewer_who_stalls_an_upload_is_told_and_disconnected() {
    let origin = RawOrigin::start(|mut conn| drop(conn.request()));
    let edge = Edge::start(impatient(origin.port, json!({"methods": "all"}))).await;
    let asked = Instant::now();
    let head = "POST /a HTTP/1.1\r\nHost: d.brink.localhost\r\nContent-Length: 10\r\n\r\nabc";
    let reply = raw(edge.address(), head).await;
    assert!(reply.starts_with("HTTP/1.1 400"), "{reply}");
    assert!(asked.elapsed() < BOUND);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_stored_copy_is_confirmed_by_its_own_validators_only() {
    let origin = RawOrigin::answering(
        "HTTP/1.1 200 OK\r\nCache-Control: max-age=0\r\n\
         Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 5\r\n\r\nhello",
    );
    let behavior = json!({"forward": {"headers": ["If-None-Match", "Range"]}});
    let edge = Edge::start(impatient(origin.port, behavior)).await;
    assert_eq!(edge.get("/a").await.status, 200);
    let theirs = [("If-None-Match", "\"theirs\""), ("Range", "bytes=0-1")];
    edge.request("GET", "/a", &theirs, b"").await;
    let sent = origin.requests().pop().unwrap().to_ascii_lowercase();
    assert!(sent.contains("if-modified-since: sun, 06 nov 1994"), "{sent}");
    assert!(!sent.contains("if-none-match") && !sent.contains("range"), "{sent}");
    edge.stop().await;
}

#[actix_rt::test]
async fn a_head_that_refreshes_a_copy_keeps_its_body() {
    let origin = RawOrigin::start(|mut conn| {
        while let Some(request) = conn.request() {
            conn.send(
                "HTTP/1.1 200 OK\r\nCache-Control: max-age=1, stale-while-revalidate=60\r\n\
                 Content-Length: 5\r\n\r\n",
            );
            if request.starts_with("GET") {
                conn.send("hello");
            }
        }
    });
    let edge = Edge::start(impatient(origin.port, json!({}))).await;
    assert_eq!(edge.get("/a").await.text(), "hello");
    let until = Instant::now() + BOUND;
    while origin.requests().len() < 2 {
        assert!(Instant::now() < until);
        let head = edge.request("HEAD", "/a", &[], b"").await;
        assert_eq!((head.status, head.header("x-cache")), (200, "Hit from brink"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(origin.requests()[1].starts_with("GET"));
    assert_eq!(edge.get("/a").await.text(), "hello");
    edge.stop().await;
}
