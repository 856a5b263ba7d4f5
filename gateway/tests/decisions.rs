//! The questions that the contract leaves open (`contract.md` 11). There is one test for each
//! decision that shows at a gateway, named by its number.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "decisions/answers.rs"]
mod answers;
#[path = "decisions/caching.rs"]
mod caching;
#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "decisions/failures.rs"]
mod failures;
#[path = "decisions/forwarding.rs"]
mod forwarding;
#[path = "edge/log.rs"]
mod log;
#[path = "decisions/order.rs"]
mod order;
#[path = "decisions/origins.rs"]
mod origins;
#[path = "decisions/paths.rs"]
mod paths;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "edge/stage.rs"]
mod stage;
#[path = "decisions/tls.rs"]
mod tls;
#[path = "edge/tls_origin.rs"]
mod tls_origin;
#[path = "decisions/values.rs"]
mod values;
