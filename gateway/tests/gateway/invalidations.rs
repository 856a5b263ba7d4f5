//! A gateway that was away from the journal of invalidations.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Instant;

use async_trait::async_trait;
use brink_shared::admin::Invalidate;
use brink_shared::bus::{
    Bucket, Bus, BusError, EmbeddedBus, JournalRange, JournalSpec, Link, Numbered, Objects,
    ServiceRequests, ServiceSpec, Subscription,
};
use brink_shared::clock::BusClock;
use brink_shared::invalidation::{Invalidations, Position};
use brink_shared::subject;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::*;

/// Longest wait for what should come within two seconds.
const SOON: Duration = Duration::from_secs(10);

/// A bus whose link and journal the test controls.
struct Controlled {
    inner: Arc<EmbeddedBus>,
    link: watch::Sender<Link>,
    /// The journal's descriptions, one after the other; the last one for ever.
    ranges: Mutex<Vec<JournalRange>>,
    /// How often the journal was read.
    reads: AtomicUsize,
    /// True while nothing answers for the journal.
    is_silent: AtomicBool,
}

// === impl Controlled ===

impl Controlled {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: EmbeddedBus::new(),
            link: watch::Sender::new(Link::Up),
            ranges: Mutex::default(),
            reads: AtomicUsize::new(0),
            is_silent: AtomicBool::new(false),
        })
    }

    async fn edge(self: &Arc<Self>, origin: &Origin) -> Edge {
        let edge = distribution(origin, json!({}));
        let edge = Edge::on(self.clone(), CancellationToken::new(), edge).await;
        // It begins at the journal's present end.
        self.position_until(|_| true).await;
        edge
    }

    /// Waits for a position of the gateway that will do.
    async fn position_until(&self, will_do: impl Fn(&Position) -> bool) {
        let bucket = self.inner.bucket(subject::GATEWAY_BUCKET).await.unwrap();
        let until = Instant::now() + SOON;
        loop {
            let entries = bucket.entries().await.unwrap();
            let position = entries.first().map(|entry| serde_json::from_slice(&entry.value));
            let position: Option<Position> = position.transpose().unwrap();
            if position.as_ref().is_some_and(&will_do) {
                return;
            }
            assert!(Instant::now() < until, "{position:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Makes so many invalidations while the gateway is away; how often it then read the journal.
    async fn invalidate_away(self: &Arc<Self>, count: u64) -> usize {
        let journal = Invalidations::open(self.inner.clone()).await.unwrap();
        let before = journal.range().await.unwrap().last;
        let reads = self.reads.load(Ordering::Relaxed);
        self.link.send_replace(Link::Down);
        let request = Invalidate { id: "d".parse().unwrap(), paths: vec!["/nothing".to_owned()] };
        for _ in 0..count {
            journal.add(&request).await.unwrap();
        }
        self.link.send_replace(Link::Up);
        self.position_until(|position| position.applied == before + count).await;
        self.reads.load(Ordering::Relaxed) - reads
    }
}

#[async_trait]
impl Bus for Controlled {
    async fn publish(
        &self,
        subject: &str,
        reply_to: Option<&str>,
        payload: Bytes,
    ) -> Result<(), BusError> {
        self.inner.publish(subject, reply_to, payload).await
    }

    async fn subscribe(
        &self,
        subject: &str,
        group: Option<&str>,
        capacity: usize,
    ) -> Result<Subscription, BusError> {
        self.inner.subscribe(subject, group, capacity).await
    }

    fn new_inbox(&self) -> String {
        self.inner.new_inbox()
    }

    async fn serve(&self, service: ServiceSpec) -> Result<ServiceRequests, BusError> {
        self.inner.serve(service).await
    }

    async fn bucket(&self, name: &str) -> Result<Arc<dyn Bucket>, BusError> {
        self.inner.bucket(name).await
    }

    async fn fading_bucket(
        &self,
        name: &str,
        max_age: Duration,
    ) -> Result<Arc<dyn Bucket>, BusError> {
        self.inner.fading_bucket(name, max_age).await
    }

    async fn objects(&self, name: &str) -> Result<Arc<dyn Objects>, BusError> {
        self.inner.objects(name).await
    }

    async fn open_journal(&self, spec: JournalSpec) -> Result<(), BusError> {
        self.inner.open_journal(spec).await
    }

    async fn read_journal(
        &self,
        name: &str,
        subject: &str,
        follow: bool,
    ) -> Result<Subscription, BusError> {
        self.inner.read_journal(name, subject, follow).await
    }

    async fn append(&self, journal: &str, subject: &str, payload: Bytes) -> Result<u64, BusError> {
        self.inner.append(journal, subject, payload).await
    }

    async fn journal_range(&self, name: &str) -> Result<JournalRange, BusError> {
        if self.is_silent.load(Ordering::Relaxed) {
            return Err(BusError::Away("the journal does not answer".to_owned()));
        }
        let told = {
            let mut ranges = self.ranges.lock();
            if ranges.len() > 1 { Some(ranges.remove(0)) } else { ranges.first().copied() }
        };
        match told {
            Some(range) => Ok(range),
            None => self.inner.journal_range(name).await,
        }
    }

    async fn journal_from(
        &self,
        name: &str,
        subject: &str,
        number: u64,
        max: usize,
    ) -> Result<Vec<Numbered>, BusError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.inner.journal_from(name, subject, number, max).await
    }

    fn link(&self) -> watch::Receiver<Link> {
        self.link.subscribe()
    }

    fn clock(&self) -> &BusClock {
        self.inner.clock()
    }

    fn max_payload(&self) -> usize {
        self.inner.max_payload()
    }

    async fn flush(&self) -> Result<(), BusError> {
        self.inner.flush().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

#[actix_rt::test]
async fn some_missed_invalidations_are_made_up_for_and_many_drop_everything() {
    let origin = Origin::start().await;
    let bus = Controlled::new();
    let edge = bus.edge(&origin).await;
    let first = edge.get("/cache/60").await.body;
    assert!(bus.invalidate_away(500).await > 0);
    assert_eq!(edge.get("/cache/60").await.body, first, "they mean something else");
    assert_eq!(bus.invalidate_away(2_000).await, 0);
    let second = edge.get("/cache/60").await.body;
    assert_ne!(second, first);
    // It follows from there on.
    assert!(bus.invalidate_away(1).await > 0);
    assert_eq!(edge.get("/cache/60").await.body, second);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_number_is_told_with_the_journal_that_it_is_of() {
    let origin = Origin::start().await;
    let bus = Controlled::new();
    let edge = bus.edge(&origin).await;
    let first = edge.get("/cache/60").await.body;
    // The journal is lost and made again between two questions.
    let old = JournalRange { made: 0, first: 1, last: 3 };
    let new = JournalRange { made: 7, first: 1, last: 2 };
    *bus.ranges.lock() = vec![old, new];
    bus.position_until(|position| position.applied == 2).await;
    let made_anew = |position: &Position| position.made == "7" && position.applied == 2;
    bus.position_until(made_anew).await;
    assert_ne!(edge.get("/cache/60").await.body, first);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_gateway_is_not_ready_while_the_journal_cannot_be_read() {
    let origin = Origin::start().await;
    let bus = Controlled::new();
    let edge = bus.edge(&origin).await;
    let mut caught_up = edge.gateway.caught_up();
    for is_silent in [false, true, false] {
        bus.is_silent.store(is_silent, Ordering::Relaxed);
        let changed = caught_up.wait_for(|caught_up| *caught_up != is_silent);
        tokio::time::timeout(2 * SOON, changed).await.unwrap().unwrap();
    }
    edge.stop().await;
}
