//! The cache: which answers are kept, under which key, for how long, and how many requests share
//! one fetch.
//!
//! [`key`] and [`vary`] say which requests are the same, [`freshness`] what may be kept, [`store`]
//! keeps it, [`outdated`] knows what a write has made useless, [`fill`] fetches each thing once,
//! [`parts`] keeps what viewers ask for of larger things. [`body`] and [`memory`] bound what all
//! that takes. [`conditional`] and [`range`] answer viewers who want less than a whole copy. Nothing
//! here speaks HTTP to anyone: the caller fetches and serves.

pub mod accept_encoding;
pub mod body;
pub mod conditional;
pub mod directives;
pub mod fill;
mod filling;
pub mod freshness;
pub mod http_date;
pub mod key;
pub mod memory;
pub mod object;
mod outdated;
pub mod parts;
pub mod range;
pub mod store;
pub mod vary;

pub use body::Body;
pub use fill::{BodyReader, FillGuard, FillWriter, Flight, Joined, Unwanted, Waiter};
pub use freshness::{Decision, NotStored, ResponseFacts, Storing, decide};
pub use key::CacheKey;
pub use object::{CachedObject, ObjectHead};
pub use store::{Cache, Lookup};
pub use vary::Variant;
