//! The cache: which answers are kept, under which key and for how long, and how requests share a
//! fetch.
//!
//! [`key`] and [`vary`] decide which requests get the same copy, and [`freshness`] decides which
//! answers may be kept. [`store`] keeps them, and [`parts`] keeps parts of larger objects. [`tiers`]
//! and [`disk`] keep them on a disk too.
//! [`outdated`] finds the copies that a write made useless, and [`purge`] finds those that an
//! invalidation names. [`fill`] has the request coalescing: one fetch serves all requests that wait
//! for the same key. [`body`] and [`memory`] limit the memory. [`conditional`] and [`range`] answer
//! viewers who need less than a whole copy. Nothing here sends or receives HTTP: the caller fetches
//! and serves.

pub mod body;
pub mod conditional;
pub mod directives;
pub mod disk;
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
mod tiers;
pub mod vary;

pub use body::Body;
pub use fill::{BodyReader, FetchRole, FillGuard, FillWriter, Joined, Unwanted, Waiter};
pub use freshness::{Decision, NotStored, ResponseFacts, Storing, decide};
pub use key::CacheKey;
pub use object::{CachedObject, Encoded, ObjectHead};
pub use purge::Purge;
pub use store::{Cache, Lookup};
pub use vary::Variant;
