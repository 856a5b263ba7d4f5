//! Hostile code in Node.js and Python. Each event gets the right answer in time, the function goes
//! on, another function in the same worker does not notice, and nothing is left running.
//!
//! The normal run has every fifth attack. `BRINK_HOSTILE=all`
//! has them all, and `HOSTILE_ONLY=words` those with these words in their names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/edge.rs"]
mod edge;

#[path = "hostile_interpreters/attack.rs"]
mod attack;
#[path = "hostile_interpreters/ending.rs"]
mod ending;
#[path = "hostile_interpreters/forging.rs"]
mod forging;
#[path = "hostile_interpreters/looping.rs"]
mod looping;
#[path = "hostile/stall.rs"]
mod stall;
#[path = "hostile_interpreters/starting.rs"]
mod starting;

use std::cell::Cell;
use std::time::{Duration, Instant};

use brink_shared::id::VersionId;
use brink_shared::registry::Runtime;
use brink_shared::wire::Verdict;
use brink_testing::nats::Nats;
use brink_testing::process::{descendants, own_resident_kb};
use brink_worker::WorkerLimits;
use edge::{Edge, eventually};
use serde_json::json;
use stall::Stall;

/// How often the neighbor is called.
const EVERY: Duration = Duration::from_millis(5);

/// How long the neighbor may ever wait for an answer, on a machine that lets everybody run.
const NEIGHBOR_MAX: Duration = Duration::from_millis(1500);

/// By how much the supervisor's memory may have grown in the end, in MB.
const GROWTH_MB: u64 = 48;

/// No other process on the machine has this argument; attacks start it.
const ESCAPED: &str = "987654";

#[actix_rt::test]
async fn hostile_code_in_node_harms_nobody_else() {
    harms_nobody_else(Runtime::Nodejs).await;
}

#[actix_rt::test]
async fn hostile_code_in_python_harms_nobody_else() {
    harms_nobody_else(Runtime::Python).await;
}

async fn harms_nobody_else(runtime: Runtime) {
    let limits = WorkerLimits { idle_stop: Duration::from_millis(400), ..WorkerLimits::default() };
    let nats = Nats::start().await;
    let edge = Edge::start_with_machine(nats.connect("w1").await, limits).await;
    let source = match runtime {
        Runtime::Nodejs => "exports.handler = async (event) => event;",
        _ => "def handler(event, context): return event",
    };
    let neighbor = attack::publish(&edge, runtime, "neighbor", source, json!({})).await.unwrap();
    let (stall, whole_run) = (Stall::watch(), Stall::watch());
    let (present, longest) = (Cell::new(""), Cell::new((Duration::ZERO, "")));
    let struck = async {
        // The pool of blank sandboxes is full.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let (processes, memory) = (own_descendants(), own_resident_kb());
        let mut wrong = Vec::new();
        let themes = [looping::ATTACKS, ending::ATTACKS, forging::ATTACKS];
        for attack in chosen(themes.into_iter().flatten(), |attack| attack.name) {
            present.set(attack.name);
            wrong.extend(attack.run(&edge, runtime, &stall).await.and_then(Result::err));
        }
        for start in chosen(starting::STARTS.iter(), |start| start.name) {
            present.set(start.name);
            wrong.extend(start.run(&edge, runtime, &stall).await.err());
        }
        (processes, memory, wrong)
    };
    let (processes, memory, wrong) = tokio::select! {
        struck = struck => struck,
        () = call(&edge, &neighbor, &present, &longest) => unreachable!("it calls for ever"),
    };
    let (waited, during) = longest.get();
    println!("{}: the neighbor waited {waited:?} at most, in {during:?}", runtime.name());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(waited < NEIGHBOR_MAX + whole_run.longest(), "{waited:?} in {during:?}");
    eventually("as many processes as before", async || own_descendants() <= processes).await;
    assert_eq!(escaped(), Vec::<u32>::new(), "processes that an attack started");
    let grown = own_resident_kb().saturating_sub(memory) / 1024;
    println!("memory: {memory} KB before, {grown} MB more in the end");
    assert!(grown <= GROWTH_MB, "{grown} MB more than before");
    edge.stop().await;
    nats.stop().await;
}

/// Those that this run has; see the top of the file.
fn chosen<'a, T: 'a>(
    all: impl Iterator<Item = &'a T>,
    name: impl Fn(&T) -> &str,
) -> impl Iterator<Item = &'a T> {
    let only = std::env::var("HOSTILE_ONLY").ok();
    let step = if only.is_some() || std::env::var_os("BRINK_HOSTILE").is_some() { 1 } else { 5 };
    let named: Vec<_> =
        all.filter(|item| only.as_ref().is_none_or(|only| name(item).contains(only))).collect();
    named.into_iter().step_by(step)
}

/// Calls the neighbor steadily and forever. None of its events may be lost.
async fn call(
    edge: &Edge,
    neighbor: &VersionId,
    present: &Cell<&'static str>,
    longest: &Cell<(Duration, &'static str)>,
) {
    for n in 0.. {
        let begun = Instant::now();
        let verdict = edge.call(neighbor, json!({ "n": n })).await;
        assert!(matches!(verdict, Verdict::Returned { .. }), "the neighbor lost: {verdict:?}");
        longest.set(longest.get().max((begun.elapsed(), present.get())));
        tokio::time::sleep(EVERY).await;
    }
}

fn own_descendants() -> usize {
    descendants(std::process::id()).len()
}

/// Processes anywhere on the machine that an attack started.
fn escaped() -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap();
    let pids = processes.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|argument| argument == ESCAPED.as_bytes())
    })
    .collect()
}
