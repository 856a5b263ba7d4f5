//! The bus between gateways, workers and people.
//!
//! [`Bus`] has two implementations with the same behavior: [`nats`] speaks to a NATS server, and
//! [`embedded`] lives in this process and needs nothing installed. One suite of tests runs against
//! both (`shared/tests/bus.rs`).
//!
//! Messages are delivered at most once, and only to current subscribers, as in core NATS. If a
//! message must not be lost, its receiver must ask for it again.

mod bucket;
mod bus_error;
pub mod embedded;
pub mod name;
pub mod nats;
pub mod requester;

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::{BoxFuture, pending};
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::BusClock;
use crate::identity::{Identity, Sender};

pub use bucket::{
    Bucket, Change, Entry, LEFTOVERS_MAX, Leftover, Moment, ObjectEntry, Objects, ObjectsBounds,
};
pub use bus_error::BusError;
pub use embedded::EmbeddedBus;
pub use nats::{NatsBus, NatsOptions, Replicas};
pub use requester::Requester;

/// Largest payload in bytes that Brink's buses carry unless an operator sets another limit. A NATS
/// server warns beyond 8 MiB. An event with a body of 1 MB fits in every encoding. If the bus
/// carries less, [`crate::large_payloads`] sends the event in pieces.
pub const MAX_PAYLOAD: usize = 8 << 20;

/// Requests that wait at a service's endpoint before further ones are dropped.
pub const SERVICE_BACKLOG: usize = 256;

/// Largest capacity of a subscription. The NATS client keeps this many messages between two reads.
/// Further messages are lost.
pub const SUBSCRIPTION_CAPACITY_MAX: usize = 65_536;

/// The slowest link on which an object of any size can be stored and fetched, in bytes a second.
const TRANSFER_RATE_MIN: u64 = 2_000_000;

/// Longest time that all steps around the bytes of an object take.
const TRANSFER_STEPS_MAX: Duration = Duration::from_secs(60);

/// Changes that may wait for a bucket's watcher. If there are more, their sender waits.
const WATCH_BACKLOG: usize = 64;

/// A reading of a journal ends after this many bytes of messages.
pub const READ_BYTES: usize = 16 << 20;

/// Counts messages that were dropped because a subscription was full.
const DROPPED_TOTAL: &str = "brink_bus_dropped_total";

