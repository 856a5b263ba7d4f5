//! The store itself: complete objects in memory, bounded by bytes, shared by all threads.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brink_shared::id::DistributionId;
use brink_shared::registry::distribution::CachePolicy;
use parking_lot::Mutex;

use super::filling::Filling;
use super::key::{self, CacheKey};
use super::memory::Memory;
use super::object::CachedObject;
use super::outdated::Counters;

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

/// How long requests of a key whose answer turned out to be nobody else's do not wait for one
/// another.
pub const UNSHARED_FOR: Duration = Duration::from_secs(60);

/// Bytes of keys that are known to be of this kind.
const UNSHARED_BYTES: u64 = 4 * 1024 * 1024;

/// The cache of one gateway. Cheap to clone; all clones are the same cache.
#[derive(Clone, Debug)]
pub struct Cache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    entries: moka::sync::Cache<CacheKey, Entry>,
    counters: Counters,
    unshared: moka::sync::Cache<CacheKey, ()>,
    flights: Mutex<Flights>,
    memory: Memory,
    /// Bytes of the largest answer that is kept whole.
    most_of_one: usize,
}

/// What is stored under a key.
#[derive(Clone, Debug)]
struct Entry {
    content: Content,
    /// Where the resource's counter was when the fetch began.
    count: u32,
}

#[derive(Clone, Debug)]
enum Content {
    Object(Arc<CachedObject>),
    /// The answers vary by these headers; each is stored under the key of its variant.
    Varies(Arc<[String]>),
}

/// Fetches that others may join. A lock, since finding one and becoming its leader is one step.
#[derive(Debug, Default)]
pub(super) struct Flights {
    pub(super) under_way: HashMap<CacheKey, UnderWay>,
    /// How many invalidations there have been.
    pub(super) invalidations: u64,
}

/// A fetch.
#[derive(Debug)]
pub(super) struct UnderWay {
    pub(super) filling: Arc<Filling>,
    /// Where the resource's counter was when it began.
    pub(super) count: u32,
}

/// What a fetch began after: an answer that was overtaken by a write or an invalidation is not
/// kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// Where the resource's counter was.
    pub(super) count: u32,
    /// How many invalidations there had been.
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
    /// The answers vary by these headers; the one for a request is stored under
    /// [`CacheKey::variant`].
    Varies(Arc<[String]>),
    /// Nothing.
    Miss,
}

// === impl Cache ===

impl Cache {
    /// An empty cache that takes up to `capacity` bytes in all, whatever viewers do: for what is
    /// kept, for what is arriving to be kept, and for what is still read after it was replaced.
    pub fn new(capacity: u64) -> Self {
        let size = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
        let weigh = move |key: &CacheKey, entry: &Entry| size(key.size() + entry.content.size());
        let weigh_key = move |key: &CacheKey, (): &()| size(key.size());
        let bytes = usize::try_from(capacity).unwrap_or(usize::MAX);
        let at_rest = capacity - capacity / SHARE_IN_MOTION as u64;
        Self(Arc::new(Inner {
            entries: moka::sync::Cache::builder().max_capacity(at_rest).weigher(weigh).build(),
            counters: Counters::new(),
            unshared: moka::sync::Cache::builder()
                .max_capacity(UNSHARED_BYTES)
                .weigher(weigh_key)
                .time_to_live(UNSHARED_FOR)
                .build(),
            flights: Mutex::default(),
            memory: Memory::new(bytes),
            most_of_one: MAX_OBJECT.min(bytes / SHARE_OF_ONE),
        }))
    }

    /// The stored copy of a key.
    pub fn lookup(&self, key: &CacheKey) -> Lookup {
        match self.content(key) {
            Some(Content::Object(object)) if object.head.is_fresh(Instant::now()) => {
                Lookup::Fresh(object)
            }
            Some(Content::Object(object)) => Lookup::Stale(object),
            Some(Content::Varies(names)) => Lookup::Varies(names),
            None => Lookup::Miss,
        }
    }

    fn content(&self, key: &CacheKey) -> Option<Content> {
        let entry = self.0.entries.get(key)?;
        (entry.count == self.0.counters.now(key.counter())).then_some(entry.content)
    }

