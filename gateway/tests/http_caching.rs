//! Tests which answers are kept, for how long and for whom, as viewers and origins see it
//! (`contract.md` 7.5, 7.6, 7.12; RFC 9111; RFC 5861).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "http_caching/authorization.rs"]
mod authorization;
#[path = "http_caching/coalescing.rs"]
mod coalescing;
#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "http_caching/encodings.rs"]
mod encodings;
#[path = "http_caching/freshness.rs"]
mod freshness;
#[path = "http_caching/head.rs"]
mod head;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;
#[path = "http_caching/stale.rs"]
mod stale;
#[path = "http_caching/vary.rs"]
mod vary;
#[path = "http_caching/writes.rs"]
mod writes;

use serde_json::{Value, json};

use edge::{Edge, Reply};
use raw_origin::RawOrigin;

/// An edge before an origin whose answers the test writes.
struct Stand {
    edge: Edge,
    origin: RawOrigin,
}

impl Stand {
    /// One behavior for all paths. `answer` gets each request and the number of requests before it.
    async fn start(
        behavior: Value,
        answer: impl Fn(&str, usize) -> String + Send + Sync + 'static,
    ) -> Self {
        Self::with(json!({"behaviors": [behavior]}), answer).await
    }

    /// Several behaviors, error pages and so on.
    async fn with(
        document: Value,
        answer: impl Fn(&str, usize) -> String + Send + Sync + 'static,
    ) -> Self {
        let count = std::sync::atomic::AtomicUsize::new(0);
        let origin = RawOrigin::start(move |mut conn| {
            while let Some(request) = conn.request() {
                let before = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                conn.send(answer(&request, before));
            }
        });
        let mut document = document;
        document["id"] = json!("d");
        let web = json!({"url": format!("http://127.0.0.1:{}", origin.port), "attempts": 1});
        document["origins"] = json!({"web": web});
        for behavior in document["behaviors"].as_array_mut().unwrap() {
            behavior["origin"] = json!("web");
            if behavior["path"].is_null() {
                behavior["path"] = json!("*");
            }
        }
        Self { edge: Edge::start(document).await, origin }
    }

    async fn get(&self, path: &str) -> Reply {
        self.edge.get(path).await
    }

    async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.edge.request("GET", path, headers, b"").await
    }

    async fn head(&self, path: &str) -> Reply {
        self.edge.request("HEAD", path, &[], b"").await
    }

    /// The first word of `X-Cache` in the answer to a GET: `Hit`, `Miss` and so on.
    async fn source(&self, path: &str) -> String {
        source(&self.get(path).await)
    }

    /// How many requests the origin had.
    fn asked(&self) -> usize {
        self.origin.requests().len()
    }

    /// The last request that the origin had, in lower case.
    fn last(&self) -> String {
        self.origin.requests().pop().unwrap().to_ascii_lowercase()
    }

    async fn stop(self) {
        self.edge.stop().await;
    }
}

/// The first word of `X-Cache`.
fn source(reply: &Reply) -> String {
    reply.header("x-cache").split(' ').next().unwrap().to_owned()
}

/// An answer of status 200 with these header lines and this body.
fn ok(lines: &[&str], body: &str) -> String {
    answer("200 OK", lines, body)
}

fn answer(status: &str, lines: &[&str], body: &str) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\n{lines}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// The value of a header in a request as an origin got it.
fn line<'r>(request: &'r str, name: &str) -> Option<&'r str> {
    let head = request.split("\r\n\r\n").next().unwrap();
    head.lines().skip(1).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
