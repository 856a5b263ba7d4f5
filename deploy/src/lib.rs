//! The command line tool: one binary that develops, publishes, runs and looks at an edge.
//!
//! [`args`] is what people type. Each command has a file of its name; what several share is
//! [`project`] (the project file), [`bundle_files`] (a function's files), [`site`] (folders as
//! origins) and [`printing`].

pub mod args;
pub mod bundle_files;
pub mod event;
pub mod failure;
pub mod origin;
pub mod printing;
pub mod project;
pub mod site;
pub mod watch;
