//! Key-value and object buckets in memory.
//!
//! A key-value bucket is a log that keeps the newest record of each key, as a JetStream stream with
//! a history of one does. A watcher is a position in that log. A slow watcher misses nothing that
//! still counts, and costs no memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;

use super::Switch;
use crate::bus::{
    Bucket, BusError, Change, Entry, Leftover, MAX_PAYLOAD, Moment, ObjectEntry, Objects,
    WATCH_BACKLOG, name,
};
use crate::clock::BusClock;
use crate::wire::UnixMillis;

/// A key-value bucket.
pub(super) struct EmbeddedBucket {
    log: Arc<Mutex<Log>>,
    /// How long a value stays if it is not written again; `None` for ever.
    max_age: Option<Duration>,
    /// Revision of the newest record, for watchers.
    written: watch::Sender<u64>,
    clock: Arc<BusClock>,
    switch: Switch,
    watchers: TaskTracker,
}

#[derive(Default)]
struct Log {
    records: BTreeMap<u64, Record>,
    newest: HashMap<String, u64>,
    last: u64,
}

#[derive(Clone)]
struct Record {
    key: String,
    at: Instant,
    /// By the bus's clock.
    written: UnixMillis,
    /// `None` once the key was deleted.
    value: Option<Bytes>,
}

/// An object bucket.
pub(super) struct EmbeddedObjects {
    kept: Mutex<Kept>,
    clock: Arc<BusClock>,
    switch: Switch,
}

#[derive(Default)]
struct Kept {
    objects: HashMap<String, (ObjectEntry, Bytes)>,
    last: u64,
}

// === impl EmbeddedBucket ===

impl EmbeddedBucket {
    pub(super) fn new(
        max_age: Option<Duration>,
        clock: Arc<BusClock>,
        switch: Switch,
        watchers: TaskTracker,
    ) -> Self {
        let written = watch::Sender::new(0);
        Self { log: Arc::default(), max_age, written, clock, switch, watchers }
    }

    /// The log without values that are too old. Watchers get no change for those.
    fn log(&self) -> MutexGuard<'_, Log> {
        let mut log = self.log.lock();
        if let Some(max_age) = self.max_age {
            log.forget(max_age);
        }
        log
    }

    fn write(
        &self,
        key: &str,
        value: Option<Bytes>,
        allowed: impl FnOnce(&Log) -> bool,
    ) -> Result<u64, BusError> {
        self.switch.check()?;
        name::check_key(key)?;
        if let Some(value) = &value {
            super::check_size(key, value.len(), MAX_PAYLOAD)?;
        }
        let mut log = self.log();
        if !allowed(&log) {
            return Err(BusError::Conflict(key.to_owned()));
        }
        let revision = log.append(key, value, self.clock.now());
        self.written.send_replace(revision);
        Ok(revision)
    }
}

#[async_trait]
impl Bucket for EmbeddedBucket {
    async fn get(&self, key: &str) -> Result<Option<Entry>, BusError> {
        self.switch.check()?;
        name::check_key(key)?;
        Ok(self.log().entry(key))
    }

    async fn entries(&self) -> Result<Vec<Entry>, BusError> {
        self.switch.check()?;
        let log = self.log();
        Ok(log.records.iter().filter_map(|(revision, record)| record.entry(*revision)).collect())
    }

    async fn create(&self, key: &str, value: Bytes) -> Result<u64, BusError> {
        self.write(key, Some(value), |log| log.entry(key).is_none())
    }

    async fn update(&self, key: &str, value: Bytes, revision: u64) -> Result<u64, BusError> {
        self.write(key, Some(value), |log| log.revision(key) == revision)
    }

    async fn delete(&self, key: &str, revision: u64) -> Result<(), BusError> {
        self.write(key, None, |log| log.revision(key) == revision)?;
        Ok(())
    }

    async fn moment(&self) -> Result<Moment, BusError> {
        self.switch.check()?;
        let log = self.log();
        let last = log.records.last_key_value().map_or(0, |(revision, _)| *revision);
        let mut moment = Moment { last, ..Moment::default() };
        for (revision, record) in &log.records {
            match record.entry(*revision) {
                Some(entry) => {
                    moment.written.insert(entry.key.clone(), record.written);
                    moment.entries.push(entry);
                }
                None => moment.removed.push((record.key.clone(), *revision)),
            }
        }
        Ok(moment)
    }

    async fn last(&self) -> Result<u64, BusError> {
        self.switch.check()?;
        Ok(self.log().last)
    }

    async fn decide(&self, key: &str, value: Option<Bytes>, last: u64) -> Result<u64, BusError> {
        self.write(key, value, |log| log.last == last)
    }

    async fn forget(&self, key: &str, revision: u64) -> Result<(), BusError> {
        self.switch.check()?;
        self.log().forget_removal(key, revision);
        Ok(())
    }

    async fn watch(&self) -> Result<mpsc::Receiver<Change>, BusError> {
        self.switch.check()?;
        let (to, changes) = mpsc::channel(WATCH_BACKLOG);
        let tell = tell(self.log.clone(), self.written.subscribe(), to);
        let closed = self.switch.closed.clone();
        self.watchers.spawn(async move { closed.run_until_cancelled(tell).await });
        Ok(changes)
    }
}

