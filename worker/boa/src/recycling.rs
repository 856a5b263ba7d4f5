//! Decides when an environment is due for recycling and must be replaced.
//!
//! The engine keeps every name of every compiled text as long as its context exists, and the data
//! of a function can grow without end in an environment that lives for days. So an environment is
//! recycled when it is old, when it has compiled much text at run time, and when code in it was cut
//! off.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The greatest age of an execution environment. Lambda keeps one in use for about as long.
pub const ENVIRONMENT_AGE_MAX: Duration = Duration::from_secs(2 * 60 * 60);

/// How many characters of text an execution environment may have compiled at run time (`eval`,
/// `Function`). The engine keeps their names, about a byte for each, until the environment ends.
pub const ENVIRONMENT_SOURCE_MAX: usize = 8 * 1024 * 1024;

/// The reasons to recycle one environment, as far as they have come up.
pub(super) struct Recycling {
    begun: Instant,
    /// Code units that `eval`, `Function` and similar functions compiled.
    compiled: Cell<usize>,
    broke_off: Cell<bool>,
    left_open: Cell<bool>,
}

// === impl Wear ===

impl Default for Recycling {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            compiled: Cell::new(0),
            broke_off: Cell::new(false),
            left_open: Cell::new(false),
        }
    }
}

impl Recycling {
    /// Notes that this much text was compiled at run time.
    pub(super) fn compiled(&self, length: usize) {
        self.compiled.set(self.compiled.get().saturating_add(length));
    }

    /// Notes that the engine cut code off at a limit. The code's `finally` blocks did not run, so
    /// its data may be in a wrong state.
    pub(super) fn break_off(&self) {
        self.broke_off.set(true);
    }

    /// Notes that an event was left without an answer.
    pub(super) fn leave_open(&self) {
        self.left_open.set(true);
    }

    /// True if no further code should run in this environment.
    pub(super) fn is_broken(&self) -> bool {
        self.broke_off.get()
    }

    /// True if a new environment should take over.
    pub(super) fn is_out(&self) -> bool {
        self.left_open.get() || is_out(self.begun.elapsed(), self.compiled.get())
    }
}

fn is_out(age: Duration, compiled: usize) -> bool {
    age >= ENVIRONMENT_AGE_MAX || compiled >= ENVIRONMENT_SOURCE_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_and_compiled_text_lead_to_recycling() {
        let young = ENVIRONMENT_AGE_MAX - Duration::from_secs(1);
        assert!(!is_out(young, ENVIRONMENT_SOURCE_MAX - 1));
        assert!(is_out(ENVIRONMENT_AGE_MAX, 0));
        assert!(is_out(Duration::ZERO, ENVIRONMENT_SOURCE_MAX));
    }

    #[test]
    fn compiled_text_adds_up() {
        let recycling = Recycling::default();
        recycling.compiled(ENVIRONMENT_SOURCE_MAX - 1);
        assert!(!recycling.is_out());
        recycling.compiled(1);
        assert!(recycling.is_out());
    }
}
