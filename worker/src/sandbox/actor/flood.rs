//! Sandboxes that say too much.
//!
//! Most frames answer something and so are as many as they may be. Log lines and calls that are
//! refused are the exceptions: a function makes them as fast as it can. Of log lines so many bytes
//! a second are kept ([`Rate`]). Reading and dropping costs the supervisor as well, so that beyond
//! a multiple of it the sandbox is not read for a moment ([`Flood`]): it then waits for us.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::time::{Instant, sleep_until};

/// What is counted of a frame besides its text, in bytes.
pub(super) const FRAME_COST: usize = 64;

/// The period in which frames are counted.
const PERIOD: Duration = Duration::from_millis(100);

/// How much more than a function may log is read, to be dropped.
const READ_FACTOR: u64 = 4;

/// So much is read of every sandbox in each second, in bytes.
const READ_LEAST: u64 = 1024 * 1024;

/// Bytes of log in the present second.
#[derive(Debug, Default)]
pub struct Rate {
    second: Option<Instant>,
    bytes: u64,
}

/// Whether a log line is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is.
    Yes,
    /// No, and it is the first in this second that is not; so much was logged in it.
    NoLonger(u64),
    /// No.
    No,
}

/// What came of frames that nobody asked for.
#[derive(Default)]
pub(super) struct Flood {
    period: Option<Instant>,
    bytes: u64,
    gate: Gate,
}

/// Until when nothing is read.
pub(super) type Gate = Rc<Cell<Option<Instant>>>;

// === impl Rate ===

impl Rate {
    /// Counts a line, of which so many bytes a second are kept.
    pub fn take(&mut self, bytes: usize, rate: u64, now: Instant) -> Kept {
        let second = Duration::from_secs(1);
        if self.second.is_none_or(|begun| now.saturating_duration_since(begun) >= second) {
            *self = Self { second: Some(now), bytes: 0 };
        }
        let before = self.bytes;
        self.bytes = before.saturating_add(bytes as u64);
        match (before > rate, self.bytes > rate) {
            (_, false) => Kept::Yes,
            (false, true) => Kept::NoLonger(self.bytes),
            (true, true) => Kept::No,
        }
    }
}

// === impl Flood ===

impl Flood {
    /// The gate that this closes.
    pub(super) fn gate(&self) -> Gate {
        self.gate.clone()
    }

    /// Counts a frame, and closes the gate for the rest of the period when it was too much for a
    /// function that may log at this rate.
    pub(super) fn came(&mut self, bytes: usize, rate: u64, now: Instant) {
        let begun = match self.period {
            Some(begun) if now.saturating_duration_since(begun) < PERIOD => begun,
            _ => {
                self.period = Some(now);
                self.bytes = 0;
                now
            }
        };
        self.bytes = self.bytes.saturating_add((bytes + FRAME_COST) as u64);
        let most = (rate.saturating_mul(READ_FACTOR)).max(READ_LEAST) / 10;
        if self.bytes > most {
            self.gate.set(Some(begun + PERIOD));
        }
    }
}

/// Takes nothing from the stream while the gate is closed.
pub(super) fn gated<S: Stream + Unpin>(stream: S, gate: Gate) -> impl Stream<Item = S::Item> {
    stream::unfold((stream, gate), |(mut stream, gate)| async move {
        if let Some(until) = gate.take() {
            sleep_until(until).await;
        }
        let item = stream.next().await?;
        Some((item, (stream, gate)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_line_over_the_rate_is_dropped_until_the_next_second() {
        let mut rate = Rate::default();
        let now = Instant::now();
        assert_eq!(rate.take(60, 100, now), Kept::Yes);
        assert_eq!(rate.take(60, 100, now), Kept::NoLonger(120));
        assert_eq!(rate.take(1, 100, now), Kept::No);
        assert_eq!(rate.take(60, 100, now + Duration::from_secs(1)), Kept::Yes);
    }

    #[tokio::test(start_paused = true)]
    async fn what_floods_is_not_read_for_the_rest_of_the_period() {
        let begun = Instant::now();
        let mut flood = Flood::default();
        let mut items = Box::pin(gated(stream::iter(0..4), flood.gate()));
        assert_eq!(items.next().await, Some(0));
        flood.came(1024, 0, begun);
        assert_eq!(items.next().await, Some(1));
        assert_eq!(begun.elapsed(), Duration::ZERO);
        flood.came(READ_LEAST as usize, 0, begun);
        assert_eq!(items.next().await, Some(2));
        assert_eq!(begun.elapsed(), PERIOD);
        assert_eq!(items.next().await, Some(3));
        assert_eq!(begun.elapsed(), PERIOD);
    }
}
