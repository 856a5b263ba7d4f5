//! What the registry promises while several write at the same time.

mod faults;
mod lagging;
mod pruning;
mod stepped;
mod unreadable;

use std::collections::BTreeMap;
use std::time::Instant;

use bytes::Bytes;
use futures_util::future::{BoxFuture, join_all};
use serde_json::json;

use self::stepped::Steps;
use super::*;
use crate::bus::EmbeddedBus;
use crate::registry::{Bundle, Distribution};

async fn store(bus: &Arc<EmbeddedBus>) -> Store {
    Store::open(bus.clone()).await.unwrap()
}

fn name() -> FunctionName {
    "hello".parse().unwrap()
}

fn id(text: &str) -> DistributionId {
    text.parse().unwrap()
}

async fn publish(store: &Store, text: &str) -> VersionId {
    let files = BTreeMap::from([("index.js".to_owned(), Bytes::from(text.to_owned()))]);
    let bundle = Bundle::new(files).unwrap();
    let digest = store.put_bundle(&bundle).await.unwrap();
    let (name, settings) = (name(), FunctionSettings::default());
    store
        .add_version(&name, settings, digest, bundle.size(), Default::default())
        .await
        .unwrap()
        .version
}

/// A distribution of this host, with this function at viewer-request.
fn distribution(id: &str, host: &str, function: Option<&VersionId>) -> Distribution {
    let functions = function.map_or(json!({}), |version| json!({ "viewer-request": version }));
    serde_json::from_value(json!({
        "id": id,
        "aliases": [host],
        "origins": { "web": { "url": "http://127.0.0.1:9" } },
        "behaviors": [{ "path": "*", "origin": "web", "functions": functions }],
    }))
    .unwrap()
}

fn shop(function: Option<&VersionId>) -> Distribution {
    distribution("shop", "shop.example.com", function)
}

#[tokio::test]
async fn numbers_of_versions_are_never_given_out_again() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let first = publish(&store, "1").await;
    let second = publish(&store, "2").await;
    assert_eq!((first.number, second.number), (1, 2));
    store.delete_version(&second).await.unwrap();
    store.delete_version(&first).await.unwrap();
    assert_eq!(store.versions().await.unwrap(), []);
    assert_eq!(publish(&store, "3").await.number, 3);
    let gone = store.delete_version(&first).await;
    assert!(matches!(gone, Err(StoreError::NoVersion(id)) if id == first));
}

#[tokio::test]
async fn versions_published_at_once_have_different_numbers() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let texts = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let published = join_all(texts.map(|text| publish(&store, text)));
    let mut numbers: Vec<u32> = published.await.into_iter().map(|id| id.number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
}

#[tokio::test]
async fn of_applications_over_one_revision_one_wins() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    store.apply(&shop(None), Some(0)).await.unwrap();
    let other = distribution("shop", "other.example.com", None);
    let documents = [shop(None), other];
    let applied = join_all(documents.iter().map(|document| store.apply(document, Some(1)))).await;
    let won = applied.iter().filter(|applied| applied.is_ok()).count();
    assert_eq!(won, 1, "{applied:?}");
    let lost = applied.iter().find_map(|applied| applied.as_ref().err()).unwrap();
    assert!(matches!(lost, StoreError::Moved { expected: 1, found: 2, .. }), "{lost}");
    let history = store.history(&id("shop")).await.unwrap();
    assert_eq!(history.iter().map(|r| r.revision).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(store.distribution(&id("shop")).await.unwrap(), history.last().cloned());
}

#[tokio::test]
async fn a_guarded_document_says_which_features_it_requires() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let mut guarded = shop(None);
    guarded.behaviors[0].access.deny = vec!["192.0.2.0/24".to_owned()];
    let bucket = bus.bucket(crate::subject::REGISTRY_BUCKET).await.unwrap();
    let stored = async || {
        let entry = bucket.get(&Key::distribution(&id("shop"))).await.unwrap().unwrap();
        let document: serde_json::Value = serde_json::from_slice(&entry.value).unwrap();
        document.get("requires").cloned()
    };
    assert_eq!(store.apply(&guarded, None).await.unwrap().requires, ["ip-lists"]);
    assert_eq!(stored().await, Some(json!(["ip-lists"])));
    assert_eq!(store.apply(&shop(None), None).await.unwrap().requires, [""; 0]);
    assert_eq!(stored().await, None);
    store.rollback(&id("shop"), Some(1)).await.unwrap();
    assert_eq!(stored().await, Some(json!(["ip-lists"])));
    store.rollback(&id("shop"), Some(2)).await.unwrap();
    assert_eq!(stored().await, None);
}

