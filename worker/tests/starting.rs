//! Versions that cannot start: the answer comes in time, and the worker goes on.
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

use brink_shared::limits::STARTUP_WALL_FACTOR;
use brink_shared::subject;
use brink_shared::wire::{FailureKind, UnixMillis, Verdict};
use brink_worker::WorkerLimits;
use edge::{Edge, LONG, eventually, failed, returned};
use serde_json::json;

/// A module that does not end, and how it is answered.
struct Hang {
    name: &'static str,
    code: &'static str,
    /// How long it may take.
    within: Duration,
    error_type: &'static str,
    says: &'static str,
}

/// How much CPU time the modules here may use to start.
const STARTUP: Duration = Duration::from_millis(500);

const HANGS: [Hang; 2] = [
    Hang {
        name: "spins",
        code: "while (true) {}",
        within: STARTUP,
        error_type: "Sandbox.CpuExceeded",
        says: "of CPU to start, over its limit of 500ms; raise limits.startup_time (at most 10s)",
    },
    Hang {
        name: "waits",
        code: "await new Promise((done) => setTimeout(done, 60000));",
        within: STARTUP.saturating_mul(STARTUP_WALL_FACTOR),
        error_type: "Sandbox.Timedout",
        says: "took more than 1500ms to start, 3 times limits.startup_time; it used",
    },
];

/// How late an answer may be: a busy machine has others to run, which is no fault of a start.
const LATE: Duration = Duration::from_secs(10);

const HANDLER: &str = "export const handler = async () => 'up';";

async fn publish(edge: &Edge, name: &str, source: &str) -> Result<(), String> {
    let request = json!({
        "name": name,
        "files": {"index.mjs": source},
        "settings": {"timeout": "20s", "limits": {"startup_time": "500ms"}},
    });
    let published = edge.ask::<serde_json::Value>("function", "publish", &request).await;
    published.map(drop).map_err(|error| error.to_string())
}

fn in_time(hang: &Hang, begun: Instant) {
    let took = begun.elapsed();
    assert!(took >= hang.within, "{}: {took:?}", hang.name);
    assert!(took < hang.within + LATE, "{}: {took:?}", hang.name);
}

#[actix_rt::test]
async fn a_module_that_hangs_is_not_published() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let begun = Instant::now();
    let tried = HANGS.iter().map(|hang| {
        let (edge, source) = (&edge, format!("{}\n{HANDLER}", hang.code));
        async move {
            let why = publish(edge, hang.name, &source).await.unwrap_err();
            in_time(hang, begun);
            assert!(why.contains(hang.says), "{why}");
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
    for Hang { name, code, .. } in &HANGS {
        let source = format!(
            "const now = Date.now();
            if (now > {} && now < {}) {{ {code} }}
            {HANDLER}",
            now + from,
            now + to
        );
        publish(&edge, name, &source).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(from + 50)).await;
    let begun = Instant::now();
    let calls = HANGS.iter().map(|hang| {
        let edge = &edge;
        async move {
            let start = subject::start(&format!("{}:1", hang.name).parse().unwrap());
            let failure = failed(edge.send_to(&start, &[json!({})], LONG).await.one().await);
            in_time(hang, begun);
            assert_eq!(failure.kind, FailureKind::Limit);
            assert_eq!(failure.error_type, hang.error_type);
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

/// A start that has no core for a while looks like one that waits, but must not fail for that.
#[actix_rt::test]
async fn a_start_that_lasts_longer_than_its_cpu_time_is_no_failure() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let pause = (STARTUP * 3 / 2).as_millis();
    let source = format!("await new Promise((done) => setTimeout(done, {pause}));\n{HANDLER}");
    let begun = Instant::now();
    publish(&edge, "patient", &source).await.unwrap();
    assert!(begun.elapsed() > STARTUP, "{:?}", begun.elapsed());
    edge.stop().await;
}
