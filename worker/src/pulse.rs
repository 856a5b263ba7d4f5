//! The pulse tells whether this process stood still for a while, because a signal stopped it or it
//! got no processor.
//!
//! If a gateway hears nothing of an event, it assumes that the event was not begun, and sends it to
//! another worker. A worker that stood still cannot know whether its claims were sent before. So it
//! begins an event that came before the pause only if the gateway still counts on it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use brink_shared::wire::CLAIMED_WITHIN;

/// The longest ordinary pause. Gateways allow for pauses up to this length
/// ([`CLAIMED_WITHIN`]).
pub const PAUSE_MAX: Duration = Duration::from_millis(200);

/// How long after the start-by time a claim may be sent: as long as gateways wait for it, without the
/// time for its way.
const CLAIM_WITHIN: Duration = CLAIMED_WITHIN.saturating_sub(Duration::from_millis(50));

/// The pulse of a worker's thread. It beats several times in [`PAUSE_MAX`].
pub struct Pulse {
    last: Cell<Instant>,
    /// How often there was no beat for longer than [`PAUSE_MAX`].
    pauses: Cell<u64>,
}

/// Until when an event may begin at this worker.
#[derive(Clone)]
pub struct StartBy {
    /// Until when it may begin in any case. Later it may begin only if the process did not stand
    /// still since it came.
    by: Instant,
    pauses: u64,
    pulse: Rc<Pulse>,
}

// === impl Pulse ===

impl Pulse {
    /// A pulse whose first beat is now.
    pub fn new() -> Rc<Self> {
        Rc::new(Self { last: Cell::new(Instant::now()), pauses: Cell::new(0) })
    }

    /// Beats. Returns the number of pauses so far.
    pub fn beat(&self, now: Instant) -> u64 {
        if now.saturating_duration_since(self.last.replace(now)) > PAUSE_MAX {
            self.pauses.set(self.pauses.get() + 1);
        }
        self.pauses.get()
    }

    /// The limit for an event that comes now and may be begun until `by`.
    pub fn start_by(self: &Rc<Self>, by: Instant, now: Instant) -> StartBy {
        StartBy { by, pauses: self.beat(now), pulse: self.clone() }
    }
}

// === impl StartBy ===

impl StartBy {
    /// Until when a claim is certain to reach the gateway in time
    /// ([`CLAIMED_WITHIN`]).
    pub fn claim_by(&self) -> Instant {
        self.by + CLAIM_WITHIN
    }

    /// True if the event's gateway still counts on this worker.
    pub fn holds(&self, now: Instant) -> bool {
        self.pulse.beat(now) == self.pauses || now <= self.by
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_event_that_waited_in_a_process_that_stood_still_does_not_begin() {
        let pulse = Pulse::new();
        let now = Instant::now();
        let early = pulse.start_by(now + Duration::from_millis(350), now);
        let later = now + PAUSE_MAX;
        assert!(early.holds(later), "no pause");
        let thawed = later + 2 * PAUSE_MAX;
        let long = pulse.start_by(thawed, later);
        assert!(!early.holds(thawed), "a pause, and too late");
        assert!(long.holds(thawed), "a pause, and still in time");
        let fresh = pulse.start_by(thawed, thawed);
        assert!(fresh.holds(thawed + PAUSE_MAX), "came after the pause, and was claimed meanwhile");
        assert!(!early.holds(thawed + PAUSE_MAX));
    }
}
