//! Namespaces: the sandbox gets its own, without other users, network or shared memory.
//!
//! The embedded engine gets an empty root folder too. Its process does not map its user into the
//! namespace, because nothing in it needs a user. An interpreter needs one, and a root folder with
//! files (`root`). Only an interpreter that may start processes has a process namespace
//! (`first_process`), because that takes two more processes. Other layers forbid signals and tracing.

use std::io;

use nix::sched::{CloneFlags, unshare};
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};

use brink_shared::confinement::{Layer, LayerStatus};

use super::machine::Machine;
use super::process;

/// The folder on which the empty root is mounted. It exists, because the process has looked into
/// it.
const MOUNT_POINT: &str = "/proc";

/// The host name in a sandbox. The machine's own name is nobody's business there.
const HOST_NAME: &str = "sandbox";

/// The namespaces that only those may make who may mount.
const OTHERS: CloneFlags = CloneFlags::CLONE_NEWNET
    .union(CloneFlags::CLONE_NEWIPC)
    .union(CloneFlags::CLONE_NEWUTS)
    .union(CloneFlags::CLONE_NEWNS);

/// The user and group that a process had before it entered a user namespace.
pub(super) struct User {
    user: u32,
    group: u32,
}

/// Enters the namespaces that the machine allows, with an empty root folder.
pub(super) fn enter() -> [LayerStatus; 2] {
    if let Err(error) = unshare(CloneFlags::CLONE_NEWUSER | OTHERS) {
        let why = format!("cannot make a user namespace: {error}");
        return [Layer::Namespaces, Layer::Root].map(|layer| LayerStatus::missing(layer, &why));
    }
    let root = match empty_root() {
        Ok(()) => LayerStatus::in_force(Layer::Root),
        Err(error) => {
            LayerStatus::missing(Layer::Root, format!("cannot mount an empty folder: {error}"))
        }
    };
    [LayerStatus::in_force(Layer::Namespaces), root]
}

/// Enters all namespaces but that of users, as root. The process may then mount what only root can
/// reach. Fails if the process is not root, or must not do this.
pub(super) fn enter_as_root(with_processes: bool) -> io::Result<()> {
    unshare(OTHERS | processes(with_processes))?;
    hide_host_name();
    Ok(())
}

/// Enters all namespaces as an ordinary user, who may mount in them. Fails if the machine does not
/// allow this. The process then has to [keep its user](User::keep).
pub(super) fn enter_as_user(with_processes: bool) -> io::Result<User> {
    let user = User::of_process();
    unshare(CloneFlags::CLONE_NEWUSER | OTHERS | processes(with_processes))?;
    hide_host_name();
    Ok(user)
}

/// Enters a user namespace, and once more one of mounts. The mounts that are there cannot be changed
/// from then on. Fails if the machine does not allow this. The process then has to
/// [keep its user](User::keep).
pub(super) fn enter_users() -> io::Result<User> {
    let user = User::of_process();
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS)?;
    Ok(user)
}

/// Without this, the sandbox shows the machine's name, and nothing worse happens.
fn hide_host_name() {
    let _ = nix::unistd::sethostname(HOST_NAME);
}

fn processes(wanted: bool) -> CloneFlags {
    if wanted { CloneFlags::CLONE_NEWPID } else { CloneFlags::empty() }
}

// === impl User ===

impl User {
    fn of_process() -> Self {
        Self {
            user: rustix::process::geteuid().as_raw(),
            group: rustix::process::getegid().as_raw(),
        }
    }

    /// Maps this user and group, and no others, into the new user namespace. Without a user the
    /// process could create no file.
    pub(super) fn keep(&self, machine: &Machine) -> io::Result<()> {
        let Self { user, group } = self;
        process::show_memory()?;
        machine.write_own("setgroups", "deny")?;
        machine.write_own("uid_map", &format!("{user} {user} 1"))?;
        machine.write_own("gid_map", &format!("{group} {group} 1"))
    }
}

/// Replaces the root folder by an empty, read-only one, and lets go of the old one.
fn empty_root() -> io::Result<()> {
    let private = MountPropagationFlags::REC | MountPropagationFlags::PRIVATE;
    rustix::mount::mount_change("/", private)?;
    let harmless = MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    rustix::mount::mount("none", MOUNT_POINT, "tmpfs", harmless, None)?;
    rustix::process::chdir(MOUNT_POINT)?;
    // The old root now lies on top of the new one, so it is unmounted.
    rustix::process::pivot_root(".", ".")?;
    rustix::mount::unmount(".", UnmountFlags::DETACH)?;
    Ok(rustix::process::chdir("/")?)
}
