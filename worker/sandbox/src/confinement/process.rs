//! A session of its own, nothing that others could read or dump, and an end with its supervisor
//! and not before.

use std::io;
use std::os::unix::net::UnixStream;

use nix::sys::signal::{SigSet, Signal as Stop};
use rustix::process::{DumpableBehavior, Signal};

use brink_shared::confinement::{Layer, LayerStatus};

/// What the rest of this file, `descriptors` and `resources` amount to.
pub(super) fn in_force() -> LayerStatus {
    LayerStatus::in_force(Layer::Process)
}

/// Leaves the supervisor's session and terminal. The process leads a group too, by which it is
/// killed. It must not lead one yet.
pub(super) fn lead_session() -> io::Result<()> {
    rustix::process::setsid()?;
    rustix::process::chdir("/")?;
    Ok(())
}

/// Leaves unheard what tells all processes of a service to stop, as systemd does. The supervisor
/// hears it too; it first lets the events in hand end, and then kills.
pub(super) fn outlast_stops() -> io::Result<()> {
    let stops: SigSet = [Stop::SIGHUP, Stop::SIGINT, Stop::SIGTERM].into_iter().collect();
    Ok(stops.thread_block()?)
}

/// Has the kernel kill this process when the thread that started it ends, and sees to it that
/// that has not happened yet.
///
/// Nobody else may trace it or read its memory from here on. The supervisor can still read
/// `/proc/<pid>/status`, under any user; it has no secrets.
pub(super) fn end_with_parent(socket: &UnixStream) -> io::Result<()> {
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // The process that made the pair of sockets.
    let supervisor = rustix::net::sockopt::socket_peercred(socket)?.pid;
    if rustix::process::getppid() == Some(supervisor) {
        return Ok(());
    }
    Err(io::Error::other("it is gone already, or did not start this process itself"))
}
