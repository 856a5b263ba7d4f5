//! The events that functions get (`contract.md` 2), and what viewers and the log get after failures
//! (3.6), over real HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "events/encoding.rs"]
mod encoding;
#[path = "events/fields.rs"]
mod fields;
#[path = "events/headers.rs"]
mod headers;
#[path = "edge/log.rs"]
mod log;
#[path = "events/outcomes.rs"]
mod outcomes;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "edge/stage.rs"]
mod stage;
