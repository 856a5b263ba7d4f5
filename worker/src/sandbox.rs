//! The supervisor's side of sandbox processes.

pub mod actor;
pub mod child;
pub mod in_flight;
mod writer;
