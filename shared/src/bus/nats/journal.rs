//! Journals as JetStream streams with limits.

use async_nats::jetstream::consumer::push::{Ordered, OrderedConfig};
use async_nats::jetstream::consumer::{DeliverPolicy, ReplayPolicy};
use async_nats::jetstream::stream::{Config, DiscardPolicy, StorageType};
use futures_util::StreamExt;
use futures_util::stream::unfold;
use tokio_util::sync::CancellationToken;

use super::connection::{Connection, refused};
use super::inbound::convert;
use crate::bus::{BusError, JournalSpec, Message, Subscription, name};

struct Reader {
    records: Ordered,
    closed: CancellationToken,
    /// Stream sequence of the message to end after; `None` to go on.
    end: Option<u64>,
    done: bool,
}

/// Makes the stream if it is not there. Limits that an operator gave it stay.
pub(super) async fn open(connection: &Connection, spec: JournalSpec) -> Result<(), BusError> {
    name::check_bucket(spec.name)?;
    name::check_pattern(spec.subject, None)?;
    if connection.has_stream(spec.name).await? {
        return Ok(());
    }
    let what = format!("make the journal {}", spec.name);
    let config = Config {
        name: spec.name.to_owned(),
        subjects: vec![spec.subject.to_owned()],
        max_age: spec.max_age,
        max_bytes: i64::try_from(spec.max_bytes).unwrap_or(i64::MAX),
        discard: DiscardPolicy::Old,
        storage: StorageType::File,
        num_replicas: 1,
        ..Config::default()
    };
    let made = connection.ask(&what, connection.jetstream.create_stream(config)).await?;
    made.map(drop).map_err(|error| refused(&what, &error))
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
    let what = format!("read the journal {name}");
    let stream = connection.ask(&what, connection.jetstream.get_stream(name)).await?;
    let stream = stream.map_err(|error| refused(&what, &error))?;
    let config = OrderedConfig {
        deliver_subject: connection.client.new_inbox(),
        filter_subject: subject.to_owned(),
        replay_policy: ReplayPolicy::Instant,
        deliver_policy: DeliverPolicy::All,
        ..OrderedConfig::default()
    };
    let consumer = connection.ask(&what, stream.create_consumer(config)).await?;
    let consumer = consumer.map_err(|error| refused(&what, &error))?;
    let empty = consumer.cached_info().num_pending == 0;
    let records = connection.ask(&what, consumer.messages()).await?;
    let reader = Reader {
        records: records.map_err(|error| refused(&what, &error))?,
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
                    tracing::warn!(%error, "reading a journal was interrupted");
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
