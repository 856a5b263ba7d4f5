//! Process settings: the sandbox has its own session, others cannot read or dump its memory, and it
//! ends with its supervisor and not before.

use std::io;
use std::os::unix::net::UnixStream;

use nix::sys::signal::{SigSet, Signal as Stop};
use rustix::process::{DumpableBehavior, Signal};

use brink_shared::confinement::{Layer, LayerStatus};

/// The layer that this file, `descriptors` and `resources` make together.
pub(super) fn in_force() -> LayerStatus {
    LayerStatus::in_force(Layer::Process)
}

/// Leaves the supervisor's session and terminal. The process then leads a process group too, and is
/// killed by it. It must not lead a group before.
pub(super) fn lead_session() -> io::Result<()> {
    rustix::process::setsid()?;
    rustix::process::chdir("/")?;
    Ok(())
}

/// Blocks SIGHUP, SIGINT and SIGTERM, which systemd and terminals send to all processes of a
/// service. The supervisor gets them too. It lets the events under way end first, and then kills
/// its sandboxes.
pub(super) fn outlast_stops() -> io::Result<()> {
    let stops: SigSet = [Stop::SIGHUP, Stop::SIGINT, Stop::SIGTERM].into_iter().collect();
    Ok(stops.thread_block()?)
}

/// Has the kernel kill this process when the thread that started it ends. Fails if that thread has
/// ended already.
///
/// From here on no other process may trace this one or read its memory, until it starts another
/// program. The supervisor can still read `/proc/<pid>/status`, as any user can; it contains no
/// secrets.
pub(super) fn end_with_parent(socket: &UnixStream) -> io::Result<()> {
    hide_memory()?;
    end_with_creator()?;
    // The process that made the pair of sockets is the supervisor.
    let supervisor = rustix::net::sockopt::socket_peercred(socket)?.pid;
    if rustix::process::getppid() == Some(supervisor) {
        return Ok(());
    }
    Err(io::Error::other("the supervisor has ended already, or did not start this process itself"))
}

/// The same, without a look whether that thread has ended.
pub(super) fn end_with_creator() -> io::Result<()> {
    Ok(rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?)
}

/// Lets no other process trace this one or read its memory.
pub(super) fn hide_memory() -> io::Result<()> {
    Ok(rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// Takes that back. A change of user hides the memory too, and with it the files with which a
/// process maps its user into a user namespace.
pub(super) fn show_memory() -> io::Result<()> {
    Ok(rustix::process::set_dumpable_behavior(DumpableBehavior::Dumpable)?)
}
