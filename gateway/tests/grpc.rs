//! Trailers in both directions, and gRPC calls between the client and the server of `grpcio`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "grpc/calls.rs"]
mod calls;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "https/client.rs"]
mod client;
#[allow(dead_code, reason = "other tests use the rest")]
mod edge;
#[path = "grpc/http2_origin.rs"]
mod http2_origin;
#[path = "grpc/http2_viewer.rs"]
mod http2_viewer;
#[path = "grpc/http3.rs"]
mod http3;
#[path = "../../worker/tests/support/pip.rs"]
mod pip;
#[path = "grpc/programs.rs"]
mod programs;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "origin/raw_origin.rs"]
mod raw_origin;
#[path = "grpc/refusals.rs"]
mod refusals;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "edge/tls_origin.rs"]
mod tls_origin;
#[path = "grpc/trailers.rs"]
mod trailers;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "http3/viewer.rs"]
mod viewer;
