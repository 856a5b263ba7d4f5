//! Who waits for an event, and how it ended.

use tokio::sync::oneshot;

use brink_shared::bus::BusError;
use brink_shared::wire::Verdict;

/// Who waits for an event's end.
#[derive(Debug)]
pub(super) struct Waiter {
    tell: oneshot::Sender<Ended>,
    /// True if the event may run twice.
    pub(super) repeatable: bool,
}

/// How an event ended, or did not begin.
#[derive(Debug)]
pub(super) enum Ended {
    /// A worker says so.
    Verdict(Verdict),
    /// The bus says that nobody subscribes.
    NoResponders,
    /// Nobody began it, and nobody will.
    NotBegun,
    /// There is nobody who would begin it.
    Nobody,
    /// The bus did not carry it, or went away while it was under way.
    Bus(BusError),
    /// It cannot be written: a fault of ours.
    Unwritable(String),
}

// === impl Waiter ===

impl Waiter {
    pub(super) fn new(repeatable: bool) -> (Self, oneshot::Receiver<Ended>) {
        let (tell, told) = oneshot::channel();
        (Self { tell, repeatable }, told)
    }

    /// Tells the end. One who left does not mind.
    pub(super) fn end(self, ended: Ended) {
        let _ = self.tell.send(ended);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.tell.is_closed()
    }
}

// === impl Ended ===

impl Ended {
    pub(super) fn lost() -> Self {
        Self::Verdict(Verdict::Lost)
    }

    pub(super) fn not_begun() -> Self {
        Self::NotBegun
    }
}
