//! Starting from disk, following the registry, and what is gone after a break.

use bytes::Bytes;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::*;
use crate::bus::EmbeddedBus;
use crate::bus::Entry;
use crate::registry::Store;
use crate::registry::distribution::Distribution;

/// Longest wait for what must come.
const SOON: Duration = Duration::from_secs(10);

fn document(id: &str) -> Distribution {
    serde_json::from_value(json!({
        "id": id,
        "aliases": [format!("{id}.example.com")],
        "origins": { "web": { "url": "http://127.0.0.1:9" } },
        "behaviors": [{ "path": "*", "origin": "web" }],
    }))
    .unwrap()
}

/// The document as the registry keeps it.
fn record(id: &str) -> Bytes {
    let applied = crate::wire::UnixMillis(0);
    let record = DistributionRecord {
        revision: 1,
        applied,
        distribution: document(id),
        requires: Vec::new(),
    };
    serde_json::to_vec(&record).unwrap().into()
}

/// A mirror that follows the bus until it is ended.
struct Following {
    mirror: Arc<Mirror>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Following {
    fn start(bus: Arc<dyn Bus>, state: Option<&Path>) -> Self {
        let mirror = Mirror::open(state).unwrap();
        let stop = CancellationToken::new();
        let task = tokio::spawn(mirror.clone().follow(bus, stop.clone()));
        Self { mirror, stop, task }
    }

    /// Waits until these are the distributions.
    async fn until(&self, expected: &[&str]) {
        let mut changes = self.mirror.changes();
        let there = changes.wait_for(|snapshot| ids(snapshot) == expected);
        let there = tokio::time::timeout(SOON, there).await;
        assert!(there.is_ok(), "{:?} is not {expected:?}", ids(&self.mirror.snapshot()));
    }

    /// Waits until this is so.
    async fn until_it(&self, is_so: impl Fn(&Snapshot) -> bool) {
        let mut changes = self.mirror.changes();
        let there = changes.wait_for(|snapshot| is_so(snapshot));
        tokio::time::timeout(SOON, there).await.unwrap().unwrap();
    }

    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(SOON, self.task).await.unwrap().unwrap();
    }
}

fn ids(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.distributions.keys().map(DistributionId::as_str).collect()
}

#[tokio::test]
async fn it_follows_applications_and_deletions() {
    let bus = EmbeddedBus::new();
    let store = Store::open(bus.clone()).await.unwrap();
    let following = Following::start(bus, None);
    tokio::time::timeout(SOON, following.mirror.wait_current()).await.unwrap();
    assert_eq!(*following.mirror.snapshot(), Snapshot::default());
    store.apply(&document("a"), None).await.unwrap();
    following.until(&["a"]).await;
    store.apply(&document("b"), None).await.unwrap();
    following.until(&["a", "b"]).await;
    store.delete_distribution(&"a".parse().unwrap()).await.unwrap();
    following.until(&["b"]).await;
    following.end().await;
}

#[tokio::test]
async fn it_starts_from_the_copy_on_disk_before_any_bus_answers() {
    let state = TempDir::new().unwrap();
    let folder = state.path().join("made/for/it");
    let bus = EmbeddedBus::new();
    let store = Store::open(bus.clone()).await.unwrap();
    store.apply(&document("a"), None).await.unwrap();
    let following = Following::start(bus, Some(&folder));
    following.until(&["a"]).await;
    let before = following.mirror.snapshot();
    following.end().await;

    let again = Mirror::open(Some(&folder)).unwrap();
    assert_eq!(again.snapshot(), before);
    assert!(!again.is_current(), "it has not seen the live registry");
}

