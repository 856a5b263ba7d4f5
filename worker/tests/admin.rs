//! The admin service, with JSON messages on the bus.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/edge.rs"]
mod edge;
#[path = "admin/record.rs"]
mod record;

use brink_shared::admin::{
    Applied, DistributionDetails, DistributionSummary, FunctionDetails, FunctionSummary, Page,
    Published, SecretsKey, WARNINGS_MAX,
};
use brink_shared::registry::store::Pruned;
use brink_shared::registry::{BundleDigest, Quotas};
use brink_shared::secret::SecretValue;
use brink_shared::status::PublishedFunction;
use brink_shared::subject;
use brink_worker::{PruneSettings, RegistrySettings, WorkerLimits};
use edge::{Edge, LONG, returned};
use serde_json::{Value, json};

const ECHO: &str = "exports.handler = async (event) => { console.log('seen', 1); return event; };";

fn shop(function: &str) -> Value {
    json!({"distribution": {
        "id": "shop",
        "origins": {"web": {"url": "http://origin.example"}},
        "behaviors": [{"path": "*", "origin": "web", "functions": {"viewer-request": function}}],
    }})
}

/// Makes versions that differ in a setting only.
async fn publish_often(edge: &Edge, times: u32) {
    for number in 1..=times {
        let settings = json!({"env": {"NUMBER": number.to_string()}});
        let published = edge.publish_with("echo", ECHO, settings).await.unwrap();
        assert_eq!(published.version.number, number);
    }
}

#[actix_rt::test]
async fn publishing_the_same_again_makes_no_other_version() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let publish = async |source: &str, settings: Value| {
        let published = edge.publish_with("echo", source, settings).await.unwrap();
        (published.version.number, published.unchanged)
    };
    let other = "exports.handler = async () => 1;";
    assert_eq!(publish(ECHO, json!({})).await, (1, false));
    let bundles = edge.bus.objects(subject::BUNDLE_BUCKET).await.unwrap();
    let stored = bundles.list().await.unwrap();
    assert_eq!(publish(ECHO, json!({})).await, (1, true));
    assert_eq!(bundles.list().await.unwrap(), stored, "others may be reading the bundle");
    bundles.delete(&stored[0].name).await.unwrap();
    assert_eq!(publish(ECHO, json!({})).await, (1, true));
    assert_eq!(bundles.list().await.unwrap()[0].name, stored[0].name, "a lost one is restored");
    assert_eq!(publish(ECHO, json!({"timeout": "1s"})).await, (2, false));
    assert_eq!(publish(other, json!({"timeout": "1s"})).await, (3, false));
    assert_eq!(publish(other, json!({"timeout": "1s"})).await, (3, true));
    assert_eq!(publish(ECHO, json!({})).await, (4, false), "it is not the newest");
    let query = json!({"function": "echo:4"});
    let _: Value = edge.ask("function", "delete", &query).await.unwrap();
    assert_eq!(publish(ECHO, json!({})).await, (5, false), "a number is not given twice");

    // Each sealing of a value differs.
    let SecretsKey { key } = edge.ask("secret", "key", &json!({})).await.unwrap();
    let name = "TOKEN".parse().unwrap();
    let publish = async |value: &str| {
        let value = SecretValue::new(value.to_owned()).unwrap();
        let sealed = value.seal(&key, &"echo".parse().unwrap(), &name).unwrap();
        let request = json!({
            "name": "echo", "files": {"index.js": ECHO}, "settings": {"secrets": ["TOKEN"]},
            "secrets": {"TOKEN": sealed},
        });
        let published: Published = edge.ask("function", "publish", &request).await.unwrap();
        (published.version.number, published.unchanged)
    };
    assert_eq!(publish("one").await, (6, false));
    assert_eq!(publish("one").await, (6, true));
    assert_eq!(publish("two").await, (7, false));
    edge.stop().await;
}

