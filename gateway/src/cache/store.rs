//! The store itself: complete objects in memory, bounded by bytes, shared by all threads. Behind it
//! there may be a disk.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brink_shared::id::DistributionId;
use brink_shared::registry::distribution::CachePolicy;
use parking_lot::Mutex;

use super::disk::{DiskCache, DiskCacheError, DiskCacheSettings, Group};
use super::filling::Filling;
use super::key::{self, CacheKey};
use super::memory::Memory;
use super::object::CachedObject;
use super::outdated::Counters;
use super::purge::{Purge, Purges};

/// The largest answer that is kept whole, in bytes. Larger ones are passed on, and only the ranges
/// that viewers ask for are kept.
pub const MAX_OBJECT: usize = 32 * 1024 * 1024;

/// The cache is this many times as large as the largest answer that it keeps whole.
const SHARE_OF_ONE: usize = 8;

/// The cache is this many times as large as its room for bodies outside of the store: bodies that
/// are arriving, and bodies that left the store while viewers still read them.
const SHARE_IN_MOTION: usize = 4;

/// When a body of at least this size is stored, in bytes, the store removes old objects at once.
const LARGE: usize = 128 * 1024;

/// After an answer for one viewer only, requests for its key do not wait for each other for this
/// time.
pub const UNSHARED_FOR: Duration = Duration::from_secs(60);

/// Most bytes of the keys that are marked in this way.
const UNSHARED_BYTES: u64 = 4 * 1024 * 1024;

/// The cache of one gateway. Cheap to clone; all clones are the same cache.
#[derive(Clone, Debug)]
pub struct Cache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    entries: moka::sync::Cache<CacheKey, Entry>,
    counters: Counters,
    unshared: moka::sync::Cache<CacheKey, ()>,
    fetches: Mutex<Fetches>,
    memory: Memory,
    /// The largest answer that is kept whole, in bytes.
    most_of_one: usize,
    disk: Option<DiskCache>,
}

/// The entry of a key.
#[derive(Clone, Debug)]
struct Entry {
    content: Content,
    /// The value of the resource's counter when the fetch began.
    count: u32,
}

#[derive(Clone, Debug)]
enum Content {
    Object(Arc<CachedObject>),
    /// The answers vary by these headers. Each is stored under the key of its variant.
    Varies(Arc<[String]>),
}

/// The running fetches that others may join. One lock, because finding a fetch and becoming its
/// leader is one step.
#[derive(Debug, Default)]
pub(super) struct Fetches {
    pub(super) running: HashMap<CacheKey, Fetch>,
    /// The recent invalidations.
    pub(super) purges: Purges,
}

/// A running fetch.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) filling: Arc<Filling>,
    /// The value of the resource's counter when it began.
    pub(super) count: u32,
}

/// When a fetch began, counted in writes and invalidations. If one that names its key comes later,
/// the fetch is overtaken, and its answer is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// The value of the resource's counter.
    pub(super) count: u32,
    /// The number of the newest invalidation before the fetch.
    pub(super) purge: u64,
}

/// The result of a look-up.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// A copy that is served as it is.
    Fresh(Arc<CachedObject>),
    /// A copy that is served only after the origin confirmed it, while it is refreshed in the
    /// background, or if the origin fails.
    Stale(Arc<CachedObject>),
    /// The answers vary by these headers. The answer for a request is stored under
    /// [`CacheKey::variant`].
    Varies(Arc<[String]>),
    /// No copy.
    Miss,
}

// === impl Cache ===

impl Cache {
    /// An empty cache. It never takes more than `capacity` bytes. This includes bodies that are
    /// arriving, and bodies that viewers still read after they left the store.
    pub fn new(capacity: u64) -> Self {
        Self(Arc::new(Inner::new(capacity)))
    }

