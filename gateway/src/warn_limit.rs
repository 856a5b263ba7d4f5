//! Prevents a flood of failures from becoming a flood of log lines.
//!
//! The first failures of a second are logged, and the others are counted. The next line says how
//! many were left out. Each subject (for example a function and the kind of its failure) is counted
//! separately, so a frequent one does not hide the failures of others. Metrics count all of them.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

/// Lines of one subject in one second.
const LINES_PER_SECOND: u64 = 10;

/// Lines of all subjects in one second.
const LINES_PER_SECOND_IN_ALL: u64 = 100;

/// Most subjects that are counted separately. Further ones are counted as one, until some are
/// quiet.
const SUBJECTS_MAX: usize = 1_024;

/// How often warnings may be written. Made for a `static`.
pub(crate) struct WarnLimit(LazyLock<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    second: u64,
    told: u64,
    by_subject: HashMap<String, Count>,
    others: Count,
}

#[derive(Default)]
struct Count {
    second: u64,
    lines: u64,
    left_out: u64,
}

// === impl WarnLimit ===

impl WarnLimit {
    pub(crate) const fn new() -> Self {
        Self(LazyLock::new(Mutex::default))
    }

    /// Whether to log a warning about the subject. If so, returns how many were left out since the
    /// last one.
    pub(crate) fn admit(&self, subject: &str) -> Option<u64> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.0.lock().admit(subject, since.as_secs())
    }
}

// === impl Counts ===

impl Counts {
    fn admit(&mut self, subject: &str, second: u64) -> Option<u64> {
        if self.second != second {
            self.second = second;
            self.told = 0;
        }
        let room = self.told < LINES_PER_SECOND_IN_ALL;
        let admitted = self.count(subject, second).admit(second, room);
        self.told += u64::from(admitted.is_some());
        admitted
    }

    fn count(&mut self, subject: &str, second: u64) -> &mut Count {
        if !self.by_subject.contains_key(subject) {
            if self.by_subject.len() >= SUBJECTS_MAX {
                self.by_subject.retain(|_, count| count.second + 1 >= second);
            }
            if self.by_subject.len() >= SUBJECTS_MAX {
                return &mut self.others;
            }
            self.by_subject.insert(subject.to_owned(), Count::default());
        }
        self.by_subject.get_mut(subject).unwrap_or(&mut self.others)
    }
}

// === impl Count ===

impl Count {
    fn admit(&mut self, second: u64, room: bool) -> Option<u64> {
        if self.second != second {
            self.second = second;
            self.lines = 0;
        }
        if room && self.lines < LINES_PER_SECOND {
            self.lines += 1;
            return Some(std::mem::take(&mut self.left_out));
        }
        self.left_out += 1;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_second_are_told_and_the_rest_counted() {
        let mut counts = Counts::default();
        let told = (0..50).filter(|_| counts.admit("a", 7).is_some()).count();
        assert_eq!(told as u64, LINES_PER_SECOND);
        assert_eq!(counts.admit("a", 8), Some(50 - LINES_PER_SECOND));
        assert_eq!(counts.admit("a", 8), Some(0));
    }

    #[test]
    fn a_noisy_subject_hides_no_other() {
        let mut counts = Counts::default();
        for _ in 0..1_000 {
            counts.admit("noisy", 7);
        }
        assert_eq!(counts.admit("other", 7), Some(0));
    }

    #[test]
    fn subjects_without_end_cost_no_memory_without_end() {
        let mut counts = Counts::default();
        for second in 0..3 {
            let names = (0..5_000).map(|n| format!("{second} {n}"));
            let told = names.filter(|name| counts.admit(name, second).is_some()).count();
            assert!(told as u64 <= LINES_PER_SECOND_IN_ALL, "{told}");
            assert!(counts.by_subject.len() <= SUBJECTS_MAX);
        }
        assert_eq!(counts.admit("a new one", 9), Some(0), "the others are quiet");
    }
}
