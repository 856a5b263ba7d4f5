//! The store itself: complete objects in memory, bounded by bytes, shared by all threads.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use brink_shared::id::DistributionId;
use parking_lot::Mutex;

use super::filling::Filling;
use super::key::CacheKey;
use super::memory::Memory;
use super::object::CachedObject;

/// The largest answer that is kept whole, in bytes; of larger ones parts are kept that viewers ask
/// for, the rest is passed on only.
pub const MAX_OBJECT: usize = 32 * 1024 * 1024;

/// What part of the cache one answer may take up.
const SHARE_OF_ONE: usize = 8;

/// What part of the cache is not for objects that are at rest in it: bodies that are arriving, and
/// those that left the store while viewers still read them.
const SHARE_IN_MOTION: usize = 4;

/// Bodies from this size on, in bytes, make the store look at once for what has to go.
const LARGE: usize = 128 * 1024;

/// The cache of one gateway. Cheap to clone; all clones are the same cache.
#[derive(Clone, Debug)]
pub struct Cache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    objects: moka::sync::Cache<CacheKey, Arc<CachedObject>>,
    flights: Mutex<Flights>,
    memory: Memory,
    /// Bytes of the largest answer that is kept whole.
    most_of_one: usize,
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
    /// An empty cache that takes up to `capacity` bytes in all, whatever viewers do: for what is
    /// kept, for what is arriving to be kept, and for what is still read after it was replaced.
    pub fn new(capacity: u64) -> Self {
        let weigh = |key: &CacheKey, object: &Arc<CachedObject>| {
            u32::try_from(key.size() + object.size()).unwrap_or(u32::MAX)
        };
        let bytes = usize::try_from(capacity).unwrap_or(usize::MAX);
        let at_rest = capacity - capacity / SHARE_IN_MOTION as u64;
        Self(Arc::new(Inner {
            objects: moka::sync::Cache::builder().max_capacity(at_rest).weigher(weigh).build(),
            flights: Mutex::default(),
            memory: Memory::new(bytes),
            most_of_one: MAX_OBJECT.min(bytes / SHARE_OF_ONE),
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

    /// Stores a copy in place of the one that is there, if there is room. Answers from the origin
    /// go through a [`FillGuard`](super::fill::FillGuard) instead, which minds invalidations.
    pub fn insert(&self, key: CacheKey, object: Arc<CachedObject>) {
        let size = object.body.len();
        if let Some(object) = object.charged(self.memory()) {
            self.0.objects.insert(key, Arc::new(object));
        }
        if size >= LARGE {
            self.0.objects.run_pending_tasks();
        }
    }

    /// Stores a copy that was asked for when there had been so many invalidations, unless there
    /// have been more since.
    pub(super) fn insert_unless_invalidated(
        &self,
        key: CacheKey,
        object: Arc<CachedObject>,
        invalidations: u64,
    ) {
        // Under the lock, so that an invalidation either is seen here or finds the object.
        let flights = self.flights().lock();
        if flights.invalidations == invalidations {
            self.insert(key, object);
        }
    }

    /// What is stored under exactly this key, fresh or not.
    pub(super) fn stored(&self, key: &CacheKey) -> Option<Arc<CachedObject>> {
        self.0.objects.get(key)
    }

    /// Forgets what is stored under exactly this key.
    pub(super) fn remove(&self, key: &CacheKey) {
        self.0.objects.invalidate(key);
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

    /// Bytes that bodies take up, those that are being read included.
    pub fn held(&self) -> usize {
        self.memory().held()
    }

    /// Does what is to be done now and then; to be called about once a second.
    pub fn keep_house(&self) {
        self.0.objects.run_pending_tasks();
        self.memory().trim();
    }

    pub(super) fn memory(&self) -> &Memory {
        &self.0.memory
    }

    pub(super) fn most_of_one(&self) -> usize {
        self.0.most_of_one
    }
}
