//! Keeps objects on a disk too. A restart then does not empty the cache.
//!
//! The disk is behind the memory. An object that is stored in memory is also offered to the disk,
//! and a look-up that finds nothing in memory asks the disk. No request waits for a write, and none
//! waits longer for a read than [`READ_WITHIN`]: reading and writing have threads of their own. If
//! the disk is slow, full or broken, requests find nothing there, and that is counted.
//!
//! ```text
//!  stored ── offer ──▶ queue ──▶ writer ──▶ database
//!                                  │ slots     │
//!  look-up ── slot? ──▶ jobs ──▶ readers ◀─────┘
//!     ◀───────── entry ────────────┘
//! ```
//!
//! [`index`] decides which stored objects may be served, and [`database`] keeps them. [`record`] is
//! their stored form, and [`stamp`] tells their age. The writer ([`writer`]) also replaces a database
//! that cannot be used.
//!
//! The objects of a former process are served only when the caller has said with
//! [`DiskCache::reached`] that it knows all invalidations since then.

mod counts;
mod database;
mod index;
mod reader;
mod record;
pub mod settings;
mod stamp;
mod state;
mod writer;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout;

pub use settings::{DiskCacheError, DiskCacheSettings};
pub use writer::FILE;

pub use self::record::Group;
pub(super) use self::record::{Entry, Name};

use self::counts::{count_read, count_write, warn};
use self::database::OpenFile;
use self::index::Index;
use self::state::{Job, Shared};
use self::writer::Writer;
use super::key::CacheKey;
use super::memory::Memory;
use super::object::CachedObject;
use super::purge::Purge;
use crate::journal_place::JournalPlace;

/// The longest that a request waits for the disk.
pub const READ_WITHIN: Duration = Duration::from_millis(250);

/// After a read that took too long, the disk is not asked for this time.
const PAUSE: Duration = Duration::from_secs(5);

/// The longest that the answer to a write of a viewer waits until the disk knows of it.
const OUTDATE_WITHIN: Duration = Duration::from_millis(250);

/// Objects that are fresh for a shorter time are not worth a write.
pub const LEAST_TTL: Duration = Duration::from_secs(30);

/// Most reads that wait for a thread.
const JOBS_MAX: usize = 256;

/// Threads that read.
const READERS: usize = 2;

/// Most bytes of objects that wait to be written.
const QUEUE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Objects that wait to be written take at most this share of the size on the disk.
const QUEUE_SHARE: u64 = 16;

/// How long a starting gateway waits until the database is open.
const OPEN_WITHIN: Duration = Duration::from_secs(5);

/// How long a stopping gateway waits until everything is written.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// The disk cache of one gateway. Dropping it ends its threads after their present work.
#[derive(Debug)]
pub(crate) struct DiskCache(Arc<Shared>);

/// A read that has begun.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    disk: &'a DiskCache,
    entry: oneshot::Receiver<Option<Entry>>,
}

// === impl DiskCache ===

impl DiskCache {
    /// Begins to open the database. Bodies that are read are charged to `memory`; those larger than
    /// `most_of_one` are not read.
    pub(super) fn start(
        settings: &DiskCacheSettings,
        memory: Memory,
        most_of_one: usize,
    ) -> Result<Option<Self>, DiskCacheError> {
        Self::start_with(settings, memory, most_of_one, |builder, path| builder.create(path))
    }

    fn start_with(
        settings: &DiskCacheSettings,
        memory: Memory,
        most_of_one: usize,
        open: OpenFile,
    ) -> Result<Option<Self>, DiskCacheError> {
        settings.check()?;
        let Some(dir) = &settings.dir else { return Ok(None) };
        let limit = settings.mb.saturating_mul(1024 * 1024);
        let share = usize::try_from(limit / QUEUE_SHARE).unwrap_or(usize::MAX);
        let index = Index::new(QUEUE_BYTES_MAX.min(share).min(most_of_one));
        let shared = Arc::new(Shared::new(index, memory, most_of_one));
        // Ends the threads if one of them cannot start.
        let disk = Self(shared.clone());
        let writer = Writer::new(shared.clone(), dir.clone(), limit, open)?;
        spawn("disk-write".to_owned(), move || writer.run())?;
        for number in 0..READERS {
            let shared = shared.clone();
            spawn(format!("disk-read-{number}"), move || shared.read_until_stopped())?;
        }
        Ok(Some(disk))
    }

    /// The place in the journal of invalidations that the stored objects belong to. Waits a moment
    /// for the database. `None` if there are no such objects, or if it is not known.
    pub(super) async fn place(&self) -> Option<JournalPlace> {
        let mut progress = self.0.progress.subscribe();
        let tried = progress.wait_for(|progress| progress.tried);
        let _ = timeout(OPEN_WITHIN, tried).await;
        self.0.state.lock().index.place()
    }

    /// All invalidations up to this place were applied. Stored objects of former processes are
    /// served from now on.
    pub(super) fn reached(&self, place: JournalPlace) {
        let mut state = self.0.state.lock();
        state.trusted = true;
        state.index.reached(place);
        self.0.changed.notify_one();
    }

    /// True if the disk has an object of this key that may be served.
    pub(super) fn has(&self, name: &Name, key: &CacheKey) -> bool {
        let state = self.0.state.lock();
        state.usable && state.trusted && state.index.find(name, key).is_some()
    }

