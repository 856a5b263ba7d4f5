//! Journals as JetStream streams with limits.

use std::time::Duration;

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{
    Config, DiscardPolicy, PersistenceMode, RawMessageErrorKind, StorageType,
};
use bytes::Bytes;
use futures_util::stream::unfold;
use tokio::time::sleep;

use super::connection::{Connection, rejected};
use super::following::Follower;
use crate::bus::{
    BusError, JournalRange, JournalSpec, Link, Message, Numbered, READ_BYTES, Subscription, name,
};

/// Pause before an interrupted reading goes on.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

struct Reader {
    connection: Connection,
    records: Follower,
    /// Stream sequence of the message to end after; `None` to go on.
    end: Option<u64>,
    done: bool,
}

/// Makes the stream if it does not exist. Limits that an operator gave it stay. A stream of an
/// earlier release gets the setting with which it can be read in pages.
pub(super) async fn open(connection: &Connection, spec: JournalSpec) -> Result<(), BusError> {
    name::check_bucket(spec.name)?;
    name::check_pattern(spec.subject, None)?;
    if let Some(info) = connection.replicated(spec.name).await? {
        return match info.config.allow_direct {
            true => Ok(()),
            // Only admins read it in pages.
            false if connection.check_makes("change it").is_err() => Ok(()),
            false => allow_direct(connection, info.config).await,
        };
    }
    let max_messages = spec.max_messages.and_then(|most| i64::try_from(most).ok());
    let what = format!("make the journal {}", spec.name);
    connection.check_makes(&what)?;
    let config = Config {
        name: spec.name.to_owned(),
        subjects: vec![spec.subject.to_owned()],
        max_age: spec.max_age,
        max_bytes: i64::try_from(spec.max_bytes).unwrap_or(i64::MAX),
        // 0 and -1 mean that there is no limit.
        max_messages: max_messages.unwrap_or(-1),
        discard: if spec.keeps_oldest { DiscardPolicy::New } else { DiscardPolicy::Old },
        storage: StorageType::File,
        num_replicas: connection.replicas(),
        allow_direct: true,
        // NATS does not write replicated streams in this way.
        persist_mode: (!spec.synced && connection.replicas() == 1)
            .then_some(PersistenceMode::Async),
        ..Config::default()
    };
    let jetstream = connection.jetstream_of(spec.name);
    let made = connection.ask(&what, jetstream.create_stream(config)).await?;
    made.map(drop).map_err(|error| connection.not_made(&what, &error))
}

async fn allow_direct(connection: &Connection, config: Config) -> Result<(), BusError> {
    let what = format!("let the journal {} be read in pages", config.name);
    let config = Config { allow_direct: true, ..config };
    let changed = connection.ask(&what, connection.jetstream.update_stream(config)).await?;
    changed.map(drop).map_err(|error| rejected(&what, &error))
}

/// Sends a message and waits until the journal has it. Returns its number.
pub(super) async fn append(
    connection: &Connection,
    journal: &str,
    subject: &str,
    payload: Bytes,
) -> Result<u64, BusError> {
    name::check_subject(subject)?;
    let (size, max) = (payload.len(), connection.client.max_payload());
    if size > max {
        return Err(BusError::TooLarge { subject: subject.to_owned(), size, max });
    }
    let what = format!("keep a message on {subject}");
    let sent = async {
        let sent = connection.jetstream.publish(subject.to_owned(), payload).await?;
        sent.await
    };
    let kept = connection.ask(&what, sent).await?.map_err(|error| rejected(&what, &error))?;
    if kept.stream != journal {
        return Err(BusError::not_kept(journal, subject));
    }
    Ok(kept.sequence)
}

/// The range of the journal's numbers.
pub(super) async fn range(connection: &Connection, name: &str) -> Result<JournalRange, BusError> {
    name::check_bucket(name)?;
    let what = format!("look up the journal {name}");
    let Some(info) = connection.stream(name).await? else {
        return Err(BusError::Rejected { what, why: "it does not exist".to_owned() });
    };
    Ok(JournalRange {
        made: info.created.unix_timestamp_nanos(),
        // A journal that never had a message says 0.
        first: info.state.first_sequence.max(1),
        last: info.state.last_sequence,
    })
}

/// Messages from this number on, at most `max`. Asks only the leader of the stream, because another
/// server may not have the newest messages yet.
pub(super) async fn from(
    connection: &Connection,
    name: &str,
    subject: &str,
    number: u64,
    max: usize,
) -> Result<Vec<Numbered>, BusError> {
    name::check_bucket(name)?;
    name::check_pattern(subject, None)?;
    let what = format!("read the journal {name}");
    let stream =
        connection.ask(&what, connection.jetstream_of(name).get_stream_no_info(name)).await?;
    let stream = stream.map_err(|error| rejected(&what, &error))?;
    let mut found = Vec::new();
    let (mut next, mut bytes) = (number, 0);
    while found.len() < max && bytes < READ_BYTES {
        let read = stream.get_first_raw_message_by_subject(subject, next);
        match connection.ask(&what, read).await? {
            Ok(message) => {
                next = message.sequence + 1;
                bytes += message.payload.len();
                found.push(Numbered {
                    number: message.sequence,
                    subject: message.subject.into_string(),
                    payload: message.payload,
                });
            }
            Err(error) if error.kind() == RawMessageErrorKind::NoMessageFound => break,
            Err(error) => return Err(rejected(&what, &error)),
        }
    }
    Ok(found)
}

/// Reads a journal from its oldest message on.
pub(super) async fn read(
    connection: &Connection,
    name: &str,
    subject: &str,
    follow: bool,
) -> Result<Subscription, BusError> {
    name::check_bucket(name)?;
    name::check_pattern(subject, None)?;
    if !connection.has_stream(name).await? {
        return Err(BusError::no_journal(name));
    }
    let records = Follower::start(connection, name, subject, subject).await?;
    let end = (!follow).then(|| records.last_at_start());
    let done = !follow && records.is_current();
    let reader = Reader { connection: connection.clone(), records, end, done };
    Ok(Subscription::new(unfold(reader, Reader::next)))
}

// === impl Reader ===

impl Reader {
    async fn next(mut self) -> Option<(Message, Self)> {
        let closed = self.connection.closed.clone();
        while !self.done {
            let record = match closed.run_until_cancelled(self.record()).await? {
                Ok(record) => record?,
                Err(error) => {
                    tracing::warn!(%error, "reading a journal was interrupted; it goes on");
                    closed.run_until_cancelled(self.pause()).await?;
                    continue;
                }
            };
            if let Some(end) = self.end {
                if record.sequence > end {
                    return None;
                }
                self.done = record.sequence == end || self.records.is_current();
            }
            let message = Message {
                subject: record.subject.into_string(),
                reply_to: None,
                payload: record.payload,
                no_responders: false,
                sender: None,
            };
            return Some((message, self));
        }
        None
    }

    /// The next record; `None` at the end.
    async fn record(&mut self) -> Result<Option<StreamMessage>, BusError> {
        match self.end {
            None => self.records.next().await.map(Some),
            Some(_) => self.records.present().await,
        }
    }

    async fn pause(&self) {
        sleep(RETRY_PAUSE).await;
        // Fails only if the bus is closed, which ends the reading.
        let _ = self.connection.health.link().wait_for(|link| *link == Link::Up).await;
    }
}
