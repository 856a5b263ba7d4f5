//! Counts the results of requests, in addition to times and statuses.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use tokio::time::Instant;

use crate::check::Mistake;
use crate::scenario::Probe;

/// After this many draws, it is no accident if one side never came up: the probability is two to
/// the power of -63.
const DRAWS_ENOUGH: u64 = 64;

/// The counts of one run. All viewers write it, and lock it for one increment.
#[derive(Default)]
pub struct Tally {
    mistakes: Mutex<BTreeMap<String, Mistakes>>,
    /// For requests with two right answers: how often each came.
    drawn: [AtomicU64; 2],
    cut_off: AtomicU64,
    oldest_cut_off_us: AtomicU64,
}

/// The mistakes of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct Mistakes {
    /// How many.
    pub count: u64,
    /// The first one in full.
    pub first: String,
}

/// The counts at the end of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Mistakes by kind.
    pub errors: BTreeMap<String, Mistakes>,
    /// Requests that were in flight when the time was up. Neither right nor wrong.
    pub cut_off: u64,
    /// How long the oldest of them had been in flight.
    pub oldest_cut_off_seconds: f64,
}

/// A request that was sent. If it is dropped without [`ended`](Self::ended), it was cut off.
pub struct InFlight<'t> {
    tally: &'t Tally,
    since: Instant,
    ended: bool,
}

// === impl Tally ===

impl Tally {
    /// Notes that a request is on its way.
    pub fn in_flight(&self, since: Instant) -> InFlight<'_> {
        InFlight { tally: self, since, ended: false }
    }

    /// Notes the result of a request: which of its right answers came, or the mistake.
    pub fn record(&self, probe: &Probe, judged: Result<usize, Mistake>) {
        match judged {
            Ok(which) if probe.expected.bodies.len() > 1 => {
                if let Some(count) = self.drawn.get(which) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            }
            Ok(_) => {}
            Err(mistake) => {
                let first = || format!("{}: {mistake}", probe.path);
                self.add(mistake.kind(), first);
            }
        }
    }

    /// Sums up the counts, after all viewers have ended.
    pub fn outcome(&self) -> Outcome {
        let [control, treatment] = &self.drawn;
        let drawn = [control.load(Ordering::Relaxed), treatment.load(Ordering::Relaxed)];
        let total: u64 = drawn.iter().sum();
        if total >= DRAWS_ENOUGH && drawn.contains(&0) {
            self.add("one-sided draw".to_owned(), || {
                format!("all {total} new visitors got the same variant")
            });
        }
        let oldest = Duration::from_micros(self.oldest_cut_off_us.load(Ordering::Relaxed));
        Outcome {
            errors: self.mistakes.lock().clone(),
            cut_off: self.cut_off.load(Ordering::Relaxed),
            oldest_cut_off_seconds: oldest.as_secs_f64(),
        }
    }

    fn add(&self, kind: String, first: impl FnOnce() -> String) {
        let mut mistakes = self.mistakes.lock();
        let entry = mistakes.entry(kind).or_insert_with(|| Mistakes { count: 0, first: first() });
        entry.count += 1;
    }
}

// === impl Outcome ===

impl Outcome {
    /// Number of answers that were not right.
    pub fn mistakes(&self) -> u64 {
        self.errors.values().map(|mistakes| mistakes.count).sum()
    }
}

// === impl InFlight ===

impl InFlight<'_> {
    /// The request has an answer, right or wrong.
    pub fn ended(mut self) {
        self.ended = true;
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if !self.ended {
            let age = u64::try_from(self.since.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.tally.cut_off.fetch_add(1, Ordering::Relaxed);
            self.tally.oldest_cut_off_us.fetch_max(age, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn new_visitor() -> &'static Probe {
        let scenario = Scenario::named("ab-test").unwrap();
        let probe = scenario.probes.iter().find(|probe| probe.cookie.is_none());
        probe.unwrap()
    }

    #[test]
    fn mistakes_are_counted_by_kind_with_their_first() {
        let tally = Tally::default();
        for got in [503, 503, 500] {
            let mistake = Mistake::Status { expected: 200, got };
            tally.record(new_visitor(), Err(mistake));
        }
        let outcome = tally.outcome();
        assert_eq!(outcome.mistakes(), 3);
        assert_eq!(outcome.errors["status 503"].count, 2);
        assert_eq!(
            outcome.errors["status 500"].first,
            "/experiment-pixel.jpg: status 500 instead of 200"
        );
    }

    #[test]
    fn a_draw_that_always_falls_the_same_way_is_a_mistake() {
        let tally = Tally::default();
        for _ in 0..DRAWS_ENOUGH {
            tally.record(new_visitor(), Ok(1));
        }
        assert_eq!(tally.outcome().errors["one-sided draw"].count, 1);
        let fair = Tally::default();
        for which in 0..DRAWS_ENOUGH as usize {
            fair.record(new_visitor(), Ok(which % 2));
        }
        assert_eq!(fair.outcome().mistakes(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_dropped_in_flight_were_cut_off() {
        let tally = Tally::default();
        tally.in_flight(Instant::now()).ended();
        let dropped = tally.in_flight(Instant::now());
        tokio::time::advance(Duration::from_secs(3)).await;
        drop(dropped);
        let outcome = tally.outcome();
        assert_eq!(outcome.cut_off, 1);
        assert_eq!(outcome.oldest_cut_off_seconds, 3.0);
    }
}
