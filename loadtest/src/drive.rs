//! Sends one request of a viewer at its time, and checks the answer.
//!
//! A fixed rate follows a schedule. With a plain rate limiter, a viewer that waits for a slow
//! answer sends less, and no statistic shows how long later viewers would have waited. Here request
//! number n is due at start + n / rate. If no viewer is free at that time, the latency counts from
//! when the request was due. If one is free, the latency counts from when it sends, so the timer's
//! own millisecond does not count against the edge.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::Instant;

use crate::check::Mistake;
use crate::client::Client;
use crate::measurements::Sample;
use crate::scenario::Scenario;
use crate::tally::Tally;
use crate::target::Target;

/// Pause after a refused connection. Without it, an edge that is down would cause hundreds of
/// thousands of errors. The pause is in no statistic.
const AFTER_REFUSED: Duration = Duration::from_millis(50);

/// The work of every viewer.
#[derive(Clone)]
pub struct Drive {
    /// The edge.
    pub target: Target,
    /// The requests.
    pub scenario: Scenario,
    /// Longest wait for a whole answer.
    pub timeout: Duration,
    /// When they are sent.
    pub pace: Arc<Pace>,
    /// The results.
    pub tally: Arc<Tally>,
}

/// When each request is sent.
pub struct Pace {
    rate: Option<f64>,
    /// Number of requests before the first measured one.
    warmup: u64,
    calls: AtomicU64,
    start: OnceLock<Instant>,
}

// === impl Pace ===

impl Pace {
    /// `rate` is in requests per second. If it is none, a viewer sends its next request as soon as
    /// the last one was answered.
    pub fn new(rate: Option<u32>, warmup: u64) -> Self {
        Self { rate: rate.map(f64::from), warmup, calls: AtomicU64::new(0), start: OnceLock::new() }
    }

    /// Waits until the request is due. Returns the moment from which its latency counts.
    async fn turn(&self, sequence: u64) -> Instant {
        // The runner warms up with exactly so many calls, and begins when all have ended.
        let warming = self.calls.fetch_add(1, Ordering::Relaxed) < self.warmup;
        let Some(rate) = self.rate.filter(|_| !warming) else {
            return Instant::now();
        };
        let start = *self.start.get_or_init(Instant::now);
        let due = start + Duration::from_secs_f64(sequence as f64 / rate);
        if due <= Instant::now() {
            return due;
        }
        tokio::time::sleep_until(due).await;
        Instant::now()
    }
}

// === impl Drive ===

impl Drive {
    /// Sends the request with this number when it is due. If this is dropped, the request is noted
    /// as cut off.
    pub async fn send(&self, client: &mut Client, sequence: u64) -> anyhow::Result<Sample> {
        let probe = self.scenario.probe(sequence);
        let probe = probe.ok_or_else(|| anyhow::anyhow!("the scenario has no requests"))?;
        let since = self.pace.turn(sequence).await;
        let in_flight = self.tally.in_flight(since);
        let answered = client.ask(probe).await;
        let latency = since.elapsed();
        in_flight.ended();

        let judged = match &answered {
            Ok(answer) => probe.expected.check(answer),
            Err(mistake) => Err(mistake.clone()),
        };
        let status = answered.as_ref().map_or(0, |answer| answer.status);
        let right = judged.is_ok();
        if let Err(Mistake::Connect(_)) = judged {
            tokio::time::sleep(AFTER_REFUSED).await;
        }
        self.tally.record(probe, judged);
        let bytes = answered.map_or(0, |answer| answer.body.len() as u64);
        Ok(Sample { latency, status, right, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_late_request_counts_from_when_it_was_due() {
        let pace = Pace::new(Some(10), 0);
        let start = pace.turn(0).await;
        assert_eq!(pace.turn(5).await, start + Duration::from_millis(500));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(pace.turn(6).await, start + Duration::from_millis(600));
        assert_eq!(Instant::now(), start + Duration::from_millis(1500));
    }

    #[tokio::test(start_paused = true)]
    async fn the_schedule_begins_after_the_warm_up() {
        let pace = Pace::new(Some(1), 2);
        let before = Instant::now();
        pace.turn(0).await;
        pace.turn(1).await;
        assert_eq!(Instant::now(), before);
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(pace.turn(0).await, before + Duration::from_secs(9));
    }
}
