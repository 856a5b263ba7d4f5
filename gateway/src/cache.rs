//! The cache: which answers are kept, under which key, for how long.

pub mod conditional;
pub mod directives;
pub mod freshness;
pub mod key;
pub mod range;
