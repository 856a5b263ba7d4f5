//! Turns: which event keeps a thread?
//!
//! A turn is the time between the moment when a thread begins to run an event's code and the moment
//! when that code comes back, because it awaits or is done.
//!
//! ```text
//! thread          begin(event)   end      begin(event)                    end
//! serial     0 ------- 1 -------- 2 ---------- 3 -------------------------- 4
//! main thread            look                       look           look       look
//!                        1: odd, new                3: odd, new    3: kept    4: came back
//! ```
//!
//! Each thread counts the beginnings and ends of its turns, so an odd number means that a turn is
//! under way. The main thread looks at this number at regular intervals. If it finds the same odd
//! number twice, the turn's event keeps the thread. The main thread then reports this to the
//! supervisor, which measures the thread's CPU time and can end the process. It also reports when
//! the thread has come back.
//!
//! The thread writes the event before it counts the beginning. The main thread reads the number,
//! then the event, then the number again. If the numbers differ, the turn ended meanwhile, and it
//! reports nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use brink_shared::limits::micros;

use brink_frames::{EventId, FromSandbox, Holder};

/// The turns of a thread. The thread writes them, and the main thread reads them.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// The number of beginnings and ends: odd during a turn.
    serial: AtomicU64,
    event: AtomicU64,
    used_us: AtomicU64,
}

/// What the main thread knows of one thread.
#[derive(Debug)]
pub(super) struct Watched {
    turns: Arc<Turns>,
    seen: u64,
    /// True if the supervisor was last told that an event keeps the thread.
    told: bool,
}

// === impl Turns ===

impl Turns {
    /// Begins a turn of an event that so far used this much CPU time.
    pub(super) fn begin(&self, event: EventId, used: Duration) {
        self.event.store(event.0, Ordering::Relaxed);
        self.used_us.store(micros(used), Ordering::Relaxed);
        self.serial.fetch_add(1, Ordering::Release);
    }

    /// Ends the turn.
    pub(super) fn end(&self) {
        self.serial.fetch_add(1, Ordering::Release);
    }
}

// === impl Watched ===

impl Watched {
    /// Begins to watch a thread.
    pub(super) fn new(turns: Arc<Turns>) -> Self {
        Self { turns, seen: 0, told: false }
    }

    /// Looks at the thread with the number `thread`. Returns a frame if the supervisor does not
    /// know the thread's state yet. Returns it again at each look until [`Watched::was_told`] is
    /// called.
    pub(super) fn look(&mut self, thread: u32) -> Option<FromSandbox> {
        let serial = self.turns.serial.load(Ordering::Acquire);
        let kept = serial % 2 == 1 && serial == self.seen;
        self.seen = serial;
        if kept == self.told {
            return None;
        }
        let holder = kept.then(|| Holder {
            id: EventId(self.turns.event.load(Ordering::Relaxed)),
            used_us: self.turns.used_us.load(Ordering::Relaxed),
        });
        // If the turn ended meanwhile, the values may belong to another turn.
        let same = self.turns.serial.load(Ordering::Acquire) == serial;
        (same || holder.is_none()).then_some(FromSandbox::Turn { thread, holder })
    }

    /// Notes that the supervisor got the frame of [`Watched::look`].
    pub(super) fn was_told(&mut self) {
        self.told = !self.told;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_turn_that_lasts_is_told_once_and_so_is_its_end() {
        let turns = Arc::new(Turns::default());
        let mut watched = Watched::new(turns.clone());
        let used = Duration::from_micros(5);
        turns.begin(EventId(1), used);
        turns.end();
        turns.begin(EventId(2), used);
        assert!(watched.look(7).is_none(), "seen for the first time");
        let told = watched.look(7);
        let Some(FromSandbox::Turn { thread: 7, holder: Some(holder) }) = told else {
            panic!("{told:?}");
        };
        assert_eq!(holder, Holder { id: EventId(2), used_us: 5 });
        assert!(watched.look(7).is_some(), "it could not be sent");
        watched.was_told();
        assert!(watched.look(7).is_none());
        turns.end();
        turns.begin(EventId(3), used);
        assert!(matches!(watched.look(7), Some(FromSandbox::Turn { holder: None, .. })));
        watched.was_told();
        assert!(matches!(watched.look(7), Some(FromSandbox::Turn { holder: Some(_), .. })));
    }

    #[test]
    fn an_idle_thread_is_kept_by_nobody() {
        let mut watched = Watched::new(Arc::default());
        assert!(watched.look(0).is_none());
        assert!(watched.look(0).is_none());
    }
}