    /// Begins to read the object of this key, if the disk has it.
    pub(super) fn find(&self, name: Name, key: &CacheKey) -> Option<Reading<'_>> {
        let mut guard = self.0.state.lock();
        let state = &mut *guard;
        if !state.usable || !state.trusted {
            return None;
        }
        let slot = state.index.find(&name, key)?;
        if state.paused_until.is_some_and(|until| Instant::now() < until) {
            count_read("paused");
            return None;
        }
        let (done, entry) = oneshot::channel();
        if let Some(waiting) = state.waiting.get_mut(&name.digest) {
            waiting.push(done);
            return Some(Reading { disk: self, entry });
        }
        if state.jobs.len() >= JOBS_MAX {
            count_read("queue_full");
            return None;
        }
        state.waiting.insert(name.digest, vec![done]);
        state.jobs.push_back(Job { key: key.clone(), name, slot });
        self.0.asked.notify_one();
        Some(Reading { disk: self, entry })
    }

    /// Offers an object that was just stored in memory, unless it is not `current` any more: a write
    /// may have made it useless. Never waits.
    pub(super) fn offer(
        &self,
        key: &CacheKey,
        object: &Arc<CachedObject>,
        current: impl Fn() -> bool,
    ) {
        // The disk has this copy already, without the mark that its origin failed.
        if key.is_part() || object.head.stale_until.is_some() {
            return;
        }
        let variant = &object.head.variant;
        if object.head.storing.ttl < LEAST_TTL {
            return self.forget(&key.variant(variant));
        }
        if !variant.is_only_one() {
            let names: Arc<[String]> = variant.names().map(str::to_owned).collect();
            self.take(&key.variant(&Default::default()), Entry::Varies(names), &current);
        }
        self.take(&key.variant(variant), Entry::Object(object.clone()), &current);
    }

    fn take(&self, key: &CacheKey, entry: Entry, current: &impl Fn() -> bool) {
        let name = Name::of(key);
        let mut state = self.0.state.lock();
        if !state.usable || !current() {
            return state.index.forget(&name.digest);
        }
        if state.index.offer(key.clone(), name, entry).is_err() {
            count_write("queue_full", 1);
        }
        self.0.changed.notify_one();
    }

    /// Forgets the object of a key: memory has a newer one that is not for the disk.
    pub(super) fn forget(&self, key: &CacheKey) {
        if key.is_part() {
            return;
        }
        let digest = Name::of(key).digest;
        let mut state = self.0.state.lock();
        state.index.forget(&digest);
        self.0.changed.notify_one();
    }

    /// Makes the objects of a group useless after a write to one of its resources. `in_memory` does
    /// the same in memory; no object is offered or found in between.
    pub(super) fn outdate(&self, group: Group, in_memory: impl FnOnce()) {
        let mut state = self.0.state.lock();
        in_memory();
        let usable = state.usable;
        state.index.outdate(group, usable);
        self.0.changed.notify_one();
    }

    /// Waits a moment until the disk knows that the objects of these groups are useless.
    pub(super) async fn wait_outdated(&self, groups: &[Group]) {
        let mut progress = self.0.progress.subscribe();
        let is_awaited = || {
            let state = self.0.state.lock();
            state.usable && groups.iter().any(|group| state.index.is_marked(*group))
        };
        let known = async { while is_awaited() && progress.changed().await.is_ok() {} };
        if timeout(OUTDATE_WITHIN, known).await.is_err() {
            count_write("outdated_late", 1);
            warn(
                "the disk is slow; if the gateway is killed now, it may serve a copy from before a \
                 write after its restart",
            );
        }
    }

    /// Drops the objects that a purge names. They are not served from now on.
    pub(super) fn purge(&self, purge: &Arc<Purge>) {
        let mut state = self.0.state.lock();
        state.index.purge(purge.clone());
        self.0.changed.notify_one();
    }

    /// A warning for operators while there is no database.
    pub(super) fn warning(&self) -> Option<String> {
        let tried = self.0.progress.borrow().tried;
        let usable = self.0.state.lock().usable;
        (tried && !usable).then(|| {
            "the disk cache cannot be used; the log says why, and the gateway tries again"
                .to_owned()
        })
    }

    /// Writes everything that was offered, and ends the threads.
    pub(super) async fn stop(&self) {
        let mut progress = self.0.progress.subscribe();
        self.0.stop();
        let ended = progress.wait_for(|progress| progress.ended);
        if timeout(STOP_WITHIN, ended).await.is_err() {
            tracing::warn!("the disk is slow: the gateway stops while the disk cache is written");
        }
    }
}

impl Drop for DiskCache {
    fn drop(&mut self) {
        self.0.stop();
    }
}

// === impl Reading ===

impl Reading<'_> {
    /// The entry; `None` if it cannot be used, or if the disk takes too long.
    pub(super) async fn entry(self) -> Option<Entry> {
        match timeout(READ_WITHIN, self.entry).await {
            // The reader has counted it.
            Ok(entry) => entry.ok().flatten(),
            Err(_) => {
                count_read("late");
                warn("the disk is slow; it is not asked for some seconds");
                self.disk.0.state.lock().paused_until = Some(Instant::now() + PAUSE);
                None
            }
        }
    }
}

fn spawn(name: String, run: impl FnOnce() + Send + 'static) -> Result<(), DiskCacheError> {
    let thread = std::thread::Builder::new().name(name);
    thread.spawn(run).map(drop).map_err(DiskCacheError::Threads)
}

#[cfg(test)]
mod tests;
