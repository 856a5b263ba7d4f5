//! The worker: runs functions.
//!
//! This crate is the supervisor, the process with the bus connection and all actors. User code runs
//! in sandbox processes (`brink-sandbox`). The supervisor exchanges the frames of `brink-frames`
//! with each of them over a socket.

mod absent_modules;
pub mod admin;
pub mod back_off;
pub mod cgroup;
pub mod dispatch;
pub mod egress;
pub mod event_failure;
pub mod function;
pub mod inspect;
pub mod interpreters;
mod json_value;
pub mod library;
pub mod logs;
pub mod meter;
pub mod pending;
pub mod pulse;
pub mod queue;
pub mod reply;
mod retry;
pub mod run;
pub mod runner;
pub mod runtime;
pub mod runtime_api;
pub mod sandbox;
pub mod sandbox_folders;
pub mod secrets;
pub mod settings;
pub mod supervisor;
pub mod tenants;
pub mod warm_pool;
pub mod worker_process;

pub use inspect::{InspectSettings, Inspectors};
pub use interpreters::{InterpreterSearch, InterpreterSettings};
pub use runtime::SandboxProgram;
pub use settings::{PruneSettings, RegistrySettings, WorkerLimits};
pub use supervisor::{Worker, WorkerError, WorkerOptions};
