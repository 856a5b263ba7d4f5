//! Makes copies useless after a successful write: all copies of the resource, and all fetches of it
//! that began before the write (RFC 9111, 4.4).
//!
//! Headers and cookies in cache keys give one resource any number of copies. They cannot be looked
//! up one by one, and a scan of the whole store for each POST would make attacks easy. So there is
//! a fixed table of counters, and each resource uses one of them. A write advances the counter of
//! its resource. A copy is good only while its counter has the value from the beginning of the
//! copy's fetch. If two resources share a counter, a write to one causes an extra fetch of the
//! other, but no answer is ever wrong.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use brink_shared::id::DistributionId;

/// The number of counters of one store. They take 2 MiB.
const COUNTERS: u32 = 1 << 18;

/// Chooses counters. The seed is random for each process. Otherwise an attacker could find a path
/// that shares its counter with another one.
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// The counters of one store.
#[derive(Debug)]
pub(super) struct Counters(Box<[Count]>);

/// The value of a counter.
#[derive(Debug, Default)]
struct Count {
    /// All writes.
    all: AtomicU32,
    /// The writes that came through this gateway.
    own: AtomicU32,
}

/// The counter of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Counter(u32);

// === impl Counter ===

impl Counter {
    /// The counter of a path, with the part of the query that is in the key.
    pub(super) fn of(distribution: &DistributionId, target: &str) -> Self {
        let hash = HASHER.hash_one((distribution, target));
        // The remainder is less than `COUNTERS`, so it fits.
        Self(u32::try_from(hash % u64::from(COUNTERS)).unwrap_or_default())
    }
}

// === impl Counters ===

impl Counters {
    pub(super) fn new() -> Self {
        Self((0..COUNTERS).map(|_| Count::default()).collect())
    }

    /// The counter's value. A copy whose fetch begins now is good until the counter moves.
    pub(super) fn now(&self, counter: Counter) -> u32 {
        self.at(counter).map_or(0, |count| count.all.load(Ordering::Acquire))
    }

    /// How many writes came through this gateway.
    pub(super) fn own(&self, counter: Counter) -> u32 {
        self.at(counter).map_or(0, |count| count.own.load(Ordering::Acquire))
    }

    /// Makes copies of a resource useless. `is_own` is true for a write that came through this
    /// gateway.
    pub(super) fn advance(&self, counter: Counter, is_own: bool) {
        let Some(count) = self.at(counter) else { return };
        count.all.fetch_add(1, Ordering::AcqRel);
        if is_own {
            count.own.fetch_add(1, Ordering::AcqRel);
        }
    }

    fn at(&self, counter: Counter) -> Option<&Count> {
        self.0.get(usize::try_from(counter.0).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_moves_its_own_counter_and_hardly_any_other() {
        let counters = Counters::new();
        let shop: DistributionId = "shop".parse().unwrap();
        let of = |n: usize| Counter::of(&shop, &format!("/orders/{n}"));
        counters.advance(of(0), true);
        counters.advance(of(0), false);
        assert_eq!((counters.now(of(0)), counters.own(of(0))), (2, 1));
        let others = (1..1000).filter(|n| counters.now(of(*n)) != 0).count();
        assert!(others < 10, "{others} of 1000 moved too");
    }
}
