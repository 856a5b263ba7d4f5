//! The places for connections of all sandboxes of this process.
//!
//! Each connection that a program opens takes up to two descriptors of the supervisor. If it had none
//! left, it could start no sandbox and reach no server. So all connections together have a bound,
//! which leaves half of the descriptors. A sandbox with many connections takes no further place once
//! half of the places are taken, and so cannot keep the others from theirs.

use std::sync::{Arc, LazyLock};

use rustix::process::{Resource, getrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A sandbox with fewer connections than this may have any place that is free.
const FEW: usize = 16;

/// Descriptors of the supervisor for each place: two are taken, and as many stay free.
const DESCRIPTORS_EACH: u64 = 4;

/// Fewest and most places.
const PLACES: (u64, u64) = (64, 65_536);

/// Descriptors belong to the process, so all sandboxes of the process share the places.
static OF_PROCESS: LazyLock<Places> = LazyLock::new(|| {
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let places = (descriptors / DESCRIPTORS_EACH).clamp(PLACES.0, PLACES.1);
    Places::new(usize::try_from(places).unwrap_or(FEW))
});

/// Some places.
pub(super) struct Places {
    all: usize,
    /// A permit is a free place.
    gate: Arc<Semaphore>,
}

/// A place that is taken until this is dropped.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
}

// === impl Places ===

impl Places {
    fn new(all: usize) -> Self {
        Self { all, gate: Arc::new(Semaphore::new(all)) }
    }

    /// Those of this process.
    pub(super) fn of_process() -> &'static Self {
        &OF_PROCESS
    }

    /// True if a sandbox with so many connections may have one more.
    pub(super) fn has_one(&self, open: usize) -> bool {
        let free = self.gate.available_permits();
        free > if open < FEW { 0 } else { self.all / 2 }
    }

    /// Takes a place for a sandbox with so many connections, if it may have one more.
    pub(super) fn take(&self, open: usize) -> Option<Place> {
        if !self.has_one(open) {
            return None;
        }
        let permit = self.gate.clone().try_acquire_owned().ok()?;
        Some(Place { _permit: permit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandbox_with_many_connections_leaves_places_for_others() {
        let places = Places::new(100);
        let many: Vec<Place> = (0..).map_while(|open| places.take(open)).collect();
        assert_eq!(many.len(), 50);
        let further: Vec<Place> = (0..).map_while(|open| places.take(open)).collect();
        assert_eq!(further.len(), FEW, "it has few of them");
        let others: Vec<Place> = (0..100).map_while(|_| places.take(0)).collect();
        assert_eq!(others.len(), 100 - 50 - FEW, "all places are taken");
        assert!(!places.has_one(0));
        drop(many);
        assert!(places.has_one(0) && !places.has_one(FEW));
        drop(others);
        assert!(places.has_one(FEW) && places.take(FEW).is_some());
    }
}