    pub(super) fn fresh(&self, key: &CacheKey) -> Option<Arc<CachedObject>> {
        match self.lookup(key) {
            Lookup::Fresh(object) => Some(object),
            Lookup::Stale(_) | Lookup::Varies(_) | Lookup::Miss => None,
        }
    }

    /// Stores a copy in place of the one that is there, if there is room. Answers from the origin
    /// go through a [`FillGuard`](super::fill::FillGuard) instead, which minds invalidations.
    pub fn insert(&self, key: CacheKey, object: Arc<CachedObject>) {
        let count = self.0.counters.now(key.counter());
        self.put(&key, object, count);
    }

    /// Stores a copy whose fetch began when the resource's counter was there, if there is room.
    pub(super) fn put(&self, key: &CacheKey, object: Arc<CachedObject>, count: u32) {
        let Some(object) = object.charged(self.memory()) else { return };
        let size = object.body.len();
        let variant = &object.head.variant;
        let own = key.variant(variant);
        if !variant.is_only_one() {
            let content = Content::Varies(variant.names().map(str::to_owned).collect());
            let all = key.whole().variant(&Default::default());
            self.0.entries.insert(all, Entry { content, count });
        }
        if object.head.storing.is_shared() {
            self.0.unshared.invalidate(&own);
        }
        let content = Content::Object(Arc::new(object));
        self.0.entries.insert(own, Entry { content, count });
        if size >= LARGE {
            self.0.entries.run_pending_tasks();
        }
    }

    /// Stores a copy whose fetch began after that, unless it was overtaken.
    pub(super) fn put_since(&self, key: &CacheKey, object: Arc<CachedObject>, since: Since) {
        // Under the lock, so that an invalidation either is seen here or finds the object.
        let flights = self.flights().lock();
        if self.since(key, &flights) == since {
            self.put(key, object, since.count);
        }
    }

    /// What is stored under exactly this key, fresh or not.
    pub(super) fn stored(&self, key: &CacheKey) -> Option<Arc<CachedObject>> {
        match self.content(key)? {
            Content::Object(object) => Some(object),
            Content::Varies(_) => None,
        }
    }

    /// Forgets what is stored under exactly this key.
    pub(super) fn remove(&self, key: &CacheKey) {
        self.0.entries.invalidate(key);
    }

    /// True if the last answer of this key was for the request alone that fetched it, so that
    /// others have nothing to wait for.
    pub fn is_unshared(&self, key: &CacheKey) -> bool {
        self.0.unshared.contains_key(key)
    }

    /// Notes that the answer of this key is nobody else's.
    pub fn mark_unshared(&self, key: &CacheKey) {
        self.0.unshared.insert(key.clone(), ());
    }

    /// Makes every copy of a resource useless, because it was written to (RFC 9111, 4.4): path and
    /// query as a request for it has them.
    pub fn outdate(
        &self,
        distribution: &DistributionId,
        uri: &str,
        querystring: &str,
        policy: &CachePolicy,
    ) {
        let target = key::target(uri, querystring, policy);
        self.0.counters.advance(key::counter(distribution, &target));
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
        let entries = self.0.entries.iter().filter(|(key, _)| means(key));
        entries.fold(0, |count, (key, entry)| {
            self.0.entries.invalidate(key.as_ref());
            count + usize::from(matches!(entry.content, Content::Object(_)))
        })
    }

    /// Objects and bytes that are stored, as of the store's last housekeeping.
    pub fn usage(&self) -> (u64, u64) {
        self.0.entries.run_pending_tasks();
        (self.0.entries.entry_count(), self.0.entries.weighted_size())
    }

    /// What a fetch of this key begins after that begins now.
    pub fn now(&self, key: &CacheKey) -> Since {
        self.since(key, &self.flights().lock())
    }

    pub(super) fn since(&self, key: &CacheKey, flights: &Flights) -> Since {
        let count = self.0.counters.now(key.counter());
        Since { count, invalidations: flights.invalidations }
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
        self.0.entries.run_pending_tasks();
        self.memory().trim();
    }

    pub(super) fn memory(&self) -> &Memory {
        &self.0.memory
    }

    pub(super) fn most_of_one(&self) -> usize {
        self.0.most_of_one
    }
}

// === impl Content ===

impl Content {
    fn size(&self) -> usize {
        match self {
            Self::Object(object) => object.size(),
            Self::Varies(names) => names.iter().map(String::len).sum(),
        }
    }
}
