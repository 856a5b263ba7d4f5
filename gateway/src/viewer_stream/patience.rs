//! How long a viewer is waited for.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// Bounds on what a viewer may take its time for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a request's head, from its first byte; for the first one from the connection's
    /// beginning.
    pub head: Duration,
    /// For a request's body, beside the time that its bytes have at [`rate`](Self::rate). Time in
    /// which the gateway itself takes nothing does not count.
    pub body: Duration,
    /// Bytes of a body in a second, at the least.
    pub rate: u32,
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
    timer: Pin<Box<Sleep>>,
    /// Since when a head is waited for; none while no byte of it has come.
    head: Option<Instant>,
    /// Since when the next byte of a body is waited for.
    waiting: Option<Instant>,
    /// How long that took for the bytes that came.
    waited: Duration,
    /// Bytes of the body that came.
    came: u64,
}

// === impl Clock ===

impl Clock {
    pub(super) fn new(patience: Patience) -> Self {
        let now = Instant::now();
        Self {
            patience,
            timer: Box::pin(tokio::time::sleep_until(now + patience.head)),
            head: Some(now),
            waiting: None,
            waited: Duration::ZERO,
            came: 0,
        }
    }

    /// Bytes of a body came.
    pub(super) fn body_moved(&mut self, len: usize) {
        let waited = self.waiting.take().map_or(Duration::ZERO, |since| since.elapsed());
        self.waited = self.waited.saturating_add(waited);
        self.came = self.came.saturating_add(len as u64);
    }

    /// A head is complete; its body has all the time that a body has.
    pub(super) fn head_is_there(&mut self) {
        (self.head, self.waiting, self.waited, self.came) = (None, None, Duration::ZERO, 0);
    }

    /// Ready when the viewer has taken too long. To be asked whenever nothing came.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, wait: Wait) -> Poll<()> {
        let until = match (wait, self.head) {
            // Between requests the server's own limit holds.
            (Wait::Head, None) => return Poll::Pending,
            (Wait::Head, Some(since)) => since + self.patience.head,
            (Wait::RestOfHead, _) => {
                *self.head.get_or_insert_with(Instant::now) + self.patience.head
            }
            (Wait::Body, _) => {
                let since = *self.waiting.get_or_insert_with(Instant::now);
                let granted = self.patience.body + self.time_of_what_came();
                since + granted.saturating_sub(self.waited)
            }
        };
        self.poll_until(cx, until)
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
        ready!(self.timer.as_mut().poll(cx));
        Poll::Ready(())
    }

    fn time_of_what_came(&self) -> Duration {
        Duration::from_millis(self.came.saturating_mul(1000) / u64::from(self.patience.rate.max(1)))
    }
}
