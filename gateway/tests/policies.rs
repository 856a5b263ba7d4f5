//! Policies of CloudFront and own ones, as viewers and origins see them (`contract.md` 7.3 to 7.5,
//! 7.11).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "policies/cors.rs"]
mod cors;
#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "policies/managed.rs"]
mod managed;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;
#[path = "policies/response_headers.rs"]
mod response_headers;
#[path = "policies/server_timing.rs"]
mod server_timing;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "edge/stage.rs"]
mod stage;

use serde_json::{Value, json};

use edge::Reply;
use raw_origin::RawOrigin;

/// An answer with these header lines and the body `hello`.
fn hello(headers: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n{headers}\r\nhello")
}

/// A document with this response headers policy in its one behavior.
fn with_policy(origin: &RawOrigin, policy: Value, behavior: Value) -> Value {
    let mut behavior = behavior;
    behavior["response_headers_policy"] = json!("own");
    let mut document = stage::document(origin, behavior);
    document["policies"] = json!({ "response_headers": { "own": policy } });
    document
}

/// All values of a header of an answer, in order.
fn values<'a>(reply: &'a Reply, name: &str) -> Vec<&'a str> {
    reply.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}