#[tokio::test]
async fn a_broken_file_is_set_aside() {
    for broken in ["", "{\"versions\": [", "[]", "{\"versions\": 1, \"distributions\": []}"] {
        let state = TempDir::new().unwrap();
        let file = state.path().join(FILE);
        std::fs::write(&file, broken).unwrap();
        let mirror = Mirror::open(Some(state.path())).unwrap();
        assert_eq!(*mirror.snapshot(), Snapshot::default());
        assert!(!file.exists(), "{broken}");
        let aside = std::fs::read_to_string(file.with_extension("broken")).unwrap();
        assert_eq!(aside, broken);
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let state = TempDir::new().unwrap();
    let file = state.path().join("file");
    std::fs::write(&file, "").unwrap();
    let rejected = Mirror::open(Some(&file)).unwrap_err().to_string();
    assert!(rejected.contains(file.to_str().unwrap()), "{rejected}");
}

#[tokio::test]
async fn documents_that_were_deleted_while_it_was_away_are_gone() {
    let state = TempDir::new().unwrap();
    let bus = EmbeddedBus::new();
    let store = Store::open(bus.clone()).await.unwrap();
    store.apply(&document("a"), None).await.unwrap();
    store.apply(&document("b"), None).await.unwrap();
    let following = Following::start(bus.clone(), Some(state.path()));
    following.until(&["a", "b"]).await;
    following.end().await;

    store.delete_distribution(&"a".parse().unwrap()).await.unwrap();
    let following = Following::start(bus, Some(state.path()));
    following.until(&["b"]).await;
    following.end().await;
    assert_eq!(ids(&Mirror::open(Some(state.path())).unwrap().snapshot()), ["b"]);
}

#[tokio::test]
async fn a_restarted_watch_drops_entries_that_are_not_sent_again() {
    let mirror = Mirror::open(None).unwrap();
    let (to, changes) = tokio::sync::mpsc::channel(16);
    let following = mirror.clone();
    let followed = tokio::spawn(async move { following.follow_changes(changes).await });
    let put = |id: &str| {
        Change::Put(Entry { key: format!("distribution.{id}"), value: record(id), revision: 1 })
    };
    let mut seen = mirror.changes();
    for change in [put("a"), put("b"), Change::Current] {
        to.send(change).await.unwrap();
    }
    let both = seen.wait_for(|snapshot| ids(snapshot) == ["a", "b"]);
    tokio::time::timeout(SOON, both).await.unwrap().unwrap();

    // Until everything was told anew, what is known goes on being served.
    to.send(Change::Restarted).await.unwrap();
    to.send(put("b")).await.unwrap();
    to.send(Change::Current).await.unwrap();
    drop(to);
    tokio::time::timeout(SOON, followed).await.unwrap().unwrap();
    assert_eq!(ids(&mirror.snapshot()), ["b"]);
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_does_not_hide_the_others() {
    let bus = EmbeddedBus::new();
    let bucket = bus.bucket(subject::REGISTRY_BUCKET).await.unwrap();
    bucket.create("distribution.a", record("a")).await.unwrap();
    bucket.create("distribution.bad", "{}".into()).await.unwrap();
    bucket.create("version.bad.1", "no".into()).await.unwrap();
    bucket.create("something.else", "".into()).await.unwrap();
    let following = Following::start(bus, None);
    following.until(&["a"]).await;
    let unreadable = messages(&following.mirror.snapshot());
    assert_eq!(unreadable.len(), 2, "{unreadable:?}");
    assert!(unreadable[0].starts_with("distribution bad cannot be read: missing field `revision`"));
    assert!(unreadable[1].starts_with("version bad.1 cannot be read: "), "{unreadable:?}");
    assert!(unreadable[1].ends_with("; it is left out"), "{unreadable:?}");
    following.end().await;
}

#[tokio::test]
async fn a_deletion_that_cannot_be_read_is_told_while_it_is_there() {
    let bus = EmbeddedBus::new();
    let bucket = bus.bucket(subject::REGISTRY_BUCKET).await.unwrap();
    let known = json!({ "versions": [1], "later": true }).to_string();
    bucket.create("deletion.known", known.into()).await.unwrap();
    let newer = json!({ "ranges": [[1, 2]] }).to_string();
    let newer = bucket.create("deletion.hello", newer.into()).await.unwrap();
    let following = Following::start(bus, None);
    following.until_it(|snapshot| !snapshot.unreadable.is_empty()).await;
    let told = messages(&following.mirror.snapshot());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("deletion hello cannot be read: missing field"), "{told:?}");
    bucket.delete("deletion.hello", newer).await.unwrap();
    following.until_it(|snapshot| snapshot.unreadable.is_empty()).await;
    following.end().await;
}

fn messages(snapshot: &Snapshot) -> Vec<String> {
    snapshot.unreadable.iter().map(|entry| entry.message.clone()).collect()
}

/// The same record as a newer release writes it: with a field that is new, and one that says that
/// this release must not serve it.
fn newer(id: &str, requires: &[&str]) -> Bytes {
    let mut json: Value = serde_json::from_slice(&record(id)).unwrap();
    json["revision"] = json!(2);
    json["distribution"]["behaviors"][0]["new"] = json!({ "a": 1 });
    json["requires"] = json!(requires);
    serde_json::to_vec(&json).unwrap().into()
}

#[tokio::test]
async fn an_unreadable_document_keeps_its_copy_also_after_a_restart() {
    let state = TempDir::new().unwrap();
    let bus = EmbeddedBus::new();
    let bucket = bus.bucket(subject::REGISTRY_BUCKET).await.unwrap();
    let first = bucket.create("distribution.a", record("a")).await.unwrap();
    let following = Following::start(bus.clone(), Some(state.path()));
    following.until(&["a"]).await;
    let good = following.mirror.snapshot();
    bucket.update("distribution.a", newer("a", &["magic"]), first).await.unwrap();
    let kept = |snapshot: &Snapshot| {
        assert_eq!(snapshot.distributions, good.distributions);
        let told = messages(snapshot);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("requires \"magic\""), "{told:?}");
        assert!(told[0].ends_with("revision 1 is served in its place"), "{told:?}");
    };
    let told = |snapshot: &Snapshot| !snapshot.unreadable.is_empty();
    following.until_it(|snapshot| told(snapshot)).await;
    kept(&following.mirror.snapshot());
    bucket.create("distribution.b", record("b")).await.unwrap();
    following.until(&["a", "b"]).await;
    following.end().await;

    // From disk, and then from the live registry, which it still cannot read.
    let away = Mirror::open(Some(state.path())).unwrap();
    assert_eq!(ids(&away.snapshot()), ["a", "b"]);
    let following = Following::start(bus.clone(), Some(state.path()));
    following.until_it(|snapshot| told(snapshot)).await;
    assert_eq!(ids(&following.mirror.snapshot()), ["a", "b"]);
    assert_eq!(following.mirror.snapshot().distributions[&"a".parse().unwrap()].revision, 1);

    // One that was deleted meanwhile does not come back.
    let second = bucket.get("distribution.a").await.unwrap().unwrap().revision;
    bucket.delete("distribution.a", second).await.unwrap();
    following.until(&["b"]).await;
    bucket.create("distribution.a", newer("a", &["magic"])).await.unwrap();
    following.until_it(|snapshot| told(snapshot)).await;
    assert_eq!(ids(&following.mirror.snapshot()), ["b"]);
    assert!(messages(&following.mirror.snapshot())[0].ends_with("it is left out"));
    following.end().await;
}

