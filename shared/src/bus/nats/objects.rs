//! Object buckets in JetStream.
//!
//! An object is a record, and pieces of bytes on a subject of their own (ADR-20). A writer writes
//! the pieces first, then the record with the name of their subject. Then it removes the pieces of
//! the old record. If the writer ends on the way, pieces without a record are left.
//! [`NatsObjects::leftovers`] finds them.

use std::collections::HashSet;
use std::future::IntoFuture;
use std::time::Duration;

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::object_store::{Config, DeleteErrorKind, ObjectStore};
use async_nats::jetstream::stream::{self, LastRawMessageErrorKind, Stream};
use async_trait::async_trait;
use bytes::Bytes;
use bytes::BytesMut;
use data_encoding::BASE64URL;
use futures_util::{StreamExt, TryStreamExt};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::time::sleep;

use super::connection::{Connection, rejected};
use super::following::page;
use super::transfer::Moved;
use crate::bus::{
    BusError, LEFTOVERS_MAX, Leftover, ObjectEntry, Objects, ObjectsBounds, name, transfer_max,
};
use crate::wire::UnixMillis;

/// Longest wait for the records of all objects.
const RECORDS_DEADLINE: Duration = Duration::from_secs(60);

/// Pauses before missing pieces are asked for again: the server that answers may lag behind the one
/// that has the record.
const MISSING_PAUSE: Duration = Duration::from_millis(100);

/// How often missing pieces are asked for.
const MISSING_TRIES: usize = 20;

/// Bytes of a piece as the library writes it.
const PIECE: u64 = 128 * 1024;

/// Records that are looked up at the same time.
const LOOKUPS: usize = 32;

/// An object bucket.
pub(super) struct NatsObjects {
    connection: Connection,
    store: ObjectStore,
    /// The stream beneath it (ADR-20).
    stream: Stream,
    bucket: String,
}

/// The record that a bucket keeps of an object beside its bytes (ADR-20), as far as it is needed
/// here.
#[derive(Deserialize)]
struct About {
    name: String,
    /// Names the subject of its bytes.
    nuid: String,
    #[serde(default)]
    size: u64,
    /// `SHA-256=` and the digest of its bytes in base64.
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    deleted: bool,
}

// === impl NatsObjects ===

impl NatsObjects {
    /// Opens the bucket, and makes it if it does not exist.
    pub(super) async fn open(
        connection: Connection,
        name: &str,
        bounds: Option<ObjectsBounds>,
    ) -> Result<Self, BusError> {
        name::check_bucket(name)?;
        let what = format!("open the object bucket {name}");
        let stream = format!("OBJ_{name}");
        let store = if connection.has_stream(&stream).await? {
            if let Some(bounds) = bounds {
                bound(&connection, &stream, bounds).await?;
            }
            let opened = connection.ask(&what, connection.jetstream.get_object_store(name));
            opened.await?.map_err(|error| rejected(&what, &error))?
        } else {
            connection.check_makes(&what)?;
            let num_replicas = connection.replicas();
            let mut config = Config { bucket: name.to_owned(), num_replicas, ..Config::default() };
            if let Some(bounds) = bounds {
                (config.max_age, config.max_bytes) = (bounds.max_age, max_bytes(bounds));
            }
            let made = connection.ask(&what, connection.jetstream.create_object_store(config));
            made.await?.map_err(|error| connection.not_made(&what, &error))?
        };
        let stream = connection.jetstream.get_stream(stream);
        let stream =
            connection.ask(&what, stream).await?.map_err(|error| rejected(&what, &error))?;
        Ok(Self { connection, store, stream, bucket: name.to_owned() })
    }

    /// The subject of an object's record.
    fn subject(&self, name: &str) -> String {
        self.subject_of_record(&BASE64URL.encode(name.as_bytes()))
    }

    fn subject_of_record(&self, token: &str) -> String {
        format!("$O.{}.M.{token}", self.bucket)
    }

    /// The subject of the pieces that a record names.
    fn pieces(&self, nuid: &str) -> String {
        format!("$O.{}.C.{nuid}", self.bucket)
    }

    /// Every record, with its revision and the time of its writing. Everything is asked of the
    /// leader of the stream: another server may not have the newest records yet, and the bytes of a
    /// record that is missed here are removed.
    async fn records(&self, what: &str) -> Result<Vec<(Bytes, u64, UnixMillis)>, BusError> {
        let subjects = self.stream.info_with_subjects(self.subject_of_record(">")).await;
        let subjects = subjects.map_err(|error| rejected(what, &error))?;
        let records = subjects.map(async |subject| {
            let (subject, _) = subject.map_err(|error| rejected(what, &error))?;
            self.newest(&subject, what).await
        });
        let records = records.buffer_unordered(LOOKUPS);
        // Those that are gone by now are left out.
        let records = records.try_filter_map(async |found| Ok(found));
        let listed = records.map_ok(|record| {
            let written = millis(record.time.unix_timestamp_nanos());
            (record.payload, record.sequence, written)
        });
        listed.try_collect().await
    }

