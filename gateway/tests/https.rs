//! Viewers over HTTPS: certificates, versions of HTTP, facts about sessions, and hostile viewers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "https/attacks.rs"]
mod attacks;
#[path = "https/certificates.rs"]
mod certificates;
#[path = "https/client.rs"]
mod client;
#[path = "https/clients.rs"]
mod clients;
#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "https/frames.rs"]
mod frames;
#[path = "https/policy.rs"]
mod policy;
#[path = "origin/raw_origin.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod raw_origin;
#[path = "https/security_policies.rs"]
mod security_policies;
#[path = "https/sessions.rs"]
mod sessions;
