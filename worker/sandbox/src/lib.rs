//! The sandbox process. A worker starts one to run one version of a function.
//!
//! The process first gives up what it does not need ([`confinement`]). Then it runs execution
//! environments and answers its supervisor's frames (`process`). [`run`] chooses the engine of the
//! environments. The rest of the process knows it only as an `engine::Engine`.

mod boa;
pub mod confinement;
mod engine;
mod process;

use std::process::ExitCode;

/// The main function of a sandbox process. File descriptor 0 is its socket.
///
/// Returns when the supervisor closes the socket. Threads may then still run user code; they end
/// with the process, so the caller must return from `main`.
pub fn run() -> ExitCode {
    process::run::<boa::Boa>()
}
