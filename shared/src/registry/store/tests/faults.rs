//! Every write of the registry is broken off at every step, while somebody else writes too. After
//! the next ordinary operation the registry is whole.

use std::collections::BTreeSet;
use std::time::Duration;

use super::stepped::{Fault, Steps};
use super::*;

const FAULTS: [Fault; 5] =
    [Fault::ErrorBefore, Fault::ErrorAfter, Fault::Down, Fault::CrashBefore, Fault::CrashAfter];

/// More steps than any write takes.
const STEPS_MAX: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Write {
    Publish,
    ApplyFirst,
    ApplyNext,
    ApplyUnused,
    Rollback,
    DeleteVersion,
    DeleteFunction,
    DeleteDistribution,
    Prune,
}

const WRITES: [Write; 9] = [
    Write::Publish,
    Write::ApplyFirst,
    Write::ApplyNext,
    Write::ApplyUnused,
    Write::Rollback,
    Write::DeleteVersion,
    Write::DeleteFunction,
    Write::DeleteDistribution,
    Write::Prune,
];

fn version(text: &str) -> VersionId {
    text.parse().unwrap()
}

async fn publish_of(store: &Store, function: &str, text: &str) -> Result<VersionId, StoreError> {
    let files = BTreeMap::from([("index.js".to_owned(), Bytes::from(text.to_owned()))]);
    let bundle = Bundle::new(files).unwrap();
    let digest = store.put_bundle(&bundle).await?;
    let (name, settings) = (function.parse().unwrap(), FunctionSettings::default());
    let added = store
        .add_version(&name, settings, digest.clone(), bundle.size(), Default::default())
        .await?;
    store.keep_bundle(&digest, &bundle).await?;
    Ok(added.version)
}

impl Write {
    /// Does it; how it can be seen later that it was done.
    async fn carry_out(self, store: &Store) -> Result<String, StoreError> {
        let shop_with = |function: &str| shop(Some(&version(function)));
        let applied = |record: DistributionRecord| {
            format!("revision {}@{}", record.distribution.id, record.revision)
        };
        match self {
            Self::Publish => {
                publish_of(store, "hello", "new").await.map(|id| format!("version {id}"))
            }
            Self::ApplyFirst => {
                let first = distribution("first", "shared.example.com", Some(&version("hello:1")));
                store.apply(&first, Some(0)).await.map(applied)
            }
            Self::ApplyNext => store.apply(&shop_with("hello:1"), None).await.map(applied),
            Self::ApplyUnused => store.apply(&shop_with("old:2"), None).await.map(applied),
            Self::Rollback => store.rollback(&id("shop"), None).await.map(applied),
            Self::DeleteVersion => {
                let deleted = store.delete_version(&version("hello:3")).await;
                deleted.map(|()| "no version hello:3".to_owned())
            }
            Self::DeleteFunction => {
                let deleted = store.delete_versions(&"old".parse().unwrap(), None).await;
                deleted.map(|_| "no version old:2".to_owned())
            }
            Self::DeleteDistribution => {
                let deleted = store.delete_distribution(&id("shop")).await;
                deleted.map(|()| "no distribution shop".to_owned())
            }
            Self::Prune => {
                let pruned = store.prune(retention(), false).await;
                pruned.map(|_| "pruned".to_owned())
            }
        }
    }
}

fn retention() -> Retention {
    let upload_age = Duration::from_secs(3_600);
    Retention { keep: 2, older_than: Duration::ZERO, upload_age }
}

/// A registry with two functions and two distributions. A release that was killed left a mark in
/// it, and a present revision without its copy.
async fn furnished() -> (Arc<EmbeddedBus>, Store) {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    for text in ["1", "2", "3"] {
        publish_of(&store, "hello", text).await.unwrap();
    }
    for text in ["a", "b", "c"] {
        publish_of(&store, "old", text).await.unwrap();
    }
    for function in ["hello:1", "hello:2", "hello:1", "hello:2"] {
        store.apply(&shop(Some(&version(function))), None).await.unwrap();
    }
    store.apply(&distribution("blog", "blog.example.com", None), None).await.unwrap();
    let bucket = &store.bucket;
    let copy = bucket.get("revision.shop.4").await.unwrap().unwrap();
    bucket.delete(&copy.key, copy.revision).await.unwrap();
    let marked = bucket.get("version.hello.2").await.unwrap().unwrap();
    let mut json: serde_json::Value = serde_json::from_slice(&marked.value).unwrap();
    json["retiring"] = true.into();
    json["from_the_future"] = true.into();
    bucket.update(&marked.key, super::super::json(&json), marked.revision).await.unwrap();
    (bus, store)
}

