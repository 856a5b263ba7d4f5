//! The command line tool: one binary that develops, publishes and runs functions, and inspects an
//! edge.
//!
//! [`args`] is the command line, and [`command`] runs it. Each command has a file of its name.
//! Several commands share [`project`] (the project file), [`bundle_files`] (a function's files),
//! [`client`] (requests to a running edge), [`launch`], [`rollout`] and [`session`] (a running
//! project), [`site`] (folders as origins) and [`printing`].

pub mod args;
pub mod bundle_files;
pub mod bus;
pub mod client;
pub mod cluster;
pub mod command;
pub mod command_error;
pub mod dev;
pub mod distribution;
pub mod event;
pub mod events_file;
pub mod function;
pub mod history;
mod in_nodejs;
pub mod init;
pub mod inspect;
pub mod launch;
mod local_certificate;
pub mod local_identities;
pub mod logs;
pub mod node_commands;
pub mod origin;
mod own_output;
mod parser_stack;
pub mod printing;
mod progress;
pub mod project;
pub mod registry;
pub mod rejected;
mod rollout;
pub mod run;
mod runtime_choice;
pub mod secrets;
pub mod session;
pub mod sign;
pub mod site;
pub mod source_maps;
pub mod status;
pub mod typescript;
pub mod up;
pub mod watch;
