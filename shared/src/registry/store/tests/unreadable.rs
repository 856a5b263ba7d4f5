//! Documents of another release: unknown fields stay, and unreadable ones are in nobody's way.

use std::time::Duration;

use serde_json::Value;

use super::*;

async fn put(store: &Store, key: &str, value: &Value) {
    let value = super::super::json(value);
    match store.bucket.get(key).await.unwrap() {
        Some(entry) => store.bucket.update(key, value, entry.revision).await.unwrap(),
        None => store.bucket.create(key, value).await.unwrap(),
    };
}

async fn json_at(store: &Store, key: &str) -> Value {
    serde_json::from_slice(&store.bucket.get(key).await.unwrap().unwrap().value).unwrap()
}

#[tokio::test]
async fn an_unreadable_document_blocks_no_other() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let version = publish(&store, "1").await;
    let unnamed = publish(&store, "2").await;
    store.apply(&shop(Some(&version)), None).await.unwrap();
    let newer = json!({
        "revision": 7, "requires": ["magic"],
        "distribution": { "aliases": ["new.example.com"], "calls": "hello" },
    });
    put(&store, "distribution.new", &newer).await;
    put(&store, "version.newer.1", &json!({ "version": "newer:1", "settings": 5 })).await;

    assert_eq!(store.versions().await.unwrap().len(), 2);
    assert_eq!(store.distributions().await.unwrap().len(), 1);
    assert_eq!(store.apply(&shop(Some(&unnamed)), None).await.unwrap().revision, 2);
    let unreadable = store.distribution(&id("new")).await.unwrap_err().to_string();
    assert!(unreadable.contains("requires \"magic\""), "{unreadable}");
    let users = store.users(&version).await.unwrap();
    assert_eq!(users, ["new, which this release cannot read and may name it"]);
    let rejected = store.delete_version(&version).await.unwrap_err().to_string();
    assert!(rejected.contains("in use by new, which"), "{rejected}");

    // Its host is taken all the same, and its version cannot be used.
    let taken = store.apply(&distribution("mine", "new.example.com", None), None).await;
    assert!(taken.unwrap_err().problems()[0].message.contains("distribution new"));
    let unknown = shop(Some(&"newer:1".parse().unwrap()));
    let problems = store.apply(&unknown, None).await.unwrap_err().problems().to_vec();
    assert!(problems[0].message.contains("version.newer.1 cannot be read"), "{problems:?}");

    // Applying it anew makes it readable.
    let over = distribution("new", "new.example.com", None);
    assert!(matches!(store.apply(&over, Some(6)).await, Err(StoreError::Moved { found: 7, .. })));
    assert_eq!(store.apply(&over, Some(7)).await.unwrap().revision, 8);
    assert_eq!(json_at(&store, "revision.new.7").await, newer, "its history has it as it was");
    let back = store.rollback(&id("new"), None).await.unwrap_err().to_string();
    assert!(back.contains("requires \"magic\""), "{back}");
    store.delete_version(&version).await.unwrap();
    store.delete_distribution(&id("new")).await.unwrap();
}