/// Checks the rules that always have to hold.
async fn assert_whole(store: &Store, case: &str) {
    let moment = store.bucket.moment().await.unwrap();
    let keys: BTreeSet<_> = moment.entries.iter().map(|entry| entry.key.as_str()).collect();
    assert!(!keys.iter().any(|key| key.starts_with("deletion.")), "{case}: {keys:?}");
    let versions = store.versions().await.unwrap();
    let distributions = store.distributions().await.unwrap();
    let ids: BTreeSet<_> = versions.iter().map(|version| version.version.clone()).collect();
    for version in &versions {
        assert!(!version.retiring, "{case}: {} is marked", version.version);
        store.bundle(&version.bundle).await.unwrap();
    }
    let old: Vec<_> = ids.iter().filter(|id| id.function.as_str() == "old").collect();
    // Pruning may have taken the oldest, and keeps two.
    assert!(old.is_empty() || old.len() >= 2, "{case}: of a function is left {old:?}");
    let mut hosts = BTreeSet::new();
    for record in &distributions {
        let document = &record.distribution;
        for (path, _, association) in document.associations() {
            let named = association.function.version().unwrap();
            assert!(ids.contains(&named), "{case}: {} {path} names {named}", document.id);
        }
        for host in &document.aliases {
            assert!(hosts.insert(host.clone()), "{case}: {host} is on two distributions");
        }
        let history = store.history(&document.id).await.unwrap();
        assert_eq!(history.last(), Some(record), "{case}");
        let key = format!("revision.{}.{}", document.id, record.revision);
        let copies = history.iter().filter(|other| other.revision == record.revision).count();
        assert_eq!(copies, 1, "{case}: {key}");
    }
    let kept = moment.entries.iter().find(|entry| entry.key == "version.hello.2");
    let text = kept.map(|entry| String::from_utf8(entry.value.to_vec()).unwrap());
    assert!(text.is_none_or(|text| text.contains("from_the_future")), "{case}");
}

async fn is_done(store: &Store, seen: &str) -> bool {
    let (kind, what) = seen.rsplit_once(' ').unwrap_or((seen, ""));
    match kind {
        "version" => store.version(&version(what)).await.unwrap().is_some(),
        "no version" => store.version(&version(what)).await.unwrap().is_none(),
        "no distribution" => store.distribution(&id(what)).await.unwrap().is_none(),
        "revision" => {
            let (of, revision) = what.split_once('@').unwrap();
            let history = store.history(&id(of)).await.unwrap();
            history.iter().any(|record| record.revision.to_string() == revision)
        }
        _ => true,
    }
}

/// Every write, every step, every fault, alone and with another write just before the fault. That
/// is one of a few; with `BRINK_FAULTS=all` every one.
#[tokio::test]
async fn the_registry_is_whole_whichever_step_fails() {
    let mut cases = 0;
    let some = [Write::Publish, Write::ApplyUnused, Write::DeleteFunction, Write::Prune];
    let others = match std::env::var("BRINK_FAULTS").as_deref() {
        Ok("all") => WRITES.to_vec(),
        _ => some.to_vec(),
    };
    for write in WRITES {
        for other in others.iter().copied().map(Some).chain([None]) {
            for fault in FAULTS {
                for at in 0..STEPS_MAX {
                    if !broken_off(write, other, fault, at).await {
                        assert!(at > 0, "{write:?} took no step");
                        break;
                    }
                    cases += 1;
                }
            }
        }
    }
    assert!(cases > 500, "{cases} cases");
}

