//! Journals as JetStream streams with limits.

use async_nats::jetstream::consumer::push::{Ordered, OrderedConfig};
use async_nats::jetstream::consumer::{DeliverPolicy, ReplayPolicy};
use async_nats::jetstream::stream::{
    Config, DiscardPolicy, PersistenceMode, RawMessageErrorKind, StorageType,
};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::unfold;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{Connection, rejected};
use super::inbound::convert;
use super::reading::Consumer;
use crate::bus::{
    BusError, JournalRange, JournalSpec, Message, Numbered, READ_BYTES, Subscription, name,
};

struct Reader {
    records: Ordered,
    /// Ends it at the server.
    _consumer: Consumer,
    closed: CancellationToken,
    /// Stream sequence of the message to end after; `None` to go on.
    end: Option<u64>,
    done: bool,
}

/// Makes the stream if it does not exist. Limits that an operator gave it stay.
pub(super) async fn open(connection: &Connection, spec: JournalSpec) -> Result<(), BusError> {
    name::check_bucket(spec.name)?;
    name::check_pattern(spec.subject, None)?;
    if connection.has_stream(spec.name).await? {
        return Ok(());
    }
    let max_messages = spec.max_messages.and_then(|most| i64::try_from(most).ok());
    let what = format!("make the journal {}", spec.name);
    let config = Config {
        name: spec.name.to_owned(),
        subjects: vec![spec.subject.to_owned()],
        max_age: spec.max_age,
        max_bytes: i64::try_from(spec.max_bytes).unwrap_or(i64::MAX),
        // 0 and -1 mean that there is no limit.
        max_messages: max_messages.unwrap_or(-1),
        discard: DiscardPolicy::Old,
        storage: StorageType::File,
        num_replicas: connection.replicas(),
        // NATS does not write replicated streams in this way.
        persist_mode: (!spec.synced && connection.replicas() == 1)
            .then_some(PersistenceMode::Async),
        ..Config::default()
    };
    let made = connection.ask(&what, connection.jetstream.create_stream(config)).await?;
    made.map(drop).map_err(|error| connection.not_made(&what, &error))
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
    number: u64,
    max: usize,
) -> Result<Vec<Numbered>, BusError> {
    name::check_bucket(name)?;
    let what = format!("read the journal {name}");
    let stream = connection.ask(&what, connection.jetstream.get_stream_no_info(name)).await?;
    let stream = stream.map_err(|error| rejected(&what, &error))?;
    let mut found = Vec::new();
    let (mut next, mut bytes) = (number, 0);
    while found.len() < max && bytes < READ_BYTES {
        let read = stream.get_first_raw_message_by_subject(">", next);
        match connection.ask(&what, read).await? {
            Ok(message) => {
                next = message.sequence + 1;
                bytes += message.payload.len();
                found.push(Numbered { number: message.sequence, payload: message.payload });
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
    tasks: &TaskTracker,
    name: &str,
    subject: &str,
    follow: bool,
) -> Result<Subscription, BusError> {
    name::check_bucket(name)?;
    name::check_pattern(subject, None)?;
    if !connection.has_stream(name).await? {
        return Err(BusError::no_journal(name));
    }
    let what = format!("read the journal {name}");
    let stream = connection.ask(&what, connection.jetstream.get_stream(name)).await?;
    let stream = stream.map_err(|error| rejected(&what, &error))?;
    let config = OrderedConfig {
        deliver_subject: connection.client.new_inbox(),
        filter_subject: subject.to_owned(),
        replay_policy: ReplayPolicy::Instant,
        deliver_policy: DeliverPolicy::All,
        ..OrderedConfig::default()
    };
    let consumer = connection.ask(&what, stream.create_consumer(config)).await?;
    let consumer = consumer.map_err(|error| rejected(&what, &error))?;
    let about = consumer.cached_info();
    let empty = about.num_pending == 0;
    let at_server = Consumer::new(connection, tasks, name, &about.name);
    let records = connection.ask(&what, consumer.messages()).await?;
    let reader = Reader {
        records: records.map_err(|error| rejected(&what, &error))?,
        _consumer: at_server,
        closed: connection.closed.clone(),
        end: (!follow).then_some(stream.cached_info().state.last_sequence),
        done: !follow && empty,
    };
    Ok(Subscription::new(unfold(reader, Reader::next)))
}

// === impl Reader ===

impl Reader {
    async fn next(mut self) -> Option<(Message, Self)> {
        while !self.done {
            let record = self.closed.run_until_cancelled(self.records.next()).await??;
            let record = match record {
                Ok(record) => record,
                // The library resumes after the last message by itself.
                Err(error) => {
                    tracing::warn!(%error, "reading a journal was interrupted; it goes on");
                    continue;
                }
            };
            let place = record.info().ok()?;
            let (sequence, pending) = (place.stream_sequence, place.pending);
            if let Some(end) = self.end {
                if sequence > end {
                    return None;
                }
                self.done = sequence == end || pending == 0;
            }
            let mut message = convert(record.message);
            // Where acknowledgments would go; no answer is expected.
            message.reply_to = None;
            return Some((message, self));
        }
        None
    }
}
