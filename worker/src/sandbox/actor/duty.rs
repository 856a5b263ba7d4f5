//! The duty of a sandbox: its function and the limits.

use std::cell::RefCell;
use std::time::Duration;

use bytes::Bytes;

use brink_frames::Load;
use brink_shared::id::VersionId;
use brink_shared::limits::Limits;
use brink_shared::registry::role::LogLevel;

use super::flood::Rate;
use crate::egress::Egress;
use crate::inspect::{Inspector, MEMORY_MB, PATIENCE};
use crate::logs::LogSink;
use crate::pending::Pending;
use crate::runtime::SandboxKind;
use crate::sandbox_folders::Unpacked;

/// The duty of a sandbox: what it runs, under which limits.
pub struct Duty {
    /// The function's name and version, as in `ab-test:3`.
    pub name: String,
    /// The kind of its sandboxes.
    pub kind: SandboxKind,
    /// How long an event may take by the function's settings.
    pub timeout: Duration,
    /// How much memory the function may use, in MB.
    pub memory_mb: u32,
    /// Its other limits.
    pub limits: Limits,
    /// Log lines below this level are dropped.
    pub log_level: LogLevel,
    /// The rate at which all sandboxes of the version log together.
    pub log_rate: RefCell<Rate>,
    /// How many events it may have at a time: its execution environments.
    pub environments: usize,
    /// How a sandbox gets the function.
    pub load: Loading,
    /// Performs its outgoing calls.
    pub egress: Egress,
    /// Where its log lines go, and under which version; none in a trial.
    pub logs: Option<(LogSink, VersionId)>,
    /// Where debuggers reach it; none if it is not debugged.
    pub inspector: Option<Inspector>,
}

/// How a sandbox gets its function.
pub enum Loading {
    /// The files come in a frame: the encoded [`ToSandbox::Load`](brink_frames::ToSandbox::Load).
    Frame(Bytes),
    /// The files are in the sandbox's folder.
    Files {
        /// Everything but the bundle.
        load: Box<Load>,
        /// The bundle's files on disk.
        files: Unpacked,
    },
}

// === impl Duty ===

impl Duty {
    /// The same duty for a version that is debugged: nothing ends because it takes long.
    pub fn inspected(mut self, inspector: Inspector) -> Self {
        self.timeout = PATIENCE;
        self.limits.startup_time = PATIENCE;
        self.limits.cpu_time = None;
        self.memory_mb = self.memory_mb.saturating_add(MEMORY_MB);
        self.inspector = Some(inspector);
        self
    }

    /// How long an event may run: as long as its trigger allows, unless the version is debugged.
    pub(super) fn allows(&self, event: &Pending) -> Duration {
        if self.inspector.is_some() { self.timeout } else { event.timeout(self.timeout) }
    }

    /// How many outgoing calls of an event may be under way at a time.
    pub(super) fn connections(&self) -> usize {
        self.limits.connections as usize
    }
}
