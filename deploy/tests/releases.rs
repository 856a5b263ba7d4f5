//! Documents of the previous release and of a future one, through a gateway and workers that are
//! processes of their own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/site.rs"]
mod site;
#[path = "support/tool.rs"]
mod tool;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use brink_shared::bus::{Bucket, Bus};
use brink_shared::registry::{Bundle, Store};
use brink_shared::subject;
use serde_json::{Map, Value, json};
use site::Site;
use tool::{SOON, brink, get, stdout};

/// The bucket as the previous release wrote it.
const PREVIOUS: &str = include_str!("../../shared/testdata/registry/previous.json");

/// The function that it published.
const SOURCE: &str = "exports.handler = (event, context, callback) => callback(null, { status: '200', headers: { 'x-version': [{ key: 'X-Version', value: context.functionVersion }] }, body: 'from the function' });\n";

/// Somebody with a release of their own, who writes into the registry directly.
struct Elsewhere {
    bucket: Arc<dyn Bucket>,
    documents: Map<String, Value>,
}

impl Elsewhere {
    async fn start(site: &Site) -> Self {
        let bus = site.nats.connect("elsewhere").await;
        let store = Store::open(bus.clone()).await.unwrap();
        let bundle = Bundle::new(BTreeMap::from([("index.js".to_owned(), SOURCE.into())])).unwrap();
        let digest = store.put_bundle(&bundle).await.unwrap();
        let mut documents: Map<String, Value> = serde_json::from_str(PREVIOUS).unwrap();
        assert_eq!(documents["version.hello.1"]["bundle"], digest.as_str());
        for (_, document) in documents.iter_mut().filter(|(key, _)| key.contains("shop")) {
            document["distribution"]["aliases"] = json!(["127.0.0.1"]);
        }
        let bucket = bus.bucket("brink_registry").await.unwrap();
        Self { bucket, documents }
    }

    async fn put(&self, key: &str, document: &Value) {
        let value = document.to_string().into();
        match self.bucket.get(key).await.unwrap() {
            Some(entry) => self.bucket.update(key, value, entry.revision).await.unwrap(),
            None => self.bucket.create(key, value).await.unwrap(),
        };
    }

    /// The distribution in another revision, of which a newer release may say more.
    fn shop(&self, revision: u64, function: &str) -> Value {
        let mut record = self.documents["distribution.shop"].clone();
        record["revision"] = json!(revision);
        record["distribution"]["behaviors"][1]["functions"]["viewer-request"]["function"] =
            json!(function);
        record
    }
}

/// Puts a field that is not known yet into every object that is no map of names.
fn with_unknown(value: &mut Value, at: &str) {
    const MAPS: [&str; 5] = ["origins", "origin_groups", "functions", "env", "custom_headers"];
    match value {
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(key, value)| with_unknown(value, key));
            if !MAPS.contains(&at) {
                fields.insert("from_the_future".to_owned(), json!({ "a": [1] }));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| with_unknown(item, at)),
        _ => {}
    }
}

fn served_by(site: &Site) -> Option<String> {
    let answer = get(&site.address, "/", "");
    let header = answer.head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("x-version").then(|| value.trim().to_owned())
    });
    header.filter(|_| answer.status == 200)
}

