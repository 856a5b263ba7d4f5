//! How long a viewer is waited for.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::pace::Pace;

/// Bounds on what a viewer may take its time for, beside bodies, which have a pace.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a request's head, from its first byte; for the first one from the connection's
    /// beginning.
    pub head: Duration,
    /// For what a viewer still sends when its connection is closed.
    pub linger: Duration,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// A head of which nothing came yet.
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
    /// Since when a head is waited for; none while no byte of it has come.
    head: Option<Instant>,
    /// The pace of the body under way. Only the time counts in which nothing is here to be taken.
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

    /// A head is complete; its body has all the time that a body has.
    pub(super) fn head_is_there(&mut self) {
        self.head = None;
        self.body = Pace::new(self.min_rate);
    }

    /// Ready when the viewer has taken too long. To be asked whenever nothing came.
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

    /// What the viewer sends is read until this is over.
    pub(super) fn linger(&mut self) {
        self.head = Some(Instant::now());
    }

    /// Ready when that is over.
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
