//! Runs functions.
//!
//! The supervisor process holds the bus connection and every actor; user code runs in sandbox
//! processes behind a socket (`sandbox`), in an engine of their runtime (`boa`).

pub mod boa;
pub mod sandbox;
