//! Secrets on their way from the publisher to the function, and the places where they must not
//! appear.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/edge.rs"]
mod edge;

use std::path::Path;
use std::sync::Arc;

use brink_shared::admin::{AdminError, Published, SecretsKey};
use brink_shared::bus::{Bus, EmbeddedBus};
use brink_shared::id::FunctionName;
use brink_shared::registry::Store;
use brink_shared::secret::{PublicKey, SecretName, SecretValue};
use brink_shared::subject;
use brink_worker::WorkerLimits;
use edge::{Edge, eventually, returned};
use serde_json::{Value, json};

const TELLS: &str = "exports.handler = async () => process.env.API_KEY;";

/// The text that must appear nowhere.
const VALUE: &str = "correct-horse-battery-staple";

fn sealed(key: &PublicKey, function: &str, name: &str, value: &str) -> Value {
    let function: FunctionName = function.parse().unwrap();
    let name: SecretName = name.parse().unwrap();
    let value = SecretValue::new(value.to_owned()).unwrap();
    serde_json::to_value(value.seal(key, &function, &name).unwrap()).unwrap()
}

async fn key(edge: &Edge) -> PublicKey {
    edge.ask::<SecretsKey>("secret", "key", &json!({})).await.unwrap().key
}

async fn publish(
    edge: &Edge,
    name: &str,
    source: &str,
    secrets: Value,
) -> Result<Published, AdminError> {
    let request = json!({
        "name": name, "files": {"index.js": source},
        "settings": {"secrets": ["API_KEY"]}, "secrets": secrets,
    });
    edge.ask("function", "publish", &request).await
}

#[actix_rt::test]
async fn a_function_finds_its_secrets_in_its_environment() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let key = key(&edge).await;
    let secrets = json!({"API_KEY": sealed(&key, "tells", "API_KEY", VALUE)});
    let version = publish(&edge, "tells", TELLS, secrets).await.unwrap().version;
    let (value, _) = returned(edge.call(&version, json!({})).await);
    assert_eq!(value, VALUE);
    // Its trial has them too.
    let needs = "if (!process.env.API_KEY) throw new Error('no key'); exports.handler = () => {};";
    let secrets = json!({"API_KEY": sealed(&key, "needs", "API_KEY", VALUE)});
    publish(&edge, "needs", needs, secrets).await.unwrap();
    edge.stop().await;
}

#[actix_rt::test]
async fn a_value_is_nowhere_but_in_its_sandbox() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let key = key(&edge).await;
    let box_of = sealed(&key, "tells", "API_KEY", VALUE);
    let ciphertext = box_of["box"].as_str().unwrap().to_owned();
    let version = publish(&edge, "tells", TELLS, json!({"API_KEY": box_of})).await.unwrap().version;
    returned(edge.call(&version, json!({})).await);
    for (verb, query) in [("show", json!({"function": "tells"})), ("list", json!({}))] {
        let shown: Value = edge.ask("function", verb, &query).await.unwrap();
        let text = shown.to_string();
        assert!(text.contains("\"secrets\":[\"API_KEY\"]"), "{text}");
        assert!(!text.contains(VALUE) && !text.contains(&ciphertext), "{text}");
    }
    let status = serde_json::to_string(&edge.status().await).unwrap();
    assert!(!status.contains(VALUE));
    let kept = edge.state.path().join("registry.json");
    eventually("the mirror has the version", async || {
        std::fs::read_to_string(&kept).is_ok_and(|text| text.contains(&ciphertext))
    })
    .await;
    let found = files_with(edge.state.path(), VALUE);
    assert!(found.is_empty(), "{found:?}");
    edge.stop().await;
}

