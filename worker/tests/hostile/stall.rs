//! Measures how long the machine keeps a ready thread from running.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long the thread sleeps, again and again.
const NAP: Duration = Duration::from_millis(2);

/// A thread that only sleeps. If it is late, the machine is at fault, and not the code under test.
pub struct Stall(Arc<AtomicU64>);

impl Stall {
    pub fn watch() -> Self {
        let longest = Arc::new(AtomicU64::new(0));
        let noted = Arc::downgrade(&longest);
        thread::spawn(move || {
            loop {
                let begun = Instant::now();
                thread::sleep(NAP);
                let late = begun.elapsed().saturating_sub(NAP);
                let Some(noted) = noted.upgrade() else { return };
                noted.fetch_max(u64::try_from(late.as_micros()).unwrap(), Ordering::Relaxed);
            }
        });
        Self(longest)
    }

    pub fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// The longest since it was reset.
    pub fn longest(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }
}