/// The registry was lost while a worker had loaded a version. A new registry gives the number
/// again.
#[actix_rt::test]
async fn a_worker_does_not_run_the_code_of_a_registry_that_was_lost() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let says = |text: &str| format!("exports.handler = async () => '{text}';");
    let version = edge.publish("hello", &says("old")).await;
    assert_eq!(edge.invoke("hello:1", json!({})).await.ok, Some(json!("old")));
    assert!(edge.is_warm(&version).await);
    let bucket = edge.bus.bucket(subject::REGISTRY_BUCKET).await.unwrap();
    for entry in bucket.entries().await.unwrap() {
        bucket.delete(&entry.key, entry.revision).await.unwrap();
    }
    assert_eq!(edge.publish("hello", &says("new")).await, version);
    let begun = std::time::Instant::now();
    while edge.invoke("hello:1", json!({})).await.ok != Some(json!("new")) {
        assert!(begun.elapsed() < LONG, "it runs what was lost");
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn code_that_cannot_start_is_rejected_with_its_place() {
    let edge = Edge::start(WorkerLimits::default()).await;
    for (source, words) in [
        ("exports.handler = async () => {\n  return {;\n};", vec!["SyntaxError", "index.js:2"]),
        ("exports.other = 1;", vec!["handler"]),
        ("throw new TypeError('at start');", vec!["TypeError", "at start", "index.js:1"]),
        ("require('nowhere');", vec!["nowhere"]),
    ] {
        let error = edge.publish_with("bad", source, json!({})).await.unwrap_err();
        for word in words {
            assert!(error.to_string().contains(word), "{word}: {}", error);
        }
    }
    let functions: Page<FunctionSummary> = edge.ask("function", "list", &json!({})).await.unwrap();
    assert!(functions.items.is_empty());
    edge.stop().await;
}

#[actix_rt::test]
async fn a_version_has_to_answer_the_events_of_its_trial() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let redirect = "exports.handler = async (event) => {
        const { request } = event.Records[0].cf;
        return { status: request.uri === '/moved' ? 301 : 999 };
    };";
    let event = |uri: &str| {
        json!({"Records": [{"cf": {
            "config": {"eventType": "viewer-request"},
            "request": {"uri": uri, "method": "GET", "querystring": "", "headers": {}, "clientIp": "::1"},
        }}]})
    };
    let publish = async |events: Value| {
        let request = json!({"name": "moved", "files": {"index.js": redirect}, "events": events});
        edge.ask::<Value>("function", "publish", &request).await
    };
    let rejected =
        publish(json!([event("/moved"), event("/other")])).await.unwrap_err().to_string();
    assert!(
        rejected.starts_with("events[1] is not answered well: LambdaValidationError: "),
        "{rejected}"
    );
    assert!(rejected.contains("response.status: 999 is not a status"), "{rejected}");
    let rejected = publish(json!([{"no": "event"}])).await.unwrap_err().to_string();
    assert!(rejected.starts_with("events[0]: the event has no Records"), "{rejected}");
    let published = publish(json!([event("/moved")])).await.unwrap();
    assert_eq!(published["version"], "moved:1");
    edge.stop().await;
}

#[actix_rt::test]
async fn the_publisher_hears_of_modules_that_cannot_work() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let published = edge.publish_with("echo", ECHO, json!({})).await.unwrap();
    assert_eq!(published.warnings, [""; 0]);
    let source = format!("const net = require('net');\n  require('node:vm');\n{ECHO}");
    let published = edge.publish_with("echo", &source, json!({})).await.unwrap();
    assert_eq!(published.version.to_string(), "echo:2");
    let starts = ["index.js:1:13: net cannot work", "index.js:2:3: vm cannot work"];
    assert_eq!(published.warnings.len(), starts.len(), "{:?}", published.warnings);
    for (warning, start) in published.warnings.iter().zip(starts) {
        assert!(warning.starts_with(start), "{warning}");
    }
    let mut files: serde_json::Map<String, Value> =
        (0..200).map(|n| (format!("m{n}.js"), json!("require('net')"))).collect();
    files.insert("index.js".to_owned(), json!(ECHO));
    let request = json!({"name": "many", "files": files});
    let many: Published = edge.ask("function", "publish", &request).await.unwrap();
    assert_eq!(many.warnings.len(), WARNINGS_MAX);
    assert_eq!(many.warnings.last().unwrap(), "and 101 more of this kind");
    edge.stop().await;
}

