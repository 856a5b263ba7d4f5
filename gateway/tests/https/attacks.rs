//! Viewers that try to exhaust a gateway by HTTP/2 or by TLS.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use brink_testing::process::{own_open_files, own_resident_kb};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::certificates::until;
use crate::client::{Site, document};
use crate::edge::Origin;
use crate::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, Frames, GOAWAY, HEADERS, PING, PRIORITY,
    RST_STREAM, SETTINGS, WINDOW_UPDATE, frame, get, head,
};
use crate::raw_origin::RawOrigin;

/// Most streams of a connection.
const STREAMS_MAX: usize = 128;

/// The reason of a GOAWAY to a viewer that asks too much.
const ENHANCE_YOUR_CALM: u8 = 11;

/// Requests that wait at an origin that never answers.
#[derive(Clone, Default)]
struct Waiting {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    all: Arc<AtomicUsize>,
}

impl Waiting {
    fn origin(&self) -> RawOrigin {
        let waiting = self.clone();
        RawOrigin::start(move |mut conn| {
            if conn.request().is_some() {
                waiting.all.fetch_add(1, Ordering::SeqCst);
                let now = waiting.now.fetch_add(1, Ordering::SeqCst) + 1;
                waiting.most.fetch_max(now, Ordering::SeqCst);
                // Until the gateway leaves.
                conn.read();
                waiting.now.fetch_sub(1, Ordering::SeqCst);
            }
        })
    }
}

async fn site_of(origin: &RawOrigin) -> Site {
    Site::start(document(&format!("http://127.0.0.1:{}", origin.port), json!({}))).await
}

#[actix_rt::test]
async fn requests_that_are_reset_at_once_stay_few() {
    let waiting = Waiting::default();
    let origin = waiting.origin();
    let site = site_of(&origin).await;
    let mut viewer = Frames::open(&site, &[]).await;
    for stream in (1..6_000).step_by(2) {
        let reset = frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]);
        if viewer.send(&[get(stream, "/"), reset].concat()).await.is_err() {
            break;
        }
    }
    let goaway = viewer.until(GOAWAY).await.expect("the gateway gives up first");
    assert_eq!(goaway.content[7], ENHANCE_YOUR_CALM);
    while viewer.next().await.is_some() {}
    until("no request is left", async || waiting.now.load(Ordering::SeqCst) == 0).await;
    let most = waiting.most.load(Ordering::SeqCst);
    assert!(most <= STREAMS_MAX, "{most} requests ran at once");
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_viewer_that_gives_up_all_requests_must_open_another_connection() {
    let waiting = Waiting::default();
    let origin = waiting.origin();
    let site = site_of(&origin).await;
    let mut viewer = Frames::open(&site, &[]).await;
    let mut stream = 1;
    let mut goaway = None;
    // Each batch runs before it is reset. So h2 itself counts no reset.
    while goaway.is_none() && stream < 4_000 {
        let batch: Vec<u32> = (0..100).map(|n| stream + 2 * n).collect();
        stream += 200;
        let before = waiting.all.load(Ordering::SeqCst);
        let requests: Vec<u8> = batch.iter().flat_map(|stream| get(*stream, "/")).collect();
        viewer.send(&requests).await.unwrap();
        until("the batch runs", async || waiting.all.load(Ordering::SeqCst) >= before + 100).await;
        let resets = batch.iter().flat_map(|s| frame(RST_STREAM, 0, *s, &[0, 0, 0, 8]));
        let resets: Vec<u8> = resets.collect();
        viewer.send(&[resets, frame(PING, 0, 0, &[7; 8])].concat()).await.unwrap();
        loop {
            let frame = viewer.next().await.expect("the connection closes in order");
            match frame.kind {
                GOAWAY => goaway = Some(frame),
                PING if frame.flags == 1 => break,
                _ => {}
            }
        }
        until("the batch is over", async || waiting.now.load(Ordering::SeqCst) == 0).await;
    }
    assert!(goaway.is_some() && stream < 2_000, "{stream}");
    // It has not answered the gateway's last PING, for which the gateway would wait.
    drop(viewer);
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_head_without_end_is_rejected_early() {
    let origin = Origin::start().await;
    let site = Site::start(document(&origin.url(), json!({}))).await;
    site.get("/warm").await;
    let before = own_resident_kb();
    let mut viewer = Frames::open(&site, &[]).await;
    let line = [&[0, 1, b'x', 127, 0x80 | 1, 0x7d][..], &[b'v'; 16_128]].concat();
    let mut sent = 0;
    let mut content = head(2, "/");
    let mut kind = HEADERS;
    while sent < 15 << 20 {
        content.truncate(16_384);
        if viewer.send(&frame(kind, 0, 1, &content)).await.is_err() {
            break;
        }
        sent += content.len();
        (kind, content) = (CONTINUATION, line.clone());
    }
    assert!(sent < 8 << 20, "{sent} bytes of one head were taken");
    let grown = own_resident_kb().saturating_sub(before);
    assert!(grown < 16 * 1024, "{grown} kB");
    assert!(site.get("/alive").await.contains("/alive"));
    site.edge.stop().await;
}

#[actix_rt::test]
async fn floods_of_frames_that_say_nothing_end_the_connection() {
    let waiting = Waiting::default();
    let origin = waiting.origin();
    let site = site_of(&origin).await;
    let files = own_open_files();
    let before = own_resident_kb();
    let open_stream = frame(HEADERS, END_HEADERS, 1, &head(3, "/upload"));
    for (name, first, flood) in [
        ("PING", vec![], frame(PING, 0, 0, &[0; 8])),
        ("SETTINGS", vec![], frame(SETTINGS, 0, 0, &[])),
        ("SETTINGS that change", vec![], frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 9])),
        ("PRIORITY", vec![], frame(PRIORITY, 0, 5, &[0, 0, 0, 0, 9])),
        ("WINDOW_UPDATE", vec![], frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1])),
        ("an unknown kind", vec![], frame(0x42, 0, 0, &[0; 20])),
        ("empty DATA", open_stream.clone(), frame(DATA, 0, 1, &[])),
        ("padding alone", open_stream, frame(DATA, 8, 1, &[3, 0, 0, 0])),
    ] {
        let mut viewer = Frames::open(&site, &[]).await;
        viewer.send(&first).await.unwrap();
        let many = flood.repeat(64 * 1024 / flood.len());
        let (mut from, mut to) = tokio::io::split(viewer.stream);
        let reading = async {
            let mut sink = vec![0; 64 * 1024];
            while from.read(&mut sink).await.is_ok_and(|len| len > 0) {}
        };
        let sending = async {
            let mut sent = 0;
            while sent < 32 << 20 && to.write_all(&many).await.is_ok() {
                sent += many.len();
            }
            sent
        };
        let both = async { tokio::join!(sending, reading) };
        let ended = tokio::time::timeout(Duration::from_secs(60), both).await;
        let (sent, ()) = ended.unwrap_or_else(|_| panic!("{name}: the connection goes on"));
        assert!(sent < 16 << 20, "{name}: {sent} bytes were taken");
    }
    let grown = own_resident_kb().saturating_sub(before);
    assert!(grown < 24 * 1024, "{grown} kB");
    until("the connections are closed", async || own_open_files() <= files + 4).await;
    assert!(waiting.most.load(Ordering::SeqCst) <= 2);
    site.edge.stop().await;
}