/// Carries messages and keeps state. Cheap to share: `Arc<dyn Bus>`.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Sends to all subscribers. With `reply_to`, answers go to that subject. If there are no
    /// subscribers, a message with [`Message::no_responders`] comes back there at once. Waits at
    /// most a second for room in the outgoing buffer.
    async fn publish(
        &self,
        subject: &str,
        reply_to: Option<&str>,
        payload: Bytes,
    ) -> Result<(), BusError>;

    /// Receives what is sent to the subject, which may have the wildcards `*` and `>`. Of the
    /// subscriptions with one `group`, one gets each message. `capacity` messages wait here at
    /// most, and no more than [`SUBSCRIPTION_CAPACITY_MAX`]; messages beyond are dropped and
    /// counted (`brink_bus_dropped_total`).
    async fn subscribe(
        &self,
        subject: &str,
        group: Option<&str>,
        capacity: usize,
    ) -> Result<Subscription, BusError>;

    /// A subject prefix that no other process has. Answers come to it and to subjects below it.
    fn new_inbox(&self) -> String;

    /// The same for answers of gateways too. They may not answer events, so they may not send to the
    /// other inboxes.
    fn new_inbox_for_gateways(&self) -> String {
        self.new_inbox()
    }

    /// Who this process is on the bus; `None` on a bus without identities.
    fn identity(&self) -> Option<&Identity> {
        None
    }

    /// Waits until the bus denies a message to this subject, after this was called. A denied message
    /// has no other answer.
    fn denied(&self, _subject: &str) -> BoxFuture<'static, BusError> {
        pending().boxed()
    }

    /// Answers requests on several subjects. One member of the service gets each request, and `nats
    /// micro` lists the service (ADR-32).
    async fn serve(&self, service: ServiceSpec) -> Result<ServiceRequests, BusError>;

    /// Opens a key-value bucket, and makes it if it does not exist.
    async fn bucket(&self, name: &str) -> Result<Arc<dyn Bucket>, BusError>;

    /// The same for a bucket that forgets a value that was not written again within `max_age`. A
    /// bucket that exists already keeps the age that it was made with.
    async fn fading_bucket(
        &self,
        name: &str,
        max_age: Duration,
    ) -> Result<Arc<dyn Bucket>, BusError>;

    /// Opens an object bucket, and makes it if it does not exist.
    async fn objects(&self, name: &str) -> Result<Arc<dyn Objects>, BusError>;

    /// The same for a bucket that people with identities write. A bus without identities has nobody
    /// whom it must bound.
    async fn bounded_objects(
        &self,
        name: &str,
        _bounds: ObjectsBounds,
    ) -> Result<Arc<dyn Objects>, BusError> {
        self.objects(name).await
    }

    /// Makes sure that the journal exists and keeps the messages on its subjects.
    async fn open_journal(&self, spec: JournalSpec) -> Result<(), BusError>;

    /// Reads a journal from its oldest kept message on. With `follow` it goes on with new ones,
    /// without it the subscription ends after the newest.
    async fn read_journal(
        &self,
        name: &str,
        subject: &str,
        follow: bool,
    ) -> Result<Subscription, BusError>;

    /// Sends to all subscribers, and waits until the journal has the message. Returns its number
    /// there. Subscribers see a [`Message::reply_to`], but need not answer.
    async fn append(&self, journal: &str, subject: &str, payload: Bytes) -> Result<u64, BusError>;

    /// The range of numbers in a journal.
    async fn journal_range(&self, name: &str) -> Result<JournalRange, BusError>;

    /// Messages of a journal on this subject from this number on, oldest first: at most `max`, and no
    /// further ones after [`READ_BYTES`]. Numbers without a message are passed over.
    async fn journal_from(
        &self,
        name: &str,
        subject: &str,
        number: u64,
        max: usize,
    ) -> Result<Vec<Numbered>, BusError>;

    /// Whether messages can be carried now. Changes are seen within seconds.
    fn link(&self) -> watch::Receiver<Link>;

    /// The bus's clock, which all processes share for times in messages.
    fn clock(&self) -> &BusClock;

    /// Largest payload in bytes that [`publish`](Self::publish) takes.
    fn max_payload(&self) -> usize;

    /// Waits until everything published before has left this process.
    async fn flush(&self) -> Result<(), BusError>;

    /// Ends every subscription after what was already delivered, flushes, and closes.
    async fn close(&self);
}

/// How long these bytes take on the slowest link that carries objects of any size.
pub fn slowest_transfer(bytes: u64) -> Duration {
    Duration::from_secs(bytes.div_ceil(TRANSFER_RATE_MIN))
}

/// Longest time in which an object of this size is stored or fetched. A transfer that stalls ends
/// earlier.
pub fn transfer_max(bytes: u64) -> Duration {
    TRANSFER_STEPS_MAX + slowest_transfer(bytes)
}

/// A message that came by a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The subject that it was sent to.
    pub subject: String,
    /// Where an answer goes: an inbox. None if the sender named another subject.
    pub reply_to: Option<String>,
    /// Its bytes.
    pub payload: Bytes,
    /// True for the bus's own answer that the subject has no subscriber.
    pub no_responders: bool,
    /// Who sent it, if the server says so: only for requests from another account to the admin
    /// service. In all other messages anybody may have written this.
    pub sender: Option<Sender>,
}

/// Messages of one subscription, which ends when this is dropped.
pub struct Subscription {
    messages: BoxStream<'static, Message>,
    /// Ends the stream `messages` at its sender.
    drain: Option<CancellationToken>,
}

/// A service that answers requests, as NATS micro describes it.
#[derive(Clone, Debug)]
pub struct ServiceSpec {
    /// Its name, for people.
    pub name: &'static str,
    /// Semantic version.
    pub version: &'static str,
    /// One line.
    pub description: &'static str,
    /// The endpoints' names and subjects.
    pub endpoints: Vec<(String, String)>,
}