#[actix_rt::test]
async fn code_that_is_nested_as_deep_as_it_may_be_is_searched() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let nested = format!("require('net'); x = {}{};", "[".repeat(2_000), "]".repeat(2_000));
    let request = json!({"name": "nested", "files": {"index.js": ECHO, "nested.js": nested}});
    let published: Published = edge.ask("function", "publish", &request).await.unwrap();
    let [warning] = published.warnings.as_slice() else { panic!("{:?}", published.warnings) };
    assert!(warning.starts_with("nested.js:1:1: net cannot work"), "{warning}");
    edge.stop().await;
}

#[actix_rt::test]
async fn a_file_that_no_parser_survives_harms_the_parsing_process_only() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let nested = format!("require('net'); {}", "(".repeat(2_000_000));
    let request = json!({"name": "nested", "files": {"index.js": ECHO, "nested.js": nested}});
    let published: Published = edge.ask("function", "publish", &request).await.unwrap();
    let [warning] = published.warnings.as_slice() else { panic!("{:?}", published.warnings) };
    let start = "not searched for modules that cannot work in a sandbox: \
                 the process that reads the files ended: ";
    assert!(warning.starts_with(start), "{warning}");
    assert_eq!(returned(edge.call(&published.version, json!(1)).await).0, json!(1));
    edge.stop().await;
}

#[actix_rt::test]
async fn code_that_cannot_be_run_is_rejected_with_its_place() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let files = json!({"index.js": "// Later.\n  var ℬ = 1;"});
    let request = json!({"name": "late", "files": files});
    let rejected = edge.ask::<Published>("function", "publish", &request).await.unwrap_err();
    assert!(
        rejected.to_string().starts_with("function late does not start"),
        "{}",
        rejected.to_string()
    );
    assert!(rejected.to_string().contains("index.js:2:7"), "{}", rejected.to_string());
    edge.stop().await;
}

#[actix_rt::test]
async fn a_wrong_request_is_rejected_with_its_place() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let settings = json!({"memory_mb": "much"});
    let error = edge.publish_with("f", ECHO, settings).await.unwrap_err();
    assert!(error.to_string().contains("settings.memory_mb"), "{}", error.to_string());
    assert!(error.to_string().contains("line 1 column"), "{}", error.to_string());
    let settings = json!({"timeout": "1h", "handler": "none"});
    let error = edge.publish_with("f", ECHO, settings).await.unwrap_err();
    let paths: Vec<_> = error.problems.iter().map(|p| p.path.as_str()).collect();
    assert_eq!(paths, ["settings.timeout", "settings.handler"]);
    edge.stop().await;
}

