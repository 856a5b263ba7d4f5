//! The process that user code runs in, and the frames by which the supervisor speaks to it.

pub mod actor;
pub mod child;
pub mod flights;
pub mod frame;
pub mod process;
mod writer;
