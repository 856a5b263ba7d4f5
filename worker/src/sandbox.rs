//! The supervisor's side of a sandbox process.

pub mod actor;
pub mod child;
pub mod dialect;
pub mod in_flight;
pub mod output;
pub(crate) mod writer;
