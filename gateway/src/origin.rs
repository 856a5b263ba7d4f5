//! The origin: what it is sent, and how it is asked.

pub mod error;
pub mod policy;

pub use error::{BodyError, OriginError, OriginFault};

/// Quota for the head of an origin's answer, in bytes (`contract.md` 5.3).
pub const MAX_RESPONSE_HEAD: usize = 20_480;
