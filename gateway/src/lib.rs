//! placeholder

pub mod cache;
pub mod origin;
