//! Bounds how many changes of one person may fail in a minute and in a day.
//!
//! A change that fails has two entries in the record of changes, and the record keeps everything.
//! Otherwise somebody who may change nothing could fill it, and then nobody could change anything.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use brink_shared::admin::AdminError;
use tokio::time::Instant;

/// How many changes of one person may fail in a time. Those that run at the same time may come on
/// top.
const LIMITS: [Limit; 2] = [
    Limit { most: 20, period: Duration::from_secs(60), within: "a minute" },
    // A day's failures take 4 MB of the record at most.
    Limit { most: 1_000, period: Duration::from_secs(24 * 60 * 60), within: "a day" },
];

struct Limit {
    most: u32,
    /// Failures are counted anew after this long.
    period: Duration,
    within: &'static str,
}

/// The failures of each person, by each limit. The server knows the names, so there are at most as
/// many as credentials.
#[derive(Default)]
pub(super) struct Failures(RefCell<HashMap<String, [Count; LIMITS.len()]>>);

#[derive(Clone, Copy)]
struct Count {
    since: Instant,
    failed: u32,
}

// === impl Failures ===

impl Failures {
    /// An error if too many changes of this person have failed. It is not recorded, because nothing
    /// changes.
    pub(super) fn check(&self, name: &str) -> Result<(), AdminError> {
        let all = self.0.borrow();
        let Some(counts) = all.get(name) else { return Ok(()) };
        for (count, Limit { most, period, within }) in counts.iter().zip(&LIMITS) {
            let waited = count.since.elapsed();
            if count.failed >= *most && waited < *period {
                let seconds = (*period - waited).as_secs() + 1;
                return Err(AdminError::new(format!(
                    "{most} changes of {name} have failed within {within}; wait {seconds} s"
                )));
            }
        }
        Ok(())
    }

    /// Counts a failure.
    pub(super) fn add(&self, name: &str) {
        let mut all = self.0.borrow_mut();
        let is_present = |count: &Count, limit: &Limit| count.since.elapsed() < limit.period;
        all.retain(|_, counts| counts.iter().zip(&LIMITS).any(|(c, limit)| is_present(c, limit)));
        let none = Count { since: Instant::now(), failed: 0 };
        let counts = all.entry(name.to_owned()).or_insert([none; LIMITS.len()]);
        for (count, limit) in counts.iter_mut().zip(&LIMITS) {
            if !is_present(count, limit) {
                *count = none;
            }
            count.failed += 1;
            if count.failed == limit.most {
                let within = limit.within;
                tracing::warn!(name, "many changes fail; further ones are rejected for {within}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_person_whose_changes_fail_has_to_wait() {
        let failures = Failures::default();
        let fail = || (0..20).for_each(|_| failures.add("sam"));
        failures.check("sam").unwrap();
        fail();
        tokio::time::advance(Duration::from_secs(10)).await;
        let rejected = failures.check("sam").unwrap_err().message;
        assert_eq!(rejected, "20 changes of sam have failed within a minute; wait 51 s");
        failures.check("paula").unwrap();
        tokio::time::advance(Duration::from_secs(50)).await;
        failures.check("sam").unwrap();
        for _ in 1..50 {
            failures.check("sam").unwrap();
            fail();
            tokio::time::advance(Duration::from_secs(60)).await;
        }
        let rejected = failures.check("sam").unwrap_err().message;
        assert_eq!(rejected, "1000 changes of sam have failed within a day; wait 83401 s");
        tokio::time::advance(Duration::from_secs(83_401)).await;
        failures.check("sam").unwrap();
        failures.add("paula");
        assert_eq!(failures.0.borrow().len(), 1);
    }
}
