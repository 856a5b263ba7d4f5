//! Compresses answers on their way into the cache: gzip and Brotli by CloudFront's rules
//! (`contract.md` 7.6).
//!
//! [`rules`] decide which answers are compressed, and [`headers`] describe the compressed form. The
//! work itself runs on the threads of [`Compressors`], because it takes seconds of CPU time for a
//! large body, and a server thread must not be busy for so long. [`compressed`] feeds a body to
//! them piece by piece while it arrives.
//!
//! The compressed object has its own entry in the cache, because the key has the normal form of
//! `Accept-Encoding`.

mod encoder;
pub mod headers;
mod pool;
pub mod rules;
mod stream;

pub use pool::{Compression, Compressors, NoPlace};
pub use stream::compressed;

#[cfg(test)]
mod tests;