#[actix_rt::test]
async fn versions_are_counted_shown_and_invoked() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let first = edge.publish_with("echo", ECHO, json!({})).await.unwrap();
    let second = "exports.handler = async () => { throw new Error('no'); };";
    let second = edge.publish_with("echo", second, json!({})).await.unwrap();
    assert_eq!(first.version.to_string(), "echo:1");
    assert_eq!(second.version.to_string(), "echo:2");
    let by_digest = json!({"name": "copy", "bundle": first.bundle});
    let copy: Value = edge.ask("function", "publish", &by_digest).await.unwrap();
    assert_eq!(copy["bundle"], json!(first.bundle));
    let report = edge.invoke("echo:1", json!({"a": [1, null]})).await;
    assert_eq!(report.ok, Some(json!({"a": [1, null]})));
    assert_eq!(report.logs, ["seen 1"]);
    let report = edge.invoke("echo", json!({})).await;
    assert_eq!(report.error.unwrap().error_message, "no");
    let shown: FunctionDetails =
        edge.ask("function", "show", &json!({"function": "echo"})).await.unwrap();
    assert_eq!(shown.versions.len(), 2);
    let unknown: Result<Value, _> =
        edge.ask("function", "show", &json!({"function": "echo:9"})).await;
    assert!(unknown.unwrap_err().message.contains("echo:9 is not published"));
    edge.stop().await;
}

#[actix_rt::test]
async fn a_version_in_use_cannot_be_deleted() {
    let edge = Edge::start(WorkerLimits::default()).await;
    edge.publish("echo", ECHO).await;
    let applied: Applied = edge.ask("distribution", "apply", &shop("echo:1")).await.unwrap();
    assert_eq!(applied.revision, 1);
    for wanted in ["echo", "echo:1"] {
        let query = json!({"function": wanted});
        let rejected: Result<Value, _> = edge.ask("function", "delete", &query).await;
        let message = rejected.unwrap_err().message;
        assert!(message.contains("in use by"), "{message}");
        assert!(message.contains("shop"), "{message}");
    }
    let id = json!({"id": "shop"});
    let record: DistributionDetails = edge.ask("distribution", "show", &id).await.unwrap();
    assert_eq!(record.revision, 1);
    let _: Value = edge.ask("distribution", "delete", &id).await.unwrap();
    let query = json!({"function": "echo"});
    let deleted: Vec<String> = edge.ask("function", "delete", &query).await.unwrap();
    assert_eq!(deleted, ["echo:1"]);
    edge.stop().await;
}

#[actix_rt::test]
async fn distributions_are_checked_kept_and_rolled_back() {
    let edge = Edge::start(WorkerLimits::default()).await;
    publish_often(&edge, 2).await;
    let rejected: Result<Applied, _> = edge.ask("distribution", "apply", &shop("echo:7")).await;
    assert!(!rejected.unwrap_err().problems.is_empty());
    for version in ["echo:1", "echo:2"] {
        let _: Applied = edge.ask("distribution", "apply", &shop(version)).await.unwrap();
    }
    let rollback = json!({"id": "shop"});
    let applied: Applied = edge.ask("distribution", "rollback", &rollback).await.unwrap();
    assert_eq!(applied.revision, 3);
    let history: Page<DistributionSummary> =
        edge.ask("distribution", "history", &rollback).await.unwrap();
    assert_eq!(history.items.len(), 3);
    let all: Page<DistributionSummary> =
        edge.ask("distribution", "list", &json!({})).await.unwrap();
    assert_eq!(all.items[0].functions, ["echo:1".parse().unwrap()]);
    edge.stop().await;
}

#[actix_rt::test]
async fn invalidations_reach_every_gateway() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let mut gateway = edge.bus.subscribe("brink.cache.invalidate", None, 4).await.unwrap();
    edge.publish("echo", ECHO).await;
    let wanted = json!({"id": "shop", "paths": ["/images/*", "/"]});
    let rejected: Result<Value, _> = edge.ask("cache", "invalidate", &wanted).await;
    assert!(rejected.unwrap_err().message.contains("no distribution shop"));
    let _: Applied = edge.ask("distribution", "apply", &shop("echo:1")).await.unwrap();
    let _: Value = edge.ask("cache", "invalidate", &wanted).await.unwrap();
    let told = tokio::time::timeout(LONG, gateway.next()).await.unwrap().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&told.payload).unwrap(), wanted);
    let wrong = json!({"id": "shop", "paths": ["/a*b"]});
    let rejected: Result<Value, _> = edge.ask("cache", "invalidate", &wrong).await;
    assert_eq!(rejected.unwrap_err().problems[0].path, "paths[0]");
    edge.stop().await;
}

