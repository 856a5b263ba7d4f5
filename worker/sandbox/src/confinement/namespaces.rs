//! Namespaces: the sandbox gets its own, without users, network or shared memory, and with an empty
//! root folder.
//!
//! The process does not map its user into the namespace, because nothing in it needs a user. There
//! is no process namespace, because that would take a second process for each sandbox. Other layers
//! forbid signals and tracing.

use std::io;

use nix::sched::{CloneFlags, unshare};
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};

use brink_shared::confinement::{Layer, LayerStatus};

/// The folder on which the empty root is mounted. It exists, because the process has looked into
/// it.
const MOUNT_POINT: &str = "/proc";

/// Enters the namespaces that the machine allows.
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
