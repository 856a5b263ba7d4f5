//! The waiter for an event, and the ways in which an event ends.

use tokio::sync::oneshot;

use brink_shared::bus::BusError;
use brink_shared::wire::Verdict;

/// Waits for an event's end.
#[derive(Debug)]
pub(super) struct Waiter {
    tell: oneshot::Sender<Ended>,
    /// True if the event may run twice.
    pub(super) repeatable: bool,
}

/// How an event ended, or did not begin.
#[derive(Debug)]
pub(super) enum Ended {
    /// A worker sent this verdict.
    Verdict(Verdict),
    /// The bus says that there is no subscriber.
    NoResponders,
    /// No worker began it, and none will.
    NotBegun,
    /// There is no worker that would begin it.
    Nobody,
    /// The bus did not carry it, or the connection was lost in the meantime.
    Bus(BusError),
    /// It cannot be serialized, which is a fault of Brink's own.
    Unwritable(String),
}

// === impl Waiter ===

impl Waiter {
    pub(super) fn new(repeatable: bool) -> (Self, oneshot::Receiver<Ended>) {
        let (tell, told) = oneshot::channel();
        (Self { tell, repeatable }, told)
    }

    /// Reports the end. If the caller has gone, nothing happens.
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
