//! Back-off: when may a version have its next sandbox?
//!
//! A version gets a new sandbox at once for the first few that die. If its sandboxes go on dying,
//! the version waits longer and longer for the next one. In the meantime its events fail with the
//! reason, and `brink status` shows it. A sandbox that served many events before it died does not
//! count, because it was probably a single bad event that killed it.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use brink_shared::wire::Failure;

/// Deaths within [`WINDOW`] after which the version does not wait.
const FREE: usize = 3;

/// See [`FREE`].
const WINDOW: Duration = Duration::from_secs(10);

/// The wait after the first death beyond [`FREE`], or after a failed start. Each further one
/// doubles it.
const FIRST: Duration = Duration::from_secs(1);

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);

/// The random part of a wait, as a share of it. It keeps workers from retrying in step.
const JITTER: f64 = 0.2;

/// After this long without a death, the earlier ones are forgotten.
const HEALTHY: Duration = Duration::from_secs(60);

/// If a sandbox served this many events, its death does not count.
const SERVED_WELL: u64 = 50;

/// The deaths of a version's sandboxes, and when it may have the next one.
#[derive(Default)]
pub struct BackOff {
    /// Deaths within [`WINDOW`] that did not make the version wait.
    recent: VecDeque<Instant>,
    /// How often the version had to wait in this row of deaths.
    waits: u32,
    /// Deaths in this row.
    deaths: u32,
    died: Option<Instant>,
    not_before: Option<Instant>,
    /// Why the last sandbox died, or could not start.
    last: Option<Failure>,
}

/// The state of a version that has to wait.
#[derive(Clone, Debug)]
pub struct BackingOff {
    /// Why its last sandbox died, or could not start.
    pub last: Failure,
    /// How many sandboxes died or could not start, one after the other.
    pub deaths: u32,
    /// When the version gets its next sandbox.
    pub retry: Instant,
    /// When the version counts as healthy again, if no further sandbox dies.
    pub healthy: Instant,
}

// === impl BackOff ===

impl BackOff {
    /// A sandbox died after it had served this many events. Without `why`, no sandbox could be
    /// started, and the version is not to blame.
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

    /// The version could not start. It would probably fail again if it was tried at once.
    pub fn start_failed(&mut self, now: Instant, why: Failure) {
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

    /// Several sandboxes may run or start at a time. Those that die during a wait began before it. They
    /// tell nothing new, so the wait does not grow.
    fn wait_from(&mut self, now: Instant) {
        if !self.wait(now).is_zero() {
            return;
        }
        self.waits = self.waits.saturating_add(1);
        let jitter = 1.0 + JITTER * (2.0 * rand::random::<f64>() - 1.0);
        self.not_before = Some(now + self.wait_max().mul_f64(jitter));
    }

    /// The present wait, without its random part.
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

    /// The version's state, if it had to wait and does not count as healthy again.
    pub fn backing_off(&self) -> Option<BackingOff> {
        let (last, retry) = (self.last.clone()?, self.not_before?);
        Some(BackingOff { last, deaths: self.deaths, retry, healthy: retry + HEALTHY })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_failure::crashed;

    fn why() -> Option<Failure> {
        Some(crashed("f:1", "signal 9"))
    }

    fn is_about(wait: Duration, about: Duration) -> bool {
        wait >= about.mul_f64(1.0 - JITTER) && wait <= about.mul_f64(1.0 + JITTER)
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_deaths_cost_nothing_and_then_each_costs_twice_the_last() {
        let mut now = Instant::now();
        let mut back_off = BackOff::default();
        for _ in 0..FREE {
            back_off.died(now, 0, why());
            assert_eq!(back_off.wait(now), Duration::ZERO);
            assert!(back_off.backing_off().is_none());
        }
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            now += back_off.wait(now);
            back_off.died(now, 1, why());
            let wait = back_off.wait(now);
            assert!(is_about(wait, Duration::from_secs(seconds)), "{wait:?}");
        }
        assert_eq!(back_off.backing_off().unwrap().deaths, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn deaths_far_apart_do_not_count_together() {
        let mut now = Instant::now();
        let mut back_off = BackOff::default();
        for _ in 0..20 {
            back_off.died(now, 0, why());
            assert_eq!(back_off.wait(now), Duration::ZERO);
            now += WINDOW / 2;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_while_of_health_or_much_good_work_forgives() {
        let now = Instant::now();
        let mut back_off = BackOff::default();
        for _ in 0..9 {
            back_off.died(now, 0, why());
        }
        let later = now + LONGEST + HEALTHY + Duration::from_secs(1);
        back_off.died(later, 0, why());
        assert_eq!(back_off.wait(later), Duration::ZERO);
        for _ in 0..9 {
            back_off.died(later, 0, why());
        }
        back_off.died(later, SERVED_WELL, why());
        assert_eq!(back_off.wait(later), Duration::ZERO);
        assert!(back_off.backing_off().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_version_that_cannot_start_waits_at_once() {
        let mut now = Instant::now();
        let mut back_off = BackOff::default();
        back_off.start_failed(now, crashed("f:1", "no"));
        assert!(is_about(back_off.wait(now), FIRST));
        now += back_off.wait(now);
        back_off.start_failed(now, crashed("f:1", "no"));
        assert!(is_about(back_off.wait(now), 2 * FIRST));
    }

    #[tokio::test(start_paused = true)]
    async fn sandboxes_that_die_together_cost_one_wait() {
        let now = Instant::now();
        let mut back_off = BackOff::default();
        for _ in 0..16 {
            back_off.start_failed(now, crashed("f:1", "no"));
        }
        assert!(is_about(back_off.wait(now), FIRST));
        assert_eq!(back_off.backing_off().unwrap().deaths, 16);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_of_the_machine_does_not_count_against_a_version() {
        let now = Instant::now();
        let mut back_off = BackOff::default();
        for _ in 0..9 {
            back_off.died(now, 0, None);
        }
        assert!(back_off.wait(now) > Duration::ZERO);
        assert!(back_off.backing_off().is_none());
    }
}