#[actix_rt::test]
async fn viewers_that_open_no_window_take_little_memory() {
    let body = vec![b'x'; 4 << 20];
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let origin = RawOrigin::answering([head.as_bytes(), &body].concat());
    let site = site_of(&origin).await;
    let before = own_resident_kb();
    let mut viewer = Frames::open(&site, &[(4, 0)]).await;
    let requests = (0..STREAMS_MAX as u32).flat_map(|n| get(2 * n + 1, "/"));
    let requests: Vec<u8> = requests.collect();
    viewer.send(&requests).await.unwrap();
    let mut heads = 0;
    while heads < STREAMS_MAX {
        let frame = viewer.next().await.expect("the connection stays");
        heads += usize::from(frame.kind == HEADERS);
        assert!(frame.kind != DATA || frame.flags & END_STREAM == 0);
    }
    let grown = own_resident_kb().saturating_sub(before);
    assert!(grown < 80 * 1024, "{grown} kB for {STREAMS_MAX} answers of 4 MiB");
    drop(viewer);
    site.edge.stop().await;
}

#[actix_rt::test]
async fn viewers_without_a_handshake_do_not_keep_others_away() {
    let origin = Origin::start().await;
    let site = Site::start(document(&origin.url(), json!({}))).await;
    let mut silent = Vec::new();
    for number in 0..300 {
        let mut stream = TcpStream::connect(site.address()).await.unwrap();
        if number % 2 == 0 {
            // The beginning of a handshake.
            stream.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
        }
        silent.push(stream);
    }
    assert!(site.get("/").await.starts_with("HTTP/1.1 200 "));
    drop(silent);
    site.edge.stop().await;
}

#[actix_rt::test]
async fn a_gateway_that_stops_answers_what_it_has_begun() {
    let origin = RawOrigin::start(|mut conn| {
        if conn.request().is_some() {
            std::thread::sleep(Duration::from_millis(500));
            conn.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");
        }
    });
    let site = site_of(&origin).await;
    let mut viewer = Frames::open(&site, &[]).await;
    viewer.send(&get(1, "/")).await.unwrap();
    until("the origin is asked", async || origin.requests().len() == 1).await;
    let stopping = actix_rt::spawn(site.edge.stop());
    let (mut goaways, mut body) = (0, Vec::new());
    while let Some(frame) = viewer.next().await {
        match frame.kind {
            GOAWAY => goaways += 1,
            DATA => body.extend(frame.content),
            PING if frame.flags == 0 => {
                viewer.send(&crate::frames::frame(PING, 1, 0, &frame.content)).await.unwrap();
            }
            _ => {}
        }
    }
    assert_eq!((body.as_slice(), goaways > 0), (&b"late"[..], true));
    stopping.await.unwrap();
}
