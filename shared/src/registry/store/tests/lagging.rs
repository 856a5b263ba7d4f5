//! Readings from a server that lags behind: they show the registry as it was a while ago.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::stepped::{Fault, Steps};
use super::*;
use crate::bus::{Change, Entry, Moment};

/// A bucket, some of whose readings are old.
struct Lagging {
    inner: Arc<dyn Bucket>,
    then: Moment,
    /// Counts readings of the bucket and of single keys.
    read: AtomicUsize,
    /// The readings that are old.
    old: std::ops::Range<usize>,
}

impl Lagging {
    /// A store whose readings with these numbers, from 0 on, will show the registry as it is now.
    async fn store(store: &Store, old: std::ops::Range<usize>) -> Store {
        let (inner, read) = (store.bucket.clone(), AtomicUsize::new(0));
        let then = inner.moment().await.unwrap();
        Store { bucket: Arc::new(Self { inner, then, read, old }), ..store.clone() }
    }

    fn is_old(&self) -> bool {
        self.old.contains(&self.read.fetch_add(1, Ordering::Relaxed))
    }
}

#[async_trait]
impl Bucket for Lagging {
    async fn get(&self, key: &str) -> Result<Option<Entry>, BusError> {
        if self.is_old() {
            return Ok(self.then.entries.iter().find(|entry| entry.key == key).cloned());
        }
        self.inner.get(key).await
    }

    async fn entries(&self) -> Result<Vec<Entry>, BusError> {
        Ok(self.moment().await?.entries)
    }

    async fn moment(&self) -> Result<Moment, BusError> {
        if self.is_old() { Ok(self.then.clone()) } else { self.inner.moment().await }
    }

    async fn last(&self) -> Result<u64, BusError> {
        self.inner.last().await
    }

    async fn decide(&self, key: &str, value: Option<Bytes>, last: u64) -> Result<u64, BusError> {
        self.inner.decide(key, value, last).await
    }

    async fn forget(&self, key: &str, revision: u64) -> Result<(), BusError> {
        self.inner.forget(key, revision).await
    }

    async fn create(&self, key: &str, value: Bytes) -> Result<u64, BusError> {
        self.inner.create(key, value).await
    }

    async fn update(&self, key: &str, value: Bytes, revision: u64) -> Result<u64, BusError> {
        self.inner.update(key, value, revision).await
    }

    async fn delete(&self, key: &str, revision: u64) -> Result<(), BusError> {
        self.inner.delete(key, revision).await
    }

    async fn watch(&self) -> Result<mpsc::Receiver<Change>, BusError> {
        self.inner.watch().await
    }
}

/// Pruning reads for its record, for the documents, and for the bundles.
#[tokio::test]
async fn the_bundle_of_a_version_that_a_reading_misses_stays() {
    for at in 0..3 {
        let bus = EmbeddedBus::new();
        let store = store(&bus).await;
        let lagging = Lagging::store(&store, at..at + 1).await;
        let version = publish(&store, "1").await;
        let everything = Retention {
            keep: 1,
            older_than: Duration::from_secs(3_600),
            upload_age: Duration::ZERO,
        };
        let pruned = lagging.prune(everything, false).await.unwrap();
        assert_eq!(pruned.bundles, [], "reading {at} is old");
        let bundle = store.version(&version).await.unwrap().unwrap().bundle;
        store.bundle(&bundle).await.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_refused_because_of_an_old_reading() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    store.apply(&distribution("old", "www.example.com", None), None).await.unwrap();
    let readings = 0..5;
    let lagging = async || Lagging::store(&store, readings.clone()).await;

    let before = lagging().await;
    let version = publish(&store, "1").await;
    assert_eq!(before.apply(&shop(Some(&version)), Some(0)).await.unwrap().revision, 1);
    let before = lagging().await;
    store.apply(&shop(None), None).await.unwrap();
    assert_eq!(before.apply(&shop(None), Some(2)).await.unwrap().revision, 3);
    let before = lagging().await;
    store.apply(&shop(None), None).await.unwrap();
    assert_eq!(before.rollback(&id("shop"), None).await.unwrap().revision, 5);
    // Its host is free, and so is the version.
    let before = lagging().await;
    store.delete_distribution(&id("old")).await.unwrap();
    let again = distribution("new", "www.example.com", Some(&version));
    before.apply(&again, None).await.unwrap();
    let before = lagging().await;
    store.delete_distribution(&id("new")).await.unwrap();
    before.delete_version(&version).await.unwrap();
    let before = lagging().await;
    store.apply(&again_without(&again), None).await.unwrap();
    before.delete_distribution(&id("new")).await.unwrap();

    // A request that is out of date by now is rejected.
    let before = lagging().await;
    store.apply(&shop(None), None).await.unwrap();
    let rejected = before.apply(&shop(None), Some(1)).await;
    assert!(
        matches!(rejected, Err(StoreError::Moved { expected: 1, found: 6, .. })),
        "{rejected:?}"
    );
}

fn again_without(document: &Distribution) -> Distribution {
    distribution(document.id.as_str(), &document.aliases[0], None)
}

#[tokio::test]
async fn a_number_is_found_behind_old_readings_of_the_counter() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let lagging = Lagging::store(&store, 0..12).await;
    publish(&store, "1").await;
    assert_eq!(publish(&lagging, "2").await.number, 2);
}

/// The answer of the write is lost, and then readings are old.
#[tokio::test]
async fn a_write_that_an_old_reading_misses_is_not_told_as_undone() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    // The writer reads, writes, and reads several times.
    let lost = |at| Steps::new(at, Some(Fault::ErrorAfter), None);
    store.apply(&shop(None), None).await.unwrap();
    let lagging = Lagging::store(&store, 1..4).await;
    let deleted = lost(1).store(&lagging).delete_distribution(&id("shop")).await;
    assert!(deleted.is_ok(), "{deleted:?}");
    let lagging = Lagging::store(&store, 1..4).await;
    let applied = lost(1).store(&lagging).apply(&shop(None), None).await;
    assert_eq!(applied.unwrap().revision, 2);

    // A version's own key cannot be found out about with certainty.
    let digest = "0".repeat(64);
    let lagging = Lagging::store(&store, 1..4).await;
    let (lost, digest) = (lost(2).store(&lagging), digest.parse().unwrap());
    let settings = FunctionSettings::default();
    let added = lost.add_version(&name(), settings, digest, 1, Default::default()).await;
    assert!(matches!(added, Err(StoreError::Unclear { .. })), "{added:?}");
    assert_eq!(store.versions().await.unwrap().len(), 1);
}

/// A write without an answer may be on its way. It can come as long as nothing else is written.
#[tokio::test]
async fn a_write_that_may_still_come_is_not_told_as_undone() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    store.apply(&shop(None), None).await.unwrap();
    let lost = Steps::new(1, Some(Fault::ErrorBefore), None).store(&store);
    let deleted = lost.delete_distribution(&id("shop")).await;
    assert!(matches!(deleted, Err(StoreError::Unclear { .. })), "{deleted:?}");

    let (other, shop_id) = (store.clone(), id("shop"));
    let written: BoxFuture<'static, ()> = Box::pin(async move { drop(publish(&other, "1").await) });
    let lost = Steps::new(1, Some(Fault::ErrorBefore), Some(written)).store(&store);
    let deleted = lost.delete_distribution(&shop_id).await;
    assert!(matches!(deleted, Err(StoreError::Bus(BusError::Away(_)))), "{deleted:?}");
    assert!(store.distribution(&shop_id).await.unwrap().is_some());
}
