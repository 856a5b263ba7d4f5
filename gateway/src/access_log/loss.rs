//! Counts lines that were lost, and warns of it without a flood.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// The time between two warnings of one destination.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// The lost lines of one destination.
#[derive(Debug)]
pub(super) struct Loss {
    destination: &'static str,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    total: u64,
    untold: u64,
    told: Option<Instant>,
    fails: bool,
}

// === impl Loss ===

impl Loss {
    pub(super) fn new(destination: &'static str) -> Self {
        Self { destination, state: Mutex::default() }
    }

    /// Lines were lost.
    pub(super) fn add(&self, lines: usize, why: &str) {
        metrics::counter!("brink_gateway_access_log_lost_total", "to" => self.destination)
            .increment(lines as u64);
        let mut state = self.state.lock();
        state.total += lines as u64;
        state.untold += lines as u64;
        self.warn(state, why);
    }

    /// The destination takes no lines now. They are kept for another try.
    pub(super) fn fails(&self, why: &str) {
        let mut state = self.state.lock();
        state.fails = true;
        self.warn(state, why);
    }

    /// The destination takes lines.
    pub(super) fn works(&self) {
        let fails = std::mem::take(&mut self.state.lock().fails);
        if fails {
            tracing::info!(to = self.destination, "the access log is written again");
        }
    }

    fn warn(&self, mut state: parking_lot::MutexGuard<'_, State>, why: &str) {
        if state.told.is_some_and(|told| told.elapsed() < WARN_EVERY) {
            return;
        }
        state.told = Some(Instant::now());
        let lost = std::mem::take(&mut state.untold);
        drop(state);
        tracing::warn!(to = self.destination, lost, "the access log is not written: {why}");
    }

    #[cfg(test)]
    pub(super) fn total(&self) -> u64 {
        self.state.lock().total
    }
}
