//! The launcher: confines itself, says so, and becomes a program of the machine.
//!
//! ```text
//! supervisor ── sandbox interpreter SPEC ──▶ launcher
//! supervisor ◀── Blank, descriptors ──────── launcher
//! supervisor ── load ──────────────────────▶ launcher      only for programs that cannot read it
//!                                            launcher becomes node, python3 or bootstrap
//! ```
//!
//! The specification comes from the supervisor, and no code of a function runs before the program
//! does. So the launcher trusts what it reads.

mod environment;
mod load;
mod report;

use std::convert::Infallible;
use std::ffi::{CString, NulError};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;

use rustix::io::FdFlags;

use brink_frames::Interpreter;
use brink_frames::interpreter::{SOCKET, TASK};
use brink_shared::wire::WireError;

use crate::confinement::interpreter::{Confined, confine};
use crate::confinement::{ConfinementError, limit_descriptors};

/// Why a launcher does not become its program.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LaunchError {
    #[error("only workers start this; the specification of the interpreter makes no sense: {0}")]
    Spec(#[source] serde_json::Error),
    #[error(transparent)]
    Confinement(#[from] ConfinementError),
    #[error("cannot report its confinement: {0}")]
    Frame(#[from] WireError),
    #[error("cannot limit its descriptors: {0}")]
    Descriptors(#[source] io::Error),
    #[error("the supervisor's socket failed: {0}")]
    Socket(#[source] io::Error),
    #[error("the supervisor sent something other than the message `load`: {0}")]
    Load(String),
    #[error("cannot enter the folder of the function: {0}")]
    Folder(#[source] io::Error),
    #[error("an argument or variable has a byte of zero: {0}")]
    Zero(#[from] NulError),
    #[error("cannot start {program}: {source}{hint}")]
    Start { program: String, source: io::Error, hint: &'static str },
}

/// Becomes the program of a specification in JSON. Returns if that fails, or if the supervisor closes
/// its socket before.
pub(crate) fn run(spec: &str) -> ExitCode {
    match launch(spec) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The supervisor logs standard error.
            eprintln!("sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

fn launch(spec: &str) -> Result<(), LaunchError> {
    let spec: Interpreter = serde_json::from_str(spec).map_err(LaunchError::Spec)?;
    let mut confined = confine(&spec)?;
    let descriptors = std::mem::take(&mut confined.descriptors);
    report::send(&confined.socket, &confined.layers, &descriptors)?;
    drop(descriptors);
    limit_descriptors().map_err(LaunchError::Descriptors)?;
    let mut environment = environment::bare(&spec, confined.has_root);
    if spec.wait_for_load {
        let Some(of_version) = load::environment(&confined.socket)? else { return Ok(()) };
        environment.extend(of_version);
    }
    let environment = environment::for_program(environment)?;
    match become_program(&spec, &confined, &environment)? {}
}

fn become_program(
    spec: &Interpreter,
    confined: &Confined,
    environment: &[CString],
) -> Result<Infallible, LaunchError> {
    let mut arguments = vec![confined.program.clone()];
    if spec.jitless {
        arguments.push(c"--jitless".into());
    }
    for argument in &spec.args {
        let on_machine = spec.on_machine(Path::new(argument));
        let argument = if confined.has_root { Path::new(argument) } else { &on_machine };
        arguments.push(CString::new(argument.as_os_str().as_bytes())?);
    }
    if !spec.wait_for_load {
        keep_socket(confined).map_err(LaunchError::Socket)?;
    }
    if spec.wait_for_load {
        // Lambda starts it there. Bootstraps go there themselves.
        let task = if confined.has_root { Path::new(TASK).to_owned() } else { spec.task() };
        std::env::set_current_dir(task).map_err(LaunchError::Folder)?;
    }
    let failed = nix::unistd::execve(&confined.program, &arguments, environment);
    let Err(error) = failed;
    let hint = match error {
        nix::errno::Errno::EACCES => "; the file must be executable for all users",
        nix::errno::Errno::ENOENT => "; it is not there, or the program in its first line is not",
        nix::errno::Errno::ENOEXEC => "; it is not a program for this machine",
        _ => "",
    };
    let program = confined.program.to_string_lossy().into_owned();
    Err(LaunchError::Start { program, source: error.into(), hint })
}

/// Leaves the program its socket, and nothing else but standard input, output and error.
fn keep_socket(confined: &Confined) -> io::Result<()> {
    if confined.socket.as_raw_fd() != SOCKET {
        let why = format!("it is descriptor {}, not {SOCKET}", confined.socket.as_raw_fd());
        return Err(io::Error::other(why));
    }
    Ok(rustix::io::fcntl_setfd(&confined.socket, FdFlags::empty())?)
}
