//! Versions that do not come up: the answer comes in time, and the worker goes on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/edge.rs"]
mod edge;

use std::time::{Duration, Instant};

use brink_shared::subject;
use brink_shared::wire::{FailureKind, UnixMillis, Verdict};
use brink_worker::WorkerLimits;
use brink_worker::settings::INIT_MAX;
use edge::{Edge, LONG, eventually, failed, returned};
use serde_json::json;

/// What a module may do instead of ending.
const HANGS: [&str; 2] =
    ["while (true) {}", "await new Promise((done) => setTimeout(done, 60000));"];

/// How late an answer may be.
const LATE: Duration = Duration::from_millis(200);

const HANDLER: &str = "export const handler = async () => 'up';";

async fn publish(edge: &Edge, name: &str, source: &str) -> Result<(), String> {
    let request = json!({
        "name": name,
        "files": {"index.mjs": source},
        "settings": {"timeout": "20s"},
    });
    let published = edge.ask::<serde_json::Value>("function", "publish", &request).await;
    published.map(drop).map_err(|error| error.message)
}

fn in_time(begun: Instant) {
    let took = begun.elapsed();
    assert!(took >= INIT_MAX && took < INIT_MAX + LATE, "{took:?}");
}

#[actix_rt::test]
async fn a_module_that_hangs_is_not_published() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let begun = Instant::now();
    let tried = HANGS.iter().zip(["spins", "waits"]).map(|(hang, name)| {
        let (edge, source) = (&edge, format!("{hang}\n{HANDLER}"));
        async move {
            let why = publish(edge, name, &source).await.unwrap_err();
            in_time(begun);
            assert!(why.contains("took more than 10s to start, over its limit of 10s"), "{why}");
        }
    });
    futures_util::future::join_all(tried).await;
    publish(&edge, "fine", HANDLER).await.unwrap();
    returned(edge.call(&"fine:1".parse().unwrap(), json!({})).await);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_module_that_hangs_later_is_answered_and_tried_again() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let (from, to) = (3_000, 9_000);
    let now = UnixMillis::now().0;
    for (hang, name) in HANGS.iter().zip(["spins", "waits"]) {
        let source = format!(
            "const now = Date.now();
            if (now > {} && now < {}) {{ {hang} }}
            {HANDLER}",
            now + from,
            now + to
        );
        publish(&edge, name, &source).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(from + 50)).await;
    let begun = Instant::now();
    let calls = ["spins:1", "waits:1"].map(|version| {
        let edge = &edge;
        async move {
            let start = subject::start(&version.parse().unwrap());
            let failure = failed(edge.send_to(&start, &[json!({})], LONG).await.one().await);
            in_time(begun);
            assert_eq!(failure.kind, FailureKind::Limit);
            assert_eq!(failure.error_type, "Sandbox.Timedout");
        }
    });
    futures_util::future::join_all(calls).await;
    // While the version is not tried again its events get the last reason at once.
    for version in ["spins:1", "waits:1"] {
        let version = version.parse().unwrap();
        let up = async || matches!(edge.call(&version, json!({})).await, Verdict::Returned { .. });
        eventually("up", up).await;
    }
    edge.stop().await;
}
