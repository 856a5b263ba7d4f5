//! How a sandbox process confines itself. Code that takes over its engine can then only use up the
//! sandbox's time and memory, and write to its socket.
//!
//! The process confines itself before its supervisor hands it a version. A process that becomes an
//! interpreter does so in one step (`interpreter`), because the interpreter starts its threads
//! itself. The process of the embedded engine does it in two. [`Confinement::begin`] runs while the process has one thread: namespaces, capabilities and
//! Landlock belong to the thread that asks for them, and the threads that it starts inherit them.
//! [`Confinement::seal`] runs when the runtime and all threads are there, because after it the
//! process can start no thread. Each layer's file says what the layer does. If the machine does not
//! have a layer, the process reports that and goes on without it. If a step fails that must work,
//! the process ends.

mod descriptors;
mod first_process;
pub(crate) mod interpreter;
mod landlock;
mod loader;
mod machine;
mod namespaces;
mod netlink;
mod network;
mod places;
mod privileges;
mod process;
mod resources;
mod root;
mod seccomp;

use std::io;
use std::os::unix::net::UnixStream;

use brink_shared::confinement::LayerStatus;

pub use descriptors::own_status;
use resources::CoreFiles;
pub(crate) use resources::limit_descriptors;
pub use resources::limit_memory;
pub(crate) use resources::limit_other;

/// A process that has begun to confine itself.
#[derive(Debug)]
#[must_use = "without `seal` system calls are not filtered"]
pub struct Confinement {
    layers: Vec<LayerStatus>,
}

/// A step of the confinement that must work, and failed. The sandbox then ends.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what}: {source}")]
pub struct ConfinementError {
    what: &'static str,
    source: io::Error,
}

// === impl Confinement ===

impl Confinement {
    /// The first step: takes the supervisor's socket from standard input, and gives up everything
    /// but system calls. The process must have a single thread. It can open no file afterwards.
    pub fn begin() -> Result<(Self, UnixStream), ConfinementError> {
        descriptors::close_inherited().map_err(failed("close what it inherited"))?;
        let socket = descriptors::take_socket()
            .map_err(failed("take the supervisor's socket from standard input"))?;
        socket.set_nonblocking(true).map_err(failed("have its socket not block"))?;
        descriptors::open_own_status().map_err(failed("open /proc/self/status"))?;
        process::lead_session().map_err(failed("begin a session"))?;
        process::outlast_stops().map_err(failed("block signals"))?;
        resources::limit(CoreFiles::None).map_err(failed("limit resources"))?;
        let mut layers = vec![process::in_force()];
        let user = privileges::leave_root().map_err(failed("become an ordinary user"))?;
        layers.extend(namespaces::enter());
        layers.push(landlock::restrict().map_err(failed("restrict itself with Landlock"))?);
        privileges::drop_capabilities().map_err(failed("drop capabilities"))?;
        layers.push(user);
        // It comes last, because a change of user takes it back.
        process::end_with_parent(&socket).map_err(failed("end with its supervisor"))?;
        Ok((Self { layers }, socket))
    }

    /// The layers so far.
    pub fn layers(&self) -> &[LayerStatus] {
        &self.layers
    }

    /// The second step: forbids all threads the system calls that a running sandbox does not need,
    /// such as those for new threads and descriptors. Returns the layers that are in force.
    pub fn seal(mut self) -> Result<Vec<LayerStatus>, ConfinementError> {
        resources::allow_no_more().map_err(failed("limit threads and descriptors"))?;
        self.layers.push(seccomp::filter().map_err(failed("filter system calls"))?);
        self.layers.sort_by_key(|status| status.layer);
        Ok(self.layers)
    }
}

fn failed(what: &'static str) -> impl FnOnce(io::Error) -> ConfinementError {
    move |source| ConfinementError { what, source }
}
