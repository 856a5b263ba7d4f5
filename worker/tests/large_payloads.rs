//! Events and values that are larger than the bus carries.

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
use brink_shared::event::{Event, Trigger, event_from_json};
use brink_shared::id::VersionId;
use brink_shared::large_payloads::LargePayloads;
use brink_shared::subject;
use brink_shared::wire::ClaimCheck;
use brink_shared::wire::{self, Batch, Invocation, Payload, UnixMillis, Verdict};
use brink_worker::WorkerLimits;
use bytes::Bytes;
use edge::{Answering, Edge, LONG};
use serde_json::{Value, json};

const MAX_PAYLOAD: usize = 64 * 1024;

/// Answers with the request's headers, whatever they are.
const ECHO: &str = "exports.handler = async (event) => event.Records[0].cf.request.headers;";

async fn edge() -> (Edge, Arc<LargePayloads>, VersionId) {
    let bus: Arc<dyn Bus> = EmbeddedBus::with_max_payload(MAX_PAYLOAD);
    let large_payloads = LargePayloads::start(bus.clone(), "gateway").await.unwrap();
    let edge = Edge::start_on(bus, "w1", WorkerLimits::default()).await;
    let version = edge.publish("echo", ECHO).await;
    (edge, large_payloads, version)
}

fn event(header: &str) -> Bytes {
    let envelope = json!({ "Records": [{ "cf": {
        "config": { "eventType": "viewer-request" },
        "request": { "uri": "/", "headers": { "x-long": [{ "key": "X-Long", "value": header }] } }
    } }] });
    let event: Event = event_from_json(&envelope).unwrap();
    wire::encode_value(&event).unwrap()
}

/// Sends a claim check in place of an event.
async fn send(edge: &Edge, version: &VersionId, claim_check: &ClaimCheck) -> Answering {
    let invocation = Invocation {
        slot: 0,
        request_id: "r".to_owned(),
        trigger: Trigger::ViewerRequest,
        deadline: UnixMillis::now().after(LONG),
        payload: Payload::ClaimCheck(claim_check.clone()),
    };
    let batch = wire::encode(&Batch { invocations: vec![invocation] }).unwrap();
    edge.send_message(&subject::start(version), batch, 1).await
}

#[actix_rt::test]
async fn a_large_event_is_fetched_and_a_large_value_held() {
    let (edge, large_payloads, version) = edge().await;
    let header = "h".repeat(10 * MAX_PAYLOAD);
    let kept = large_payloads.keep(event(&header), LONG).unwrap();
    let verdict = send(&edge, &version, kept.claim_check()).await.one().await;
    let Verdict::ClaimCheck { claim_check, run } = verdict else { panic!("{verdict:?}") };
    assert!(run.cold);
    let value = large_payloads.fetch(&claim_check, LONG).await.unwrap();
    let value: Value = wire::decode_value(&value).unwrap();
    assert_eq!(value["x-long"][0]["value"], header);
    edge.stop().await;
}

#[actix_rt::test]
async fn an_event_that_does_not_come_was_not_begun() {
    let (edge, large_payloads, version) = edge().await;
    let kept = large_payloads.keep(event("h"), LONG).unwrap();
    let wrong = ClaimCheck { size: u32::MAX, ..kept.claim_check().clone() };
    let verdict = send(&edge, &version, &wrong).await.one().await;
    assert!(matches!(verdict, Verdict::Busy), "{verdict:?}");
    let claim_check = kept.claim_check().clone();
    drop(kept);
    let verdict = send(&edge, &version, &claim_check).await.one().await;
    assert!(matches!(verdict, Verdict::Busy), "{verdict:?}");
    edge.stop().await;
}

#[actix_rt::test]
async fn an_event_under_way_is_claimed_and_sent_elsewhere_by_a_worker_that_stops() {
    let (edge, _, version) = edge().await;
    let claim_check =
        ClaimCheck { holder: "slow".parse().unwrap(), number: 1, size: 100, piece: 100 };
    let silent = edge.bus.subscribe("brink.parcel.slow.1", None, 64).await.unwrap();
    let mut answering = send(&edge, &version, &claim_check).await;
    let first = answering.next().await.answers.remove(0).verdict;
    assert!(matches!(first, Verdict::Claimed), "{first:?}");
    edge.stop().await;
    let verdict = answering.one().await;
    assert!(matches!(verdict, Verdict::Retired), "{verdict:?}");
    drop(silent);
}

#[actix_rt::test]
async fn a_worker_that_stops_waits_until_its_values_are_fetched() {
    let (edge, large_payloads, version) = edge().await;
    let kept = large_payloads.keep(event(&"h".repeat(10 * MAX_PAYLOAD)), LONG).unwrap();
    let verdict = send(&edge, &version, kept.claim_check()).await.one().await;
    let Verdict::ClaimCheck { claim_check, .. } = verdict else { panic!("{verdict:?}") };
    let mut stopping = Box::pin(edge.stop());
    let waits = tokio::time::timeout(Duration::from_millis(300), &mut stopping).await;
    assert!(waits.is_err(), "nobody has fetched the value yet");
    let fetched = large_payloads.fetch(&claim_check, LONG).await;
    assert!(fetched.is_ok(), "{fetched:?}");
    tokio::time::timeout(LONG, stopping).await.expect("it stops once the value was fetched");
}
