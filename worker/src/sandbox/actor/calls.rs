//! The outgoing calls of a sandbox, as its actor keeps them.

use std::collections::HashMap;
use std::sync::Arc;

use actix::SpawnHandle;
use tokio::sync::Semaphore;

use brink_frames::CallId;

/// The outgoing calls under way, and the counts for calls that belong to no event.
pub(super) struct Calls {
    /// Those under way.
    pub(super) open: HashMap<CallId, Open>,
    /// The highest id of all calls so far.
    pub(super) highest: Option<CallId>,
    /// Bytes of the requests under way.
    pub(super) bytes: usize,
    /// Calls that belong to no event.
    pub(super) at_start: u32,
    /// Their bytes.
    pub(super) at_start_bytes: u64,
    /// Limits how many of them are under way.
    pub(super) at_start_gate: Arc<Semaphore>,
}

/// A call under way.
pub(super) struct Open {
    /// Bytes of its request.
    pub(super) size: usize,
    /// The future that performs it.
    pub(super) performing: SpawnHandle,
}

// === impl Calls ===

impl Calls {
    /// None yet. At most `at_start` calls of no event may be under way at a time.
    pub(super) fn new(at_start: usize) -> Self {
        Self {
            open: HashMap::new(),
            highest: None,
            bytes: 0,
            at_start: 0,
            at_start_bytes: 0,
            at_start_gate: Arc::new(Semaphore::new(at_start.min(Semaphore::MAX_PERMITS))),
        }
    }

    /// Removes a call that is over. Returns the future that performs it, if it was under way.
    pub(super) fn close(&mut self, call: CallId) -> Option<SpawnHandle> {
        let Open { size, performing } = self.open.remove(&call)?;
        self.bytes = self.bytes.saturating_sub(size);
        Some(performing)
    }
}
