//! A process namespace, for functions that may start processes. All of them end with their sandbox,
//! also those that left its session.
//!
//! ```text
//! supervisor
//!  └─ waiting process     the one that the supervisor knows; ends as the interpreter ended
//!     └─ first process    number 1 of the namespace; reaps orphans
//!        └─ interpreter   number 2
//! ```
//!
//! The kernel ends all processes of a namespace when its first process ends. That happens when the
//! interpreter ends, or when the waiting process ends, which in turn ends with the supervisor. The
//! first two processes do nothing but wait. They have no privileges. Of the two only the first process
//! may have the socket, which it does not use.

use std::convert::Infallible;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::sys::signal::{SigHandler, SigSet, Signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

use super::{ConfinementError, failed, privileges, process};

/// The first byte in the pipe: the first process ends with the waiting one from now on.
const BOUND: u8 = 1;

/// Returns in the process that is to be the interpreter. The other two processes never return.
///
/// The process must have one thread, and must have unshared the process namespace of its children.
/// With `keeps_socket` the first process has the socket too: so the supervisor hears of the end of
/// an interpreter that does not have it.
pub(super) fn start(
    socket: UnixStream,
    keeps_socket: bool,
) -> Result<UnixStream, ConfinementError> {
    let (reader, writer) = io::pipe().map_err(failed("make a pipe"))?;
    match forked().map_err(failed("start the first process"))? {
        ForkResult::Parent { .. } => {
            drop(writer);
            match wait_outside(socket, reader)? {}
        }
        ForkResult::Child => drop(reader),
    }
    match forked().map_err(failed("start the interpreter's process"))? {
        ForkResult::Parent { child } => {
            let kept = Some(socket).filter(|_| keeps_socket);
            match be_first(child, writer, kept)? {}
        }
        ForkResult::Child => Ok(socket),
    }
}

#[allow(unsafe_code, reason = "the namespace takes it")]
fn forked() -> io::Result<ForkResult> {
    // SAFETY: the process has a single thread, so the child may do everything.
    Ok(unsafe { fork() }?)
}

/// Waits for the first process, and ends as the interpreter did.
fn wait_outside(
    socket: UnixStream,
    mut reader: PipeReader,
) -> Result<Infallible, ConfinementError> {
    give_up_everything()?;
    process::end_with_parent(&socket).map_err(failed("end with its supervisor"))?;
    drop(socket);
    let mut told = [0; 3];
    let is_told = reader.read_exact(&mut told).is_ok();
    // When the first process has ended, so have all others.
    while waitpid(None, None) == Err(Errno::EINTR) {}
    let [_, signal, code] = told;
    if is_told && signal == 0 {
        std::process::exit(code.into());
    }
    let signal = Signal::try_from(i32::from(signal)).unwrap_or(Signal::SIGKILL);
    end_by(signal).map_err(failed("end as the interpreter did"))?;
    std::process::exit(1)
}

#[allow(unsafe_code, reason = "a handler must go")]
fn end_by(signal: Signal) -> io::Result<()> {
    // SAFETY: it is no handler. The standard library's own are not needed any more.
    match unsafe { nix::sys::signal::signal(signal, SigHandler::SigDfl) } {
        // SIGKILL never has a handler.
        Ok(_) | Err(Errno::EINVAL) => {}
        Err(error) => return Err(error.into()),
    }
    // It may be blocked, like all that a service manager sends.
    SigSet::from(signal).thread_unblock()?;
    Ok(nix::sys::signal::raise(signal)?)
}

/// Waits for all processes of the namespace, until the interpreter has ended.
fn be_first(
    interpreter: Pid,
    mut writer: PipeWriter,
    _kept: Option<UnixStream>,
) -> Result<Infallible, ConfinementError> {
    give_up_everything()?;
    process::end_with_creator().map_err(failed("end with the process that waits"))?;
    // If that has ended before, the pipe is broken.
    writer.write_all(&[BOUND]).map_err(failed("find the process that waits"))?;
    loop {
        let (signal, code) = match waitpid(None, None) {
            Ok(WaitStatus::Exited(process, code)) if process == interpreter => (0, code),
            Ok(WaitStatus::Signaled(process, signal, _)) if process == interpreter => {
                (signal as i32, 0)
            }
            Ok(_) | Err(Errno::EINTR) => continue,
            Err(_) => (Signal::SIGKILL as i32, 0),
        };
        let told = [signal, code].map(|number| u8::try_from(number).unwrap_or(u8::MAX));
        let told = writer.write_all(&told);
        std::process::exit(i32::from(told.is_err()));
    }
}

fn give_up_everything() -> Result<(), ConfinementError> {
    privileges::leave_root().map_err(failed("become an ordinary user"))?;
    privileges::drop_capabilities().map_err(failed("drop capabilities"))?;
    process::outlast_stops().map_err(failed("block signals"))?;
    process::hide_memory().map_err(failed("hide its memory"))
}