#[tokio::test]
async fn a_distribution_whose_version_cannot_be_read_stays_as_it_was() {
    let state = TempDir::new().unwrap();
    let bus = EmbeddedBus::new();
    let bucket = bus.bucket(subject::REGISTRY_BUCKET).await.unwrap();
    let first = bucket.create("distribution.a", record("a")).await.unwrap();
    let following = Following::start(bus.clone(), Some(state.path()));
    following.until(&["a"]).await;
    bucket.create("version.new.1", "{\"version\": \"new:1\"}".into()).await.unwrap();
    let mut json: Value = serde_json::from_slice(&record("a")).unwrap();
    json["revision"] = json!(2);
    json["distribution"]["behaviors"][0]["functions"] = json!({ "viewer-request": "new:1" });
    let second = serde_json::to_vec(&json).unwrap();
    bucket.update("distribution.a", second.into(), first).await.unwrap();
    let told = |snapshot: &Snapshot| messages(snapshot).len() == 2;
    following.until_it(told).await;
    following.end().await;
    // After a restart too.
    let following = Following::start(bus, Some(state.path()));
    following.until_it(told).await;
    let snapshot = following.mirror.snapshot();
    assert_eq!(snapshot.distributions[&"a".parse().unwrap()].revision, 1);
    let told = &messages(&snapshot)[0];
    assert!(told.contains("names new:1") && told.contains("revision 1 is served"), "{told}");
    // As soon as the version can be read, the distribution is as it was applied.
    let entry = bucket.get("version.new.1").await.unwrap().unwrap();
    let version = include_str!("../../../testdata/registry/previous.json");
    let version = serde_json::from_str::<Value>(version).unwrap()["version.hello.1"].to_string();
    let version = version.replace("hello:1", "new:1");
    bucket.update("version.new.1", version.into(), entry.revision).await.unwrap();
    following.until_it(|snapshot| snapshot.unreadable.is_empty()).await;
    assert_eq!(following.mirror.snapshot().distributions[&"a".parse().unwrap()].revision, 2);
    following.end().await;
}

#[tokio::test]
async fn fields_of_a_newer_release_are_kept_on_disk() {
    let state = TempDir::new().unwrap();
    let bus = EmbeddedBus::new();
    let bucket = bus.bucket(subject::REGISTRY_BUCKET).await.unwrap();
    bucket.create("distribution.a", newer("a", &[])).await.unwrap();
    let following = Following::start(bus, Some(state.path()));
    following.until(&["a"]).await;
    assert_eq!(messages(&following.mirror.snapshot()), [""; 0]);
    let known = following.mirror.snapshot();
    following.end().await;
    let text = std::fs::read_to_string(state.path().join(FILE)).unwrap();
    assert!(text.contains("\"new\":{\"a\":1}"), "{text}");
    assert_eq!(Mirror::open(Some(state.path())).unwrap().snapshot(), known);
}

#[tokio::test]
async fn the_previous_releases_file_is_read_and_one_bad_entry_of_it_left_out() {
    let state = TempDir::new().unwrap();
    let text = include_str!("../../../testdata/registry/previous-kept.json");
    std::fs::write(state.path().join(FILE), text).unwrap();
    let whole = Mirror::open(Some(state.path())).unwrap().snapshot();
    assert_eq!((ids(&whole), whole.versions.len()), (vec!["shop"], 2));
    assert_eq!(messages(&whole), [""; 0]);
    let mut kept: Value = serde_json::from_str(text).unwrap();
    kept["versions"][0]["settings"]["runtime"] = json!("quantum");
    std::fs::write(state.path().join(FILE), kept.to_string()).unwrap();
    let rest = Mirror::open(Some(state.path())).unwrap().snapshot();
    assert_eq!((ids(&rest), rest.versions.len(), rest.unreadable.len()), (vec!["shop"], 1, 1));
}

#[test]
fn the_state_folder_is_made_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let state = parent.path().join("nodes/worker-1");
    Mirror::open(Some(&state)).unwrap();
    for folder in [state.as_path(), state.parent().unwrap()] {
        let mode = std::fs::metadata(folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
    }
}
