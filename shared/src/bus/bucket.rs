//! State on the bus: key-value buckets, and buckets of larger objects.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use super::BusError;
use crate::wire::UnixMillis;

/// A key-value bucket. Keys have the characters `A-Z a-z 0-9 - _ . / =`.
#[async_trait]
pub trait Bucket: Send + Sync + 'static {
    /// The newest value of the key.
    async fn get(&self, key: &str) -> Result<Option<Entry>, BusError>;

    /// Every key that has a value.
    async fn entries(&self) -> Result<Vec<Entry>, BusError>;

    /// The whole bucket as it was at one moment. That may be a while ago if the bucket has replicas:
    /// compare with [`last`](Self::last).
    async fn moment(&self) -> Result<Moment, BusError>;

    /// Revision of the newest write or removal, from the server that takes the writes; 0 if there
    /// was none. A [`moment`](Self::moment) that was read before and has this revision misses
    /// nothing.
    async fn last(&self) -> Result<u64, BusError>;

    /// Writes a key, or removes it if `value` is `None`, but only if nothing in the whole bucket
    /// was written after revision `last`; otherwise [`BusError::Conflict`]. So a decision that was
    /// made from the bucket at this revision is still right. Returns the new revision, which is
    /// `last + 1`.
    async fn decide(&self, key: &str, value: Option<Bytes>, last: u64) -> Result<u64, BusError>;

    /// Drops the record that a key was removed at this revision. Readers that have not seen the
    /// removal yet may miss it, so the record should be old. Does nothing if the key has been
    /// written since.
    async fn forget(&self, key: &str, revision: u64) -> Result<(), BusError>;

    /// Writes a key that must not have a value; [`BusError::Conflict`] if it has. Returns the
    /// revision.
    async fn create(&self, key: &str, value: Bytes) -> Result<u64, BusError>;

    /// Replaces the value that has this revision; [`BusError::Conflict`] if it is not the newest.
    async fn update(&self, key: &str, value: Bytes, revision: u64) -> Result<u64, BusError>;

    /// Removes the value that has this revision; [`BusError::Conflict`] if it is not the newest.
    async fn delete(&self, key: &str, revision: u64) -> Result<(), BusError>;

    /// Sends every present entry, then [`Change::Current`], then changes as they happen. Removals
    /// may come before [`Change::Current`] too, also of keys that were not sent. After a lost
    /// connection it sends [`Change::Restarted`] and begins again.
    async fn watch(&self) -> Result<mpsc::Receiver<Change>, BusError>;
}

/// A bucket of named, immutable byte strings of any size.
#[async_trait]
pub trait Objects: Send + Sync + 'static {
    /// Writes an object. An object of the same name is replaced.
    async fn put(&self, name: &str, data: Bytes) -> Result<(), BusError>;

    /// Reads an object whole; an error if it has more than `max` bytes.
    async fn get(&self, name: &str, max: usize) -> Result<Option<Bytes>, BusError>;

    /// Removes an object; a missing object is not an error.
    async fn delete(&self, name: &str) -> Result<(), BusError>;

    /// The entries of all objects, without their bytes.
    async fn list(&self) -> Result<Vec<ObjectEntry>, BusError>;

    /// The entry of one object.
    async fn about(&self, name: &str) -> Result<Option<ObjectEntry>, BusError>;

    /// Removes an object unless it was written again after `object` was read.
    async fn remove(&self, object: &ObjectEntry) -> Result<(), BusError>;

    /// Bytes that belong to no object and were last written before this time of the bus: their
    /// writer ended before it wrote the object's entry. The time must be so long ago that no writer
    /// can still be at work. At most [`LEFTOVERS_MAX`].
    async fn leftovers(&self, before: UnixMillis) -> Result<Vec<Leftover>, BusError>;

    /// Removes such bytes unless they were written again since.
    async fn sweep(&self, leftover: &Leftover) -> Result<(), BusError>;
}

/// Most leftovers that are looked up at a time. The rest is found the next time.
pub const LEFTOVERS_MAX: usize = 1_000;

/// Bytes in an object bucket that belong to no object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The name of the bytes within the bucket.
    pub id: String,
    /// How many bytes there are, roughly.
    pub size: u64,
    /// Revision of the newest of them.
    pub revision: u64,
}

/// A bucket at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Every key that has a value.
    pub entries: Vec<Entry>,
    /// When each of these entries was written, by the clock of the bus.
    pub written: HashMap<String, UnixMillis>,
    /// The removed keys, each with the revision of its removal.
    pub removed: Vec<(String, u64)>,
    /// Revision of the newest write or removal; 0 if there was none. A removal whose record was
    /// dropped does not count.
    pub last: u64,
}

/// Bounds of an object bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectsBounds {
    /// Objects go after this long.
    pub max_age: Duration,
    /// Most bytes of all objects. Further ones are rejected.
    pub max_bytes: u64,
}

/// An object of a bucket, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectEntry {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was written, by the clock of the bus.
    pub written: UnixMillis,
    /// Grows with every write to the bucket, so it tells two writes of one name apart.
    pub revision: u64,
}

/// A value of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub key: String,
    /// Its bytes.
    pub value: Bytes,
    /// Grows with every write to the bucket; the handle for compare-and-swap.
    pub revision: u64,
}

/// News for the watcher of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The key has this value now.
    Put(Entry),
    /// The key has no value any more.
    Deleted {
        /// Which key.
        key: String,
    },
    /// All entries that the bucket had at the start were sent.
    Current,
    /// Changes may have been missed. Forget all entries; they are sent again.
    Restarted,
}