    /// The newest message on a subject, from the leader of the stream.
    async fn newest(&self, subject: &str, what: &str) -> Result<Option<StreamMessage>, BusError> {
        match self.stream.get_last_raw_message_by_subject(subject).await {
            Ok(message) => Ok(Some(message)),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(rejected(what, &error)),
        }
    }

    async fn find_leftovers(
        &self,
        what: &str,
        before: UnixMillis,
    ) -> Result<Vec<Leftover>, BusError> {
        // Read the pieces first, then the records: an object that is finished in between has a
        // record.
        let prefix = self.pieces("");
        let subjects = self.stream.info_with_subjects(format!("{prefix}>"));
        let mut subjects = subjects.await.map_err(|error| rejected(what, &error))?;
        let mut pieces = Vec::new();
        while let Some(subject) = subjects.next().await {
            pieces.push(subject.map_err(|error| rejected(what, &error))?);
        }
        let mut named = HashSet::new();
        for (record, ..) in self.records(what).await? {
            let Ok(about) = serde_json::from_slice::<About>(&record) else {
                tracing::warn!(
                    bucket = self.bucket,
                    "no leftovers are removed, because a record of an object cannot be read"
                );
                return Ok(Vec::new());
            };
            if !about.deleted {
                named.insert(self.pieces(&about.nuid));
            }
        }
        pieces.retain(|(subject, _)| !named.contains(subject));
        pieces.truncate(LEFTOVERS_MAX);
        let mut leftovers = Vec::new();
        for (subject, count) in pieces {
            let Some(newest) = self.newest(&subject, what).await? else { continue };
            if millis(newest.time.unix_timestamp_nanos()).0 < before.0 {
                let others = (count as u64).saturating_sub(1);
                leftovers.push(Leftover {
                    id: subject.strip_prefix(&prefix).unwrap_or_default().to_owned(),
                    size: others * PIECE + newest.payload.len() as u64,
                    revision: newest.sequence,
                });
            }
        }
        Ok(leftovers)
    }

    /// An object's entry, and the subject of its bytes.
    async fn look_up(&self, name: &str) -> Result<Option<(ObjectEntry, String)>, BusError> {
        name::check_object(name)?;
        let what = format!("look up the object {name}");
        let subject = self.subject(name);
        let found = self.connection.ask(&what, self.newest(&subject, &what)).await??;
        let Some(record) = found else { return Ok(None) };
        let entry =
            entry(&record.payload, record.sequence, millis(record.time.unix_timestamp_nanos()));
        let about = serde_json::from_slice::<About>(&record.payload).ok();
        let chunks = about.map(|about| self.pieces(&about.nuid));
        Ok(entry.zip(chunks))
    }

    /// Reads an object, and counts its bytes.
    async fn read(&self, name: &str, max: usize, moved: &Moved) -> Result<Option<Bytes>, BusError> {
        let what = format!("read the object {name}");
        let Some(record) = self.newest(&self.subject(name), &what).await? else { return Ok(None) };
        let about: About =
            serde_json::from_slice(&record.payload).map_err(|error| rejected(&what, &error))?;
        if about.deleted {
            return Ok(None);
        }
        let size = usize::try_from(about.size).unwrap_or(usize::MAX);
        if size > max {
            return Err(BusError::object_too_large(name, size, max));
        }
        let data = self.bytes(&about.nuid, size, moved).await?;
        // The stated size may be wrong.
        let digest = format!("SHA-256={}", BASE64URL.encode(&Sha256::digest(&data)));
        if data.len() != size || about.digest.is_some_and(|stated| stated != digest) {
            let why = format!("its {} bytes are not the ones that its record states", data.len());
            return Err(BusError::Rejected { what, why });
        }
        Ok(Some(data))
    }

    /// The bytes of an object of this size. They may be fewer or more.
    async fn bytes(&self, nuid: &str, size: usize, moved: &Moved) -> Result<Bytes, BusError> {
        let (stream, pieces) = (format!("OBJ_{}", self.bucket), self.pieces(nuid));
        let mut data = BytesMut::with_capacity(size);
        let (mut next, mut tries) = (1, 0);
        while data.len() < size && tries < MISSING_TRIES {
            let page = page(&self.connection, &stream, &pieces, next).await?;
            let Some(last) = page.records.last() else {
                tries += 1;
                sleep(MISSING_PAUSE).await;
                continue;
            };
            next = last.sequence + 1;
            for record in &page.records {
                moved.add(record.payload.len());
                data.extend_from_slice(&record.payload);
            }
        }
        Ok(data.freeze())
    }
}

