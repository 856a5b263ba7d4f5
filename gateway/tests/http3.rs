//! Viewers over HTTP/3: requests, limits, hostile viewers, the end of a gateway, and a browser.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "http3/browser.rs"]
mod browser;
#[path = "https/client.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod client;
#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "http3/hostile.rs"]
mod hostile;
#[path = "http3/life.rs"]
mod life;
#[path = "origin/raw_origin.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod raw_origin;
#[path = "http3/requests.rs"]
mod requests;
#[path = "http3/viewer.rs"]
mod viewer;

use serde_json::Value;

use client::Site;

/// A site that speaks HTTP/3, whose function changes nothing.
async fn site(document: Value) -> Site {
    Site::open(document, |event| event["Records"][0]["cf"]["request"].clone(), true).await
}

/// Waits until something is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = std::time::Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < std::time::Duration::from_secs(30), "{what}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
