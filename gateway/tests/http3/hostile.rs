//! Viewers that try to exhaust a gateway by HTTP/3.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join;
use serde_json::json;

use crate::client::document;
use crate::edge::Origin;
use crate::raw_origin::RawOrigin;
use crate::viewer::Viewer;
use crate::{site, until};

/// Kinds of frames.
const DATA: u32 = 0;
const HEADERS: u32 = 1;
const UNKNOWN: u32 = 0x21;

#[actix_rt::test]
async fn large_heads_are_rejected_and_the_connection_goes_on() {
    let origin = Origin::start().await;
    let site = site(document(&origin.url(), json!({}))).await;
    let mut viewer = Viewer::connected(&site).await;
    for (length, status) in [(15_000, 200), (21_000, 413), (30_000, 431), (60_000, 0)] {
        let lines: Vec<_> =
            (0..length / 1000).map(|n| [format!("x-{n}"), "v".repeat(990)]).collect();
        let got = viewer.run("ask", json!({"path": "/", "headers": lines})).await;
        assert_eq!(got["status"], status, "{length}: {got}");
        assert_eq!(got["reset"].is_number(), status == 0, "{length}: {got}");
    }
    let lines: Vec<_> = (0..100).map(|n| [format!("x-{n}"), "v".to_owned()]).collect();
    let got = viewer.run("ask", json!({"path": "/", "headers": lines})).await;
    assert_eq!(got["status"], 413, "{got}");
    for (path, host) in [("/../up", "shop.test"), ("/", "evil.test")] {
        let headers = if host == "evil.test" { json!([["host", host]]) } else { json!([]) };
        let got = viewer.run("ask", json!({"path": path, "headers": headers})).await;
        assert!(got["status"] == 400 || got["reset"].is_number(), "{path} {host}: {got}");
    }
    assert_eq!(viewer.get("/alive").await["status"], 200);
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_frame_that_is_too_long_ends_its_request_and_many_short_ones_are_read() {
    let origin = Origin::start().await;
    let site = site(document(&origin.url(), json!({}))).await;
    let mut viewer = Viewer::connected(&site).await;
    let long = json!({"frames": [[HEADERS, 1 << 20, 1]]});
    let stream = viewer.run("frames", long).await["stream"].clone();
    let got = viewer.run("answer", json!({ "stream": stream })).await;
    assert!(got["reset"].is_number(), "{got}");
    let post = json!({"path": "/count", "method": "POST", "headers": [["content-type", "x"]],
                      "is_open": true});
    let stream = viewer.run("ask", post).await["stream"].clone();
    let short = json!([[DATA, 1, 20_000], [UNKNOWN, 3, 20_000], [DATA, 0, 10], [DATA, 1, 1]]);
    let short = json!({"stream": stream, "frames": short, "ends": true});
    viewer.run("frames", short).await;
    let got = viewer.run("answer", json!({ "stream": stream })).await;
    assert_eq!(got["body"], "20001 x", "{got}");
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_body_must_be_as_long_as_announced() {
    let origin = Origin::start().await;
    let site = site(document(&origin.url(), json!({}))).await;
    let mut viewer = Viewer::connected(&site).await;
    for (announced, piece) in [("3", "abcd"), ("5", "abcd")] {
        let headers = json!([["content-type", "x"], ["content-length", announced]]);
        let asked =
            json!({"path": "/count", "method": "POST", "headers": headers, "pieces": [piece]});
        let got = viewer.run("ask", asked).await;
        assert_ne!(got["status"], 200, "{got}");
    }
    assert_eq!(viewer.get("/alive").await["status"], 200);
    site.edge.stop().await;
}

#[actix_rt::test]
async fn requests_that_are_given_up_end_at_once_and_a_viewer_that_gives_up_most_must_go() {
    let (now, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let origin = RawOrigin::start({
        let (now, all) = (now.clone(), all.clone());
        move |mut conn| {
            if conn.request().is_some() {
                all.fetch_add(1, Ordering::SeqCst);
                now.fetch_add(1, Ordering::SeqCst);
                // Until the gateway leaves.
                conn.read();
                now.fetch_sub(1, Ordering::SeqCst);
            }
        }
    });
    let site = site(document(&format!("http://127.0.0.1:{}", origin.port), json!({}))).await;
    let mut viewer = Viewer::connected(&site).await;
    let asked = json!({"path": "/", "starts": true});
    let stream = viewer.run("ask", asked).await["stream"].clone();
    until("the request runs", async || now.load(Ordering::SeqCst) == 1).await;
    viewer.run("reset", json!({ "stream": stream })).await;
    until("the request is over", async || now.load(Ordering::SeqCst) == 0).await;
    let goaway = viewer.run("give_up", json!({"path": "/", "most": 2_000})).await;
    assert!(
        goaway["goaway"].is_number() && goaway["given_up"].as_u64().unwrap() < 1_000,
        "{goaway}"
    );
    until("no request is left", async || now.load(Ordering::SeqCst) == 0).await;
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_flood_of_frames_without_meaning_ends_the_connection() {
    let origin = Origin::start().await;
    let site = site(document(&origin.url(), json!({}))).await;
    let mut viewer = Viewer::connected(&site).await;
    let post = json!({"path": "/count", "method": "POST", "headers": [["content-type", "x"]],
                      "is_open": true});
    let stream = viewer.run("ask", post).await["stream"].clone();
    viewer.run("frames", json!({"stream": stream, "frames": [[UNKNOWN, 1000, 3_000]]})).await;
    let ended = viewer.run("ended", json!({})).await;
    // H3_EXCESSIVE_LOAD.
    assert_eq!(ended["code"], 0x107, "{ended}");
    site.edge.stop().await;
}

#[actix_rt::test]
async fn viewers_that_read_nothing_are_cut_off_and_their_connections_go_on() {
    let body = vec![b'x'; 4 << 20];
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let large = [head.as_bytes(), &body].concat();
    let origin = RawOrigin::start(move |mut conn| {
        while let Some(request) = conn.request() {
            if request.starts_with("GET /large") {
                conn.send(&large);
            } else {
                conn.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalive");
            }
        }
    });
    let site = site(document(&format!("http://127.0.0.1:{}", origin.port), json!({}))).await;
    let mut viewer = Viewer::start(&site).await;
    let mut roomless = Viewer::start(&site).await;
    let window = json!({"stalls": true, "window": 64 * 1024});
    assert_eq!(viewer.open(window).await["resumed"], false);
    // Not even the head of an answer has room.
    let no_window = json!({"stalls": true, "answer_window": 0});
    assert_eq!(roomless.open(no_window).await["resumed"], false);
    let (got, none) = join(
        viewer.run("ask", json!({"path": "/large", "within": 100})),
        roomless.run("ask", json!({"path": "/alive", "within": 100})),
    )
    .await;
    assert!(got["reset"].is_number(), "{got}");
    assert!(got["length"].as_u64().unwrap() <= 64 * 1024, "{got}");
    assert!(none["status"] == 0 && none["reset"].is_number(), "{none}");
    assert_eq!(viewer.get("/alive").await["body"], "alive");
    site.edge.stop().await;
}
