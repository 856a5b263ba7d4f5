//! Pruning removes old entries, and never those that are needed.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use brink_nats_server::{NatsServer, NatsServerOptions};
use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;

use super::*;
use crate::bus::{Link, MAX_PAYLOAD, NatsBus, NatsOptions};
use crate::clock::{BusClock, Estimate, Running, Sample};

/// Longest wait for anything.
const SOON: Duration = Duration::from_secs(60);

/// Everything that is not among the newest so many, and at once.
fn newest(keep: usize) -> Retention {
    Retention { keep, older_than: Duration::ZERO, upload_age: Duration::ZERO }
}

async fn numbers(store: &Store) -> Vec<u32> {
    store.versions().await.unwrap().iter().map(|version| version.version.number).collect()
}

fn json_of(entry: &crate::bus::Entry) -> serde_json::Value {
    serde_json::from_slice(&entry.value).unwrap()
}

async fn bundles(store: &Store) -> usize {
    store.objects.list().await.unwrap().len()
}

#[tokio::test]
async fn new_young_and_named_entries_stay() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let mut versions = Vec::new();
    for text in ["1", "2", "3", "4", "5", "6"] {
        versions.push(publish(&store, text).await);
    }
    // Revision 1 names the first, 2 the second, and 3 and 4 the third.
    for named in [0, 1, 2, 2] {
        store.apply(&shop(Some(&versions[named])), None).await.unwrap();
    }
    let young = Retention { older_than: Duration::from_secs(60), ..newest(1) };
    assert_eq!(store.prune(young, false).await.unwrap(), Pruned::default());

    let would = store.prune(newest(2), true).await.unwrap();
    assert_eq!(numbers(&store).await, [1, 2, 3, 4, 5, 6], "a dry run removes nothing");
    assert_eq!(bundles(&store).await, 6);
    let did = store.prune(newest(2), false).await.unwrap();
    assert_eq!(would, did);
    assert_eq!(did.revisions, ["shop@2", "shop@1"]);
    assert_eq!(did.bundles.len(), 3);
    assert!(did.bytes > 0);
    assert_eq!(numbers(&store).await, [3, 5, 6]);
    assert_eq!(bundles(&store).await, 3);
    assert_eq!(store.prune(newest(2), false).await.unwrap(), Pruned::default());
    // Numbers go on.
    assert_eq!(publish(&store, "7").await.number, 7);
    assert_eq!(store.apply(&shop(None), None).await.unwrap().revision, 5);
    assert!(store.since_pruned().await.unwrap().is_some());
}

#[tokio::test]
async fn a_revision_that_can_be_rolled_back_to_keeps_its_versions() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let old = publish(&store, "1").await;
    for text in ["2", "3", "4"] {
        publish(&store, text).await;
    }
    store.apply(&shop(Some(&old)), None).await.unwrap();
    store.apply(&shop(None), None).await.unwrap();
    assert_eq!(store.prune(newest(2), false).await.unwrap().versions.len(), 1);
    let back = store.rollback(&id("shop"), None).await.unwrap();
    assert!(back.distribution.uses(&old));
}

#[tokio::test]
async fn revisions_of_a_distribution_that_is_gone_go_in_time() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    store.apply(&shop(None), None).await.unwrap();
    store.delete_distribution(&id("shop")).await.unwrap();
    let young = Retention { older_than: Duration::from_secs(60), ..newest(5) };
    assert_eq!(store.prune(young, false).await.unwrap(), Pruned::default());
    assert_eq!(store.prune(newest(5), false).await.unwrap().revisions, ["shop@1"]);
}