/// The files below a folder that hold a text.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if std::fs::read(&path).unwrap().windows(text.len()).any(|w| w == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[actix_rt::test]
async fn values_that_do_not_belong_to_the_function_are_rejected() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let key = key(&edge).await;
    let mut broken = sealed(&key, "tells", "API_KEY", VALUE);
    broken["box"] = json!(broken["box"].as_str().unwrap().replacen(['A', 'b', 'c'], "x", 1));
    broken["box"] = json!(format!("AAAA{}", &broken["box"].as_str().unwrap()[4..]));
    let foreign = brink_shared::secret::SecretKey::generate().public();
    for (secrets, why) in [
        (
            json!({"API_KEY": sealed(&key, "other", "API_KEY", VALUE)}),
            "was sealed for another function",
        ),
        (
            json!({"API_KEY": sealed(&key, "tells", "OTHER", VALUE)}),
            "was sealed for another function",
        ),
        (json!({"API_KEY": broken}), "is damaged and cannot be opened"),
        (
            json!({"API_KEY": sealed(&foreign, "tells", "API_KEY", VALUE)}),
            "which this worker does not have",
        ),
        (json!({"API_KEY": VALUE}), "the secrets are not sealed"),
        (json!(VALUE), "the secrets are not sealed"),
        (json!({}), "API_KEY has no value"),
        (
            json!({"API_KEY": sealed(&key, "tells", "API_KEY", VALUE),
                "B": sealed(&key, "tells", "B", VALUE)}),
            "not among `settings.secrets`",
        ),
    ] {
        let error = publish(&edge, "tells", TELLS, secrets).await.unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
        assert!(!error.contains(VALUE), "{error}");
    }
    let request = json!({"name": "f", "files": {"index.js": TELLS}, "settings": {
        "env": {"API_KEY": "x"}, "secrets": ["API_KEY"]}});
    let error = edge.ask::<Published>("function", "publish", &request).await.unwrap_err();
    assert!(error.to_string().contains("has the name of a secret"), "{error}");
    // Variables are not secret, but errors need not show them.
    let request = json!({"name": "f", "files": {}, "settings": {"env": {"N": 987_654}}});
    let error = edge.ask::<Published>("function", "publish", &request).await.unwrap_err();
    assert!(error.to_string().contains("settings.env.N"), "{error}");
    assert!(!error.to_string().contains("987"), "{error}");
    edge.stop().await;
}

#[actix_rt::test]
async fn a_box_that_was_moved_in_the_registry_starts_nothing() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let key = key(&edge).await;
    let secrets = json!({"API_KEY": sealed(&key, "tells", "API_KEY", VALUE)});
    publish(&edge, "tells", TELLS, secrets).await.unwrap();
    // Somebody who writes to the registry gives the box to a function of theirs.
    let store = Store::open(edge.bus.clone()).await.unwrap();
    let stolen = store.versions().await.unwrap().remove(0);
    let thief: FunctionName = "thief".parse().unwrap();
    let added =
        store.add_version(&thief, stolen.settings, stolen.bundle, stolen.size, stolen.sealed);
    let version = added.await.unwrap().version;
    let failure = edge::failed(edge.call(&version, json!({})).await);
    assert!(failure.message.contains("was sealed for another function"), "{failure:?}");
    assert!(!failure.message.contains(VALUE), "{failure:?}");
    edge.stop().await;
}

#[actix_rt::test]
async fn a_worker_with_another_key_leaves_secrets_to_the_others() {
    let bus: Arc<dyn Bus> = EmbeddedBus::new();
    let first = Edge::start_on(bus.clone(), "w1", WorkerLimits::default()).await;
    let key = key(&first).await;
    let secrets = json!({"API_KEY": sealed(&key, "tells", "API_KEY", VALUE)});
    let version = publish(&first, "tells", TELLS, secrets).await.unwrap().version;
    let plain = first.publish("plain", "exports.handler = async () => 'plain';").await;
    first.stop().await;

    let second = Edge::start_on(bus, "w2", WorkerLimits::default()).await;
    eventually("the second worker says that its key is another one", async || {
        second.status().await.warnings.iter().any(|warning| warning.contains("--secrets-key"))
    })
    .await;
    let verdict = second.call(&version, json!({})).await;
    assert!(matches!(verdict, brink_shared::wire::Verdict::Busy), "{verdict:?}");
    assert_eq!(returned(second.call(&plain, json!({})).await).0, "plain");
    // The cluster's key stays what it was.
    assert_eq!(self::key(&second).await, key);
    second.stop().await;
}

#[actix_rt::test]
async fn publishing_again_after_the_key_was_lost_warns_of_nothing() {
    let bus: Arc<dyn Bus> = EmbeddedBus::new();
    let first = Edge::start_on(bus.clone(), "w1", WorkerLimits::default()).await;
    let secrets = json!({"API_KEY": sealed(&key(&first).await, "tells", "API_KEY", VALUE)});
    publish(&first, "tells", TELLS, secrets).await.unwrap();
    first.stop().await;

    let registry = bus.bucket(subject::REGISTRY_BUCKET).await.unwrap();
    let key_entry = registry.get("secrets.key").await.unwrap().unwrap();
    registry.delete("secrets.key", key_entry.revision).await.unwrap();
    let second = Edge::start_on(bus, "w2", WorkerLimits::default()).await;
    let secrets = json!({"API_KEY": sealed(&key(&second).await, "tells", "API_KEY", VALUE)});
    let again = publish(&second, "tells", TELLS, secrets).await.unwrap();
    assert_eq!((again.version.number, again.unchanged), (2, false));
    let warnings = second.status().await.warnings;
    assert!(warnings.iter().all(|warning| !warning.contains("--secrets-key")), "{warnings:?}");
    assert_eq!(returned(second.call(&again.version, json!({})).await).0, VALUE);
    second.stop().await;
}