/// Whether there was such a step.
async fn broken_off(write: Write, other: Option<Write>, fault: Fault, at: usize) -> bool {
    let case = format!("{write:?} with {fault:?} at step {at} after {other:?}");
    let (_bus, plain) = furnished().await;
    let others = other.map(|other| {
        let store = plain.clone();
        let other: BoxFuture<'static, ()> =
            Box::pin(async move { drop(other.carry_out(&store).await) });
        other
    });
    let steps = Steps::new(at, Some(fault), others);
    let broken = steps.store(&plain);
    let ended = steps.run(write.carry_out(&broken)).await;
    if !steps.reached() {
        return false;
    }
    if let Some(Ok(seen)) = &ended
        && other.is_none()
    {
        assert!(is_done(&plain, seen).await, "{case}: {seen}");
    }
    // The next ordinary operation.
    plain.apply(&distribution("blog", "blog.example.com", None), None).await.unwrap();
    assert_whole(&plain, &case).await;
    true
}

/// A write that was done is not told as an error, unless the error says that this is not known.
#[tokio::test]
async fn a_lost_answer_is_found_out() {
    for (write, seen) in [
        (Write::ApplyNext, "revision shop@5"),
        (Write::Rollback, "revision shop@5"),
        (Write::DeleteVersion, "no version hello:3"),
        (Write::DeleteFunction, "no version old:2"),
        (Write::DeleteDistribution, "no distribution shop"),
        (Write::Publish, "version hello:4"),
    ] {
        for fault in [Fault::ErrorAfter, Fault::Down] {
            for at in 0..STEPS_MAX {
                let (_bus, plain) = furnished().await;
                let steps = Steps::new(at, Some(fault), None);
                let ended = steps.run(write.carry_out(&steps.store(&plain))).await.unwrap();
                if !steps.reached() {
                    break;
                }
                let done = is_done(&plain, seen).await;
                let case = format!("{write:?} with {fault:?} at step {at}: {ended:?}");
                match &ended {
                    Ok(_) => assert!(done, "{case}"),
                    Err(StoreError::Unclear { .. }) => {}
                    // The bundle of a version that is there already could not be looked at.
                    Err(_) if write == Write::Publish => {}
                    Err(_) => assert!(!done, "{case}"),
                }
            }
        }
    }
}

/// A mark that a killed release left is in nobody's way.
#[tokio::test]
async fn a_mark_that_was_left_does_not_keep_a_version_from_use() {
    let (_bus, store) = furnished().await;
    store.apply(&shop(Some(&version("hello:2"))), None).await.unwrap();
    assert!(!store.version(&version("hello:2")).await.unwrap().unwrap().retiring);
    assert!(store.delete_version(&version("hello:2")).await.is_err());
}

/// When the deletion of a function is decided, it counts at once. The next writer ends it.
#[tokio::test]
async fn a_deletion_that_was_broken_off_is_gone_on_with() {
    let (_bus, plain) = furnished().await;
    let old = "old".parse().unwrap();
    let of_old = async || {
        let versions = plain.versions().await.unwrap();
        versions.iter().filter(|version| version.version.function == old).count()
    };
    // Step 0 reads, step 1 takes the mark off, step 2 decides.
    let steps = Steps::new(2, Some(Fault::CrashAfter), None);
    assert!(steps.run(steps.store(&plain).delete_versions(&old, None)).await.is_none());
    assert!(plain.bucket.get("version.old.2").await.unwrap().is_some());
    assert_eq!(of_old().await, 0);
    let rejected = plain.apply(&shop(Some(&version("old:2"))), None).await.unwrap_err();
    assert!(rejected.problems()[0].message.contains("not published"), "{rejected}");
    assert_eq!(plain.bucket.get("version.old.2").await.unwrap(), None);
    assert_eq!(publish_of(&plain, "old", "d").await.unwrap(), version("old:4"));
    assert_eq!(of_old().await, 1);
}

/// Somebody purged the bucket's newest record by hand, so readings end before it.
#[tokio::test]
async fn a_revision_that_no_reading_shows_does_not_stop_writers() {
    let (_bus, store) = furnished().await;
    let spare = store.bucket.create("spare", Bytes::new()).await.unwrap();
    store.bucket.delete("spare", spare).await.unwrap();
    let removed = store.bucket.moment().await.unwrap().last;
    store.bucket.forget("spare", removed).await.unwrap();
    assert!(store.bucket.moment().await.unwrap().last < removed);
    store.apply(&shop(None), None).await.unwrap();
}
