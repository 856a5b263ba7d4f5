//! Functions that hang, crash, or exceed their limits: each event gets an answer, and the
//! function's next event is served.
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
use brink_shared::wire::{FailureKind, Verdict};
use brink_worker::WorkerLimits;
use edge::{Edge, LONG, eventually, failed, returned};
use serde_json::json;

/// Runs the text in the event as code of its own, or returns it.
const OBEYS: &str = "
exports.handler = async (event) => {
  if (event.do === 'loop') while (true) {}
  if (event.do === 'wait') await new Promise((done) => setTimeout(done, 60000));
  if (event.do === 'regex') return /(a+)+$/.test('a'.repeat(40) + '!');
  if (event.do === 'nest') return JSON.stringify(eval('['.repeat(200000) + ']'.repeat(200000)));
  if (event.do === 'fill') {
    const all = [], part = 'x'.repeat(1 << 20);
    while (true) all.push(part + all.length);
  }
  if (event.do === 'pad') return 'x'.padEnd(4e9).length;
  return event;
};";

#[actix_rt::test]
async fn a_handler_that_never_returns_is_ended_at_its_timeout() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let settings = json!({"timeout": "500ms"});
    let published = edge.publish_with("obeys", OBEYS, settings).await.unwrap();
    let version = published.version;
    returned(edge.call(&version, json!({})).await);
    for what in ["loop", "wait", "regex"] {
        let begun = Instant::now();
        let failure = failed(edge.call(&version, json!({"do": what})).await);
        let took = begun.elapsed();
        assert!(took < Duration::from_millis(700), "{what} took {took:?}");
        assert_eq!(failure.kind, FailureKind::Limit, "{what}");
        assert_eq!(failure.error_type, "Sandbox.Timedout");
        assert!(
            failure.message.contains(", over its limit of 500ms; raise timeout"),
            "{failure:?}"
        );
        let (value, _) = returned(edge.call(&version, json!({"after": what})).await);
        assert_eq!(value, json!({"after": what}));
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn an_event_that_awaits_past_its_timeout_costs_its_neighbors_nothing() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let source = "
const born = Math.random();
exports.handler = async (event) => {
  await new Promise((done) => setTimeout(done, event.wait));
  return born;
};";
    let settings = json!({"timeout": "600ms"});
    let version = edge.publish_with("waits", source, settings).await.unwrap().version;
    returned(edge.call(&version, json!({"wait": 0})).await);
    let start = subject::start(&version);
    let begun = Instant::now();
    let mut neighbors = Vec::new();
    for wait in [300, 500] {
        neighbors.push(edge.send_to(&start, &[json!({ "wait": wait })], LONG).await);
    }
    let hanging = edge.send_to(&start, &[json!({"wait": 60_000})], LONG).await;
    eventually("busy", async || edge.status().await.functions.first().is_some_and(|f| f.busy == 3))
        .await;
    tokio::time::sleep_until((begun + Duration::from_millis(300)).into()).await;
    neighbors.push(edge.send_to(&start, &[json!({"wait": 550})], LONG).await);
    let failure = failed(hanging.one().await);
    let took = begun.elapsed();
    assert!(took < Duration::from_millis(800), "{took:?}");
    assert_eq!(failure.kind, FailureKind::Limit);
    assert_eq!(failure.error_type, "Sandbox.Timedout");
    assert!(failure.message.starts_with("waits:1 ran for "), "{failure:?}");
    for neighbor in neighbors {
        returned(neighbor.one().await);
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn events_behind_one_that_hangs_are_not_lost() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let settings = json!({"timeout": "500ms"});
    let published = edge.publish_with("obeys", OBEYS, settings).await.unwrap();
    let version = published.version;
    let start = subject::start(&version);
    let hanging = edge.send_to(&start, &[json!({"do": "loop"})], LONG).await;
    eventually("busy", async || edge.status().await.functions.first().is_some_and(|f| f.busy == 1))
        .await;
    let events: Vec<_> = (0..20).map(|n| json!({ "n": n })).collect();
    let (verdicts, _) = edge.send_to(&start, &events, LONG).await.all().await;
    for (event, verdict) in events.into_iter().zip(verdicts) {
        if verdict != Verdict::Lost {
            assert_eq!(returned(verdict).0, event);
        }
    }
    assert_eq!(failed(hanging.one().await).error_type, "Sandbox.Timedout");
    edge.stop().await;
}

#[actix_rt::test]
async fn a_sandbox_that_dies_is_replaced() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let version = edge.publish("obeys", OBEYS).await;
    let ends = [
        ("nest", FailureKind::Execution, "Runtime.ExitError"),
        ("fill", FailureKind::Limit, "Runtime.OutOfMemory"),
        ("pad", FailureKind::Limit, "Runtime.OutOfMemory"),
    ];
    for (what, kind, error_type) in ends {
        let failure = failed(edge.call(&version, json!({"do": what})).await);
        assert_eq!((failure.kind, failure.error_type.as_str()), (kind, error_type), "{failure:?}");
        let (value, _) = returned(edge.call(&version, json!({"after": what})).await);
        assert_eq!(value, json!({"after": what}));
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn another_function_does_not_notice() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let version = edge.publish("obeys", OBEYS).await;
    let other = edge.publish("other", "exports.handler = async () => 'here';").await;
    returned(edge.call(&other, json!({})).await);
    let start = subject::start(&version);
    let hanging = edge.send_to(&start, &[json!({"do": "loop"})], Duration::from_secs(1)).await;
    for _ in 0..20 {
        let (value, run) = returned(edge.call(&other, json!({})).await);
        assert_eq!((value, run.cold), (json!("here"), false));
    }
    assert_eq!(failed(hanging.one().await).kind, FailureKind::Limit);
    edge.stop().await;
}

#[actix_rt::test]
async fn several_suspected_events_run_alone_and_the_one_that_kills_the_sandbox_is_found() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let code = "exports.handler = async (event) => {
        await new Promise((done) => setTimeout(done, event.kills ? 100 : 500));
        return event.kills ? eval('['.repeat(200000) + ']'.repeat(200000)) : event;
    };";
    let version = edge.publish("mixed", code).await;
    // All environments are there.
    let calm = vec![json!({}); 4];
    edge.send_to(&subject::start(&version), &calm, LONG).await.all().await;
    let events = [json!({"n": 1}), json!({"kills": true}), json!({"n": 2}), json!({"n": 3})];
    let (first, _) = edge.send_to(&subject::start(&version), &events, LONG).await.all().await;
    assert!(first.iter().all(|verdict| *verdict == Verdict::Lost), "{first:?}");
    let (second, _) = edge.send_to(&subject::start(&version), &events, LONG).await.all().await;
    for (event, verdict) in events.iter().zip(second) {
        match event["kills"].as_bool() {
            Some(_) => assert!(failed(verdict).message.contains("signal 6"), "the guilty one"),
            None => assert_eq!(returned(verdict).0, *event),
        }
    }
    edge.stop().await;
}
