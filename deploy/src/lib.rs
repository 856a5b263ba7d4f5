//! The command line tool: one binary that develops, publishes, runs and looks at an edge.
//!
//! [`args`] is what people type; [`command`] carries it out. Each command has a file of its name.
//! What several share is [`project`] (the project file), [`bundle_files`] (a function's files),
//! [`client`] (requests to a running edge), [`site`] (folders as origins) and [`printing`].

pub mod args;
pub mod bundle_files;
pub mod client;
pub mod command;
pub mod distribution;
pub mod event;
pub mod failure;
pub mod function;
pub mod logs;
pub mod origin;
pub mod printing;
pub mod project;
pub mod site;
pub mod status;
pub mod watch;
