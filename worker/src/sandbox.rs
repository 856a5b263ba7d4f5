//! The process that user code runs in, and the frames by which the supervisor speaks to it.

pub mod frame;
pub mod process;