/// Sends a watcher every present entry, [`Change::Current`], and then every change, until the
/// watcher goes.
async fn tell(log: Arc<Mutex<Log>>, mut written: watch::Receiver<u64>, to: mpsc::Sender<Change>) {
    let (present, mut told) = {
        let log = log.lock();
        (log.after(0), log.last)
    };
    for (revision, record) in present {
        let Some(entry) = record.entry(revision) else {
            continue;
        };
        if to.send(Change::Put(entry)).await.is_err() {
            return;
        }
    }
    let mut news = vec![Change::Current];
    loop {
        for change in news {
            if to.send(change).await.is_err() {
                return;
            }
        }
        tokio::select! {
            () = to.closed() => return,
            alive = written.wait_for(|last| *last > told) => {
                if alive.is_err() {
                    return;
                }
            }
        }
        let log = log.lock();
        let records = log.after(told);
        told = log.last;
        news = records.into_iter().map(|(revision, record)| record.change(revision)).collect();
    }
}

// === impl Log ===

impl Log {
    fn append(&mut self, key: &str, value: Option<Bytes>, written: UnixMillis) -> u64 {
        self.last += 1;
        let record = Record { key: key.to_owned(), at: Instant::now(), written, value };
        self.records.insert(self.last, record);
        if let Some(old) = self.newest.insert(key.to_owned(), self.last) {
            self.records.remove(&old);
        }
        self.last
    }

    /// Forgets records that are older than this. They are in the order of their age.
    fn forget(&mut self, max_age: Duration) {
        while let Some(oldest) = self.records.first_entry() {
            if oldest.get().at.elapsed() <= max_age {
                return;
            }
            let record = oldest.remove();
            self.newest.remove(&record.key);
        }
    }

    /// Revision of the key's newest record, also of its deletion; 0 if it never had one.
    fn revision(&self, key: &str) -> u64 {
        self.newest.get(key).copied().unwrap_or(0)
    }

    fn entry(&self, key: &str) -> Option<Entry> {
        let revision = self.revision(key);
        self.records.get(&revision)?.entry(revision)
    }

    fn forget_removal(&mut self, key: &str, revision: u64) {
        let is_removal = self
            .records
            .get(&revision)
            .is_some_and(|record| record.key == key && record.value.is_none());
        if is_removal {
            self.records.remove(&revision);
            self.newest.remove(key);
        }
    }

    fn after(&self, revision: u64) -> Vec<(u64, Record)> {
        let newer = self.records.range(revision + 1..);
        newer.map(|(revision, record)| (*revision, record.clone())).collect()
    }
}

// === impl Record ===

impl Record {
    fn entry(&self, revision: u64) -> Option<Entry> {
        Some(Entry { key: self.key.clone(), value: self.value.clone()?, revision })
    }

    fn change(self, revision: u64) -> Change {
        match self.entry(revision) {
            Some(entry) => Change::Put(entry),
            None => Change::Deleted { key: self.key },
        }
    }
}

// === impl EmbeddedObjects ===

impl EmbeddedObjects {
    pub(super) fn new(clock: Arc<BusClock>, switch: Switch) -> Self {
        Self { kept: Mutex::default(), clock, switch }
    }
}

#[async_trait]
impl Objects for EmbeddedObjects {
    async fn put(&self, name: &str, data: Bytes) -> Result<(), BusError> {
        self.switch.check()?;
        name::check_object(name)?;
        let mut kept = self.kept.lock();
        kept.last += 1;
        let object = ObjectEntry {
            name: name.to_owned(),
            size: data.len() as u64,
            written: self.clock.now(),
            revision: kept.last,
        };
        kept.objects.insert(name.to_owned(), (object, data));
        Ok(())
    }

    async fn get(&self, name: &str, max: usize) -> Result<Option<Bytes>, BusError> {
        self.switch.check()?;
        name::check_object(name)?;
        let object = self.kept.lock().objects.get(name).map(|(_, data)| data.clone());
        match object {
            Some(data) if data.len() > max => {
                Err(BusError::object_too_large(name, data.len(), max))
            }
            object => Ok(object),
        }
    }

    async fn delete(&self, name: &str) -> Result<(), BusError> {
        self.switch.check()?;
        name::check_object(name)?;
        self.kept.lock().objects.remove(name);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<ObjectEntry>, BusError> {
        self.switch.check()?;
        Ok(self.kept.lock().objects.values().map(|(object, _)| object.clone()).collect())
    }

    async fn about(&self, name: &str) -> Result<Option<ObjectEntry>, BusError> {
        self.switch.check()?;
        name::check_object(name)?;
        Ok(self.kept.lock().objects.get(name).map(|(object, _)| object.clone()))
    }

    async fn remove(&self, object: &ObjectEntry) -> Result<(), BusError> {
        self.switch.check()?;
        name::check_object(&object.name)?;
        let mut kept = self.kept.lock();
        let same =
            kept.objects.get(&object.name).is_some_and(|(o, _)| o.revision == object.revision);
        if same {
            kept.objects.remove(&object.name);
        }
        Ok(())
    }

    /// An object is written in one piece here.
    async fn leftovers(&self, _: UnixMillis) -> Result<Vec<Leftover>, BusError> {
        self.switch.check()?;
        Ok(Vec::new())
    }

    async fn sweep(&self, _: &Leftover) -> Result<(), BusError> {
        self.switch.check()
    }
}
