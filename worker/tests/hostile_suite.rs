//! All hostile code that we could think of, at every place where it can run. Each event gets the
//! right answer in time, the function goes on, and another function in the same worker does not
//! notice.
//!
//! It is a test program of its own, because it measures time and counts processes.
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
#[path = "hostile/stall.rs"]
mod stall;
#[path = "hostile/starting.rs"]
mod starting;

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use brink_shared::id::VersionId;
use brink_shared::wire::Verdict;
use brink_testing::nats::Nats;
use brink_testing::process::{children, own_resident_kb};
use brink_worker::WorkerLimits;
use edge::{Edge, eventually};
use serde_json::json;
use stall::Stall;

/// How often the neighbor is called. There are thousands of calls for a p99, also while it runs
/// alone.
const EVERY: Duration = Duration::from_millis(3);

/// After so many cases nothing hostile runs for [`QUIET`], so that the neighbor is compared with
/// itself on the machine as it is at the time.
const CASES_AT_ONCE: usize = 5;

/// See [`CASES_AT_ONCE`].
const QUIET: Duration = Duration::from_millis(500);

/// How long anybody may wait for a busy core: a tick of the kernel's clock, at 250 a second. The
/// neighbor is too slow if it takes more than twice this time, or twice its time alone.
const TICK: Duration = Duration::from_millis(4);

/// By how much the supervisor's memory may have grown in the end, in MB.
const GROWTH_MB: u64 = 16;

#[actix_rt::test]
async fn hostile_code_harms_nobody_else() {
    let limits = WorkerLimits { idle_stop: Duration::from_millis(400), ..WorkerLimits::default() };
    let nats = Nats::start().await;
    let edge = Edge::start_on(nats.connect("w1").await, "w1", limits).await;
    let neighbor = edge.publish("neighbor", "exports.handler = async (event) => event;").await;
    let stall = Stall::watch();
    let quiet = Cell::new(true);
    let calls = RefCell::new(Calls::default());
    let rest = async || {
        // By then nothing of the last case is left.
        tokio::time::sleep(QUIET / 5).await;
        quiet.set(true);
        tokio::time::sleep(QUIET).await;
        quiet.set(false);
    };
    let struck = async {
        let (mut wrong, mut count) = (Vec::new(), 0);
        rest().await;
        let (processes, memory) = (own_children(), own_resident_kb());
        let only = std::env::var("HOSTILE_ONLY").unwrap_or_default();
        let themes = [looping::CASES, filling::CASES, answering::CASES];
        let cases = themes.into_iter().flatten().filter(|case| case.name.contains(&only));
        for (number, case) in cases.enumerate() {
            wrong.extend(case.run(&edge, number, &stall).await.err());
            count += 2;
            if number % CASES_AT_ONCE == 0 {
                rest().await;
            }
        }
        let starts = starting::STARTS.iter().filter(|start| start.name.contains(&only));
        for (number, start) in starts.enumerate() {
            wrong.extend(start.run(&edge, number, &stall).await.err());
            count += 1;
            if number % CASES_AT_ONCE == 0 {
                rest().await;
            }
        }
        rest().await;
        (processes, memory, wrong, count)
    };
    let (processes, memory, wrong, count) = tokio::select! {
        struck = struck => struck,
        () = call(&edge, &neighbor, &quiet, &calls) => unreachable!("it calls for ever"),
    };
    let Calls { alone, beside } = calls.into_inner();
    println!(
        "{} cases; neighbor alone: {} events, p99 {:?}; beside: {} events, p99 {:?}",
        count,
        alone.len(),
        p99(&alone),
        beside.len(),
        p99(&beside)
    );
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let most = 2 * p99(&alone).max(TICK);
    assert!(p99(&beside) <= most, "p99 {:?}, alone {:?}", p99(&beside), p99(&alone));
    eventually("as many processes as before", async || own_children() <= processes).await;
    let grown = own_resident_kb().saturating_sub(memory) / 1024;
    println!("memory: {memory} MB before, {grown} MB more in the end");
    assert!(grown <= GROWTH_MB, "{grown} MB more than before");
    edge.stop().await;
    nats.stop().await;
}

/// How long calls of the neighbor took.
#[derive(Default)]
struct Calls {
    alone: Vec<Duration>,
    beside: Vec<Duration>,
}

impl Calls {
    fn note(&mut self, took: Duration, alone: bool) {
        let among = if alone { &mut self.alone } else { &mut self.beside };
        among.push(took);
    }
}

/// Calls the neighbor steadily and forever. None of its events may be lost.
async fn call(edge: &Edge, neighbor: &VersionId, quiet: &Cell<bool>, calls: &RefCell<Calls>) {
    for n in 0.. {
        let alone = quiet.get();
        let begun = Instant::now();
        let verdict = edge.call(neighbor, json!({ "n": n })).await;
        assert!(matches!(verdict, Verdict::Returned { .. }), "the neighbor lost: {verdict:?}");
        calls.borrow_mut().note(begun.elapsed(), alone && quiet.get());
        tokio::time::sleep(EVERY).await;
    }
}

fn p99(took: &[Duration]) -> Duration {
    let mut sorted = took.to_vec();
    sorted.sort();
    sorted[sorted.len() * 99 / 100]
}

fn own_children() -> usize {
    children(std::process::id()).len()
}
