//! The bus inside one process: for `brink dev`, and for tests.
//!
//! It keeps the promises of NATS that the rest of Brink relies on (queue groups, "no responders",
//! compare-and-swap, bounded queues that drop) and nothing beyond them. Everything is in memory
//! and gone with the process; sending is a function call that never waits.

mod bucket;
mod journal;
mod routes;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::select_all;
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::bucket::{EmbeddedBucket, EmbeddedObjects};
use self::journal::Journal;
use self::routes::Routes;
use super::{
    Bucket, Bus, BusError, JournalRange, JournalSpec, Link, MAX_PAYLOAD, Message, Numbered,
    Objects, SERVICE_BACKLOG, ServiceRequests, ServiceSpec, Subscription, name,
};
use crate::clock::BusClock;

/// Most bytes of one journal, whatever its limits say, because it takes memory of the process.
const JOURNAL_BYTES_MAX: u64 = 16 << 20;

/// Queue group of every service, as NATS micro has it.
const SERVICE_GROUP: &str = "q";

/// A bus that connects the parts of this process.
pub struct EmbeddedBus {
    routes: Arc<Routes>,
    buckets: Mutex<HashMap<String, Arc<dyn Bucket>>>,
    objects: Mutex<HashMap<String, Arc<dyn Objects>>>,
    journals: RwLock<HashMap<String, Arc<Journal>>>,
    link: watch::Sender<Link>,
    switch: Switch,
    tasks: TaskTracker,
    clock: Arc<BusClock>,
    max_payload: usize,
}

/// Whether the bus is closed; its parts share this.
#[derive(Clone, Default)]
struct Switch {
    closed: CancellationToken,
}

// === impl EmbeddedBus ===

impl EmbeddedBus {
    /// Makes a bus without subscribers.
    pub fn new() -> Arc<Self> {
        Self::with_max_payload(MAX_PAYLOAD)
    }

    /// The same for messages of at most `max_payload` bytes.
    pub fn with_max_payload(max_payload: usize) -> Arc<Self> {
        Self::with_clock(BusClock::own(), max_payload)
    }

    /// The same with a time of its own, for tests.
    pub(crate) fn with_clock(clock: BusClock, max_payload: usize) -> Arc<Self> {
        Arc::new(Self {
            routes: Arc::default(),
            buckets: Mutex::default(),
            objects: Mutex::default(),
            journals: RwLock::default(),
            link: watch::Sender::new(Link::Up),
            switch: Switch::default(),
            tasks: TaskTracker::new(),
            clock: Arc::new(clock),
            max_payload,
        })
    }

    fn open_bucket(&self, name: &str, max_age: Option<Duration>) -> Arc<dyn Bucket> {
        let (clock, switch) = (&self.clock, &self.switch);
        let make =
            || EmbeddedBucket::new(max_age, clock.clone(), switch.clone(), self.tasks.clone());
        let mut buckets = self.buckets.lock();
        buckets.entry(name.to_owned()).or_insert_with(|| Arc::new(make())).clone()
    }

    fn journal(&self, name: &str) -> Result<Arc<Journal>, BusError> {
        let journal = self.journals.read().get(name).cloned();
        journal.ok_or_else(|| BusError::no_journal(name))
    }

    /// Keeps the message in the journals of its subject. Returns true if there are any.
    fn keep(&self, message: &Message) -> bool {
        let mut kept = false;
        for journal in self.journals.read().values() {
            if journal.keeps(&message.subject) {
                kept |= journal.append(message).is_some();
            }
        }
        kept
    }
}

impl Drop for EmbeddedBus {
    fn drop(&mut self) {
        self.switch.closed.cancel();
    }
}

#[async_trait]
impl Bus for EmbeddedBus {
    async fn publish(
        &self,
        subject: &str,
        reply_to: Option<&str>,
        payload: Bytes,
    ) -> Result<(), BusError> {
        self.switch.check()?;
        name::check_subject(subject)?;
        reply_to.map_or(Ok(()), name::check_subject)?;
        check_size(subject, payload.len(), self.max_payload)?;
        let message = Message {
            subject: subject.to_owned(),
            reply_to: reply_to.filter(|to| name::is_inbox(to)).map(str::to_owned),
            payload,
            no_responders: false,
            sender: None,
        };
        let kept = self.keep(&message);
        let sent = self.routes.send(&message);
        if let Some(asker) = message.reply_to
            && !kept
            && !sent
        {
            self.routes.send(&Message {
                subject: asker,
                reply_to: None,
                payload: Bytes::new(),
                no_responders: true,
                sender: None,
            });
        }
        Ok(())
    }

