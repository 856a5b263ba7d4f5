//! Bounds how many changes of one person may fail in a minute.
//!
//! A change that fails has two entries in the record of changes, and the record keeps everything.
//! Otherwise somebody who may change nothing could fill it, and then nobody could change anything.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use brink_shared::admin::AdminError;
use tokio::time::Instant;

/// Changes of one person that may fail in [`PERIOD`]. Those that run at the same time may come on
/// top.
const FAILURES_MAX: u32 = 20;

/// A person's failures are counted anew after this long.
const PERIOD: Duration = Duration::from_secs(60);

/// The failures of each person in the present period. The server knows the names, so there are at
/// most as many as credentials.
#[derive(Default)]
pub(super) struct Failures(RefCell<HashMap<String, Count>>);

struct Count {
    since: Instant,
    failed: u32,
}

// === impl Failures ===

impl Failures {
    /// An error if too many changes of this person have failed. It is not recorded, because nothing
    /// changes.
    pub(super) fn check(&self, name: &str) -> Result<(), AdminError> {
        let counts = self.0.borrow();
        let Some(count) = counts.get(name) else { return Ok(()) };
        let waited = count.since.elapsed();
        if count.failed < FAILURES_MAX || waited >= PERIOD {
            return Ok(());
        }
        let seconds = (PERIOD - waited).as_secs() + 1;
        Err(AdminError::new(format!(
            "{FAILURES_MAX} changes of {name} have failed within a minute; wait {seconds} s"
        )))
    }

    /// Counts a failure.
    pub(super) fn add(&self, name: &str) {
        let mut counts = self.0.borrow_mut();
        counts.retain(|_, count| count.since.elapsed() < PERIOD);
        let count = counts.entry(name.to_owned());
        let count = count.or_insert_with(|| Count { since: Instant::now(), failed: 0 });
        count.failed += 1;
        if count.failed == FAILURES_MAX {
            tracing::warn!(name, "many changes fail; further ones are rejected for a minute");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_person_whose_changes_fail_has_to_wait() {
        let failures = Failures::default();
        for _ in 0..FAILURES_MAX {
            failures.check("sam").unwrap();
            failures.add("sam");
        }
        tokio::time::advance(Duration::from_secs(10)).await;
        let rejected = failures.check("sam").unwrap_err().message;
        assert_eq!(rejected, "20 changes of sam have failed within a minute; wait 51 s");
        failures.check("paula").unwrap();
        tokio::time::advance(Duration::from_secs(50)).await;
        failures.check("sam").unwrap();
        failures.add("paula");
        assert_eq!(failures.0.borrow().len(), 1);
    }
}