#[tokio::test]
async fn applications_over_any_revision_all_get_one_of_their_own() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let document = shop(None);
    let applied = join_all((0..4).map(|_| store.apply(&document, None))).await;
    let mut revisions: Vec<u64> = applied.into_iter().map(|r| r.unwrap().revision).collect();
    revisions.sort_unstable();
    assert_eq!(revisions, [1, 2, 3, 4]);
    assert_eq!(store.history(&id("shop")).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_version_in_use_stays_and_its_users_are_named() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let version = publish(&store, "1").await;
    store.apply(&shop(Some(&version)), None).await.unwrap();
    let rejected = store.delete_version(&version).await.unwrap_err().to_string();
    assert!(rejected.contains("shop behaviors[0].functions.viewer-request"), "{rejected}");
    let kept = store.version(&version).await.unwrap().unwrap();
    assert!(!kept.retiring, "it can be applied again");
    store.apply(&shop(Some(&version)), None).await.unwrap();
    store.apply(&shop(None), None).await.unwrap();
    store.delete_version(&version).await.unwrap();
}

/// Distributions are large, and a function may have had hundreds of versions.
#[tokio::test]
async fn deleting_many_versions_reads_each_distribution_once() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let mut last = publish(&store, "0").await;
    for _ in 1..300 {
        last = publish(&store, "0").await;
    }
    let mut wide = shop(Some(&last));
    wide.behaviors = vec![wide.behaviors[0].clone(); 70];
    for (number, behavior) in wide.behaviors.iter_mut().enumerate().skip(1) {
        behavior.path = format!("/{number}");
    }
    wide.behaviors.rotate_left(1);
    for number in 0..20 {
        wide.id = id(&format!("shop-{number}"));
        wide.aliases = vec![format!("{number}.example.com")];
        store.apply(&wide, None).await.unwrap();
    }
    let mut alone: Vec<Duration> = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        store.delete_version(&last).await.unwrap_err();
        alone.push(begun.elapsed());
    }
    alone.sort();
    let begun = Instant::now();
    let rejected = store.delete_versions(&name(), None).await.unwrap_err().to_string();
    assert!(rejected.contains(&format!("function {last} is in use by shop-0 ")), "{rejected}");
    let all = begun.elapsed();
    // Once for each of them would take 300 times as long.
    assert!(all < 30 * alone[2], "{all:?} for all, {alone:?} for one");
}

