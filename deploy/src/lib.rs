//! The command line tool.

pub mod bundle_files;
pub mod project;
