//! Events in the messages that gateways send.
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

const ECHO: &str = "exports.handler = async (event) => ({ got: event });";

#[actix_rt::test]
async fn a_cold_version_answers_and_is_warm_afterwards() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let version = edge.publish("echo", ECHO).await;
    assert!(!edge.is_warm(&version).await);
    let (value, run) = returned(edge.call(&version, json!({"a": 1})).await);
    assert_eq!(value, json!({"got": {"a": 1}}));
    assert!(run.cold);
    eventually("warm", || edge.is_warm(&version)).await;
    let warm = subject::invoke(&version);
    let answering = edge.send_to(&warm, &[json!({"b": 2})], LONG).await;
    let (value, run) = returned(answering.one().await);
    assert_eq!(value, json!({"got": {"b": 2}}));
    assert!(!run.cold);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_message_of_many_events_has_an_answer_to_each() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let version = edge.publish("echo", ECHO).await;
    let events: Vec<_> = (0..200).map(|n| json!({ "n": n })).collect();
    let start = subject::start(&version);
    let (verdicts, _) = edge.send_to(&start, &events, LONG).await.all().await;
    for (event, verdict) in events.into_iter().zip(verdicts) {
        assert_eq!(returned(verdict).0, json!({ "got": event }));
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn two_cold_messages_share_one_start() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let version = edge.publish("echo", ECHO).await;
    let (first, second) =
        tokio::join!(edge.call(&version, json!(1)), edge.call(&version, json!(2)));
    assert_eq!(returned(first).0, json!({"got": 1}));
    assert_eq!(returned(second).0, json!({"got": 2}));
    let status = edge.status().await;
    assert_eq!(status.functions.len(), 1);
    assert_eq!(status.functions[0].sandboxes, 1);
    assert_eq!(status.functions[0].invocations, 2);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_version_that_does_not_exist_is_a_failure_and_no_state() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let version = "nobody:3".parse().unwrap();
    let failure = failed(edge.call(&version, json!({})).await);
    assert_eq!(failure.kind, FailureKind::Execution);
    assert_eq!(failure.message, "function version nobody:3 does not exist");
    eventually("forgotten", async || edge.status().await.functions.is_empty()).await;
    edge.stop().await;
}

#[actix_rt::test]
async fn a_thrown_error_has_its_place_and_is_in_the_log() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let mut log = edge.bus.subscribe("brink.log.>", None, 64).await.unwrap();
    let source =
        "exports.handler = async () => {\n  console.log('hello');\n  return missing.x;\n};";
    let version = edge.publish("throws", source).await;
    let failure = failed(edge.call(&version, json!({})).await);
    assert_eq!(failure.kind, FailureKind::Execution);
    assert_eq!(failure.error_type, "ReferenceError");
    let mut lines = Vec::new();
    while lines.len() < 2 {
        let message = tokio::time::timeout(LONG, log.next()).await.unwrap().unwrap();
        assert_eq!(message.subject, "brink.log.throws.1.viewer-request");
        let line: brink_worker::logs::LogLine = serde_json::from_slice(&message.payload).unwrap();
        assert_eq!((line.request_id.as_str(), line.worker.as_str()), ("r0", "w1"));
        lines.push(line.text);
    }
    assert_eq!(lines[0], "hello");
    assert!(lines[1].starts_with("ReferenceError: "), "{}", lines[1]);
    assert!(lines[1].contains("index.js:3"), "{}", lines[1]);
    edge.stop().await;
}

#[actix_rt::test]
async fn an_event_that_takes_long_is_claimed_once() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let source = "exports.handler = () => new Promise(done => setTimeout(done, 300, 'late'));";
    let version = edge.publish("slow", source).await;
    let start = subject::start(&version);
    let (verdicts, claims) = edge.send_to(&start, &[json!({})], LONG).await.all().await;
    assert_eq!(returned(verdicts[0].clone()).0, json!("late"));
    assert_eq!(claims, 1);
    edge.stop().await;
}

#[actix_rt::test]
async fn an_event_that_would_miss_its_deadline_is_answered_busy_at_once() {
    let limits =
        WorkerLimits { queue_max: 2, environments: 1, sandboxes_max: 1, ..WorkerLimits::default() };
    let edge = Edge::start(limits).await;
    let source = "exports.handler = () => new Promise(done => setTimeout(done, 400, 1));";
    let version = edge.publish("slow", source).await;
    let events: Vec<_> = (0..6).map(|n| json!(n)).collect();
    let begun = Instant::now();
    let start = subject::start(&version);
    let mut answering = edge.send_to(&start, &events, LONG).await;
    let busy = answering.next().await.answers;
    assert!(begun.elapsed() < Duration::from_millis(400));
    assert_eq!(busy.len(), 4);
    assert!(busy.iter().all(|answer| answer.verdict == Verdict::Busy));
    edge.stop().await;
}

#[actix_rt::test]
async fn bad_messages_do_no_harm() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let version = edge.publish("echo", ECHO).await;
    let start = subject::start(&version);
    returned(edge.call(&version, json!({})).await);
    let inbox = edge.bus.new_inbox();
    for bad in
        [&b""[..], b"{}", &[0xb7, 1], &[0xb7, 1, 0x91, 0xdd, 0xff, 0xff, 0xff, 0xff], &[0xb7, 9]]
    {
        for subject in [&start, &subject::invoke(&version), "brink.start.a.b"] {
            let bytes = bytes::Bytes::copy_from_slice(bad);
            edge.bus.publish(subject, Some(&inbox), bytes).await.unwrap();
        }
    }
    returned(edge.call(&version, json!({})).await);
    edge.stop().await;
}