async fn until_served_by(site: &Site, version: &str) {
    let until = Instant::now() + SOON;
    while served_by(site).as_deref() != Some(version) {
        assert!(Instant::now() < until, "{:?}", get(&site.address, "/", ""));
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// The output of `brink status` once it contains this text.
async fn status_with(site: &Site, text: &str) -> String {
    let until = Instant::now() + SOON;
    loop {
        let printed = stdout(&brink(&["status", "--nats", &site.nats.url()]));
        if printed.contains(text) {
            return printed;
        }
        assert!(Instant::now() < until, "no {text:?} in:\n{printed}");
    }
}

#[actix_rt::test]
async fn documents_of_other_releases_pass_and_unreadable_ones_stay_as_they_were() {
    let mut site = Site::start().await;
    let elsewhere = Elsewhere::start(&site).await;
    for (key, document) in &elsewhere.documents {
        elsewhere.put(key, document).await;
    }
    until_served_by(&site, "2").await;
    let printed = status_with(&site, "hello:2").await;
    assert!(printed.contains("DISTRIBUTION  REVISION"), "{printed}");
    assert!(printed.contains("PUBLISHED"), "{printed}");

    // A future release adds fields to everything. The versions were not asked for yet, so
    // workers start them from these documents too.
    let mut version = elsewhere.documents["version.hello.1"].clone();
    let mut record = elsewhere.shop(3, "hello:1");
    with_unknown(&mut version, "");
    with_unknown(&mut record, "");
    elsewhere.put("version.hello.1", &version).await;
    elsewhere.put("distribution.shop", &record).await;
    until_served_by(&site, "1").await;

    // Its next revision guards something that this release does not know.
    let mut guarded = elsewhere.shop(4, "hello:2");
    guarded["requires"] = json!(["signed-cookies"]);
    elsewhere.put("distribution.shop", &guarded).await;
    let printed = status_with(&site, "requires \"signed-cookies\"").await;
    assert!(printed.contains("revision 3 is served in its place"), "{printed}");
    until_served_by(&site, "1").await;

    // It blocks nothing else.
    assert_eq!(site.admin("distribution.list", json!({})).await, json!({ "ok": { "items": [] } }));
    let other = json!({ "distribution": {
        "id": "other", "aliases": ["other.example.com"],
        "origins": { "web": { "url": "http://127.0.0.1:9" } },
        "behaviors": [{ "path": "*", "origin": "web", "functions": { "viewer-request": "hello:1" } }],
    } });
    let applied = site.admin("distribution.apply", other).await;
    assert_eq!(applied["ok"]["revision"], 1, "{applied}");
    let published = site.publish("spare", SOURCE, json!({})).await;
    assert_eq!(published, "spare:1");
    let deleted = site.admin("function.delete", json!({ "function": "spare:1" })).await;
    assert_eq!(deleted, json!({ "ok": ["spare:1"] }));
    let rejected = site.admin("function.delete", json!({ "function": "hello:2" })).await;
    let why = rejected["error"]["message"].as_str().unwrap();
    assert!(why.contains("shop, which this release cannot read and may name it"), "{why}");

    // The last good copy outlives the gateway.
    site.restart_gateway();
    until_served_by(&site, "1").await;

    // A version that cannot be read: the distribution that names it stays as it was.
    elsewhere.put("version.newer.1", &json!({ "version": "newer:1", "requires": ["wasm"] })).await;
    elsewhere.put("distribution.shop", &elsewhere.shop(5, "newer:1")).await;
    let printed = status_with(&site, "distribution shop cannot be served: it names newer:1").await;
    assert!(printed.contains("version newer.1 cannot be read"), "{printed}");
    until_served_by(&site, "1").await;

    // And nothing that may be in use is pruned.
    let pruned = brink(&[
        "registry",
        "prune",
        "--nats",
        &site.nats.url(),
        "--keep",
        "1",
        "--older-than",
        "0s",
        "--output",
        "json",
    ]);
    let pruned: Value = serde_json::from_str(&stdout(&pruned)).unwrap();
    assert_eq!(pruned["versions"], json!([]), "{pruned}");
    until_served_by(&site, "1").await;
}

#[actix_rt::test]
async fn gateways_that_do_not_know_a_guard_are_named_when_it_is_applied_or_comes_back() {
    let site = Site::start().await;
    // A gateway of the previous release says nothing of features.
    let bus = site.nats.connect("older").await;
    let mut questions = bus.subscribe(subject::STATUS, None, 8).await.unwrap();
    bus.flush().await.unwrap();
    let older = bus.clone();
    let answering = tokio::spawn(async move {
        while let Some(question) = questions.next().await {
            let status = json!({ "node": "older-1", "role": "gateway", "version": "0.0.9", "pid": 1,
                "uptime_s": 1, "listens": [], "functions": [], "distributions": [] });
            let status = status.to_string().into();
            older.publish(&question.reply_to.unwrap(), None, status).await.unwrap();
        }
    });
    let document = |access: Value| {
        json!({ "id": "shop", "origins": { "web": { "url": "http://127.0.0.1:9" } },
            "behaviors": [{ "path": "*", "origin": "web", "access": access }] })
    };
    let folder = tempfile::tempdir().unwrap();
    let apply = async |access: Value| {
        let file = folder.path().join("shop.json");
        std::fs::write(&file, document(access).to_string()).unwrap();
        let (file, url) = (file.to_str().unwrap().to_owned(), site.nats.url());
        // On another thread, because the older gateway answers on this one.
        let applied = tokio::task::spawn_blocking(move || {
            brink(&["distribution", "apply", &file, "--nats", &url])
        });
        let output = applied.await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", tool::stderr(&output));
        tool::stderr(&output)
    };
    assert_eq!(apply(json!({})).await, "");
    let warned = apply(json!({ "deny": ["127.0.0.1"] })).await;
    let expected = "warning: gateway older-1 (version 0.0.9) does not know ip-lists; it serves the \
                    revision before until it is updated\n";
    assert_eq!(warned, expected);
    for (to, expected) in [("1", ""), ("2", expected)] {
        let url = site.nats.url();
        let rolled_back = tokio::task::spawn_blocking(move || {
            brink(&["distribution", "rollback", "shop", "--to", to, "--nats", &url])
        });
        let output = rolled_back.await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", tool::stderr(&output));
        assert_eq!(tool::stderr(&output), expected, "to {to}");
    }
    // The site's own gateway knows it.
    let until = Instant::now() + SOON;
    while get(&site.address, "/", "").status != 403 {
        assert!(Instant::now() < until, "{:?}", get(&site.address, "/", ""));
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    answering.abort();
}
