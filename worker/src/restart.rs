//! When a version may have its next sandbox.
//!
//! A sandbox that died is replaced at once, a few times. A version that goes on killing its
//! sandboxes waits longer and longer, its events are told why in the meantime, and so is who asks
//! for its status. A sandbox that did much good work before it died was no sign of that: one bad
//! event among many costs no waiting.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use brink_shared::wire::Failure;

/// Deaths within [`WINDOW`] that cost no waiting.
const FREE: usize = 3;

/// See [`FREE`].
const WINDOW: Duration = Duration::from_secs(10);

/// Wait after the first death too many, or after a version could not start. Each further one
/// doubles it.
const FIRST: Duration = Duration::from_secs(1);

/// Longest wait between sandboxes of a version that kills them.
const LONGEST: Duration = Duration::from_secs(30);

/// How much longer or shorter a wait may be, so that workers do not retry in step.
const JITTER: f64 = 0.2;

/// After this long without a death everything is forgotten.
const HEALTHY: Duration = Duration::from_secs(60);

/// Events after which a sandbox's death does not count.
const SERVED_WELL: u64 = 50;

/// How a version fares with its sandboxes.
#[derive(Default)]
pub struct Restart {
    /// Deaths within [`WINDOW`], while they cost nothing.
    recent: VecDeque<Instant>,
    /// How often it had to wait in this row of deaths.
    waits: u32,
    /// Deaths in this row.
    deaths: u32,
    died: Option<Instant>,
    not_before: Option<Instant>,
    /// Why the last one died, or could not start.
    last: Option<Failure>,
}

/// A version that has to wait.
#[derive(Clone, Debug)]
pub struct Ailing {
    /// Why its last sandbox died, or could not start.
    pub last: Failure,
    /// How many did, one after the other.
    pub deaths: u32,
    /// When it gets the next.
    pub retry: Instant,
    /// When it counts as healthy, if no further one dies.
    pub healthy: Instant,
}

// === impl Restart ===

impl Restart {
    /// A sandbox died after it had served so many events; or, with nobody to blame, could not
    /// be had.
    pub fn died(&mut self, now: Instant, served: u64, why: Option<Failure>) {
        if served >= SERVED_WELL {
            *self = Self::default();
            return;
        }
        self.count(now, why);
        if self.waits == 0 {
            self.recent.push_back(now);
            self.recent.retain(|died| now.saturating_duration_since(*died) <= WINDOW);
            if self.recent.len() <= FREE {
                return;
            }
        }
        self.wait_from(now);
    }

    /// The version could not start, and would hardly do so at once.
    pub fn refused(&mut self, now: Instant, why: Failure) {
        self.count(now, Some(why));
        self.wait_from(now);
    }

    fn count(&mut self, now: Instant, why: Option<Failure>) {
        let before = self.died.replace(now).or(Some(now));
        let since = before.map(|before| now.saturating_duration_since(before));
        if since.is_some_and(|since| since > self.wait_max() + HEALTHY) {
            *self = Self { died: Some(now), ..Self::default() };
        }
        self.deaths = self.deaths.saturating_add(1);
        self.last = why;
    }

    fn wait_from(&mut self, now: Instant) {
        self.waits = self.waits.saturating_add(1);
        let jitter = 1.0 + JITTER * (2.0 * rand::random::<f64>() - 1.0);
        self.not_before = Some(now + self.wait_max().mul_f64(jitter));
    }

    /// The present wait, but for jitter.
    fn wait_max(&self) -> Duration {
        match self.waits {
            0 => Duration::ZERO,
            n => FIRST.saturating_mul(1 << (n - 1).min(10)).min(LONGEST),
        }
    }

    /// How long to wait until the next sandbox.
    pub fn wait(&self, now: Instant) -> Duration {
        self.not_before.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }

    /// What is wrong with the version, if it had to wait and is not known to be well again.
    pub fn ailing(&self) -> Option<Ailing> {
        let (last, retry) = (self.last.clone()?, self.not_before?);
        Some(Ailing { last, deaths: self.deaths, retry, healthy: retry + HEALTHY })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::crashed;

    fn why() -> Option<Failure> {
        Some(crashed("f:1", "signal 9"))
    }

    fn is_about(wait: Duration, about: Duration) -> bool {
        wait >= about.mul_f64(1.0 - JITTER) && wait <= about.mul_f64(1.0 + JITTER)
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_deaths_cost_nothing_and_then_each_costs_twice_the_last() {
        let now = Instant::now();
        let mut restart = Restart::default();
        for _ in 0..FREE {
            restart.died(now, 0, why());
            assert_eq!(restart.wait(now), Duration::ZERO);
            assert!(restart.ailing().is_none());
        }
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            restart.died(now, 1, why());
            let wait = restart.wait(now);
            assert!(is_about(wait, Duration::from_secs(seconds)), "{wait:?}");
        }
        assert_eq!(restart.ailing().unwrap().deaths, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn deaths_far_apart_do_not_count_together() {
        let mut now = Instant::now();
        let mut restart = Restart::default();
        for _ in 0..20 {
            restart.died(now, 0, why());
            assert_eq!(restart.wait(now), Duration::ZERO);
            now += WINDOW / 2;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_while_of_health_or_much_good_work_forgives() {
        let now = Instant::now();
        let mut restart = Restart::default();
        for _ in 0..9 {
            restart.died(now, 0, why());
        }
        let later = now + LONGEST + HEALTHY + Duration::from_secs(1);
        restart.died(later, 0, why());
        assert_eq!(restart.wait(later), Duration::ZERO);
        for _ in 0..9 {
            restart.died(later, 0, why());
        }
        restart.died(later, SERVED_WELL, why());
        assert_eq!(restart.wait(later), Duration::ZERO);
        assert!(restart.ailing().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_version_that_cannot_start_waits_at_once() {
        let now = Instant::now();
        let mut restart = Restart::default();
        restart.refused(now, crashed("f:1", "no"));
        assert!(is_about(restart.wait(now), FIRST));
        restart.refused(now, crashed("f:1", "no"));
        assert!(is_about(restart.wait(now), 2 * FIRST));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_nobodys_fault_makes_nobody_ailing() {
        let now = Instant::now();
        let mut restart = Restart::default();
        for _ in 0..9 {
            restart.died(now, 0, None);
        }
        assert!(restart.wait(now) > Duration::ZERO);
        assert!(restart.ailing().is_none());
    }
}
