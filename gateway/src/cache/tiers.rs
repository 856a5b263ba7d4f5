//! The two tiers of the cache: memory, and behind it a disk that remembers over restarts
//! ([`disk`](super::disk)).

use std::sync::Arc;
use std::time::Instant;

use super::disk::{Entry, Name};
use super::key::CacheKey;
use super::object::CachedObject;
use super::store::{Cache, Lookup, Since};
use crate::journal_place::JournalPlace;

// === impl Cache ===

impl Cache {
    /// The stored copy of a key, in memory or on the disk. A copy from the disk is in memory
    /// afterwards, if there is room.
    pub async fn find(&self, key: &CacheKey) -> Lookup {
        let found = self.lookup(key);
        let (Lookup::Miss, Some(disk)) = (&found, self.disk()) else { return found };
        let name = Name::of(key);
        if !disk.has(&name, key) {
            return found;
        }
        // If a write or an invalidation comes from here on, it does not stay in memory.
        let since = self.now(key);
        let Some(reading) = disk.find(name, key) else { return found };
        match reading.entry().await {
            None => Lookup::Miss,
            Some(Entry::Varies(names)) => {
                self.remember(key, since, |count| self.put_varies(key, names.clone(), count));
                Lookup::Varies(names)
            }
            Some(Entry::Object(object)) => {
                self.remember(key, since, |count| self.put_in_memory(key, &object, count));
                found_object(object)
            }
        }
    }

    /// Stores in memory what the disk had, unless memory has something newer by now.
    fn remember(&self, key: &CacheKey, since: Since, put: impl FnOnce(u32)) {
        // Under the lock, an invalidation is either seen here or finds the object.
        let fetches = self.fetches().lock();
        if !self.is_overtaken(key, since, &fetches) && matches!(self.lookup(key), Lookup::Miss) {
            put(since.count);
        }
    }

    /// The place in the journal of invalidations up to which the copies on the disk are good. Waits
    /// a moment until the disk's database is open. `None` without a disk, and if it is not known.
    pub(crate) async fn place(&self) -> Option<JournalPlace> {
        self.disk()?.place().await
    }

    /// All invalidations up to this place were applied. From now on, copies of former processes are
    /// served.
    pub(crate) fn reached(&self, place: JournalPlace) {
        if let Some(disk) = self.disk() {
            disk.reached(place);
        }
    }

    /// A warning for operators, if the disk cannot be used.
    pub fn warning(&self) -> Option<String> {
        self.disk()?.warning()
    }

    /// Writes to the disk what it was offered.
    pub async fn stop(&self) {
        if let Some(disk) = self.disk() {
            disk.stop().await;
        }
    }
}

fn found_object(object: Arc<CachedObject>) -> Lookup {
    if object.head.is_fresh(Instant::now()) { Lookup::Fresh(object) } else { Lookup::Stale(object) }
}
