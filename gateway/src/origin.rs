//! Requests to origins: what they get, how they are asked, and how they answer.
//!
//! [`policy`] decides which of the viewer's headers go on. [`OriginClient`] asks one origin over
//! HTTP/1.1 or HTTP/2, with its timeouts and attempts. [`group`] says when a second origin is asked.
//! [`signature`] signs requests to buckets. Bodies stream both ways.
//!
//! The HTTP itself is hyper's, on connections and a pool of our own. The client of the actix family
//! does not work here: it drops a body that ends with its connection, accepts a chunked body that
//! breaks off as complete, and waits for the body of a 304 that states a length.

pub mod aws_credentials;
pub mod body;
pub mod client;
mod client_certificates;
mod destination;
mod exchange;
pub mod group;
pub mod http2_connections;
mod idle_connections;
mod lease;
mod message;
pub mod origin_connection;
pub mod origin_fault;
pub mod policy;
pub mod request;
pub mod signature;
pub mod tls;
pub mod upload;

use std::time::Duration;

pub use aws_credentials::{AwsCredentials, AwsKeys, AwsSettings};
pub use body::OriginBody;
pub use client::{OriginClient, OriginResponse};
pub use origin_fault::{BodyError, OriginError, OriginFault};
pub use request::{OriginAccess, OriginRequest, Trust};
pub use signature::Signing;
pub use tls::OriginTls;
pub use upload::OutgoingBody;

/// Quota for the head of an origin's answer, in bytes (`contract.md` 5.3).
pub const MAX_RESPONSE_HEAD: usize = 20_480;
/// Most requests that one client (one per thread) has running. Further ones are rejected.
pub const MAX_UNDER_WAY: usize = 4096;
/// Idle connections that one client keeps to one origin.
pub const MAX_IDLE_PER_ORIGIN: usize = 64;
/// Idle connections that one client keeps in all.
pub const MAX_IDLE: usize = 512;
/// How long both sides of a gRPC call may be silent at a time, as in a WebSocket.
pub const CALL_IDLE: Duration = Duration::from_mins(10);
/// How often expired idle connections are closed.
pub const IDLE_SWEEP: Duration = Duration::from_secs(1);
/// How long a bucket may take to answer (`contract.md` 7.8).
pub const BUCKET_READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an idle connection to a bucket is kept.
pub const BUCKET_KEEPALIVE: Duration = Duration::from_secs(5);
