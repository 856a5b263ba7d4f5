//! What a successful write makes useless: every copy of the resource that it was sent to, and every
//! fetch of it that began before (RFC 9111, 4.4).
//!
//! One resource has as many copies as there are headers and cookies in keys, so that they cannot
//! be looked up one by one, and a scan of the whole store for each POST would be an attack on
//! ourselves. So resources share a fixed number of counters: a write moves its resource's counter,
//! and a copy is good only while its counter is where it was when its fetch began. Two resources that
//! share one cost each other a fetch now and then, and never a wrong answer.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use brink_shared::id::DistributionId;

/// Counters of a store: 1 MiB of them.
const COUNTERS: u32 = 1 << 18;

/// Chooses counters. Seeded for each process, so that nobody can aim at a resource by the name of
/// another.
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// The counters of one store.
#[derive(Debug)]
pub(super) struct Counters(Box<[AtomicU32]>);

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
        Self((0..COUNTERS).map(|_| AtomicU32::new(0)).collect())
    }

    /// Where a counter is now. A copy whose fetch began here is good until it moves.
    pub(super) fn now(&self, counter: Counter) -> u32 {
        self.at(counter).map_or(0, |count| count.load(Ordering::Acquire))
    }

    /// Makes copies of a resource useless.
    pub(super) fn advance(&self, counter: Counter) {
        if let Some(count) = self.at(counter) {
            count.fetch_add(1, Ordering::AcqRel);
        }
    }

    fn at(&self, counter: Counter) -> Option<&AtomicU32> {
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
        counters.advance(of(0));
        assert_eq!(counters.now(of(0)), 1);
        let others = (1..1000).filter(|n| counters.now(of(*n)) != 0).count();
        assert!(others < 10, "{others} of 1000 moved too");
    }
}
