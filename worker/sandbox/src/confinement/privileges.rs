//! No root, no capabilities, and no way to gain any.

use std::io;

use rustix::io::Errno;
use rustix::process::{Gid, Uid};
use rustix::thread::{self, CapabilitySet, CapabilitySets};

use brink_shared::confinement::{Layer, LayerStatus};

/// The user and group that own nothing, by convention.
const NOBODY: u32 = 65_534;

/// What it takes to become another user and still be killed by the supervisor, and with it: the
/// kernel asks for its leave to send the signal.
const TO_LEAVE: CapabilitySet =
    CapabilitySet::SETUID.union(CapabilitySet::SETGID).union(CapabilitySet::KILL);

/// Becomes nobody if the process is root and may.
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

/// Drops every capability: those of root, and those that a user namespace came with.
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

/// The process has one thread, so that the thread's user is the process's.
fn become_nobody() -> rustix::io::Result<()> {
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    thread::set_thread_groups(&[])?;
    thread::set_thread_res_gid(group, group, group)?;
    thread::set_thread_res_uid(user, user, user)
}

/// Capabilities that no program started from here could have. As none can be started with more
/// privileges, it does not matter that only the privileged may do this.
fn clear_bounding_set() -> io::Result<()> {
    for bit in 0..u64::BITS {
        match thread::remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << bit))
        {
            Ok(()) => {}
            // Not privileged, or no capability that this kernel has.
            Err(Errno::PERM | Errno::INVAL) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