/// Whatever a deletion and an application overtake each other at, no distribution is left with a
/// version that is gone.
#[tokio::test]
async fn no_distribution_names_a_version_that_is_gone() {
    for at in 0..12 {
        for deletes_first in [true, false] {
            let bus = EmbeddedBus::new();
            let store = store(&bus).await;
            let version = publish(&store, "1").await;
            store.apply(&shop(None), None).await.unwrap();
            let document = shop(Some(&version));
            let outer = interleaved(&store, at, {
                let (store, version, document) = (store.clone(), version.clone(), document.clone());
                Box::pin(async move {
                    if deletes_first {
                        drop(store.apply(&document, None).await);
                    } else {
                        drop(store.delete_version(&version).await);
                    }
                })
            });
            let done = if deletes_first {
                outer.delete_version(&version).await.is_ok()
            } else {
                outer.apply(&document, None).await.is_ok()
            };
            let there = store.version(&version).await.unwrap();
            let live = store.distribution(&id("shop")).await.unwrap().unwrap().distribution;
            let case = format!("before step {at}, deletes first: {deletes_first}, done: {done}");
            assert!(!live.uses(&version) || there.is_some(), "{case}");
            if live.uses(&version) {
                assert!(!there.unwrap().retiring, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn one_host_is_never_on_two_distributions() {
    for at in 0..8 {
        let bus = EmbeddedBus::new();
        let store = store(&bus).await;
        let host = "www.example.com";
        let (one, two) = (distribution("one", host, None), distribution("two", host, None));
        let outer = interleaved(&store, at, {
            let (store, two) = (store.clone(), two.clone());
            Box::pin(async move { drop(store.apply(&two, None).await) })
        });
        drop(outer.apply(&one, None).await);
        let live = store.distributions().await.unwrap();
        assert!(live.len() <= 1, "before step {at}: {live:?}");
    }
}

#[tokio::test]
async fn a_taken_host_is_rejected_by_the_name_of_its_owner() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    store.apply(&distribution("one", "www.example.com", None), None).await.unwrap();
    let taken = store.apply(&distribution("two", "www.example.com", None), None).await;
    let problems = taken.unwrap_err().problems().to_vec();
    assert_eq!(problems[0].path, "aliases[0]");
    assert!(problems[0].message.contains("distribution one"), "{}", problems[0]);
}

#[tokio::test]
async fn a_rejected_document_leaves_the_one_before() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let version = publish(&store, "1").await;
    store.apply(&shop(Some(&version)), None).await.unwrap();
    let unknown = VersionId { number: 9, ..version };
    let rejected = store.apply(&shop(Some(&unknown)), None).await.unwrap_err();
    assert_eq!(rejected.problems()[0].path, "behaviors[0].functions.viewer-request");
    assert_eq!(store.distribution(&id("shop")).await.unwrap().unwrap().revision, 1);
    assert_eq!(store.history(&id("shop")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_rollback_is_a_new_revision_of_an_old_document() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let shop = id("shop");
    let hosts = ["a.example.com", "b.example.com", "c.example.com"];
    for host in hosts {
        store.apply(&distribution("shop", host, None), None).await.unwrap();
    }
    let back = store.rollback(&shop, None).await.unwrap();
    assert_eq!((back.revision, &*back.distribution.aliases[0]), (4, hosts[1]));
    let first = store.rollback(&shop, Some(1)).await.unwrap();
    assert_eq!((first.revision, &*first.distribution.aliases[0]), (5, hosts[0]));
    let missing = store.rollback(&shop, Some(77)).await;
    assert!(matches!(missing, Err(StoreError::NoRevision { revision: 77, .. })));
    let unknown = store.rollback(&id("unknown"), None).await;
    assert!(matches!(unknown, Err(StoreError::NoDistribution(_))));
}

#[tokio::test]
async fn a_rollback_cannot_bring_back_a_deleted_version() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let version = publish(&store, "1").await;
    store.apply(&shop(Some(&version)), None).await.unwrap();
    let nothing = store.rollback(&id("shop"), None).await;
    assert!(matches!(nothing, Err(StoreError::NoEarlier(_))));
    store.apply(&shop(None), None).await.unwrap();
    store.delete_version(&version).await.unwrap();
    let rejected = store.rollback(&id("shop"), None).await;
    assert!(matches!(rejected, Err(StoreError::Invalid(_))));
    assert_eq!(store.distribution(&id("shop")).await.unwrap().unwrap().revision, 2);
}

#[tokio::test]
async fn revisions_go_on_after_a_deletion() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let shop_id = id("shop");
    store.apply(&shop(None), None).await.unwrap();
    store.apply(&shop(None), None).await.unwrap();
    store.delete_distribution(&shop_id).await.unwrap();
    assert_eq!(store.distribution(&shop_id).await.unwrap(), None);
    assert_eq!(store.history(&shop_id).await.unwrap().len(), 2);
    for number in 0..=3 {
        let kept = store.revision(&shop_id, number).await.unwrap();
        let expected = Some(number).filter(|number| (1..=2).contains(number));
        assert_eq!(kept.map(|record| record.revision), expected);
    }
    let again = store.delete_distribution(&shop_id).await;
    assert!(matches!(again, Err(StoreError::NoDistribution(_))));
    let stale = store.apply(&shop(None), Some(2)).await;
    assert!(matches!(stale, Err(StoreError::Moved { expected: 2, found: 0, .. })));
    assert_eq!(store.apply(&shop(None), Some(0)).await.unwrap().revision, 3);
}

#[tokio::test]
async fn history_is_of_one_distribution() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    for name in ["shop", "shop-2", "sho"] {
        let host = format!("{name}.example.com");
        store.apply(&distribution(name, &host, None), None).await.unwrap();
    }
    let history = store.history(&id("shop")).await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].distribution.id, id("shop"));
}

/// A store that lets somebody else do something before one of its steps.
fn interleaved(store: &Store, at: usize, other: BoxFuture<'static, ()>) -> Store {
    Steps::new(at, None, Some(other)).store(store)
}