#[async_trait]
impl Objects for NatsObjects {
    async fn put(&self, name: &str, data: Bytes) -> Result<(), BusError> {
        name::check_object(name)?;
        let what = format!("write the object {name}");
        let moved = Moved::default();
        let mut counted = moved.count(data.as_ref());
        let put = moved.watch(&what, self.store.put(name, &mut counted));
        let within = transfer_max(data.len() as u64);
        let put = self.connection.ask_within(within, &what, put).await??;
        put.map(drop).map_err(|error| rejected(&what, &error))
    }

    async fn get(&self, name: &str, max: usize) -> Result<Option<Bytes>, BusError> {
        name::check_object(name)?;
        let what = format!("read the object {name}");
        let moved = Moved::default();
        let read = moved.watch(&what, self.read(name, max, &moved));
        self.connection.ask_within(transfer_max(max as u64), &what, read).await??
    }

    async fn delete(&self, name: &str) -> Result<(), BusError> {
        name::check_object(name)?;
        let what = format!("delete the object {name}");
        match self.connection.ask(&what, self.store.delete(name)).await? {
            Err(error) if error.kind() != DeleteErrorKind::NotFound => Err(rejected(&what, &error)),
            _ => Ok(()),
        }
    }

    async fn list(&self) -> Result<Vec<ObjectEntry>, BusError> {
        let what = format!("list the object bucket {}", self.bucket);
        let records = self.connection.ask_within(RECORDS_DEADLINE, &what, self.records(&what));
        let entries = records.await??.into_iter();
        Ok(entries.filter_map(|(record, at, written)| entry(&record, at, written)).collect())
    }

    async fn about(&self, name: &str) -> Result<Option<ObjectEntry>, BusError> {
        Ok(self.look_up(name).await?.map(|(entry, _)| entry))
    }

    /// Removes the object's record first, but no record that was written later. If this breaks off
    /// then, the bytes become leftovers.
    async fn remove(&self, object: &ObjectEntry) -> Result<(), BusError> {
        let Some((found, chunks)) = self.look_up(&object.name).await? else { return Ok(()) };
        if found.revision != object.revision {
            return Ok(());
        }
        let what = format!("remove the object {}", object.name);
        let about = self.stream.purge().sequence(object.revision.saturating_add(1));
        let about = about.filter(self.subject(&object.name)).into_future();
        let removed = self.connection.ask(&what, about).await?;
        removed.map_err(|error| rejected(&what, &error))?;
        let bytes = self.stream.purge().filter(chunks).into_future();
        let removed = self.connection.ask(&what, bytes).await?;
        removed.map(drop).map_err(|error| rejected(&what, &error))
    }

    async fn leftovers(&self, before: UnixMillis) -> Result<Vec<Leftover>, BusError> {
        let what = format!("look for leftovers in the object bucket {}", self.bucket);
        let found = self.find_leftovers(&what, before);
        self.connection.ask_within(RECORDS_DEADLINE, &what, found).await?
    }

    async fn sweep(&self, leftover: &Leftover) -> Result<(), BusError> {
        let what = format!("sweep the object bucket {}", self.bucket);
        let until = leftover.revision.saturating_add(1);
        let purge = self.stream.purge().sequence(until).filter(self.pieces(&leftover.id));
        let purged = self.connection.ask(&what, purge.into_future()).await?;
        purged.map(drop).map_err(|error| rejected(&what, &error))
    }
}

/// Gives the bucket of an earlier release its bounds. Those that an operator gave it stay.
async fn bound(
    connection: &Connection,
    stream: &str,
    bounds: ObjectsBounds,
) -> Result<(), BusError> {
    let what = format!("bound the stream {stream}");
    let Some(info) = connection.stream(stream).await? else { return Ok(()) };
    if info.config.max_bytes > 0 || connection.check_makes(&what).is_err() {
        return Ok(());
    }
    let (max_age, max_bytes) = (bounds.max_age, max_bytes(bounds));
    let config = stream::Config { max_age, max_bytes, ..info.config };
    let changed = connection.ask(&what, connection.jetstream.update_stream(config)).await?;
    changed.map(drop).map_err(|error| rejected(&what, &error))
}

fn max_bytes(bounds: ObjectsBounds) -> i64 {
    i64::try_from(bounds.max_bytes).unwrap_or(i64::MAX)
}

/// Reads an object's record; none if it says that the object was deleted.
fn entry(record: &[u8], revision: u64, written: UnixMillis) -> Option<ObjectEntry> {
    let about: About = serde_json::from_slice(record).ok()?;
    let entry = ObjectEntry { name: about.name, size: about.size, written, revision };
    (!about.deleted).then_some(entry)
}

/// A time of the server, from nanoseconds.
pub(super) fn millis(nanos: i128) -> UnixMillis {
    UnixMillis(u64::try_from(nanos / 1_000_000).unwrap_or_default())
}