#[tokio::test]
async fn numbers_go_on_after_everything_was_deleted_and_pruned() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    for text in ["1", "2", "3"] {
        let version = publish(&store, text).await;
        store.apply(&shop(Some(&version)), None).await.unwrap();
    }
    for round in 0..3 {
        store.delete_distribution(&id("shop")).await.unwrap();
        store.delete_versions(&name(), None).await.unwrap();
        let would = store.prune(newest(1), true).await.unwrap();
        let did = store.prune(newest(1), false).await.unwrap();
        assert_eq!(would, did);
        assert!(did.revisions.contains(&format!("shop@{}", round + 3)), "{did:?}");
        // Removals of keys are forgotten, too.
        for _ in 0..3 {
            assert_eq!(store.prune(newest(1), false).await.unwrap(), Pruned::default());
        }
        let left = store.bucket.moment().await.unwrap();
        let kept: Vec<_> = left.entries.iter().map(|entry| &*entry.key).collect();
        let number = format!("revision.shop.{}", round + 3);
        assert_eq!(kept.len(), 3, "{kept:?}");
        assert!(kept.contains(&&*number) && kept.contains(&"counter.hello"), "{kept:?}");
        assert_eq!(store.history(&id("shop")).await.unwrap(), []);

        let version = publish(&store, "other code").await;
        assert_eq!(version.number, round + 4);
        let again = store.apply(&shop(Some(&version)), Some(0)).await.unwrap();
        assert_eq!(again.revision, u64::from(round) + 4);
        let earlier = store.rollback(&id("shop"), None).await;
        assert!(matches!(earlier, Err(StoreError::NoEarlier(_))), "{earlier:?}");
        let pruned = store.rollback(&id("shop"), Some(again.revision - 1)).await;
        assert!(matches!(pruned, Err(StoreError::NoRevision { .. })), "{pruned:?}");
    }
}

/// A bus whose time is this machine's, moved by so many milliseconds.
fn bus_ahead(by: i64) -> Arc<EmbeddedBus> {
    let shift = Duration::from_millis(by.unsigned_abs());
    let clock = BusClock::shifted(shift, by < 0);
    let told = i64::try_from(clock.now().0).unwrap() * 1_000;
    let mut estimate = Estimate::default();
    estimate.add(Sample::new(Running::now(), Running::now(), told));
    clock.set(&estimate);
    EmbeddedBus::with_clock(clock, MAX_PAYLOAD)
}

#[tokio::test]
async fn ages_are_counted_by_the_bus_and_not_by_a_wrong_clock() {
    const HOUR: i64 = 3_600_000;
    let files = BTreeMap::from([("index.js".to_owned(), Bytes::from_static(b"unused"))]);
    let unused = Bundle::new(files).unwrap();
    for ahead in [-HOUR, HOUR] {
        let store = store(&bus_ahead(ahead)).await;
        store.put_bundle(&unused).await.unwrap();
        for text in ["1", "2"] {
            let version = publish(&store, text).await;
            store.apply(&shop(Some(&version)), None).await.unwrap();
        }
        store.delete_distribution(&id("shop")).await.unwrap();
        let half_an_hour = Duration::from_secs(1_800);
        let young = Retention { keep: 1, older_than: half_an_hour, upload_age: half_an_hour };
        assert_eq!(store.prune(young, false).await.unwrap(), Pruned::default(), "{ahead}");
        assert!(store.since_pruned().await.unwrap().unwrap() < half_an_hour, "{ahead}");
        let pruned = store.prune(newest(1), false).await.unwrap();
        assert_eq!((pruned.versions.len(), pruned.bundles.len()), (1, 2), "{ahead}");
    }
}

#[tokio::test]
async fn a_bus_that_does_not_tell_its_time_is_not_pruned() {
    let bus = EmbeddedBus::with_clock(BusClock::shifted(Duration::ZERO, false), MAX_PAYLOAD);
    let store = store(&bus).await;
    for text in ["1", "2"] {
        publish(&store, text).await;
    }
    tokio::time::pause();
    assert!(matches!(store.prune(newest(1), false).await, Err(StoreError::NoTime)));
    assert_eq!(numbers(&store).await, [1, 2]);
}

