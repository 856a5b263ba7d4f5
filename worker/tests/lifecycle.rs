//! Versions come and go, and workers stop without losing events.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/edge.rs"]
mod edge;

use std::sync::Arc;
use std::time::Duration;

use brink_shared::bus::{Bus, EmbeddedBus};
use brink_shared::status::Presence;
use brink_shared::wire::{Terms, UnixMillis, Verdict};
use brink_shared::{subject, wire};
use brink_worker::WorkerLimits;
use edge::{Edge, LONG, eventually, failed, returned};
use serde_json::json;

const ECHO: &str = "exports.handler = async (event) => event;";

const SLOW: &str =
    "exports.handler = () => new Promise(done => setTimeout(done, 300, 'finished'));";

#[actix_rt::test]
async fn an_idle_version_is_let_go_and_starts_again() {
    let limits = WorkerLimits { idle_stop: Duration::from_millis(200), ..WorkerLimits::default() };
    let edge = Edge::start(limits).await;
    let version = edge.publish("echo", ECHO).await;
    for n in 0..2 {
        let (value, run) = returned(edge.call(&version, json!(n)).await);
        assert_eq!((value, run.cold), (json!(n), true));
        eventually("idle", async || edge.status().await.functions.is_empty()).await;
        assert!(!edge.is_warm(&version).await);
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn an_event_that_is_found_too_late_does_not_run() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let version = edge.publish("echo", ECHO).await;
    let now = UnixMillis::now();
    let late = Terms { start_by: Some(UnixMillis(now.0 - 1)) };
    let in_time = Terms { start_by: Some(now.after(LONG)) };
    // On the start subject, the version's own subject, and the worker's own subject.
    let direct = subject::direct(&"w1".parse().unwrap(), &version);
    for subject in [subject::start(&version), subject::invoke(&version), direct] {
        let batch = edge::batch_with(&[json!(1)], LONG, &in_time);
        let ran = edge.send_message(&subject, batch, 1).await.one().await;
        assert_eq!(returned(ran).0, json!(1), "{subject}");
        let batch = edge::batch_with(&[json!(1)], LONG, &late);
        assert_eq!(edge.send_message(&subject, batch, 1).await.one().await, Verdict::Retired);
        eventually("warm", async || edge.is_warm(&version).await).await;
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn an_event_that_is_found_in_the_last_moment_is_claimed_at_once() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let version = edge.publish("slow", SLOW).await;
    returned(edge.call(&version, json!(0)).await);
    // Less than the time after which events are claimed anyway.
    let terms = Terms { start_by: Some(UnixMillis::now().after(Duration::from_millis(45))) };
    let batch = edge::batch_with(&[json!(1), json!(2)], LONG, &terms);
    let mut answering = edge.send_message(&subject::start(&version), batch, 2).await;
    let claims = answering.next().await;
    let verdicts: Vec<_> = claims.answers.iter().map(|answer| &answer.verdict).collect();
    // On a machine that is slow, the worker may find it too late, and says so as well.
    assert!(
        verdicts == [&Verdict::Claimed; 2] || verdicts == [&Verdict::Retired; 2],
        "{verdicts:?}"
    );
    edge.stop().await;
}

#[actix_rt::test]
async fn a_worker_that_stops_finishes_the_events_that_it_has() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let bus = edge.bus.clone();
    let mut presence = bus.subscribe(subject::PRESENCE_ALL, None, 64).await.unwrap();
    let version = edge.publish("slow", SLOW).await;
    let start = subject::start(&version);
    let events: Vec<_> = (0..50).map(|n| json!(n)).collect();
    let answering = edge.send_to(&start, &events, LONG).await;
    eventually("busy", async || edge.status().await.functions.first().is_some_and(|f| f.busy > 0))
        .await;
    let (verdicts, ()) = tokio::join!(answering.all(), edge.stop());
    for verdict in verdicts.0 {
        assert_eq!(returned(verdict).0, json!("finished"));
    }
    loop {
        let message = tokio::time::timeout(LONG, presence.next()).await.unwrap().unwrap();
        let presence: Presence = wire::decode(&message.payload).unwrap();
        assert_eq!(presence.worker.as_str(), "w1");
        if presence.leaving {
            break;
        }
    }
    let inbox = bus.new_inbox();
    let mut answers = bus.subscribe(&inbox, None, 1).await.unwrap();
    bus.publish(&start, Some(&inbox), bytes::Bytes::new()).await.unwrap();
    assert!(answers.next().await.unwrap().no_responders);
}

#[actix_rt::test]
async fn the_grace_bounds_how_long_a_worker_stops() {
    let limits =
        WorkerLimits { drain_grace: Duration::from_millis(300), ..WorkerLimits::default() };
    let edge = Edge::start(limits).await;
    let version = edge.publish("hangs", "exports.handler = () => { while (true) {} };").await;
    let start = subject::start(&version);
    // More than there are threads: some do not begin.
    let cores = std::thread::available_parallelism().unwrap().get();
    let events = vec![json!({}); 2 * cores];
    let answering = edge.send_to(&start, &events, LONG).await;
    eventually("busy", async || edge.status().await.functions.first().is_some_and(|f| f.busy > 0))
        .await;
    let begun = std::time::Instant::now();
    edge.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let (verdicts, _) = answering.all().await;
    let count = |of: Verdict| verdicts.iter().filter(|verdict| **verdict == of).count();
    let (lost, retired) = (count(Verdict::Lost), count(Verdict::Retired));
    assert!(lost > 0 && retired > 0 && lost + retired == events.len(), "{verdicts:?}");
}

#[actix_rt::test]
async fn a_worker_answers_pings_and_another_one_serves_after_it() {
    let bus: Arc<dyn Bus> = EmbeddedBus::new();
    let first = Edge::start_on(bus.clone(), "w1", WorkerLimits::default()).await;
    let second = Edge::start_on(bus.clone(), "w2", WorkerLimits::default()).await;
    let version = first.publish("echo", ECHO).await;
    for node in ["w1", "w2"] {
        let ping = subject::ping(&node.parse().unwrap());
        let requester = brink_shared::bus::Requester::new(bus.clone()).await.unwrap();
        requester.request(&ping, bytes::Bytes::new(), LONG).await.unwrap();
    }
    first.stop().await;
    assert_eq!(returned(second.call(&version, json!(1)).await).0, json!(1));
    second.stop().await;
}

#[actix_rt::test]
async fn no_more_versions_are_held_than_there_may_be() {
    let limits = WorkerLimits { versions_max: 2, ..WorkerLimits::default() };
    let edge = Edge::start(limits).await;
    for name in ["a", "b"] {
        let version = edge.publish(name, ECHO).await;
        returned(edge.call(&version, json!(name)).await);
    }
    let third = edge.publish("c", ECHO).await;
    assert_eq!(edge.call(&third, json!(1)).await, wire::Verdict::Busy);
    returned(edge.call(&"a:1".parse().unwrap(), json!(1)).await);
    edge.stop().await;
}

#[actix_rt::test]
async fn versions_that_do_not_exist_leave_nothing_behind() {
    let limits = WorkerLimits { versions_max: 1_000, ..WorkerLimits::default() };
    let edge = Edge::start(limits).await;
    let calls = (1..200).map(|number| {
        let version = format!("nobody:{number}").parse().unwrap();
        let edge = &edge;
        async move { failed(edge.call(&version, json!({})).await).error_type }
    });
    for error_type in futures_util::future::join_all(calls).await {
        assert_eq!(error_type, "ResourceNotFoundException");
    }
    eventually("forgotten", async || edge.status().await.functions.is_empty()).await;
    edge.stop().await;
}

#[actix_rt::test]
async fn bundles_are_kept_on_disk_under_their_digest() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let published = edge.publish_with("echo", ECHO, json!({})).await.unwrap();
    returned(edge.call(&published.version, json!(1)).await);
    let kept = edge.state.path().join("bundles").join(published.bundle.as_str());
    assert!(kept.is_file());
    edge.stop().await;
}

#[actix_rt::test]
async fn a_stopped_worker_leaves_nothing_behind() {
    let bus: Arc<dyn Bus> = EmbeddedBus::new();
    let edge = Edge::start_on(bus.clone(), "w1", WorkerLimits::default()).await;
    let version = edge.publish("echo", ECHO).await;
    returned(edge.call(&version, json!(1)).await);
    edge.stop().await;
    // Every actor and task of the worker holds the bus, and blank sandboxes go with them.
    eventually("only this test holds the bus", async || Arc::strong_count(&bus) == 1).await;
}
