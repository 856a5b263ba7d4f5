//! The supervisor's side of sandbox processes.

pub mod actor;
pub mod child;
pub mod flights;
mod writer;