    async fn subscribe(
        &self,
        subject: &str,
        group: Option<&str>,
        capacity: usize,
    ) -> Result<Subscription, BusError> {
        self.switch.check()?;
        name::check_pattern(subject, group)?;
        let arrivals = self.routes.add(subject, group, capacity);
        let drain = CancellationToken::new();
        let drained = arrivals.until(drain.clone());
        Ok(Subscription::with_drain(drained, drain))
    }

    fn new_inbox(&self) -> String {
        format!("_INBOX.{:032x}", rand::random::<u128>())
    }

    async fn serve(&self, service: ServiceSpec) -> Result<ServiceRequests, BusError> {
        self.switch.check()?;
        service.check()?;
        let endpoints = service.endpoints.iter();
        let requests =
            select_all(endpoints.map(|(_, subject)| {
                self.routes.add(subject, Some(SERVICE_GROUP), SERVICE_BACKLOG)
            }));
        Ok(ServiceRequests::new(Subscription::new(requests)))
    }

    async fn bucket(&self, name: &str) -> Result<Arc<dyn Bucket>, BusError> {
        self.switch.check()?;
        name::check_bucket(name)?;
        Ok(self.open_bucket(name, None))
    }

    async fn fading_bucket(
        &self,
        name: &str,
        max_age: Duration,
    ) -> Result<Arc<dyn Bucket>, BusError> {
        self.switch.check()?;
        name::check_bucket(name)?;
        Ok(self.open_bucket(name, Some(max_age)))
    }

    async fn objects(&self, name: &str) -> Result<Arc<dyn Objects>, BusError> {
        self.switch.check()?;
        name::check_bucket(name)?;
        let make = || EmbeddedObjects::new(self.clock.clone(), self.switch.clone());
        let mut buckets = self.objects.lock();
        let bucket = buckets.entry(name.to_owned()).or_insert_with(|| Arc::new(make()));
        Ok(bucket.clone())
    }

    async fn open_journal(&self, spec: JournalSpec) -> Result<(), BusError> {
        self.switch.check()?;
        name::check_bucket(spec.name)?;
        name::check_pattern(spec.subject, None)?;
        let max_bytes = spec.max_bytes.min(JOURNAL_BYTES_MAX);
        let spec = JournalSpec { max_bytes, ..spec };
        let mut journals = self.journals.write();
        journals.entry(spec.name.to_owned()).or_insert_with(|| Arc::new(Journal::new(spec)));
        Ok(())
    }

    async fn read_journal(
        &self,
        name: &str,
        subject: &str,
        follow: bool,
    ) -> Result<Subscription, BusError> {
        self.switch.check()?;
        name::check_pattern(subject, None)?;
        let journal = self.journal(name)?;
        let closed = self.switch.closed.clone();
        Ok(Subscription::new(journal.read(subject, follow, closed)))
    }

    async fn append(&self, journal: &str, subject: &str, payload: Bytes) -> Result<u64, BusError> {
        self.switch.check()?;
        name::check_subject(subject)?;
        check_size(subject, payload.len(), self.max_payload)?;
        let journal = self.journal(journal)?;
        if !journal.keeps(subject) {
            return Err(BusError::not_kept(journal.name(), subject));
        }
        let message = Message {
            subject: subject.to_owned(),
            reply_to: Some(self.new_inbox()),
            payload,
            no_responders: false,
            sender: None,
        };
        let number =
            journal.append(&message).ok_or_else(|| BusError::journal_full(journal.name()))?;
        self.routes.send(&message);
        Ok(number)
    }

    async fn journal_range(&self, name: &str) -> Result<JournalRange, BusError> {
        self.switch.check()?;
        Ok(self.journal(name)?.range())
    }

    async fn journal_from(
        &self,
        name: &str,
        subject: &str,
        number: u64,
        max: usize,
    ) -> Result<Vec<Numbered>, BusError> {
        self.switch.check()?;
        name::check_pattern(subject, None)?;
        Ok(self.journal(name)?.from(subject, number, max))
    }

    fn link(&self) -> watch::Receiver<Link> {
        self.link.subscribe()
    }

    fn clock(&self) -> &BusClock {
        &self.clock
    }

    fn max_payload(&self) -> usize {
        self.max_payload
    }

    async fn flush(&self) -> Result<(), BusError> {
        self.switch.check()
    }

    async fn close(&self) {
        self.switch.closed.cancel();
        self.link.send_replace(Link::Down);
        self.routes.clear();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

// === impl Switch ===

impl Switch {
    fn check(&self) -> Result<(), BusError> {
        if self.closed.is_cancelled() { Err(BusError::closed()) } else { Ok(()) }
    }
}

fn check_size(subject: &str, size: usize, max: usize) -> Result<(), BusError> {
    if size <= max {
        return Ok(());
    }
    Err(BusError::TooLarge { subject: subject.to_owned(), size, max })
}
