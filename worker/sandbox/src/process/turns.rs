//! Who keeps a thread: what the threads note of it, and what the main thread sees.
//!
//! A thread notes whenever it turns to an event's code and comes back from it. The main thread
//! looks now and then: one that it finds in the same turn twice is kept by that turn's event. The
//! supervisor is told, because nobody here can stop such code.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use brink_shared::limits::micros;

use brink_frames::{EventId, FromSandbox, Holder};

/// A thread's own notes.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Counts beginnings and ends: odd during a turn.
    serial: AtomicU64,
    event: AtomicU64,
    used_us: AtomicU64,
}

/// What the main thread knows of one thread.
#[derive(Debug)]
pub(super) struct Watched {
    turns: Arc<Turns>,
    seen: u64,
    /// True while the supervisor believes that somebody keeps the thread.
    told: bool,
}

// === impl Turns ===

impl Turns {
    /// A turn begins, of an event that so far used this much CPU time.
    pub(super) fn begin(&self, event: EventId, used: Duration) {
        self.event.store(event.0, Ordering::Relaxed);
        self.used_us.store(micros(used), Ordering::Relaxed);
        self.serial.fetch_add(1, Ordering::Release);
    }

    /// It ends.
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

    /// Looks at the thread, which is number `thread`: what the supervisor should be told, if it
    /// is not what it knows. Tells the same again until [`Watched::was_told`].
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
        // What was read belongs to another turn if this one ended meanwhile.
        let same = self.turns.serial.load(Ordering::Acquire) == serial;
        (same || holder.is_none()).then_some(FromSandbox::Turn { thread, holder })
    }

    /// The supervisor was told what [`Watched::look`] found.
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
