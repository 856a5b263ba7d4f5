//! The outbox: brings the threads' reports to the main thread.
//!
//! The outbox is a bounded channel. A thread that runs user code cannot await, so it blocks while
//! the outbox is full. So a function that logs faster than the supervisor reads is slowed down. The
//! main thread never waits for the threads, so there is no deadlock.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tokio::sync::{Notify, oneshot};

use super::place::Place;
use brink_frames::{CallRequest, CallResult, EventId, FromSandbox};

/// Most reports that wait for the main thread.
const REPORTS_MAX: usize = 1024;

/// A report of a thread to the main thread.
pub(super) enum Report {
    /// A frame to write.
    Frame(FromSandbox),
    /// An event is done, and its place is free again.
    Done {
        /// The [`FromSandbox::Done`].
        frame: FromSandbox,
        /// Where it ran.
        place: Place,
        /// The environment at this place now.
        left: Left,
    },
    /// A function calls an HTTP service.
    Call {
        /// The event that makes the call; none while the version starts.
        event: Option<EventId>,
        /// The request.
        request: CallRequest,
        /// Where the answer goes.
        answer: oneshot::Sender<CallResult>,
    },
}

/// The state of an environment's place after an event is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// The same environment, ready for another event.
    Environment,
    /// A new environment, which is being made.
    Successor,
    /// Nothing.
    Nothing,
}

/// The threads' end.
#[derive(Clone)]
pub(super) struct Outbox {
    reports: SyncSender<Report>,
    filled: Arc<Notify>,
}

/// The main thread's end.
pub(super) struct Inbox {
    reports: Receiver<Report>,
    filled: Arc<Notify>,
}

/// Both ends.
pub(super) fn channel() -> (Outbox, Inbox) {
    let (sender, receiver) = sync_channel(REPORTS_MAX);
    let filled = Arc::new(Notify::new());
    let outbox = Outbox { reports: sender, filled: filled.clone() };
    let inbox = Inbox { reports: receiver, filled };
    (outbox, inbox)
}

// === impl Outbox ===

impl Outbox {
    /// Sends a report. Blocks while the outbox is full.
    pub(super) fn send(&self, report: Report) {
        // The other end is gone only if the process is about to end.
        let _ = self.reports.send(report);
        self.filled.notify_one();
    }

    /// Sends a report, unless the outbox is full. True if it was sent.
    pub(super) fn try_send(&self, report: Report) -> bool {
        let sent = self.reports.try_send(report).is_ok();
        self.filled.notify_one();
        sent
    }
}

// === impl Inbox ===

impl Inbox {
    /// The next report. Waits forever once all threads are gone.
    pub(super) async fn next(&mut self) -> Report {
        loop {
            if let Some(report) = self.try_next() {
                return report;
            }
            self.filled.notified().await;
        }
    }

    /// The next report, if there is one already.
    pub(super) fn try_next(&mut self) -> Option<Report> {
        self.reports.try_recv().ok()
    }
}
