//! Runs functions.
//!
//! This crate is the supervisor: the process that holds the bus connection and every actor. User
//! code runs in sandbox processes (`brink-sandbox`) behind a socket. Both sides speak the frames of
//! `brink-frames`.

pub mod absent_modules;
pub mod admin;
pub mod cgroup;
pub mod dispatch;
pub mod egress;
pub mod failure;
pub mod function;
pub mod library;
pub mod logs;
pub mod meter;
pub mod module_requests;
pub mod node;
pub mod pending;
pub mod pool;
pub mod pulse;
pub mod queue;
pub mod rejected_code;
pub mod reply;
pub mod restart;
mod retry;
pub mod run;
pub mod runner;
pub mod sandbox;
pub mod secrets;
pub mod settings;
pub mod supervisor;

pub use sandbox::child::SandboxProgram;
pub use settings::{PruneSettings, RegistrySettings, WorkerLimits};
pub use supervisor::{Worker, WorkerError, WorkerOptions};
