//! Limits how much a sandbox can say.
//!
//! Most frames answer something, so there cannot be too many. The exceptions are log lines and
//! rejected calls, which a function can make as fast as it likes. The supervisor keeps a limited
//! number of bytes of log lines in each second ([`Rate`]). Reading and dropping lines costs time
//! too. So beyond a multiple of that number it does not read the sandbox for a moment ([`Flood`]).
//! The sandbox then waits for the supervisor.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::time::{Instant, sleep_until};

/// The size that a frame counts in addition to its text, in bytes.
pub(super) const FRAME_COST: usize = 64;

/// The period in which frames are counted.
const PERIOD: Duration = Duration::from_millis(100);

/// How many times a function's log limit the supervisor reads.
pub(super) const READ_FACTOR: u64 = 4;

/// How much the supervisor reads from every sandbox in each second, in bytes.
const READ_LEAST: u64 = 1024 * 1024;

/// The bytes of log in the present second.
#[derive(Debug, Default)]
pub struct Rate {
    second: Option<Instant>,
    bytes: u64,
}

/// Whether a log line is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Yes.
    Yes,
    /// No, and it is the first line of this second that is dropped. This many bytes were logged in
    /// it.
    NoLonger(u64),
    /// No.
    No,
}

/// The unsolicited frames of a sandbox in the present period.
#[derive(Default)]
pub(super) struct Flood {
    period: Option<Instant>,
    bytes: u64,
    gate: Gate,
}

/// Until when the sandbox is not read.
pub(super) type Gate = Rc<Cell<Option<Instant>>>;

// === impl Rate ===

impl Rate {
    /// Counts a line against a limit of `rate` bytes a second.
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
    /// The gate, which this closes.
    pub(super) fn gate(&self) -> Gate {
        self.gate.clone()
    }

    /// Counts a frame, and closes the gate for the rest of the period if it is too much for a
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
    async fn a_flooding_sandbox_is_not_read_for_the_rest_of_the_period() {
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
