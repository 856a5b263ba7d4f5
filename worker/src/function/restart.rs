//! When a version may have its next sandbox.

use std::time::Duration;

use tokio::time::Instant;

use brink_shared::wire::Failure;

/// Wait after the second death in a row; each further one doubles it.
const FIRST: Duration = Duration::from_millis(50);

/// Longest wait between sandboxes of a version that kills them.
const LONGEST: Duration = Duration::from_secs(5);

/// Counts deaths in a row. A sandbox that finished an event before it died breaks the row, so
/// that one bad event among good ones costs no waiting.
#[derive(Default)]
pub struct Restart {
    deaths: u32,
    not_before: Option<Instant>,
    /// Why the version last could not start. Events that come during the wait get it at once.
    refusal: Option<Failure>,
}

// === impl Restart ===

impl Restart {
    /// A sandbox died, or could not be had.
    pub fn died(&mut self, now: Instant, served: bool) {
        self.deaths = if served { 1 } else { self.deaths + 1 };
        self.not_before = Some(now + wait_after(self.deaths));
    }

    /// The version could not start.
    pub fn refused(&mut self, now: Instant, failure: Failure) {
        // The first time is as good as the second in a row: it will hardly start at once.
        self.deaths = self.deaths.max(1) + 1;
        self.not_before = Some(now + wait_after(self.deaths));
        self.refusal = Some(failure);
    }

    /// The version started.
    pub fn loaded(&mut self) {
        self.refusal = None;
    }

    /// How long to wait until the next sandbox.
    pub fn wait(&self, now: Instant) -> Duration {
        self.not_before.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }

    /// What to answer instead of waiting for a version that could not start.
    pub fn refusal(&self, now: Instant) -> Option<&Failure> {
        self.refusal.as_ref().filter(|_| self.wait(now) > Duration::ZERO)
    }
}

fn wait_after(deaths: u32) -> Duration {
    match deaths {
        0 | 1 => Duration::ZERO,
        n => FIRST.saturating_mul(1 << (n - 2).min(10)).min(LONGEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_deaths_in_a_row_cost_time() {
        let now = Instant::now();
        let mut restart = Restart::default();
        restart.died(now, false);
        assert_eq!(restart.wait(now), Duration::ZERO);
        restart.died(now, false);
        restart.died(now, false);
        assert_eq!(restart.wait(now), 2 * FIRST);
        for _ in 0..40 {
            restart.died(now, false);
        }
        assert_eq!(restart.wait(now), LONGEST);
        restart.died(now, true);
        assert_eq!(restart.wait(now), Duration::ZERO);
    }
}
