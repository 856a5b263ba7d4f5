//! What the command line tool is made of.

pub mod origin;