    /// The same, with the disk of these settings behind it.
    pub fn with_disk(capacity: u64, settings: &DiskCacheSettings) -> Result<Self, DiskCacheError> {
        let mut inner = Inner::new(capacity);
        inner.disk = DiskCache::start(settings, inner.memory.clone(), inner.most_of_one)?;
        Ok(Self(Arc::new(inner)))
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

    /// Stores a copy in place of the present one, if there is room. Answers from the origin go
    /// through a [`FillGuard`](super::fill::FillGuard) instead, which respects invalidations.
    pub fn insert(&self, key: CacheKey, object: Arc<CachedObject>) {
        let count = self.0.counters.now(key.counter());
        self.put(&key, object, count);
    }

    /// Stores a copy if there is room, and offers it to the disk. `count` is the value of the
    /// resource's counter when the fetch began.
    pub(super) fn put(&self, key: &CacheKey, object: Arc<CachedObject>, count: u32) {
        let Some(charged) = object.charged(self.memory()) else {
            if let Some(disk) = self.disk() {
                // A former copy must not come back.
                disk.forget(&key.variant(&object.head.variant));
            }
            return;
        };
        let object = Arc::new(charged);
        self.put_in_memory(key, &object, count);
        if let Some(disk) = self.disk() {
            disk.offer(key, &object, || self.0.counters.now(key.counter()) == count);
        }
    }

    /// Stores a copy whose body is charged.
    pub(super) fn put_in_memory(&self, key: &CacheKey, object: &Arc<CachedObject>, count: u32) {
        let size = object.body.len();
        let variant = &object.head.variant;
        let own = key.variant(variant);
        if !variant.is_only_one() {
            self.put_varies(key, variant.names().map(str::to_owned).collect(), count);
        }
        if object.head.storing.is_shared() {
            self.0.unshared.invalidate(&own);
        }
        let content = Content::Object(object.clone());
        self.0.entries.insert(own, Entry { content, count });
        if size >= LARGE {
            self.0.entries.run_pending_tasks();
        }
    }

    /// Stores by which headers the answers of a key vary.
    pub(super) fn put_varies(&self, key: &CacheKey, names: Arc<[String]>, count: u32) {
        let all = key.whole().variant(&Default::default());
        self.0.entries.insert(all, Entry { content: Content::Varies(names), count });
    }

    /// Stores a copy, unless a write or an invalidation overtook its fetch.
    pub(super) fn put_since(&self, key: &CacheKey, object: Arc<CachedObject>, since: Since) {
        // Under the lock, an invalidation is either seen here or finds the object.
        let fetches = self.fetches().lock();
        if !self.is_overtaken(key, since, &fetches) {
            self.put(key, object, since.count);
        }
    }

    /// The object under exactly this key, fresh or not.
    pub(super) fn stored(&self, key: &CacheKey) -> Option<Arc<CachedObject>> {
        match self.content(key)? {
            Content::Object(object) => Some(object),
            Content::Varies(_) => None,
        }
    }

    /// Removes the entry of exactly this key.
    pub(super) fn remove(&self, key: &CacheKey) {
        self.0.entries.invalidate(key);
    }

    /// True if the last answer of this key was for one viewer only. Then other requests do not wait
    /// for a fetch.
    pub fn is_unshared(&self, key: &CacheKey) -> bool {
        self.0.unshared.contains_key(key)
    }

    /// Marks that the answer of this key is for one viewer only.
    pub fn mark_unshared(&self, key: &CacheKey) {
        self.0.unshared.insert(key.clone(), ());
    }

    /// Makes every copy of a resource useless after a write to it (RFC 9111, 4.4). `path` and
    /// `query` are those of a request for it. In memory that takes effect at once. Before the write
    /// is answered, [`wait_outdated`](Self::wait_outdated) for the result, if there is one.
    #[must_use]
    pub fn outdate(
        &self,
        distribution: &DistributionId,
        uri: &str,
        querystring: &str,
        policy: &CachePolicy,
    ) -> Option<Group> {
        let target = key::target(uri, querystring, policy);
        let in_memory = || self.0.counters.advance(key::counter(distribution, &target), true);
        let Some(disk) = self.disk() else {
            in_memory();
            return None;
        };
        let group = Group::of_target(distribution, &target);
        disk.outdate(group, in_memory);
        Some(group)
    }

    /// Waits a moment until the disk knows that the copies of these groups are useless.
    pub async fn wait_outdated(&self, groups: &[Group]) {
        if let Some(disk) = self.disk().filter(|_| !groups.is_empty()) {
            disk.wait_outdated(groups).await;
        }
    }

    /// The same for a write that went through another gateway. Does not wait for the disk.
    pub fn outdate_elsewhere(&self, key: &CacheKey) {
        let in_memory = || self.0.counters.advance(key.counter(), false);
        match self.disk() {
            None => in_memory(),
            Some(disk) => disk.outdate(Group::of_key(key), in_memory),
        }
    }

    /// Removes a distribution's objects by path (`contract.md` 7.16), and overtakes running fetches
    /// of them. Returns how many objects were stored.
    pub fn invalidate(&self, distribution: &DistributionId, path: &str) -> usize {
        let mut purge = Purge::new();
        purge.add(distribution, [path]);
        self.purge(purge)
    }

    /// Removes the objects that a purge names, in one pass, and overtakes running fetches of them.
    /// Returns how many objects were stored. It takes long with a full store, so do not call it on
    /// a thread that serves.
    pub fn purge(&self, purge: Purge) -> usize {
        let purge = Arc::new(purge);
        {
            // Under the lock, an answer is either seen to be overtaken, or offered to the disk before.
            let mut fetches = self.fetches().lock();
            fetches.purges.add(purge.clone());
            self.disk().into_iter().for_each(|disk| disk.purge(&purge));
            fetches.running.retain(|key, _| !purge.means(key));
        }
        let entries = self.0.entries.iter().filter(|(key, _)| purge.means(key));
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

    /// The [`Since`] of a fetch of this key that begins now.
    pub fn now(&self, key: &CacheKey) -> Since {
        self.since(key, &self.fetches().lock())
    }

    /// How many writes of this resource went through this gateway.
    pub fn writes(&self, key: &CacheKey) -> u32 {
        self.0.counters.own(key.counter())
    }

    pub(super) fn since(&self, key: &CacheKey, fetches: &Fetches) -> Since {
        let count = self.0.counters.now(key.counter());
        Since { count, purge: fetches.purges.last() }
    }

    /// True if a write or an invalidation overtook a fetch of this key.
    pub(super) fn is_overtaken(&self, key: &CacheKey, since: Since, fetches: &Fetches) -> bool {
        self.0.counters.now(key.counter()) != since.count
            || fetches.purges.overtook(since.purge, key)
    }

    pub(super) fn fetches(&self) -> &Mutex<Fetches> {
        &self.0.fetches
    }

    /// The bytes of all bodies, also of bodies that viewers still read.
    pub fn used(&self) -> usize {
        self.memory().used()
    }

    /// Does regular housekeeping. Call this about once a second.
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

    pub(super) fn disk(&self) -> Option<&DiskCache> {
        self.0.disk.as_ref()
    }
}

// === impl Inner ===

impl Inner {
    fn new(capacity: u64) -> Self {
        let size = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
        let weigh = move |key: &CacheKey, entry: &Entry| size(key.size() + entry.content.size());
        let weigh_key = move |key: &CacheKey, (): &()| size(key.size());
        let bytes = usize::try_from(capacity).unwrap_or(usize::MAX);
        let at_rest = capacity - capacity / SHARE_IN_MOTION as u64;
        Self {
            entries: moka::sync::Cache::builder().max_capacity(at_rest).weigher(weigh).build(),
            counters: Counters::new(),
            unshared: moka::sync::Cache::builder()
                .max_capacity(UNSHARED_BYTES)
                .weigher(weigh_key)
                .time_to_live(UNSHARED_FOR)
                .build(),
            fetches: Mutex::default(),
            memory: Memory::new(bytes),
            most_of_one: MAX_OBJECT.min(bytes / SHARE_OF_ONE),
            disk: None,
        }
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
