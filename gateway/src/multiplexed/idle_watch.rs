//! Notices connections that have nothing to do.

use std::time::Duration;

use tokio::time::Instant;

use super::traffic::Traffic;

/// How long a connection without requests is kept, and how long its last bytes may take.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Finds out whether a connection is idle: it has had no request for a while, and the viewer reads
/// too few bytes of the answers that the connection still has.
pub(crate) struct IdleWatch {
    since: Instant,
    /// Bytes that were sent until then.
    sent: u64,
    /// The lowest rate of the viewer, in bytes a second.
    min_rate: u32,
}

// === impl IdleWatch ===

impl IdleWatch {
    pub(crate) fn new(min_rate: u32) -> Self {
        Self { since: Instant::now(), sent: 0, min_rate }
    }

    /// When to look again; `None` if the connection is idle.
    pub(crate) fn next(&mut self, traffic: &Traffic) -> Option<Instant> {
        let now = Instant::now();
        let Some(quiet) = traffic.quiet_since() else { return Some(now + KEEP_ALIVE) };
        let begin = quiet.max(self.since);
        if now < begin + KEEP_ALIVE {
            return Some(begin + KEEP_ALIVE);
        }
        let moved = traffic.sent_bytes() - self.sent;
        (self.since, self.sent) = (now, traffic.sent_bytes());
        (moved >= least(self.min_rate)).then(|| now + KEEP_ALIVE)
    }
}

/// The fewest bytes that a viewer takes in the time for which an idle connection is kept.
pub(crate) fn least(min_rate: u32) -> u64 {
    u64::from(min_rate.max(1)) * KEEP_ALIVE.as_secs()
}
