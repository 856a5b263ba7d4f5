//! The sandbox process. A worker starts one to run one version of a function.
//!
//! The process first gives up what it does not need ([`confinement`]). Then it runs execution
//! environments and answers its supervisor's frames (`process`). [`run`] chooses the engine of the
//! environments. The rest of the process knows it only as an `engine::Engine`.

mod boa;
pub mod confinement;
mod engine;
mod launcher;
mod process;

use std::process::ExitCode;

/// The main function of a sandbox process. File descriptor 0 is its socket.
///
/// `kind` has the arguments after `sandbox`: none for the embedded engine; `interpreter` and an
/// [`Interpreter`](brink_frames::Interpreter) in JSON for a program of the machine; `limit`, a process
/// and bytes to limit how much memory an interpreter reserves, on behalf of a worker that may not.
///
/// Returns when the supervisor closes the socket. Threads may then still run user code; they end
/// with the process, so the caller must return from `main`.
pub fn run(kind: &[String]) -> ExitCode {
    match kind {
        [] => process::run::<boa::Boa>(),
        [name, spec] if name == "interpreter" => launcher::run(spec),
        [name, process, bytes] if name == "limit" => limit(process, bytes),
        _ => {
            eprintln!("sandbox: only workers start this, and not with these arguments: {kind:?}");
            ExitCode::FAILURE
        }
    }
}

fn limit(process: &str, bytes: &str) -> ExitCode {
    let limited = match (process.parse(), bytes.parse()) {
        (Ok(process), Ok(bytes)) => confinement::limit_other(process, bytes),
        _ => Err(std::io::Error::other("these are no numbers")),
    };
    match limited {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sandbox: cannot limit the memory of process {process}: {error}");
            ExitCode::FAILURE
        }
    }
}
