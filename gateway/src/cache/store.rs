//! The store itself: complete objects in memory, bounded by bytes, shared by all threads.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use brink_shared::id::DistributionId;
use parking_lot::Mutex;

use super::filling::Filling;
use super::key::CacheKey;
use super::object::CachedObject;

/// The largest answer that is kept, in bytes; larger ones are passed on only.
pub const MAX_OBJECT: usize = 32 * 1024 * 1024;

/// Bytes of bodies that may be arriving at one time with a view to being kept. Beyond it further
/// ones are passed on and not kept.
pub const MAX_ARRIVING: usize = 8 * MAX_OBJECT;

/// The cache of one gateway. Cheap to clone; all clones are the same cache.
#[derive(Clone, Debug)]
pub struct Cache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    objects: moka::sync::Cache<CacheKey, Arc<CachedObject>>,
    flights: Mutex<Flights>,
    arriving: AtomicUsize,
}

/// Fetches that others may join. A lock, since finding one and becoming its leader is one step.
#[derive(Debug, Default)]
pub(super) struct Flights {
    pub(super) under_way: HashMap<CacheKey, Arc<Filling>>,
    /// How many invalidations there have been.
    pub(super) invalidations: u64,
}

/// What the store has for a key.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// A copy that is served as it is.
    Fresh(Arc<CachedObject>),
    /// A copy that is served only after the origin confirmed it, while it is refreshed behind, or
    /// when the origin fails.
    Stale(Arc<CachedObject>),
    /// Nothing.
    Miss,
}

// === impl Cache ===

impl Cache {
    /// An empty cache that holds objects of up to `capacity` bytes in all.
    pub fn new(capacity: u64) -> Self {
        let weigh = |key: &CacheKey, object: &Arc<CachedObject>| {
            u32::try_from(key.size() + object.size()).unwrap_or(u32::MAX)
        };
        Self(Arc::new(Inner {
            objects: moka::sync::Cache::builder().max_capacity(capacity).weigher(weigh).build(),
            flights: Mutex::default(),
            arriving: AtomicUsize::new(0),
        }))
    }

    /// The stored copy of a key.
    pub fn lookup(&self, key: &CacheKey) -> Lookup {
        match self.0.objects.get(key) {
            Some(object) if object.head.is_fresh(Instant::now()) => Lookup::Fresh(object),
            Some(object) => Lookup::Stale(object),
            None => Lookup::Miss,
        }
    }

    pub(super) fn fresh(&self, key: &CacheKey) -> Option<Arc<CachedObject>> {
        match self.lookup(key) {
            Lookup::Fresh(object) => Some(object),
            Lookup::Stale(_) | Lookup::Miss => None,
        }
    }

    /// Stores a copy in place of the one that is there. Answers from the origin go through a
    /// [`FillGuard`](super::fill::FillGuard) instead, which minds invalidations.
    pub fn insert(&self, key: CacheKey, object: Arc<CachedObject>) {
        self.0.objects.insert(key, object);
    }

    /// Forgets a distribution's objects by path (`contract.md` 7.16), also those that are just
    /// being fetched. Returns how many were stored.
    pub fn invalidate(&self, distribution: &DistributionId, path: &str) -> usize {
        let means = |key: &CacheKey| key.distribution() == distribution && key.matches(path);
        {
            let mut flights = self.flights().lock();
            flights.invalidations += 1;
            flights.under_way.retain(|key, _| !means(key));
        }
        let objects = self.0.objects.iter().filter(|(key, _)| means(key));
        objects.fold(0, |count, (key, _)| {
            self.0.objects.invalidate(key.as_ref());
            count + 1
        })
    }

    /// Objects and bytes that are stored, as of the store's last housekeeping.
    pub fn usage(&self) -> (u64, u64) {
        self.0.objects.run_pending_tasks();
        (self.0.objects.entry_count(), self.0.objects.weighted_size())
    }

    pub(super) fn flights(&self) -> &Mutex<Flights> {
        &self.0.flights
    }

    /// Adds to the bytes that are arriving; false if that is more than may be.
    pub(super) fn charge(&self, bytes: usize) -> bool {
        self.0.arriving.fetch_add(bytes, Ordering::Relaxed) + bytes <= MAX_ARRIVING
    }

    pub(super) fn discharge(&self, bytes: usize) {
        self.0.arriving.fetch_sub(bytes, Ordering::Relaxed);
    }
}