#[actix_rt::test]
async fn a_bundle_that_is_not_stored_cannot_be_published() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let digest: BundleDigest = "0".repeat(64).parse().unwrap();
    let request = json!({"name": "f", "bundle": digest});
    let rejected: Result<Value, _> = edge.ask("function", "publish", &request).await;
    assert!(rejected.unwrap_err().message.contains("is not stored"));
    let both = json!({"name": "f"});
    let rejected: Result<Value, _> = edge.ask("function", "publish", &both).await;
    assert!(rejected.unwrap_err().message.contains("either"));
    edge.stop().await;
}

#[actix_rt::test]
async fn unused_records_are_pruned_and_status_shows_the_rest() {
    let edge = Edge::start(WorkerLimits::default()).await;
    publish_often(&edge, 4).await;
    let _: Applied = edge.ask("distribution", "apply", &shop("echo:1")).await.unwrap();
    let request = json!({"keep": 1, "older_than": "0s", "dry_run": true});
    let would: Pruned = edge.ask("registry", "prune", &request).await.unwrap();
    let request = json!({"keep": 1, "older_than": "0s"});
    let did: Pruned = edge.ask("registry", "prune", &request).await.unwrap();
    assert_eq!(would, did);
    assert_eq!(did.versions, ["echo:3", "echo:2"].map(|id| id.parse().unwrap()));
    assert_eq!(did.bundles, [], "the others have it");
    let report = edge.invoke("echo:1", json!({"a": 1})).await;
    assert_eq!(report.ok, Some(json!({"a": 1})));
    let younger: Pruned = edge.ask("registry", "prune", &json!({"keep": 1})).await.unwrap();
    assert_eq!(younger, Pruned::default());
    for (wrong, words) in [(json!({"keep": 0}), "at least 1"), (json!({"kept": 1}), "`kept`")] {
        let rejected =
            edge.ask::<Pruned>("registry", "prune", &wrong).await.unwrap_err().to_string();
        assert!(rejected.contains(words), "{rejected}");
    }

    let name = "echo".parse().unwrap();
    let expected = PublishedFunction { name, versions: 2, newest: 4, in_use: vec![1] };
    let begun = std::time::Instant::now();
    loop {
        let registry = edge.status().await.registry.unwrap();
        let is_there = registry.functions.first() == Some(&expected);
        if is_there && registry.distributions.len() == 1 && registry.current {
            break;
        }
        assert!(begun.elapsed() < LONG, "{registry:?}");
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn a_worker_prunes_by_the_clock_and_has_quotas_if_its_settings_say_so() {
    let every = Some(std::time::Duration::from_millis(50));
    let prune =
        PruneSettings { every, keep: 2.try_into().unwrap(), older_than: std::time::Duration::ZERO };
    let quotas = Quotas { aliases: 1, ..Quotas::default() };
    let edge = Edge::start_with_registry(RegistrySettings { quotas, prune }).await;
    publish_often(&edge, 4).await;
    let begun = std::time::Instant::now();
    loop {
        let query = json!({"function": "echo"});
        let all: FunctionDetails = edge.ask("function", "show", &query).await.unwrap();
        let versions = all.versions.iter().map(|version| version.version.number);
        if versions.eq([3, 4]) {
            break;
        }
        assert!(begun.elapsed() < LONG, "{all:?}");
    }
    let mut document = shop("echo:4");
    document["distribution"]["aliases"] = json!(["a.example.com", "b.example.com"]);
    let rejected = edge.ask::<Applied>("distribution", "apply", &document).await.unwrap_err();
    let expected = "aliases: 2 are over the quota of 1 (quotas.aliases of the workers)";
    assert_eq!(rejected.problems[0].to_string(), expected);
    edge.stop().await;
}
