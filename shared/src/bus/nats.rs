//! The bus on NATS servers.
//!
//! The client library keeps the connection and sends. This module adds answers in bounded time
//! while the servers are away, subscriptions with a capacity of their own, and watches that tell
//! when they have sent all entries.

mod bucket;
mod clock;
mod connection;
mod denial;
mod following;
mod health;
mod inbound;
mod journal;
mod objects;
mod options;
mod reading;
mod replicas;
mod service;
mod streams;
mod transfer;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, pending};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::bucket::NatsBucket;
use self::connection::Connection;
use self::denial::Denial;
use self::inbound::Inbound;
use self::objects::NatsObjects;
use super::{
    Bucket, Bus, BusError, JournalRange, JournalSpec, Link, Numbered, Objects, ObjectsBounds,
    ServiceRequests, ServiceSpec, Subscription, name,
};
use crate::clock::BusClock;
use crate::identity::Identity;
pub use connection::OLDEST_SERVER;
pub use options::NatsOptions;
pub use replicas::{Replicas, ReplicasError};

/// A bus that connects everyone on the same NATS servers.
pub struct NatsBus {
    connection: Connection,
    /// The tasks that feed watchers, and the task that watches the link.
    tasks: TaskTracker,
}

// === impl NatsBus ===

impl NatsBus {
    /// Begins to connect, and keeps trying for ever. Returns at once: see [`Bus::link`]. Fails only
    /// if the options are invalid.
    pub async fn connect(options: NatsOptions) -> Result<Arc<Self>, BusError> {
        Self::connect_with(options, BusClock::shifted(Duration::ZERO, false)).await
    }

    /// The same with a clock that a test has shifted.
    pub async fn connect_with(
        options: NatsOptions,
        clock: BusClock,
    ) -> Result<Arc<Self>, BusError> {
        Self::connect_replicated(options, clock, None).await
    }

    /// The same for a node of a cluster. The streams and buckets that it opens get `replicas`
    /// replicas. Without a number, new ones get one replica, and others stay as they are.
    pub async fn connect_replicated(
        options: NatsOptions,
        clock: BusClock,
        replicas: Option<Replicas>,
    ) -> Result<Arc<Self>, BusError> {
        let connection = Connection::open(&options, replicas, clock).await?;
        let tasks = TaskTracker::new();
        tasks.spawn(connection.clone().watch_state());
        tasks.spawn(clock::measure(connection.clone()));
        Ok(Arc::new(Self { connection, tasks }))
    }
}

impl Drop for NatsBus {
    fn drop(&mut self) {
        self.connection.closed.cancel();
    }
}

#[async_trait]
impl Bus for NatsBus {
    async fn publish(
        &self,
        subject: &str,
        reply_to: Option<&str>,
        payload: Bytes,
    ) -> Result<(), BusError> {
        name::check_subject(subject)?;
        reply_to.map_or(Ok(()), name::check_subject)?;
        self.connection.check_up()?;
        let (size, max) = (payload.len(), self.max_payload());
        if size > max {
            return Err(BusError::TooLarge { subject: subject.to_owned(), size, max });
        }
        let client = &self.connection.client;
        let to = subject.to_owned();
        match reply_to {
            Some(reply_to) => {
                let send = client.publish_with_reply(to, reply_to.to_owned(), payload);
                self.connection.enqueue("publish", send).await
            }
            None => self.connection.enqueue("publish", client.publish(to, payload)).await,
        }
    }

    async fn subscribe(
        &self,
        subject: &str,
        group: Option<&str>,
        capacity: usize,
    ) -> Result<Subscription, BusError> {
        name::check_pattern(subject, group)?;
        self.connection.check_open()?;
        let client = &self.connection.client;
        let subject = subject.to_owned();
        let arrivals = match group {
            Some(group) => {
                let subscribe = client.queue_subscribe(subject, group.to_owned());
                self.connection.enqueue("subscribe", subscribe).await?
            }
            None => self.connection.enqueue("subscribe", client.subscribe(subject)).await?,
        };
        let closed = self.connection.closed.clone();
        let drain = CancellationToken::new();
        let arrivals = Box::pin(inbound::until(arrivals, drain.clone()));
        let inbound = Inbound::new(arrivals, capacity, closed);
        Ok(Subscription::with_drain(inbound, drain))
    }

