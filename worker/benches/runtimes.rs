//! The three runtimes beside each other: warm events, cold starts and memory. The function is the
//! A/B test of `deploy/examples`, in JavaScript or Python.
//!
//! `cargo bench -p brink-worker --bench runtimes` prints a line for each runtime. The CPU time of
//! the supervisor has the part of this program's own client in it, which is the same for all of
//! them. Quote ratios of one run on a quiet machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../tests/support/edge.rs"]
mod edge;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use brink_shared::bus::EmbeddedBus;
use brink_shared::event::from_json::event_from_json;
use brink_shared::id::VersionId;
use brink_shared::registry::Runtime;
use brink_shared::subject;
use brink_shared::wire::{self, Batch, Invocation, Payload, UnixMillis, Verdict};
use brink_testing::process::{descendants, resident_kb};
use brink_worker::WorkerLimits;
use bytes::Bytes;
use edge::Edge;
use futures_util::future::join_all;
use serde_json::{Value, json};

/// How long warm events are sent, after as long a time to warm up.
const WARM: Duration = Duration::from_secs(4);

/// Messages under way, and events in each: 64 viewers at a gateway.
const MESSAGES: usize = 4;
const EVENTS: usize = 16;

/// How often each kind of cold start is measured.
const STARTS: usize = 15;

/// How long the pool of blank sandboxes gets to fill again.
const REFILL: Duration = Duration::from_millis(700);

/// The kernel counts CPU time in ticks of 10 ms.
const TICK_US: u64 = 10_000;

fn main() {
    // Only `cargo bench` says this; `cargo test` builds benches too.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    actix_rt::System::new().block_on(async {
        println!(
            "{:8}{:>12}{:>14}{:>14}{:>12}{:>12}{:>12}{:>12}",
            "",
            "events/s",
            "child us/ev",
            "superv. us/ev",
            "cold ms",
            "blank ms",
            "sandboxes",
            "MB each"
        );
        for runtime in [Runtime::Boa, Runtime::Nodejs, Runtime::Python] {
            measure(runtime).await;
        }
    });
}

async fn measure(runtime: Runtime) {
    let limits = WorkerLimits::default();
    let edge = Edge::start_with_machine(EmbeddedBus::new(), limits).await;
    let version = publish(&edge, runtime, "warm").await;
    let events = sample_events();
    let (_, _) = run(&edge, &version, &events).await;
    let before = cpu();
    let (count, took) = run(&edge, &version, &events).await;
    let after = cpu();
    let sandboxes = edge.status().await.functions.first().map_or(0, |found| found.sandboxes);
    let children = descendants(std::process::id());
    let mut memory: Vec<u64> = children.iter().filter_map(|pid| resident_kb(*pid)).collect();
    memory.sort_unstable();
    // Blank sandboxes are smaller than those in use.
    let in_use = memory.iter().rev().take(sandboxes as usize);
    let memory = in_use.sum::<u64>() / 1024 / u64::from(sandboxes.max(1));

    let (mut cold, mut blank) = (Vec::new(), Vec::new());
    for number in 0..STARTS {
        let version = publish(&edge, runtime, &format!("blank-{number}")).await;
        tokio::time::sleep(REFILL).await;
        blank.push(first_answer(&edge, &version, &events).await);
    }
    edge.stop().await;
    for _ in 0..STARTS {
        // A pool of its own, which has nothing yet.
        let limits = WorkerLimits { blank_pool: 0, ..WorkerLimits::default() };
        let edge = Edge::start_with_machine(EmbeddedBus::new(), limits).await;
        let version = publish(&edge, runtime, "cold").await;
        cold.push(first_answer(&edge, &version, &events).await);
        edge.stop().await;
    }
    println!(
        "{:8}{:>12.0}{:>14.1}{:>14.1}{:>12.1}{:>12.1}{sandboxes:>12}{memory:>12}",
        runtime.name(),
        count as f64 / took.as_secs_f64(),
        (after.1 - before.1) as f64 / count as f64,
        (after.0 - before.0) as f64 / count as f64,
        median(cold),
        median(blank),
    );
}

async fn publish(edge: &Edge, runtime: Runtime, name: &str) -> VersionId {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/examples/ab-test");
    let (file, path, handler) = match runtime {
        Runtime::Python => ("index.py", "python/lambda_function.py", "index.lambda_handler"),
        _ => ("index.js", "function/index.js", "index.handler"),
    };
    let source = fs::read_to_string(examples.join(path)).unwrap();
    let settings = json!({"runtime": runtime.name(), "handler": handler, "timeout": "5s"});
    let request = json!({"name": name, "files": {file: source}, "settings": settings});
    let published = edge.ask::<brink_shared::admin::Published>("function", "publish", &request);
    published.await.unwrap().version
}

/// The example's events that need no log line.
fn sample_events() -> Vec<Bytes> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/examples/ab-test/events.jsonl");
    let text = fs::read_to_string(file).unwrap();
    let with_cookie = text.lines().filter(|line| line.contains("X-Experiment"));
    with_cookie
        .map(|line| {
            let event: Value = serde_json::from_str(line).unwrap();
            wire::encode_value(&event_from_json(&event).unwrap()).unwrap()
        })
        .collect()
}

/// Sends events for a time. Their number, and how long it took.
async fn run(edge: &Edge, version: &VersionId, events: &[Bytes]) -> (u64, Duration) {
    let begun = Instant::now();
    let clients = (0..MESSAGES).map(|_| async {
        let mut count = 0;
        while begun.elapsed() < WARM {
            let message = batch(events, EVENTS);
            let sent = edge.send_message(&subject::start(version), message, EVENTS).await;
            let (verdicts, _) = sent.all().await;
            for verdict in verdicts {
                assert!(matches!(verdict, Verdict::Returned { .. }), "{verdict:?}");
                count += 1;
            }
        }
        count
    });
    let count = join_all(clients).await.into_iter().sum();
    (count, begun.elapsed())
}

fn batch(events: &[Bytes], count: usize) -> Bytes {
    let invocations =
        (0..).zip(events.iter().cycle().take(count)).map(|(slot, event)| Invocation {
            slot,
            request_id: format!("r{slot}"),
            trigger: brink_shared::event::Trigger::ViewerRequest,
            deadline: UnixMillis::now().after(Duration::from_secs(10)),
            payload: Payload::Event(event.clone()),
        });
    wire::encode(&Batch { invocations: invocations.collect() }).unwrap()
}

async fn first_answer(edge: &Edge, version: &VersionId, events: &[Bytes]) -> Duration {
    let begun = Instant::now();
    let sent = edge.send_message(&subject::start(version), batch(events, 1), 1).await;
    match sent.one().await {
        Verdict::Returned { .. } => begun.elapsed(),
        other => panic!("{other:?}"),
    }
}

/// CPU time of this process and of all below it, in microseconds.
fn cpu() -> (u64, u64) {
    let own = std::process::id();
    let below = descendants(own).into_iter().map(cpu_of).sum();
    (cpu_of(own), below)
}

fn cpu_of(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    // utime and stime are the fields 14 and 15; the state is the third.
    fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() * TICK_US
}

/// In milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}
