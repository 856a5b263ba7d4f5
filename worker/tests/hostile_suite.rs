//! Every hostile piece of code that we could think of, wherever it can strike: the right answer
//! in time, the function goes on, and a neighbor in the same worker does not notice.
//!
//! A program of its own, because it measures time and counts processes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/edge.rs"]
mod edge;

#[path = "hostile/answering.rs"]
mod answering;
#[path = "hostile/case.rs"]
mod case;
#[path = "hostile/filling.rs"]
mod filling;
#[path = "hostile/looping.rs"]
mod looping;
#[path = "hostile/starting.rs"]
mod starting;

use std::cell::RefCell;
use std::time::{Duration, Instant};

use brink_shared::id::VersionId;
use brink_shared::wire::Verdict;
use brink_worker::WorkerLimits;
use edge::{Edge, eventually};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// How often the neighbor is called.
const EVERY: Duration = Duration::from_millis(20);

/// How long it is measured alone.
const ALONE: Duration = Duration::from_secs(4);

/// What is noise on a machine that does other things as well: slower than twice of this or of
/// what it was alone is too slow.
const NOISE: Duration = Duration::from_millis(10);

/// By how much the supervisor's memory may have grown in the end, in MB.
const GROWTH_MB: usize = 48;

#[actix_rt::test]
async fn hostile_code_harms_nobody_else() {
    let limits = WorkerLimits { idle_stop: Duration::from_millis(400), ..WorkerLimits::default() };
    let edge = Edge::start(limits).await;
    let neighbor = edge.publish("neighbor", "exports.handler = async (event) => event;").await;
    let alone = load(&edge, &neighbor, async || tokio::time::sleep(ALONE).await).await;
    let processes = children();
    let memory = memory_mb();

    let wrong = RefCell::new(Vec::new());
    let count = RefCell::new(0);
    let beside = load(&edge, &neighbor, async || {
        let only = std::env::var("HOSTILE_ONLY").unwrap_or_default();
        let themes = [looping::CASES, filling::CASES, answering::CASES];
        for (number, case) in themes.into_iter().flatten().enumerate() {
            if case.name.contains(&only) {
                wrong.borrow_mut().extend(case.run(&edge, number).await.err());
                *count.borrow_mut() += 2;
            }
        }
        for (number, start) in starting::STARTS.iter().enumerate() {
            if start.name.contains(&only) {
                wrong.borrow_mut().extend(start.run(&edge, number).await.err());
                *count.borrow_mut() += 1;
            }
        }
    });
    let beside = beside.await;
    let wrong = wrong.into_inner();
    println!(
        "{} cases; neighbor alone: {} events, p99 {:?}; beside: {} events, p99 {:?}",
        count.borrow(),
        alone.len(),
        p99(&alone),
        beside.len(),
        p99(&beside)
    );
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let most = 2 * p99(&alone).max(NOISE);
    assert!(p99(&beside) <= most, "p99 {:?}, alone {:?}", p99(&beside), p99(&alone));
    eventually("as many processes as before", async || children() <= processes).await;
    let grown = memory_mb().saturating_sub(memory);
    assert!(grown <= GROWTH_MB, "{grown} MB more than before");
    edge.stop().await;
}

/// Calls the neighbor steadily until `done`: how long each call took. None is lost.
async fn load(edge: &Edge, neighbor: &VersionId, done: impl AsyncFnOnce()) -> Vec<Duration> {
    let stop = CancellationToken::new();
    let calls = async {
        let mut took = Vec::new();
        while !stop.is_cancelled() {
            let begun = Instant::now();
            let verdict = edge.call(neighbor, json!({"n": took.len()})).await;
            assert!(matches!(verdict, Verdict::Returned { .. }), "the neighbor lost: {verdict:?}");
            took.push(begun.elapsed());
            tokio::time::sleep(EVERY).await;
        }
        took
    };
    let done = async {
        done().await;
        stop.cancel();
    };
    tokio::join!(calls, done).0
}

fn p99(took: &[Duration]) -> Duration {
    let mut sorted = took.to_vec();
    sorted.sort();
    sorted[sorted.len() * 99 / 100]
}

/// Processes whose parent is this one.
fn children() -> usize {
    let parent = format!(" {} ", std::process::id());
    let stats = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    // The parent comes after the name in parentheses and the state.
    stats
        .filter(|stat| {
            let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
            rest.get(2..).is_some_and(|rest| rest.starts_with(&parent))
        })
        .count()
}

fn memory_mb() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() / 1024
}
