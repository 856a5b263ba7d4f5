//! What a function may do at each trigger (`contract.md` 1.3): every row of that table over real
//! HTTP, shown allowed where it says yes, and rejected or without effect where it says no.
//! Device and place headers, and what sandboxes let functions do, have tests of their own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "abilities/bodies.rs"]
mod bodies;
#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "edge/log.rs"]
mod log;
#[path = "abilities/origins.rs"]
mod origins;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;
#[path = "abilities/requests.rs"]
mod requests;
#[path = "abilities/responses.rs"]
mod responses;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "edge/stage.rs"]
mod stage;