/// A version of an earlier release was published by a clock that was an hour behind, and pruned by
/// one that was an hour ahead.
#[tokio::test]
async fn times_that_an_earlier_release_wrote_by_a_wrong_clock_do_no_harm() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    for text in ["1", "2"] {
        publish(&store, text).await;
    }
    let entry = store.bucket.get("version.hello.1").await.unwrap().unwrap();
    let mut json = json_of(&entry);
    json["published"] = json!(UnixMillis::now().0 - 3_600_000);
    store.bucket.update(&entry.key, super::super::json(&json), entry.revision).await.unwrap();
    let to_come = UnixMillis::now().0 + 3_600_000;
    let record = json!({ "run": to_come, "at": to_come, "last": 1 });
    store.bucket.create("pruned", super::super::json(&record)).await.unwrap();

    assert_eq!(store.since_pruned().await.unwrap(), None);
    let young = Retention { older_than: Duration::from_secs(1_800), ..newest(1) };
    assert_eq!(store.prune(young, false).await.unwrap(), Pruned::default());
    assert!(store.since_pruned().await.unwrap().is_some());
}

#[tokio::test]
async fn a_bundle_that_was_just_uploaded_stays() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let files = BTreeMap::from([("index.js".to_owned(), Bytes::from_static(b"1"))]);
    let digest = store.put_bundle(&Bundle::new(files).unwrap()).await.unwrap();
    let young = Retention { upload_age: Duration::from_secs(60), ..newest(1) };
    assert_eq!(store.prune(young, false).await.unwrap(), Pruned::default());
    assert_eq!(store.prune(newest(1), false).await.unwrap().bundles, [digest]);
}

#[tokio::test]
async fn versions_that_an_unreadable_distribution_may_name_stay() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    for text in ["1", "2", "3"] {
        publish(&store, text).await;
    }
    let record = json!({"revision": 1, "requires": ["magic"], "calls": [["hello", 1]]});
    store.bucket.create("distribution.new", super::super::json(&record)).await.unwrap();
    assert_eq!(store.prune(newest(1), false).await.unwrap(), Pruned::default());
    assert_eq!(numbers(&store).await, [1, 2, 3]);
}

/// Publishers use few bundles again and again, distributions move to the newest version, and all
/// the while everything that may go does.
#[tokio::test]
async fn pruning_while_others_publish_removes_nothing_in_use() {
    publish_and_prune(EmbeddedBus::new(), Duration::from_secs(1)).await;
}

/// A server, and a bus on it.
async fn nats() -> (tempfile::TempDir, NatsServer, Arc<NatsBus>) {
    let dir = tempfile::tempdir().unwrap();
    let options = NatsServerOptions { dir: dir.path().to_owned(), ..Default::default() };
    let server = NatsServer::start(options).await.unwrap();
    let servers = vec![server.url()];
    let bus =
        NatsBus::connect(NatsOptions { servers, creds: None, ca: None, name: "test".to_owned() });
    let bus = bus.await.unwrap();
    let mut link = bus.link();
    let up = link.wait_for(|link| *link == Link::Up);
    tokio::time::timeout(SOON, up).await.unwrap().unwrap();
    (dir, server, bus)
}

