//! Limits how many events are sent again because no worker said that it had begun them.

use std::sync::atomic::{AtomicI64, Ordering};

/// One event in this many may be sent again, while every worker answers.
const ONE_IN: i64 = 20;

/// Most such events that can be saved up.
const SAVED_MAX: i64 = 100;

/// The budget at the start.
const SAVED_FIRST: i64 = 10;

/// The budget, in twentieths of an event.
pub(super) struct Hedges(AtomicI64);

// === impl Hedges ===

impl Hedges {
    pub(super) fn new() -> Self {
        Self(AtomicI64::new(SAVED_FIRST * ONE_IN))
    }

    /// Adds this many events that were sent.
    pub(super) fn earn(&self, events: usize) {
        if self.0.load(Ordering::Relaxed) < SAVED_MAX * ONE_IN {
            self.0.fetch_add(i64::try_from(events).unwrap_or(0), Ordering::Relaxed);
        }
    }

    /// Takes one from the budget. False if it is empty.
    pub(super) fn spend(&self) -> bool {
        let spent = |saved: i64| (saved >= ONE_IN).then_some(saved - ONE_IN);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_in_twenty_may_be_sent_again() {
        let hedges = Hedges::new();
        let spend_all = || std::iter::repeat_with(|| hedges.spend()).take_while(|may| *may).count();
        assert_eq!(spend_all(), 10);
        hedges.earn(19);
        assert!(!hedges.spend());
        hedges.earn(1);
        assert_eq!(spend_all(), 1);
        for _ in 0..100_000 {
            hedges.earn(1);
        }
        assert_eq!(spend_all(), 100);
    }
}
