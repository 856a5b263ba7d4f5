//! The origin: what it is sent, and how it is asked.

pub mod policy;
