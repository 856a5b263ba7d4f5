//! Access logs over real HTTP: every field, and every result, of a request that shows it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "access_log/bus.rs"]
mod bus;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "https/client.rs"]
mod client;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "viewer_headers/database.rs"]
mod database;
#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "access_log/fields.rs"]
mod fields;
#[path = "access_log/https.rs"]
mod https;
#[path = "access_log/logged_edge.rs"]
mod logged_edge;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;
#[path = "access_log/real_time.rs"]
mod real_time;
#[path = "access_log/results.rs"]
mod results;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "edge/stage.rs"]
mod stage;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "http3/viewer.rs"]
mod viewer;
