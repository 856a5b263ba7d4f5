//! How gateways go to origins: HTTP/2, client certificates, and signed requests to buckets, against
//! servers of Node.js and a store that checks signatures with botocore.
//!
//! `PROPTEST_CASES=10000` compares that many signatures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "origin_side/buckets.rs"]
mod buckets;
#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "origin_side/http2.rs"]
mod http2;
#[path = "origin_side/http2_faults.rs"]
mod http2_faults;
#[path = "origin_side/mutual_tls.rs"]
mod mutual_tls;
#[path = "origin_side/node_origins.rs"]
mod node_origins;
#[path = "../../worker/tests/support/pip.rs"]
mod pip;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "edge/tls_origin.rs"]
mod tls_origin;
