//! Certificates by ACME, against an authority of the tests that follows RFC 8555.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "acme/authority.rs"]
mod authority;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "https/client.rs"]
mod client;
#[path = "acme/cluster.rs"]
mod cluster;
#[path = "acme/desk.rs"]
mod desk;
#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "acme/failures.rs"]
mod failures;
#[path = "acme/issuing.rs"]
mod issuing;
#[path = "acme/leadership.rs"]
mod leadership;
#[path = "acme/renewal.rs"]
mod renewal;
#[path = "acme/signed.rs"]
mod signed;
