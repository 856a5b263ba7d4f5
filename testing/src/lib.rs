//! Support for the tests of several crates. No program depends on this crate.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod certificates;
pub mod exchange;
pub mod nats;
pub mod process;
pub mod pypi;
