//! Inspectors: places on this machine's loopback where debuggers reach functions in `node` and
//! `python3`. Only `brink dev --inspect` has them.
//!
//! ```text
//! debugger ──TCP──▶ place of the function ──socket of the sandbox──▶ inspector or debugpy
//!                   (this process)          (made by the launcher)   (in the sandbox)
//! ```
//!
//! The network of a sandbox leads nowhere, and stays as it is. Its launcher makes TCP sockets in it that
//! are not connected, and hands them out ([`Sockets`]). A socket stays in the network where it was
//! made, so the supervisor connects it to the debugger in the sandbox, and copies bytes.
//!
//! A function has one place as long as the process lives. The newest version that has a sandbox takes it
//! ([`Inspector::attach`]). The connections to the one before then end.
//!
//! While a handler stands at a breakpoint, its event goes on. So an inspected version has no timeouts
//! ([`PATIENCE`]), and the worker gives it only one sandbox with one environment.

mod place;
mod sockets;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use brink_shared::id::{FunctionName, VersionId};
use brink_shared::registry::Runtime;

pub use place::Attached;
use place::Place;

/// How long an event may take that somebody looks at: longer than anybody does.
pub const PATIENCE: Duration = Duration::from_secs(7 * 86_400);

/// The memory that a debugger may use in a sandbox, beyond that of the function, in MB. Loaded scripts
/// and the state that it shows are in the memory of the interpreter.
pub const MEMORY_MB: u32 = 512;

/// The port of the first Node.js function, which is the default of `node --inspect`.
pub const NODE_PORT: u16 = 9229;

/// The port of the first Python function, which is the default of debugpy.
pub const PYTHON_PORT: u16 = 5678;

/// Where inspectors open, and when functions start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InspectSettings {
    /// An address of the loopback. Everybody who reaches an inspector can run code.
    pub host: IpAddr,
    /// The port of the first function. Further functions have the ports after it. 0 takes free ones;
    /// none stands for [`NODE_PORT`] and [`PYTHON_PORT`].
    pub port: Option<u16>,
    /// True if a function loads only when a debugger is attached.
    pub wait: bool,
}

/// The inspectors of all functions. Cheap to clone.
#[derive(Clone)]
pub struct Inspectors {
    settings: InspectSettings,
    places: Arc<Mutex<BTreeMap<FunctionName, Arc<Place>>>>,
}

/// The inspector of one version.
#[derive(Clone)]
pub struct Inspector {
    place: Arc<Place>,
    version: VersionId,
    wait: bool,
}

/// Why there is no inspector for a function.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// Its runtime has none.
    #[error("the runtime {} has no inspector", .0.name())]
    NoInspector(Runtime),
    /// The address is taken or not allowed.
    #[error("cannot open an inspector at {address}: {source}; `--inspect=PORT` names another port")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
}

// === impl Inspectors ===

impl Inspectors {
    /// No inspector is open yet.
    pub fn new(settings: InspectSettings) -> Self {
        Self { settings, places: Arc::default() }
    }

    /// Opens the inspector of a function, if it is not open yet. Returns its address, and whether it is
    /// new. Must run in a tokio runtime.
    pub fn open(
        &self,
        function: &FunctionName,
        runtime: Runtime,
    ) -> Result<(SocketAddr, bool), InspectError> {
        let first = match runtime {
            Runtime::Nodejs => NODE_PORT,
            Runtime::Python => PYTHON_PORT,
            Runtime::Boa | Runtime::Provided => return Err(InspectError::NoInspector(runtime)),
        };
        let mut places = self.places.lock();
        if let Some(place) = places.get(function) {
            return Ok((place.address(), false));
        }
        let address = SocketAddr::new(self.settings.host, self.next_port(first, &places));
        let opened = TcpListener::bind(address).and_then(Place::open);
        let place = opened.map_err(|source| InspectError::Listen { address, source })?;
        let address = place.address();
        places.insert(function.clone(), Arc::new(place));
        Ok((address, true))
    }

    /// The first port of its kind that no function here has.
    fn next_port(&self, first: u16, places: &BTreeMap<FunctionName, Arc<Place>>) -> u16 {
        let first = self.settings.port.unwrap_or(first);
        if first == 0 {
            return 0;
        }
        let is_free = |port: &u16| places.values().all(|place| place.address().port() != *port);
        (first..=u16::MAX).find(is_free).unwrap_or(first)
    }

    /// The inspector of a version; none if none was opened for its function.
    pub(crate) fn of(&self, version: &VersionId) -> Option<Inspector> {
        let place = self.places.lock().get(&version.function)?.clone();
        Some(Inspector { place, version: version.clone(), wait: self.settings.wait })
    }
}

// === impl Inspector ===

impl Inspector {
    /// Leads debuggers to a sandbox of the version, by the sockets of its network. None if there are no
    /// sockets, or if a newer version has the place.
    pub(crate) fn attach(&self, sockets: Vec<OwnedFd>) -> Option<Attached> {
        if sockets.is_empty() {
            return None;
        }
        Place::attach(&self.place, self.version.number, sockets)
    }

    /// True if the function loads only when a debugger is attached.
    pub(crate) fn waits(&self) -> bool {
        self.wait
    }
}

#[cfg(test)]
mod tests;
