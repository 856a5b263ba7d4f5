//! How many events stand in line in a sandbox that runs one event at a time.
//!
//! An event that is sent while another one runs saves the sandbox a wait. But it cannot go elsewhere
//! while its sandbox lives. So events are sent ahead only while all of the last ones were quick.

/// Most events in the line, with the one that runs.
const LENGTH_MAX: usize = 8;

/// An event below this time is quick, in microseconds.
const QUICK_US: u64 = 1_000;

/// How many events in a row must have been quick.
const QUICK_IN_A_ROW: u32 = 32;

/// See the module.
#[derive(Default)]
pub(super) struct Line {
    quick: u32,
}

// === impl Line ===

impl Line {
    /// Notes how long an event ran.
    pub(super) fn ran(&mut self, duration_us: u64) {
        self.quick = if duration_us < QUICK_US { self.quick.saturating_add(1) } else { 0 };
    }

    /// True if all of the last events were quick.
    pub(super) fn is_quick(&self) -> bool {
        self.quick >= QUICK_IN_A_ROW
    }

    /// How many events the sandbox may have now.
    pub(super) fn length(&self) -> usize {
        if self.is_quick() { LENGTH_MAX } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_event_ends_the_line() {
        let mut line = Line::default();
        (0..QUICK_IN_A_ROW).for_each(|_| {
            assert_eq!(line.length(), 1);
            line.ran(QUICK_US - 1);
        });
        assert_eq!(line.length(), LENGTH_MAX);
        line.ran(QUICK_US);
        assert_eq!(line.length(), 1);
    }
}
