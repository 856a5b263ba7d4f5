//! Privileges: the sandbox is not root, has no capabilities, and can gain none.

use std::io;

use rustix::io::Errno;
use rustix::process::{Gid, Uid};
use rustix::thread::{self, CapabilitySet, CapabilitySets};

use brink_shared::confinement::{Layer, LayerStatus};

/// The user and group that by convention own nothing.
pub(super) const NOBODY: u32 = 65_534;

/// The capabilities that it takes to become another user. The supervisor needs `KILL` too: without
/// it, the supervisor could not kill the sandbox, and the sandbox would not end with the supervisor,
/// because the kernel checks the permission to send the signal.
const TO_LEAVE: CapabilitySet =
    CapabilitySet::SETUID.union(CapabilitySet::SETGID).union(CapabilitySet::KILL);

/// True if the process is root and may mount and make namespaces.
pub(super) fn may_mount() -> bool {
    let effective = thread::capabilities(None).map(|sets| sets.effective);
    rustix::process::geteuid().is_root()
        && effective.is_ok_and(|held| held.contains(TO_LEAVE | CapabilitySet::SYS_ADMIN))
}

/// Becomes nobody, if the process is root and may do so.
pub(super) fn leave_root() -> io::Result<LayerStatus> {
    thread::set_no_new_privs(true)?;
    clear_bounding_set()?;
    if !rustix::process::geteuid().is_root() && !rustix::process::getuid().is_root() {
        return Ok(LayerStatus::in_force(Layer::Privileges));
    }
    if !thread::capabilities(None)?.effective.contains(TO_LEAVE) {
        let why = "the worker is root, without the capabilities to start an ordinary user";
        return Ok(LayerStatus::missing(Layer::Privileges, why));
    }
    Ok(match become_nobody() {
        Ok(()) => LayerStatus::in_force(Layer::Privileges),
        Err(error) => {
            LayerStatus::missing(Layer::Privileges, format!("cannot become user {NOBODY}: {error}"))
        }
    })
}

/// Drops every capability, of root and of the user namespace.
pub(super) fn drop_capabilities() -> io::Result<()> {
    clear_bounding_set()?;
    match thread::clear_ambient_capability_set() {
        Ok(()) | Err(Errno::INVAL) => {}
        Err(error) => return Err(error.into()),
    }
    let none = CapabilitySet::empty();
    let none = CapabilitySets { effective: none, permitted: none, inheritable: none };
    Ok(thread::set_capabilities(None, none)?)
}

/// The process has one thread, so the thread's user is the process's user.
fn become_nobody() -> rustix::io::Result<()> {
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    thread::set_thread_groups(&[])?;
    thread::set_thread_res_gid(group, group, group)?;
    thread::set_thread_res_uid(user, user, user)
}

/// Removes the capabilities that a program started from here could gain. Only a privileged process
/// may do this. It does not matter if it fails, because no program can be started with more
/// privileges.
fn clear_bounding_set() -> io::Result<()> {
    for bit in 0..u64::BITS {
        match thread::remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << bit))
        {
            Ok(()) => {}
            // The process is not privileged, or this kernel does not have the capability.
            Err(Errno::PERM | Errno::INVAL) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