    /// Not one of the library's inboxes, to which the server answers: workers may publish to this one.
    fn new_inbox(&self) -> String {
        format!("_BR.{}.{:032x}", self.connection.own, rand::random::<u128>())
    }

    fn new_inbox_for_gateways(&self) -> String {
        format!("_BG.{}.{:032x}", self.connection.own, rand::random::<u128>())
    }

    fn identity(&self) -> Option<&Identity> {
        self.connection.identity.as_deref()
    }

    fn denied(&self, subject: &str) -> BoxFuture<'static, BusError> {
        let (mut denied, subject) = (self.connection.health.denied(), subject.to_owned());
        denied.borrow_and_update();
        async move {
            let is_it = |denial: &Option<Denial>| {
                denial.as_ref().is_some_and(|denial| denial.publish && denial.subject == subject)
            };
            // The bus is gone together with its sender.
            let Ok(denial) = denied.wait_for(is_it).await else { return pending().await };
            let why = denial.as_ref().map(ToString::to_string).unwrap_or_default();
            BusError::Denied { what: format!("send to {subject}"), why }
        }
        .boxed()
    }

    async fn serve(&self, service: ServiceSpec) -> Result<ServiceRequests, BusError> {
        self.connection.check_open()?;
        service::serve(&self.connection, service).await
    }

    async fn bucket(&self, name: &str) -> Result<Arc<dyn Bucket>, BusError> {
        let opened = NatsBucket::open(self.connection.clone(), name, None, self.tasks.clone());
        Ok(Arc::new(opened.await?))
    }

    async fn fading_bucket(
        &self,
        name: &str,
        max_age: Duration,
    ) -> Result<Arc<dyn Bucket>, BusError> {
        let (connection, tasks) = (self.connection.clone(), self.tasks.clone());
        Ok(Arc::new(NatsBucket::open(connection, name, Some(max_age), tasks).await?))
    }

    async fn objects(&self, name: &str) -> Result<Arc<dyn Objects>, BusError> {
        Ok(Arc::new(NatsObjects::open(self.connection.clone(), name, None).await?))
    }

    async fn bounded_objects(
        &self,
        name: &str,
        bounds: ObjectsBounds,
    ) -> Result<Arc<dyn Objects>, BusError> {
        Ok(Arc::new(NatsObjects::open(self.connection.clone(), name, Some(bounds)).await?))
    }

    async fn open_journal(&self, spec: JournalSpec) -> Result<(), BusError> {
        journal::open(&self.connection, spec).await
    }

    async fn read_journal(
        &self,
        name: &str,
        subject: &str,
        follow: bool,
    ) -> Result<Subscription, BusError> {
        journal::read(&self.connection, name, subject, follow).await
    }

    async fn append(&self, journal: &str, subject: &str, payload: Bytes) -> Result<u64, BusError> {
        journal::append(&self.connection, journal, subject, payload).await
    }

    async fn journal_range(&self, name: &str) -> Result<JournalRange, BusError> {
        journal::range(&self.connection, name).await
    }

    async fn journal_from(
        &self,
        name: &str,
        subject: &str,
        number: u64,
        max: usize,
    ) -> Result<Vec<Numbered>, BusError> {
        journal::from(&self.connection, name, subject, number, max).await
    }

    fn link(&self) -> watch::Receiver<Link> {
        self.connection.health.link()
    }

    fn clock(&self) -> &BusClock {
        &self.connection.clock
    }

    /// The server's limit; 1 MiB, NATS's default, before the first connection.
    fn max_payload(&self) -> usize {
        self.connection.client.max_payload()
    }

    async fn flush(&self) -> Result<(), BusError> {
        self.connection.check_up()?;
        self.connection.enqueue("flush", self.connection.client.flush()).await
    }

    async fn close(&self) {
        self.connection.close().await;
        self.tasks.close();
        self.tasks.wait().await;
    }
}
