//! How long the gateway waits for a viewer to send something.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::pace::Pace;

/// The times that a viewer may take. Bodies have a pace instead.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a request's head, counted from its first byte. The first head is counted from the
    /// beginning of the connection.
    pub head: Duration,
    /// For the bytes that a viewer still sends when its connection is closed.
    pub linger: Duration,
}

/// The bytes that the gateway waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// The first byte of a head.
    Head,
    /// The rest of a head.
    RestOfHead,
    /// A body, or the rest of it.
    Body,
}

/// The time that one viewer has taken.
#[derive(Debug)]
pub(super) struct Clock {
    patience: Patience,
    min_rate: u32,
    timer: Pin<Box<Sleep>>,
    /// When the wait for the head began; `None` while no byte of it has come.
    head: Option<Instant>,
    /// The pace of the current body. Only the time counts in which none of its bytes are here.
    body: Pace,
}

// === impl Clock ===

impl Clock {
    pub(super) fn new(patience: Patience, min_rate: u32) -> Self {
        let now = Instant::now();
        Self {
            patience,
            min_rate,
            timer: Box::pin(tokio::time::sleep_until(now + patience.head)),
            head: Some(now),
            body: Pace::new(min_rate),
        }
    }

    /// Bytes of a body came.
    pub(super) fn body_moved(&mut self, len: usize) {
        self.body.moved(len);
    }

    /// A head is complete. The pace of its body begins again.
    pub(super) fn head_is_there(&mut self) {
        self.head = None;
        self.body = Pace::new(self.min_rate);
    }

    /// Ready when the viewer has taken too long. Call this whenever no bytes came.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, wait: Wait) -> Poll<()> {
        let since = match (wait, self.head) {
            (Wait::Body, _) => return self.body.poll_wait(cx),
            // Between requests the server's own limit holds.
            (Wait::Head, None) => return Poll::Pending,
            (Wait::Head, Some(since)) => since,
            (Wait::RestOfHead, _) => *self.head.get_or_insert_with(Instant::now),
        };
        self.poll_until(cx, since + self.patience.head)
    }

    /// Starts the time in which the viewer's last bytes are read.
    pub(super) fn linger(&mut self) {
        self.head = Some(Instant::now());
    }

    /// Ready when that time is over.
    pub(super) fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let since = self.head.unwrap_or_else(Instant::now);
        self.poll_until(cx, since + self.patience.linger)
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, until: Instant) -> Poll<()> {
        if self.timer.deadline() != until {
            self.timer.as_mut().reset(until);
        }
        self.timer.as_mut().poll(cx)
    }
}
