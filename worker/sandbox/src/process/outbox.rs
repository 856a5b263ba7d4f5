//! The way from the threads to the socket.
//!
//! A thread that runs user code cannot await, so it blocks when the outbox is full. That is the
//! back-pressure: a function that logs faster than the supervisor reads waits for it. The main
//! thread never waits for the others, so this cannot lock up.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tokio::sync::{Notify, oneshot};

use super::place::Place;
use brink_frames::{CallRequest, CallResult, EventId, FromSandbox};

/// Most reports that wait for the main thread.
const REPORTS_MAX: usize = 1024;

/// What a thread tells the main thread.
pub(super) enum Report {
    /// Only to be written.
    Frame(FromSandbox),
    /// An event is done, and this is free again.
    Done {
        /// The [`FromSandbox::Done`].
        frame: FromSandbox,
        /// Where it ran.
        place: Place,
        /// What stands there now.
        left: Left,
    },
    /// A function calls an HTTP service.
    Call {
        /// The event on whose behalf.
        event: Option<EventId>,
        /// What it asks for.
        request: CallRequest,
        /// Where the answer goes.
        answer: oneshot::Sender<CallResult>,
    },
}

/// What stands in the place of an environment that an event left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// The same, ready for another event.
    Environment,
    /// A new one, which is being made.
    Successor,
    /// None.
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
    /// Reports; blocks while the outbox is full.
    pub(super) fn send(&self, report: Report) {
        // The other end is only gone when the process is about to be.
        let _ = self.reports.send(report);
        self.filled.notify_one();
    }

    /// Reports, unless the outbox is full.
    pub(super) fn try_send(&self, report: Report) -> bool {
        let sent = self.reports.try_send(report).is_ok();
        self.filled.notify_one();
        sent
    }
}

// === impl Inbox ===

impl Inbox {
    /// The next report. Waits for ever once all threads are gone.
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
