//! The gateway: proxies and caches HTTP, and has workers run functions at the four triggers.
//!
//! A request goes through [`pipeline`]. [`viewer_head`] has its head in one form for all versions of
//! HTTP, [`viewer`] checks it, [`routing`] finds its distribution and
//! behavior, [`trigger`] runs functions by the [`invoker`], and [`cache`] and [`origin`] answer.
//! [`access`] decides which viewers get an answer. [`compression`] makes answers smaller before the
//! cache keeps them. [`viewer_headers`] tell the origin about the viewer, and [`response_headers`]
//! change the headers that viewers get. [`trailers`] come after the bodies of both. If there is no answer, [`error_answer`] makes the error for
//! the viewer.

mod accept_encoding;
pub mod access;
pub mod access_log;
pub mod acme;
mod alt_svc;
pub mod answered;
pub mod cache;
mod cdn_loop;
mod compression;
mod control;
pub mod edge;
pub mod error_answer;
pub mod gateway;
pub mod gateway_process;
pub mod grpc;
mod hop_headers;
mod http2;
mod http3;
pub mod https;
mod invalidations;
pub mod invoker;
mod journal_place;
mod multiplexed;
mod octets;
pub mod origin;
pub mod pace;
mod paced_stream;
pub mod pipeline;
pub mod places;
pub mod proxy_protocol;
mod query_and_cookies;
pub mod rejected;
pub mod response_headers;
pub mod routing;
mod server;
pub mod shield;
mod shield_server;
mod target;
pub mod trailers;
pub mod trigger;
pub mod viewer;
pub mod viewer_head;
pub mod viewer_headers;
mod viewer_stream;
pub mod viewer_tls;
mod warn_limit;

pub use gateway::{Gateway, GatewayError, GatewayOptions};