/// A newer release deletes versions of `hello`, in a form that is not known here.
#[tokio::test]
async fn an_unreadable_deletion_keeps_its_versions_from_use() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let (used, free) = (publish(&store, "1").await, publish(&store, "2").await);
    let other = "other".parse().unwrap();
    let digest = store.versions().await.unwrap()[0].bundle.clone();
    store.add_version(&other, Default::default(), digest, 1, Default::default()).await.unwrap();
    store.apply(&shop(Some(&used)), None).await.unwrap();
    let mut marked = json_at(&store, "version.hello.2").await;
    marked["retiring"] = json!(true);
    put(&store, "version.hello.2", &marked).await;
    put(&store, "deletion.hello", &json!({ "requires": ["ranges"], "ranges": [[2, 2]] })).await;
    let marked = store.bucket.get("version.hello.2").await.unwrap();

    let rejected = store.apply(&shop(Some(&free)), None).await.unwrap_err().problems().to_vec();
    assert!(rejected[0].message.starts_with("hello:2 may be deleted: the stored deletion.hello"));
    assert!(rejected[0].message.contains("requires \"ranges\""), "{rejected:?}");
    for number in [Some(2), None] {
        let rejected = store.delete_versions(&name(), number).await;
        let rejected = rejected.unwrap_err().to_string();
        let why = if number.is_none() { "in use by shop" } else { "requires \"ranges\"" };
        assert!(rejected.contains(why), "{rejected}");
    }
    let nothing = Retention { keep: 1, older_than: Duration::ZERO, upload_age: Duration::ZERO };
    assert_eq!(store.prune(nothing, false).await.unwrap().versions, []);
    assert!(store.version(&free).await.is_err());
    store.bundle(&store.versions().await.unwrap()[1].bundle).await.unwrap();

    // Nothing else is blocked: what is in use, what came later, and other functions.
    store.apply(&shop(Some(&used)), None).await.unwrap();
    let later = publish(&store, "3").await;
    store.apply(&shop(Some(&later)), None).await.unwrap();
    assert!(store.version(&later).await.unwrap().is_some());
    store.apply(&shop(None), None).await.unwrap();
    store.delete_version(&later).await.unwrap();
    store.delete_versions(&other, None).await.unwrap();
    // Now it may be meant, as nobody names it any more.
    assert!(store.apply(&shop(Some(&used)), None).await.is_err());
    assert!(matches!(
        store.delete_versions(&name(), None).await,
        Err(StoreError::Unreadable { key, .. }) if key == "deletion.hello"
    ));

    // The newer release ends it.
    assert_eq!(store.bucket.get("version.hello.2").await.unwrap(), marked, "it is as it was");
    for key in ["version.hello.2", "deletion.hello"] {
        let entry = store.bucket.get(key).await.unwrap().unwrap();
        store.bucket.delete(key, entry.revision).await.unwrap();
    }
    store.apply(&shop(Some(&used)), None).await.unwrap();
}

#[tokio::test]
async fn a_rollback_keeps_unknown_fields() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    store.apply(&shop(None), None).await.unwrap();
    let mut newer = json_at(&store, "distribution.shop").await;
    newer["revision"] = json!(2);
    newer["note"] = json!("beside");
    newer["distribution"]["behaviors"][0]["prefetch"] = json!({ "with": ["hints"] });
    put(&store, "distribution.shop", &newer).await;
    store.apply(&shop(None), None).await.unwrap();
    let back = store.rollback(&id("shop"), None).await.unwrap();
    assert_eq!(back.revision, 4);
    let mut stored = json_at(&store, "distribution.shop").await;
    assert_eq!(stored, json_at(&store, "revision.shop.4").await);
    assert!(stored["applied"].as_u64() >= newer["applied"].as_u64());
    (stored["revision"], stored["applied"]) = (json!(2), newer["applied"].clone());
    assert_eq!(stored, newer);
}

#[tokio::test]
async fn the_previous_releases_registry_is_read_and_written() {
    let bus = EmbeddedBus::new();
    let store = store(&bus).await;
    let text = include_str!("../../../../testdata/registry/previous.json");
    let documents: BTreeMap<String, Value> = serde_json::from_str(text).unwrap();
    for (key, value) in &documents {
        put(&store, key, value).await;
    }
    assert_eq!(store.versions().await.unwrap().len(), 2);
    let shop = id("shop");
    assert_eq!(store.history(&shop).await.unwrap().len(), 2);
    assert_eq!(store.rollback(&shop, None).await.unwrap().revision, 3);
    // The previous release can read the documents that are written now. It knows all their fields.
    let mut stored = json_at(&store, "distribution.shop").await;
    (stored["revision"], stored["applied"]) =
        (json!(1), documents["revision.shop.1"]["applied"].clone());
    assert_eq!(stored, documents["revision.shop.1"]);
    assert_eq!(publish(&store, "3").await.number, 3);
}
