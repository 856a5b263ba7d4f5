//! Key-value buckets in JetStream.
//!
//! The library's own watcher needs a consumer ([`super::following`] says why there is none here), and
//! never says that it has sent all entries. So this module watches by itself and begins again with
//! each connection.

use std::error::Error;
use std::iter::successors;
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::header::NATS_EXPECTED_LAST_SEQUENCE;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::kv::{
    self, CreateErrorKind, Operation, Store, UpdateError, UpdateErrorKind,
};
use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

use super::connection::{Connection, rejected};
use super::reading::{Gathered, Reading};
use crate::bus::{Bucket, BusError, Change, Entry, Link, Moment, WATCH_BACKLOG, name};

/// Room that a record's headers take of the largest payload.
const HEADERS_MAX: usize = 512;

/// Pause before a watch that failed begins again while the link is up.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// A key-value bucket.
#[derive(Clone)]
pub(super) struct NatsBucket {
    connection: Connection,
    store: Store,
    tasks: TaskTracker,
}

/// Why a watcher gets no more changes.
enum Ended {
    WatcherGone,
    ReadingBroke,
}

// === impl NatsBucket ===

impl NatsBucket {
    /// Opens the bucket, and makes it if it does not exist.
    pub(super) async fn open(
        connection: Connection,
        name: &str,
        max_age: Option<Duration>,
        tasks: TaskTracker,
    ) -> Result<Self, BusError> {
        name::check_bucket(name)?;
        let what = format!("open the bucket {name}");
        let stream = format!("KV_{name}");
        if !connection.has_stream(&stream).await?
            && let Err(error) = make(&connection, &what, name, max_age).await
            // Another worker may have made it meanwhile and changed its settings.
            && !connection.has_stream(&stream).await?
        {
            return Err(error);
        }
        let opened = connection.ask(&what, connection.jetstream.get_key_value(name)).await?;
        let store = opened.map_err(|error| rejected(&what, &error))?;
        connection.forbid_rollup(&store.stream.cached_info().config).await;
        Ok(Self { connection, store, tasks })
    }

    fn check(&self, key: &str, value: &[u8]) -> Result<(), BusError> {
        name::check_key(key)?;
        let max = self.connection.client.max_payload().saturating_sub(HEADERS_MAX);
        if value.len() <= max {
            return Ok(());
        }
        Err(BusError::TooLarge { subject: key.to_owned(), size: value.len(), max })
    }

    async fn read(&self) -> Result<Reading, BusError> {
        Reading::start(&self.connection, &self.store.stream_name, &self.store.prefix).await
    }

