//! The command line tool: one binary that develops, publishes, runs and looks at an edge.

pub mod bundle_files;
pub mod origin;
pub mod project;