/// Requests to a service, of all its endpoints.
#[derive(Debug)]
pub struct ServiceRequests {
    requests: Subscription,
}

/// A journal: messages on some subjects, kept for a while.
#[derive(Clone, Debug)]
pub struct JournalSpec {
    /// Its name.
    pub name: &'static str,
    /// The subjects that it keeps; may have wildcards.
    pub subject: &'static str,
    /// How long it keeps a message.
    pub max_age: Duration,
    /// Most bytes that it keeps.
    pub max_bytes: u64,
    /// Most messages that it keeps.
    pub max_messages: Option<u64>,
    /// True if an acknowledged message must be on the disk. This takes some milliseconds for each
    /// message. If false, the newest messages may be lost when the machine fails.
    pub synced: bool,
    /// True if a full journal refuses new messages; if false, it drops the oldest.
    pub keeps_oldest: bool,
}

/// The range of messages in a journal. Numbers begin at 1 and grow by one with each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalRange {
    /// When the journal was made, in nanoseconds since 1970. A journal that was lost and made again
    /// has another time, and its numbers begin anew.
    pub made: i128,
    /// Number of the oldest message; larger than `last` if there is none.
    pub first: u64,
    /// Number of the newest message, also if that is not kept any more.
    pub last: u64,
}

/// A message of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// Its number.
    pub number: u64,
    /// Its subject.
    pub subject: String,
    /// Its bytes.
    pub payload: Bytes,
}

/// Whether the bus can carry messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// It can.
    Up,
    /// It cannot; the bus tries to connect again.
    Down,
}

// === impl Subscription ===

impl Subscription {
    /// What the stream yields; dropping the stream must end the subscription at the bus.
    pub(crate) fn new(messages: impl Stream<Item = Message> + Send + 'static) -> Self {
        Self { messages: messages.fuse().boxed(), drain: None }
    }

    /// The same for a stream that unsubscribes when the token is cancelled, and ends after what
    /// was on its way then.
    pub(crate) fn with_drain(
        messages: impl Stream<Item = Message> + Send + 'static,
        drain: CancellationToken,
    ) -> Self {
        Self { messages: messages.fuse().boxed(), drain: Some(drain) }
    }

    /// Unsubscribes without losing a message: messages on their way still arrive, then the stream
    /// ends. While the bus is away the end may not come, so bound the wait.
    pub fn drain(&mut self) {
        match &self.drain {
            Some(drain) => drain.cancel(),
            None => self.messages = futures_util::stream::empty().boxed(),
        }
    }

    /// The next message; `None` when the bus is closed. Cancel-safe.
    pub async fn next(&mut self) -> Option<Message> {
        self.messages.next().await
    }

    /// Waits for a message, then takes up to `max` messages that are there. Cancel-safe. Returns
    /// how many; none means that the bus is closed.
    pub async fn next_many(&mut self, into: &mut Vec<Message>, max: usize) -> usize {
        poll_fn(|cx| {
            let mut taken = 0;
            while taken < max {
                match self.messages.poll_next_unpin(cx) {
                    Poll::Ready(Some(message)) => into.push(message),
                    Poll::Pending if taken == 0 => return Poll::Pending,
                    Poll::Ready(None) | Poll::Pending => break,
                }
                taken += 1;
            }
            Poll::Ready(taken)
        })
        .await
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}

// === impl ServiceRequests ===

impl ServiceRequests {
    /// The requests of all endpoints as one subscription.
    pub(crate) fn new(requests: Subscription) -> Self {
        Self { requests }
    }

    /// The next request; `None` when the bus is closed. Cancel-safe.
    pub async fn next(&mut self) -> Option<Message> {
        self.requests.next().await
    }
}

// === impl ServiceSpec ===

impl ServiceSpec {
    /// Rejects endpoints that no bus can serve.
    pub(crate) fn check(&self) -> Result<(), BusError> {
        self.endpoints.iter().try_for_each(|(endpoint, subject)| {
            name::check_bucket(endpoint)?;
            name::check_subject(subject)
        })
    }
}