/// Beside ordinary publications, a bundle whose writer died half-way goes, and one whose writer is
/// slow does not.
#[tokio::test]
async fn pruning_on_nats_while_others_publish_removes_nothing_in_use() {
    let (_dir, server, bus) = nats().await;
    let store = Store::open(bus.clone()).await.unwrap();
    let client = async_nats::connect(server.url()).await.unwrap();
    let jetstream = async_nats::jetstream::new(client);
    for _ in 0..3 {
        let piece = Bytes::from(vec![1; 128 * 1024]);
        let written = jetstream.publish("$O.brink_bundles.C.halfway", piece).await.unwrap();
        written.await.unwrap();
    }
    let bundles = jetstream.get_object_store(subject::BUNDLE_BUCKET).await.unwrap();
    let (mut slow, mut read) = tokio::io::duplex(1 << 20);
    let stop = Arc::new(AtomicBool::new(false));
    let writer = {
        let stop = stop.clone();
        tokio::spawn(async move {
            let mut size = 0;
            while !stop.load(Ordering::Relaxed) {
                slow.write_all(&[2; 100_000]).await.unwrap();
                size += 100_000;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            size
        })
    };
    let put = tokio::spawn(async move { bundles.put("slow", &mut read).await.unwrap() });

    // No piece is older than this while its writer lives, on a slow machine either.
    let upload_age = Duration::from_secs(3);
    let begun = Instant::now();
    publish_and_prune(bus.clone(), upload_age).await;
    let retention = Retention { upload_age, ..newest(2) };
    let halfway = async || {
        let stream = jetstream.get_stream("OBJ_brink_bundles").await.unwrap();
        let mut pieces = stream.info_with_subjects("$O.brink_bundles.C.halfway").await.unwrap();
        pieces.next().await.transpose().unwrap().is_some()
    };
    while halfway().await || begun.elapsed() < 2 * upload_age {
        assert!(begun.elapsed() < SOON, "the half bundle stays");
        let would = store.prune(retention, true).await.unwrap().broken_off;
        let did = store.prune(retention, false).await.unwrap().broken_off;
        assert!(would <= did, "{would} would go, {did} went");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.store(true, Ordering::Relaxed);
    let size = writer.await.unwrap();
    assert_eq!(put.await.unwrap().size, size);
    let whole = store.objects.get("slow", size).await.unwrap().unwrap();
    assert!(whole.iter().all(|byte| *byte == 2) && whole.len() == size);
    bus.close().await;
    server.stop().await;
}

async fn publish_and_prune(bus: Arc<dyn Bus>, upload_age: Duration) {
    // Between any two steps the others go on.
    let plain = Store::open(bus.clone()).await.unwrap();
    let store = Steps::new(usize::MAX, None, None).store(&plain);
    let done = Arc::new(AtomicBool::new(false));
    let publishers = ["one", "two", "three"].map(|name| {
        let store = store.clone();
        tokio::spawn(async move {
            let host = format!("{name}.example.com");
            let mut applied = 0;
            for round in 0..60 {
                let version = publish(&store, &format!("{}", round % 4)).await;
                let document = distribution(name, &host, Some(&version));
                match store.apply(&document, None).await {
                    Ok(_) => applied += 1,
                    // Two newer ones came before it was in use.
                    Err(StoreError::Invalid(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            applied
        })
    });
    let pruner = {
        let (store, done) = (store.clone(), done.clone());
        tokio::spawn(async move {
            let retention = Retention { upload_age, ..newest(2) };
            let mut removed = 0;
            while !done.load(Ordering::Relaxed) {
                removed += store.prune(retention, false).await.unwrap().versions.len();
                let live = store.distributions().await.unwrap();
                let named = live.iter().flat_map(|record| record.distribution.associations());
                for version in named.filter_map(|(_, _, a)| a.function.version()) {
                    // In use then; by now another one may be.
                    let still = store.users(&version).await.unwrap();
                    let there = store.version(&version).await.unwrap();
                    assert!(there.is_some() || still.is_empty(), "{version} is gone: {still:?}");
                }
            }
            removed
        })
    };
    let mut applied = 0;
    for publisher in publishers {
        applied += publisher.await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    let removed = pruner.await.unwrap();
    assert!(applied > 20 && removed > 20, "{applied} applied, {removed} removed");
    let versions = store.versions().await.unwrap();
    let distributions = store.distributions().await.unwrap();
    let ids: BTreeSet<_> = versions.iter().map(|version| &version.version).collect();
    for record in &distributions {
        for (_, _, association) in record.distribution.associations() {
            assert!(ids.contains(&association.function.version().unwrap()));
        }
    }
    for version in &versions {
        store.bundle(&version.bundle).await.unwrap();
    }
}

/// `BRINK_PUBLICATIONS=10000` is the full size.
#[tokio::test]
async fn ten_thousand_publications_leave_little() {
    let given = std::env::var("BRINK_PUBLICATIONS").ok();
    let publications: usize = given.and_then(|n| n.parse().ok()).unwrap_or(300);
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let mut most = 0;
    for round in 0..publications {
        let version = publish(&store, &round.to_string()).await;
        store.apply(&shop(Some(&version)), None).await.unwrap();
        if round % 20 == 19 {
            store.prune(newest(5), false).await.unwrap();
        }
        let moment = store.bucket.moment().await.unwrap();
        most = most.max(moment.entries.len() + moment.removed.len() + bundles(&store).await);
    }
    // Five of each and those since the last pruning; removals of the last two times.
    assert!(most < 200, "{most} records");
    assert_eq!(bundles(&store).await, numbers(&store).await.len());
}
