//! The cache: which answers are kept, under which key, for how long, and how many requests share
//! one fetch.
//!
//! [`key`] and [`vary`] decide which requests get the same copy, and [`freshness`] decides which
//! answers may be kept. [`store`] keeps them, and [`parts`] keeps parts of larger objects.
//! [`outdated`] finds the copies that a write made useless, and [`purge`] those that an
//! invalidation means. [`fill`] fetches each object only once for all who ask at the same time.
//! [`body`] and [`memory`] limit the memory. [`conditional`] and [`range`] answer viewers who want
//! less than a whole copy. Nothing here sends or receives HTTP: the caller fetches and serves.

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
pub mod purge;
pub mod range;
pub mod store;
pub mod vary;

pub use body::Body;
pub use fill::{BodyReader, FillGuard, FillWriter, Flight, Joined, Unwanted, Waiter};
pub use freshness::{Decision, NotStored, ResponseFacts, Storing, decide};
pub use key::CacheKey;
pub use object::{CachedObject, ObjectHead};
pub use purge::Purge;
pub use store::{Cache, Lookup};
pub use vary::Variant;
