//! The slowest allowed pace of a viewer's body.
//!
//! The gateway has [`PATIENCE`] with each viewer. The patience shrinks while the gateway waits for
//! the viewer, and grows with each byte that the viewer moves. At the lowest allowed rate it
//! neither shrinks nor grows. A viewer that stands still is cut off when the patience is used up,
//! and a viewer that trickles a little later. A viewer that is fast enough on average is never cut
//! off, even if its bytes come in bursts.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// How long a viewer may move no bytes at all.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The lowest rate of viewers, unless another one is configured, in bytes a second.
pub const MIN_RATE_DEFAULT: u32 = 1024;

/// The pace of one direction of one connection.
#[derive(Debug)]
pub struct Pace {
    /// Bytes a second; at least 1. Each byte wins back one second at most.
    rate: u32,
    left: Duration,
    /// When the gateway began to wait for the viewer; `None` while it does not wait.
    waiting: Option<Instant>,
    /// Fires when the patience is used up. Made when it is first needed, and set again for each
    /// wait.
    timer: Option<Pin<Box<Sleep>>>,
}

// === impl Pace ===

impl Pace {
    /// A pace of at least this many bytes a second on average. With 0 the viewer only must not
    /// stand still.
    pub fn new(rate: u32) -> Self {
        Self { rate, left: PATIENCE, waiting: None, timer: None }
    }

    /// True while the gateway waits for the viewer.
    pub fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// The viewer moved this many bytes.
    pub fn moved(&mut self, bytes: usize) {
        if let Some(since) = self.waiting.take() {
            self.left = self.left.saturating_sub(since.elapsed());
        }
        let won = match self.rate {
            0 => PATIENCE,
            rate => Duration::from_secs_f64(
                (bytes as f64 / f64::from(rate)).min(PATIENCE.as_secs_f64()),
            ),
        };
        self.left = (self.left + won).min(PATIENCE);
    }

    /// Waits for the viewer. Ready when the patience is used up. Call this whenever no bytes move.
    pub fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let armed = self.waiting.is_some();
        let since = *self.waiting.get_or_insert_with(Instant::now);
        let until = since + self.left;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if !armed {
            timer.as_mut().reset(until);
        }
        timer.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long a viewer lasts that moves this many bytes at this interval, up to an hour.
    async fn lasts(rate: u32, bytes: usize, every: u64) -> u64 {
        let (mut pace, started) = (Pace::new(rate), Instant::now());
        while started.elapsed() < Duration::from_secs(3600) {
            let wait = std::future::poll_fn(|cx| pace.poll_wait(cx));
            let moves = Duration::from_secs(every);
            if tokio::time::timeout(moves, wait).await.is_ok() {
                break;
            }
            pace.moved(bytes);
        }
        started.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn only_viewers_that_are_slow_on_average_are_cut_off() {
        for (rate, bytes, every, expected) in [
            (1024, 0, 10, 60),
            (1024, 1, 10, 60),
            (1024, 512, 1, 120),
            (1024, 1024, 1, 3600),
            (1024, 64 * 1024, 50, 3600),
            (1024, 1 << 20, 61, 60),
            (0, 1, 50, 3600),
            (0, 1, 61, 60),
        ] {
            let lasted = lasts(rate, bytes, every).await;
            assert!(lasted.abs_diff(expected) <= 2, "{bytes} every {every} s: {lasted} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn time_without_a_wait_does_not_count() {
        let mut pace = Pace::new(1024);
        for _ in 0..10 {
            let wait = std::future::poll_fn(|cx| pace.poll_wait(cx));
            assert!(tokio::time::timeout(Duration::from_millis(100), wait).await.is_err());
            pace.moved(200);
            tokio::time::sleep(2 * PATIENCE).await;
        }
    }
}
