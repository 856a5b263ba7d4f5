//! Who gets an answer at all: signed URLs and cookies, networks, countries and rates, over real HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "access/altered.rs"]
mod altered;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "https/client.rs"]
mod client;
#[path = "access/countries.rs"]
mod countries;
#[path = "viewer_headers/database.rs"]
mod database;
#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "access/forms.rs"]
mod forms;
#[path = "edge/log.rs"]
mod log;
#[path = "access/networks.rs"]
mod networks;
#[path = "access/order.rs"]
mod order;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;
#[path = "access/signatures.rs"]
mod signatures;
#[path = "access/signer.rs"]
mod signer;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "edge/stage.rs"]
mod stage;
