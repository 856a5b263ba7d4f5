//! Keeps a flood of failures from becoming a flood of log lines.
//!
//! The first failures of a second are told, the others counted; the next one that is told says
//! how many were left out. Metrics count all of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Lines of one kind in one second.
const LINES_PER_SECOND: u64 = 20;

/// How often one kind of warning may be written. Made for a `static`.
pub(crate) struct WarnLimit {
    second: AtomicU64,
    lines: AtomicU64,
    left_out: AtomicU64,
}

// === impl WarnLimit ===

impl WarnLimit {
    pub(crate) const fn new() -> Self {
        Self { second: AtomicU64::new(0), lines: AtomicU64::new(0), left_out: AtomicU64::new(0) }
    }

    /// Whether to write the warning; with how many were left out since the last one.
    pub(crate) fn admit(&self) -> Option<u64> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.admit_at(since.as_secs())
    }

    /// Threads that meet at the turn of a second may write a line more or less.
    fn admit_at(&self, second: u64) -> Option<u64> {
        if self.second.swap(second, Ordering::Relaxed) != second {
            self.lines.store(0, Ordering::Relaxed);
        }
        if self.lines.fetch_add(1, Ordering::Relaxed) < LINES_PER_SECOND {
            return Some(self.left_out.swap(0, Ordering::Relaxed));
        }
        self.left_out.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_second_are_told_and_the_rest_counted() {
        let limit = WarnLimit::new();
        let told = (0..50).filter(|_| limit.admit_at(7).is_some()).count();
        assert_eq!(told as u64, LINES_PER_SECOND);
        assert_eq!(limit.admit_at(8), Some(50 - LINES_PER_SECOND));
        assert_eq!(limit.admit_at(8), Some(0));
    }
}
