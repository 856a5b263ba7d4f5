//! A cluster that is published to again and again: its storage and its nodes' memory stay bounded.

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
use std::path::Path;
use std::time::{Duration, Instant};

use brink_shared::bus::Bus;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::store::{Retention, Store};
use brink_shared::registry::{Bundle, Distribution};
use brink_testing::process::resident_kb;
use bytes::Bytes;
use serde_json::json;
use site::{Site, WORKERS};
use tool::get_until;

/// Publications in an ordinary run. The full size: `BRINK_PUBLICATIONS=10000`.
const PUBLICATIONS: usize = 240;

/// Publications between two runs of pruning, and between two requests.
const PRUNE_EVERY: usize = 20;

/// Bytes of each bundle: enough to show on the disk if bundles stay.
const PADDING: usize = 50_000;

/// Most records of registry and bundles at any time: five of each kind, those since the last pruning,
/// and the removals of two times as many.
const RECORDS_MAX: usize = 250;

/// Records that a publication may leave while it is young: its bundle, and for twice that time the
/// removals of a version and of a revision.
const YOUNG_MAX: usize = 6;

/// Most bytes on the server's disk: its files have room for records that are gone.
const DISK_MAX: u64 = 64 << 20;

/// The most by which a node may grow from a quarter of the publications to the end, in kB.
const GROWTH_MAX: u64 = 48 * 1024;

/// Bytes of a folder's files.
fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    // Files come and go while they are counted.
    let sizes = entries.filter_map(|entry| match entry.metadata() {
        Ok(about) if about.is_dir() => Some(bytes_in(&entry.path())),
        about => about.ok().map(|about| about.len()),
    });
    sizes.sum()
}

/// Memory of a worker and of the gateway.
fn memory(site: &Site) -> [u64; 2] {
    [site.workers[WORKERS[0]].pid(), site.gateway.pid()].map(|pid| resident_kb(pid).unwrap())
}

async fn records(bus: &dyn Bus) -> usize {
    let registry = bus.bucket("brink_registry").await.unwrap().moment().await.unwrap();
    let bundles = bus.objects("brink_bundles").await.unwrap().list().await.unwrap();
    registry.entries.len() + registry.removed.len() + bundles.len()
}

#[actix_rt::test]
async fn publications_leave_disk_and_memory_bounded() {
    let given = std::env::var("BRINK_PUBLICATIONS").ok();
    let publications = given.map_or(PUBLICATIONS, |text| text.parse().unwrap());
    let site = Site::start().await;
    let store = Store::open(site.bus.clone()).await.unwrap();
    let retention =
        Retention { keep: 5, older_than: Duration::ZERO, upload_age: Duration::from_secs(2) };
    let begun = Instant::now();
    let (mut most_records, mut most_bytes, mut after_a_quarter) = (0, 0, [0; 2]);
    for round in 1..=publications {
        let text = format!("round {round}");
        let source = format!(
            "exports.handler = async () => ({{ status: '200', body: '{text}' }});\n// {}",
            "x".repeat(PADDING)
        );
        let files = BTreeMap::from([("index.js".to_owned(), Bytes::from(source))]);
        let bundle = Bundle::new(files).unwrap();
        let digest = store.put_bundle(&bundle).await.unwrap();
        let (name, settings) = ("hello".parse().unwrap(), FunctionSettings::default());
        let size = bundle.size();
        let made = store.add_version(&name, settings, digest, size, BTreeMap::new()).await;
        let version = made.unwrap().version;
        assert_eq!(version.number as usize, round);
        let document: Distribution = serde_json::from_value(json!({
            "id": "shop",
            "origins": { "web": { "url": "http://127.0.0.1:9" } },
            "behaviors": [
                { "path": "*", "origin": "web", "functions": { "viewer-request": version } },
            ],
        }))
        .unwrap();
        store.apply(&document, None).await.unwrap();
        if round % PRUNE_EVERY == 0 {
            get_until(&site.address, "/", |answer| answer.body == text);
            store.prune(retention, false).await.unwrap();
            most_bytes = most_bytes.max(bytes_in(site.nats.folder()));
            most_records = most_records.max(records(&*site.bus).await);
        }
        if round == publications / 4 {
            after_a_quarter = memory(&site);
        }
    }
    let took = begun.elapsed();
    let [worker, gateway] = memory(&site);
    println!(
        "{publications} publications in {took:.0?}: at most {most_records} records and \
         {most_bytes} bytes on disk; worker {} kB after a quarter, {worker} kB in the end; gateway \
         {} kB, {gateway} kB",
        after_a_quarter[0], after_a_quarter[1]
    );
    let young = retention.upload_age.as_millis() as usize * publications;
    let young = YOUNG_MAX * young / took.as_millis() as usize;
    assert!(most_records < RECORDS_MAX + young, "{most_records} records, {young} of them young");
    assert!(most_bytes < DISK_MAX, "{most_bytes} bytes");
    for (now, before) in [worker, gateway].into_iter().zip(after_a_quarter) {
        let grown = now.saturating_sub(before);
        assert!(grown < GROWTH_MAX, "{grown} kB more in {publications} publications");
    }
}
