//! Tests which answers are compressed, and the compressed form as viewers get it (`contract.md`
//! 7.6).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "compression/arriving.rs"]
mod arriving;
#[path = "compression/conditions.rs"]
mod conditions;
#[path = "compression/counters.rs"]
mod counters;
#[path = "compression/decoders.rs"]
mod decoders;
#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "compression/functions.rs"]
mod functions;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;
#[path = "compression/rules.rs"]
mod rules;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "edge/stage.rs"]
mod stage;
#[path = "compression/threads.rs"]
mod threads;

use std::io::Read as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use edge::{Edge, Reply, Size};
use raw_origin::RawOrigin;
use stage::document;

/// One test measures threads, so no other test may run beside it.
static TURNS: tokio::sync::RwLock<()> = tokio::sync::RwLock::const_new(());

/// Accepts both encodings, so the answer is in Brotli.
const BOTH: (&str, &str) = ("Accept-Encoding", "gzip, deflate, br");

const GZIP: (&str, &str) = ("Accept-Encoding", "gzip");

/// An edge that compresses, before an origin whose answers the test writes.
struct Stand {
    edge: Edge,
    origin: RawOrigin,
    _turn: tokio::sync::RwLockReadGuard<'static, ()>,
}

impl Stand {
    /// `answer` gets each request and the number of requests before it.
    async fn start(answer: impl Fn(&str, usize) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::with(compressing(), answer).await
    }

    /// The same with another behavior.
    async fn with(
        behavior: Value,
        answer: impl Fn(&str, usize) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self::before(origin(answer), |origin| document(origin, behavior)).await
    }

    /// Before this origin.
    async fn before(origin: RawOrigin, document: impl FnOnce(&RawOrigin) -> Value) -> Self {
        let turn = TURNS.read().await;
        let edge = Edge::sized(document(&origin), Size::USUAL).await;
        Self { edge, origin, _turn: turn }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.edge.request("GET", path, headers, b"").await
    }

    async fn head(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.edge.request("HEAD", path, headers, b"").await
    }

    /// The requests that the origin had, in lower case.
    fn asked(&self) -> Vec<String> {
        self.origin.requests().iter().map(|request| request.to_ascii_lowercase()).collect()
    }

    async fn stop(self) {
        self.edge.stop().await;
    }
}

/// A behavior that compresses.
fn compressing() -> Value {
    json!({"compress": true, "cache": {"accept_encoding": ["gzip", "br"]}})
}

fn origin(answer: impl Fn(&str, usize) -> Vec<u8> + Send + Sync + 'static) -> RawOrigin {
    let count = AtomicUsize::new(0);
    RawOrigin::start(move |mut conn| {
        while let Some(request) = conn.request() {
            conn.send(answer(&request, count.fetch_add(1, Ordering::SeqCst)));
        }
    })
}

/// An answer of status 200 with `text/html`, these header lines and this body.
fn html(lines: &[&str], body: &[u8]) -> Vec<u8> {
    message("200 OK", &[&["Content-Type: text/html"], lines].concat(), body)
}

fn message(status: &str, lines: &[&str], body: &[u8]) -> Vec<u8> {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let head = format!("HTTP/1.1 {status}\r\n{lines}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A text of this many bytes.
fn text(length: usize) -> Vec<u8> {
    let lines = (0..5_000_u32).map(|n| format!("line {n} of {}\n", n * 7919 % 101));
    repeated(lines.collect::<String>().as_bytes(), length)
}

/// These bytes again and again.
fn repeated(bytes: &[u8], length: usize) -> Vec<u8> {
    let mut all = bytes.repeat(length.div_ceil(bytes.len()));
    all.truncate(length);
    all
}

/// The body as the origin sent it.
fn decoded(reply: &Reply) -> Vec<u8> {
    decode(reply.header("content-encoding"), &reply.body).expect("a whole body")
}

fn decode(encoding: &str, body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    match encoding {
        "" => plain.extend_from_slice(body),
        "gzip" => drop(flate2::read::GzDecoder::new(body).read_to_end(&mut plain)?),
        "br" => drop(brotli::Decompressor::new(body, 4096).read_to_end(&mut plain)?),
        other => panic!("an unknown encoding {other}"),
    }
    Ok(plain)
}

/// The first word of `X-Cache`.
fn source(reply: &Reply) -> &str {
    reply.header("x-cache").split(' ').next().unwrap()
}
