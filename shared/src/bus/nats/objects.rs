//! Object buckets in JetStream.

use std::future::IntoFuture;
use std::time::Duration;

use async_nats::jetstream::consumer::push::OrderedConfig;
use async_nats::jetstream::consumer::{DeliverPolicy, ReplayPolicy};
use async_nats::jetstream::object_store::{Config, DeleteErrorKind, GetErrorKind, ObjectStore};
use async_nats::jetstream::stream::{LastRawMessageErrorKind, Stream};
use async_trait::async_trait;
use bytes::Bytes;
use data_encoding::BASE64URL;
use futures_util::StreamExt;
use serde::Deserialize;
use tokio::io::AsyncReadExt;

use super::connection::{Connection, refused};
use crate::bus::{BusError, ObjectEntry, Objects, name};
use crate::wire::UnixMillis;

/// Longest wait for an object of any size to be written or read.
const OBJECT_DEADLINE: Duration = Duration::from_secs(60);

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
    #[serde(default)]
    deleted: bool,
}

// === impl NatsObjects ===

impl NatsObjects {
    /// Opens the bucket, making it if it is not there.
    pub(super) async fn open(connection: Connection, name: &str) -> Result<Self, BusError> {
        name::check_bucket(name)?;
        let what = format!("open the object bucket {name}");
        let store = if connection.has_stream(&format!("OBJ_{name}")).await? {
            let opened = connection.ask(&what, connection.jetstream.get_object_store(name));
            opened.await?.map_err(|error| refused(&what, &error))?
        } else {
            let num_replicas = connection.replicas();
            let config = Config { bucket: name.to_owned(), num_replicas, ..Config::default() };
            let made = connection.ask(&what, connection.jetstream.create_object_store(config));
            made.await?.map_err(|error| connection.not_made(&what, &error))?
        };
        let stream = connection.jetstream.get_stream(format!("OBJ_{name}"));
        let stream =
            connection.ask(&what, stream).await?.map_err(|error| refused(&what, &error))?;
        Ok(Self { connection, store, stream, bucket: name.to_owned() })
    }

    /// The subject of an object's record.
    fn subject(&self, name: &str) -> String {
        format!("$O.{}.M.{}", self.bucket, BASE64URL.encode(name.as_bytes()))
    }

    async fn read_list(&self, what: &str) -> Result<Vec<ObjectEntry>, BusError> {
        let config = OrderedConfig {
            deliver_subject: self.connection.client.new_inbox(),
            filter_subject: format!("$O.{}.M.>", self.bucket),
            replay_policy: ReplayPolicy::Instant,
            deliver_policy: DeliverPolicy::LastPerSubject,
            ..OrderedConfig::default()
        };
        let consumer = self.stream.create_consumer(config).await;
        let consumer = consumer.map_err(|error| refused(what, &error))?;
        let mut pending = consumer.cached_info().num_pending;
        let mut records = consumer.messages().await.map_err(|error| refused(what, &error))?;
        let mut listed = Vec::new();
        while pending > 0 {
            let record = records.next().await.ok_or_else(BusError::closed)?;
            let record = record.map_err(|error| refused(what, &error))?;
            let place = record.info().map_err(|error| refused(what, &*error))?;
            pending = place.pending;
            let (revision, written) =
                (place.stream_sequence, millis(place.published.unix_timestamp_nanos()));
            listed.extend(entry(&record.payload, revision, written));
        }
        Ok(listed)
    }

    /// An object's entry, and the subject of its bytes.
    async fn look_up(&self, name: &str) -> Result<Option<(ObjectEntry, String)>, BusError> {
        name::check_object(name)?;
        let what = format!("look up the object {name}");
        let subject = self.subject(name);
        let found = self.stream.get_last_raw_message_by_subject(&subject);
        let record = match self.connection.ask(&what, found).await? {
            Ok(record) => record,
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => {
                return Ok(None);
            }
            Err(error) => return Err(refused(&what, &error)),
        };
        let entry =
            entry(&record.payload, record.sequence, millis(record.time.unix_timestamp_nanos()));
        let about = serde_json::from_slice::<About>(&record.payload).ok();
        let chunks = about.map(|about| format!("$O.{}.C.{}", self.bucket, about.nuid));
        Ok(entry.zip(chunks))
    }

    async fn read(&self, name: &str, max: usize) -> Result<Option<Bytes>, BusError> {
        let what = format!("read the object {name}");
        let mut object = match self.store.get(name).await {
            Ok(object) => object,
            Err(error) if error.kind() == GetErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(&what, &error)),
        };
        let size = object.info().size;
        if size > max {
            return Err(BusError::object_too_large(name, size, max));
        }
        let mut data = Vec::with_capacity(size);
        // What was written about the size need not be true.
        let limit = (max as u64).saturating_add(1);
        let read = (&mut object).take(limit).read_to_end(&mut data).await;
        read.map_err(|error| refused(&what, &error))?;
        if data.len() > max {
            return Err(BusError::object_too_large(name, data.len(), max));
        }
        Ok(Some(data.into()))
    }
}

#[async_trait]
impl Objects for NatsObjects {
    async fn put(&self, name: &str, data: Bytes) -> Result<(), BusError> {
        name::check_object(name)?;
        let what = format!("write the object {name}");
        let mut data = data.as_ref();
        let put = self.store.put(name, &mut data);
        let put = self.connection.ask_within(OBJECT_DEADLINE, &what, put).await?;
        put.map(drop).map_err(|error| refused(&what, &error))
    }

    async fn get(&self, name: &str, max: usize) -> Result<Option<Bytes>, BusError> {
        name::check_object(name)?;
        let what = format!("read the object {name}");
        self.connection.ask_within(OBJECT_DEADLINE, &what, self.read(name, max)).await?
    }

    async fn delete(&self, name: &str) -> Result<(), BusError> {
        name::check_object(name)?;
        let what = format!("delete the object {name}");
        match self.connection.ask(&what, self.store.delete(name)).await? {
            Err(error) if error.kind() != DeleteErrorKind::NotFound => Err(refused(&what, &error)),
            _ => Ok(()),
        }
    }

    async fn list(&self) -> Result<Vec<ObjectEntry>, BusError> {
        let what = format!("list the object bucket {}", self.bucket);
        self.connection.ask_within(OBJECT_DEADLINE, &what, self.read_list(&what)).await?
    }

    async fn about(&self, name: &str) -> Result<Option<ObjectEntry>, BusError> {
        Ok(self.look_up(name).await?.map(|(entry, _)| entry))
    }

    /// Removes the object's record first, up to the writing that is meant. If the bytes are never
    /// removed, they do no harm.
    async fn remove(&self, object: &ObjectEntry) -> Result<(), BusError> {
        let Some((found, chunks)) = self.look_up(&object.name).await? else { return Ok(()) };
        if found.revision != object.revision {
            return Ok(());
        }
        let what = format!("remove the object {}", object.name);
        let about = self.stream.purge().sequence(object.revision.saturating_add(1));
        let about = about.filter(self.subject(&object.name)).into_future();
        let removed = self.connection.ask(&what, about).await?;
        removed.map_err(|error| refused(&what, &error))?;
        let bytes = self.stream.purge().filter(chunks).into_future();
        let removed = self.connection.ask(&what, bytes).await?;
        removed.map(drop).map_err(|error| refused(&what, &error))
    }
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
