//! Namespaces of its own: no users, no network, no shared memory, and an empty root folder.
//!
//! The process does not map its user into the namespace: nothing in it needs one. There is no
//! process namespace, which would take a second process per sandbox; signals and tracing are
//! refused by other layers.

use std::io;

use nix::sched::{CloneFlags, unshare};
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};

use brink_shared::confinement::{Layer, LayerStatus};

/// A folder that is there, as the process has looked into it: the empty root is mounted on it.
const MOUNT_POINT: &str = "/proc";

/// Enters what the machine lets it.
pub(super) fn enter() -> [LayerStatus; 2] {
    let all = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWNS;
    if let Err(error) = unshare(all) {
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

/// Puts an empty, read-only folder in the place of the root folder and lets go of the old one.
fn empty_root() -> io::Result<()> {
    let private = MountPropagationFlags::REC | MountPropagationFlags::PRIVATE;
    rustix::mount::mount_change("/", private)?;
    let harmless = MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    rustix::mount::mount("none", MOUNT_POINT, "tmpfs", harmless, None)?;
    rustix::process::chdir(MOUNT_POINT)?;
    // The old root comes to lie on top of the new one, and is then taken off.
    rustix::process::pivot_root(".", ".")?;
    rustix::mount::unmount(".", UnmountFlags::DETACH)?;
    Ok(rustix::process::chdir("/")?)
}