    /// Sends a watcher all entries and changes, and begins again after each break, until the
    /// watcher goes.
    async fn feed(self, first: Reading, to: mpsc::Sender<Change>) {
        let mut link = self.connection.health.link();
        let mut reading = Some(first);
        let mut again = false;
        loop {
            link.borrow_and_update();
            let started = match reading.take() {
                Some(reading) => Ok(reading),
                None => self.read().await,
            };
            match started {
                Ok(reading) => {
                    if again && to.send(Change::Restarted).await.is_err() {
                        return;
                    }
                    again = true;
                    if let Ended::WatcherGone = tell(reading, &to, &mut link).await {
                        return;
                    }
                }
                Err(error) => tracing::warn!(bucket = self.store.name, %error, "cannot watch"),
            }
            tokio::select! {
                () = to.closed() => return,
                () = sleep(RETRY_PAUSE) => {}
            }
            tokio::select! {
                () = to.closed() => return,
                up = link.wait_for(|link| *link == Link::Up) => {
                    if up.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

async fn make(
    connection: &Connection,
    what: &str,
    name: &str,
    max_age: Option<Duration>,
) -> Result<(), BusError> {
    connection.check_makes(what)?;
    let config = kv::Config {
        bucket: name.to_owned(),
        history: 1,
        // 0 means for ever.
        max_age: max_age.unwrap_or_default(),
        num_replicas: connection.replicas(),
        ..kv::Config::default()
    };
    let made = connection.ask(what, connection.jetstream.create_key_value(config)).await?;
    made.map(drop).map_err(|error| connection.not_made(what, &error))
}

#[async_trait]
impl Bucket for NatsBucket {
    async fn get(&self, key: &str) -> Result<Option<Entry>, BusError> {
        name::check_key(key)?;
        let what = format!("read {key}");
        let entry = self.connection.ask(&what, self.store.entry(key)).await?;
        let entry = entry.map_err(|error| rejected(&what, &error))?;
        let present = entry.filter(|entry| entry.operation == Operation::Put);
        Ok(present.map(|entry| Entry {
            key: entry.key,
            value: entry.value,
            revision: entry.revision,
        }))
    }

    async fn entries(&self) -> Result<Vec<Entry>, BusError> {
        Ok(self.moment().await?.entries)
    }

    /// All entries come from one reading. If the bucket has replicas, a reading may lag behind.
    /// Then its `last` lags too, [`decide`](Bucket::decide) reports a conflict, and
    /// [`last`](Bucket::last) is greater.
    async fn moment(&self) -> Result<Moment, BusError> {
        let (stream, prefix) = (&self.store.stream_name, &self.store.prefix);
        Ok(Gathered::read(&self.connection, stream, prefix).await?.into_moment())
    }

    async fn last(&self) -> Result<u64, BusError> {
        let what = format!("look up the newest write of the bucket {}", self.store.name);
        let info = self.connection.ask(&what, self.store.stream.get_info()).await?;
        Ok(info.map_err(|error| rejected(&what, &error))?.state.last_sequence)
    }

    async fn decide(&self, key: &str, value: Option<Bytes>, last: u64) -> Result<u64, BusError> {
        let payload = value.clone().unwrap_or_default();
        self.check(key, &payload)?;
        let what = format!("write {key}");
        let mut headers = HeaderMap::new();
        headers.insert(NATS_EXPECTED_LAST_SEQUENCE, last.to_string());
        if value.is_none() {
            headers.insert("KV-Operation", "DEL");
        }
        let subject = format!("{}{key}", self.store.prefix);
        let jetstream = &self.connection.jetstream;
        let written =
            async { jetstream.publish_with_headers(subject, headers, payload).await?.await };
        let written = self.connection.ask(&what, written).await?;
        written.map(|ack| ack.sequence).map_err(|error| match error.kind() {
            PublishErrorKind::WrongLastSequence => BusError::Conflict(key.to_owned()),
            _ => not_written(&what, &error),
        })
    }

    async fn forget(&self, key: &str, revision: u64) -> Result<(), BusError> {
        name::check_key(key)?;
        let what = format!("forget that {key} was removed");
        let subject = format!("{}{key}", self.store.prefix);
        let purge = self.store.stream.purge().sequence(revision.saturating_add(1)).filter(subject);
        let purged = self.connection.ask(&what, purge.into_future()).await?;
        purged.map(drop).map_err(|error| rejected(&what, &error))
    }

    async fn create(&self, key: &str, value: Bytes) -> Result<u64, BusError> {
        self.check(key, &value)?;
        let what = format!("create {key}");
        let created = self.connection.ask(&what, self.store.create(key, value)).await?;
        created.map_err(|error| match error.kind() {
            CreateErrorKind::AlreadyExists => BusError::Conflict(key.to_owned()),
            _ => not_written(&what, &error),
        })
    }

    async fn update(&self, key: &str, value: Bytes, revision: u64) -> Result<u64, BusError> {
        self.check(key, &value)?;
        let what = format!("update {key}");
        let updated = self.connection.ask(&what, self.store.update(key, value, revision)).await?;
        updated.map_err(|error| match error.kind() {
            UpdateErrorKind::WrongLastRevision => BusError::Conflict(key.to_owned()),
            _ => not_written(&what, &error),
        })
    }

    async fn delete(&self, key: &str, revision: u64) -> Result<(), BusError> {
        name::check_key(key)?;
        let what = format!("delete {key}");
        let deleted = self.store.delete_expect_revision(key, Some(revision));
        let deleted = self.connection.ask(&what, deleted).await?;
        deleted.map_err(|error| match error.kind() {
            UpdateErrorKind::WrongLastRevision => BusError::Conflict(key.to_owned()),
            _ => not_written(&what, &error),
        })
    }

    async fn watch(&self) -> Result<mpsc::Receiver<Change>, BusError> {
        let reading = self.read().await?;
        let (to, changes) = mpsc::channel(WATCH_BACKLOG);
        let feed = self.clone().feed(reading, to);
        let closed = self.connection.closed.clone();
        self.tasks.spawn(async move { closed.run_until_cancelled(feed).await });
        Ok(changes)
    }
}

/// Why a write failed. If its answer is missing, it may have been done.
fn not_written(what: &str, error: &(dyn Error + 'static)) -> BusError {
    let is_lost =
        successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source()).any(|error| {
            let publish = error.downcast_ref::<PublishError>().map(PublishError::kind);
            let update = error.downcast_ref::<UpdateError>().map(UpdateError::kind);
            matches!(publish, Some(PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe))
                || matches!(update, Some(UpdateErrorKind::TimedOut))
        });
    if is_lost { BusError::lost() } else { rejected(what, error) }
}

/// Sends changes until the watcher goes or the reading breaks.
async fn tell(
    mut reading: Reading,
    to: &mpsc::Sender<Change>,
    link: &mut watch::Receiver<Link>,
) -> Ended {
    let mut told_current = false;
    loop {
        if reading.current && !told_current {
            told_current = true;
            if to.send(Change::Current).await.is_err() {
                return Ended::WatcherGone;
            }
        }
        let change = tokio::select! {
            () = to.closed() => return Ended::WatcherGone,
            // Also after a link that is up again: changes may have been missed in between.
            _ = link.changed() => return Ended::ReadingBroke,
            change = reading.next() => match change {
                Ok(told) => told.change,
                Err(error) => {
                    tracing::warn!(%error, "a watch of a bucket broke; it begins again");
                    return Ended::ReadingBroke;
                }
            },
        };
        // Also a removal before all entries were sent: the watcher may have the key already.
        if to.send(change).await.is_err() {
            return Ended::WatcherGone;
        }
    }
}
