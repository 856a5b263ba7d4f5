//! Tests messages on the wire: what viewers and origins may send, and how it is passed on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "messages/bytes.rs"]
mod bytes;
#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "messages/latency.rs"]
mod latency;
#[path = "messages/origins.rs"]
mod origins;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;
#[path = "messages/rejected.rs"]
mod rejected;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "edge/stage.rs"]
mod stage;
#[path = "messages/viewers.rs"]
mod viewers;
#[path = "messages/web_socket.rs"]
mod web_socket;

/// The bytes after a head.
fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}
