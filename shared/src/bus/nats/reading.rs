//! A reading of a bucket, and the bucket that it makes up.
//!
//! A reading of a bucket is not of one moment. The bucket is written while it is read, and each new
//! record joins the end of the reading. So one key may come several times, with another value or
//! without one. The last record of a key counts.

use std::collections::HashMap;

use async_nats::HeaderMap;
use async_nats::jetstream::message::StreamMessage;

use super::connection::Connection;
use super::following::{ALL, Follower, page};
use super::objects::millis;
use crate::bus::{BusError, Change, Entry, Moment};
use crate::wire::UnixMillis;

/// Reads a bucket from its first present entry on.
pub(super) struct Reading {
    records: Follower,
    /// Precedes every key in its subject.
    prefix: String,
    /// True once all entries that were there at the start were read.
    pub(super) current: bool,
}

/// A change that was read.
pub(super) struct Told {
    pub(super) change: Change,
    pub(super) revision: u64,
    /// By the server's clock.
    pub(super) written: UnixMillis,
}

/// The records of a bucket that a reading has told so far.
#[derive(Default)]
pub(super) struct Gathered {
    entries: HashMap<String, (Entry, UnixMillis)>,
    removed: HashMap<String, u64>,
    last: u64,
}

// === impl Reading ===

impl Reading {
    pub(super) async fn start(
        connection: &Connection,
        stream: &str,
        prefix: &str,
    ) -> Result<Self, BusError> {
        let records = Follower::start(connection, stream, ALL, &format!("{prefix}>")).await?;
        Ok(Self { current: records.is_current(), records, prefix: prefix.to_owned() })
    }

    /// The next change.
    pub(super) async fn next(&mut self) -> Result<Told, BusError> {
        let record = self.records.next().await?;
        self.current |= self.records.is_current();
        Ok(Told::new(record, &self.prefix))
    }
}

// === impl Told ===

impl Told {
    fn new(record: StreamMessage, prefix: &str) -> Self {
        let revision = record.sequence;
        let written = millis(record.time.unix_timestamp_nanos());
        let key = record.subject.strip_prefix(prefix).unwrap_or_default().to_owned();
        if is_deletion(&record.headers) {
            return Self { change: Change::Deleted { key }, revision, written };
        }
        let entry = Entry { key, value: record.payload, revision };
        Self { change: Change::Put(entry), revision, written }
    }
}

/// Whether a record marks that its key has no value any more (ADR-8, ADR-43).
fn is_deletion(headers: &HeaderMap) -> bool {
    let operation = headers.get("KV-Operation").map(|value| value.as_str());
    matches!(operation, Some("DEL" | "PURGE")) || headers.get("Nats-Marker-Reason").is_some()
}

// === impl Gathered ===

impl Gathered {
    /// Reads the whole bucket.
    pub(super) async fn read(
        connection: &Connection,
        stream: &str,
        prefix: &str,
    ) -> Result<Self, BusError> {
        let mut gathered = Self::default();
        loop {
            let page = page(connection, stream, ALL, gathered.last + 1).await?;
            page.records.into_iter().for_each(|record| gathered.add(Told::new(record, prefix)));
            if !page.more {
                return Ok(gathered);
            }
        }
    }

    /// Adds a change. Of one key, the last change counts.
    pub(super) fn add(&mut self, told: Told) {
        let Told { change, revision, written } = told;
        self.last = self.last.max(revision);
        match change {
            Change::Put(entry) => {
                self.removed.remove(&entry.key);
                self.entries.insert(entry.key.clone(), (entry, written));
            }
            Change::Deleted { key } => {
                self.entries.remove(&key);
                self.removed.insert(key, revision);
            }
            Change::Current | Change::Restarted => {}
        }
    }

    /// The bucket as it was at the last change.
    pub(super) fn into_moment(self) -> Moment {
        let mut moment = Moment { last: self.last, ..Moment::default() };
        for (key, (entry, written)) in self.entries {
            moment.written.insert(key, written);
            moment.entries.push(entry);
        }
        moment.removed.extend(self.removed);
        moment.entries.sort_unstable_by_key(|entry| entry.revision);
        moment.removed.sort_unstable_by_key(|(_, revision)| *revision);
        moment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str, value: &'static str, revision: u64) -> Told {
        let entry = Entry { key: key.to_owned(), value: value.into(), revision };
        Told { change: Change::Put(entry), revision, written: UnixMillis(revision) }
    }

    fn deleted(key: &str, revision: u64) -> Told {
        let change = Change::Deleted { key: key.to_owned() };
        Told { change, revision, written: UnixMillis(revision) }
    }

    /// The keys with their values, the removed keys with their revisions, and the newest revision.
    type Found = (Vec<(String, String)>, Vec<(String, u64)>, u64);

    fn gathered(told: Vec<Told>) -> Found {
        let mut gathered = Gathered::default();
        told.into_iter().for_each(|told| gathered.add(told));
        let moment = gathered.into_moment();
        assert_eq!(moment.entries.len(), moment.written.len());
        let entries = moment.entries.into_iter().map(|entry| {
            assert_eq!(moment.written[&entry.key], UnixMillis(entry.revision));
            (entry.key, String::from_utf8(entry.value.to_vec()).unwrap())
        });
        (entries.collect(), moment.removed, moment.last)
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn a_key_that_is_removed_while_the_bucket_is_read_is_gone() {
        let told = vec![put("a", "1", 1), put("b", "2", 2), put("c", "3", 3), deleted("a", 4)];
        let found = gathered(told);
        assert_eq!(found, (vec![pair("b", "2"), pair("c", "3")], vec![("a".to_owned(), 4)], 4));
    }

    #[test]
    fn a_key_that_is_written_while_the_bucket_is_read_is_there_once() {
        let told = vec![put("a", "1", 1), deleted("b", 2), put("a", "2", 3), put("b", "3", 4)];
        assert_eq!(gathered(told), (vec![pair("a", "2"), pair("b", "3")], Vec::new(), 4));
        let told = vec![put("a", "1", 1), deleted("a", 2), put("a", "3", 3), deleted("a", 4)];
        assert_eq!(gathered(told), (Vec::new(), vec![("a".to_owned(), 4)], 4));
    }
}
