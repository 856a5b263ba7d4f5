use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use brink_shared::bus::{EmbeddedBus, Message};
use brink_shared::event::Trigger;
use brink_shared::wire::{self, Answer, Answers, Batch, FailureKind, Invocation, Payload};

use super::*;

/// Longest time for any step.
const LONG: Duration = Duration::from_secs(20);

fn call(within: Duration, repeatable: bool) -> Call {
    Call {
        version: "f:1".parse().unwrap(),
        runtime: Runtime::Boa.into(),
        trigger: Trigger::ViewerRequest,
        request_id: "r".to_owned(),
        until: Instant::now() + within,
        event: Bytes::new(),
        repeatable,
    }
}

#[tokio::test]
async fn a_worker_that_never_answers_costs_no_more_than_the_deadline() {
    let bus = EmbeddedBus::new();
    let invoker = Invoker::start(bus.clone(), LONG).await.unwrap();
    let _wedged = bus.subscribe("brink.invoke.f.1", Some("workers"), 64).await.unwrap();
    let call = call(Duration::from_millis(200), true);
    let calls = (0..10).map(|_| invoker.invoke(&call));
    let within = Duration::from_secs(5);
    let ended = tokio::time::timeout(within, futures_util::future::join_all(calls)).await;
    for ended in ended.unwrap() {
        assert!(matches!(ended, Err(InvokeError::Deadline(_))), "{ended:?}");
    }
    let emptied = async {
        while !invoker.road.pending.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(within, emptied).await.expect("nothing stays in the table");
    invoker.stop().await;
}

#[tokio::test]
async fn a_bus_that_counts_as_silent_is_asked_until_it_speaks() {
    let bus = EmbeddedBus::new();
    let invoker = Invoker::start(bus.clone(), LONG).await.unwrap();
    // Silent although messages come: a process that stood still forgets that it asked.
    invoker.road.pending.set_silent(true);
    let spoken = async {
        while invoker.road.pending.is_silent() {
            invoker.road.pending.hear();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LONG, spoken).await.expect("functions run again");
    invoker.stop().await;
}

/// A worker that fetches each event and returns it, by claim checks.
async fn echo(large_payloads: &LargePayloads, bus: &dyn Bus, message: &Message) {
    let batch: Batch = wire::decode(&message.payload).unwrap();
    let mut answers = Vec::new();
    for Invocation { slot, payload, .. } in batch.invocations {
        let verdict = match payload {
            Payload::ClaimCheck(claim_check) => {
                let event = large_payloads.try_fetch(&claim_check, LONG).await.unwrap();
                let claim_check = large_payloads.keep_until_fetched(event, LONG).unwrap();
                Verdict::ClaimCheck { claim_check, run: Run::default() }
            }
            Payload::Event(value) => Verdict::Returned { value, run: Run::default() },
            Payload::Json(_) => panic!("gateways send none"),
        };
        answers.push(Answer { slot, verdict });
    }
    let answers = Answers { worker: "w1".parse().unwrap(), answers };
    let to = message.reply_to.as_deref().unwrap();
    bus.publish(to, None, wire::encode(&answers).unwrap()).await.unwrap();
}

#[tokio::test]
async fn events_and_values_of_any_size_go_through_a_small_bus() {
    let bus = EmbeddedBus::with_max_payload(16 * 1024);
    let invoker = Invoker::start(bus.clone(), LONG).await.unwrap();
    let large_payloads = LargePayloads::start(bus.clone(), "worker").await.unwrap();
    let mut messages = bus.subscribe("brink.invoke.f.1", Some("workers"), 64).await.unwrap();
    let mut worker = tokio::task::JoinSet::new();
    let its = large_payloads.clone();
    let its_bus = bus.clone();
    worker.spawn(async move {
        while let Some(message) = messages.next().await {
            echo(&its, &*its_bus, &message).await;
        }
    });
    // Together the small ones are more than the bus carries, too.
    let sizes = (0..64).map(|n| n * 100).chain([12_288, 12_289, 16_384, 100_000, 1_100_000]);
    let calls: Vec<Call> =
        sizes.map(|size| Call { event: vec![7; size].into(), ..call(LONG, false) }).collect();
    let invoked = futures_util::future::join_all(calls.iter().map(|call| invoker.invoke(call)));
    for (ended, call) in invoked.await.into_iter().zip(&calls) {
        assert_eq!(ended.unwrap().value, call.event);
    }
    tokio::time::timeout(LONG, large_payloads.collected())
        .await
        .expect("every value was collected");
    tokio::time::timeout(LONG, invoker.large_payloads.collected()).await.expect("no event is kept");

    let too_large = Call { event: vec![7; 9 << 20].into(), ..call(LONG, true) };
    let rejected = invoker.invoke(&too_large).await;
    assert!(matches!(rejected, Err(InvokeError::Keep(KeepError::TooLarge { .. }))), "{rejected:?}");
    invoker.stop().await;
}

#[tokio::test]
async fn a_value_is_lost_with_the_worker_that_holds_it() {
    let bus = EmbeddedBus::with_max_payload(16 * 1024);
    let invoker = Invoker::start(bus.clone(), LONG).await.unwrap();
    let mut messages = bus.subscribe("brink.invoke.f.1", Some("workers"), 64).await.unwrap();
    let died = AtomicUsize::new(0);
    let worker = async {
        while let Some(message) = messages.next().await {
            let large_payloads = LargePayloads::start(bus.clone(), "worker").await.unwrap();
            echo(&large_payloads, &*bus, &message).await;
            if died.fetch_add(1, Ordering::Relaxed) < 2 {
                drop(large_payloads);
            } else {
                large_payloads.collected().await;
            }
        }
    };
    let large = |repeatable| Call { event: vec![7; 100_000].into(), ..call(LONG, repeatable) };
    let (unrepeatable, repeatable) = (large(false), large(true));
    let invoked = async {
        let once = invoker.invoke(&unrepeatable).await;
        assert!(matches!(once, Err(InvokeError::Lost(_))), "{once:?}");
        assert_eq!(invoker.invoke(&repeatable).await.unwrap().value, repeatable.event);
    };
    tokio::select! {
        () = worker => panic!("the bus closed"),
        () = invoked => {}
    }
    assert_eq!(died.into_inner(), 3);
    invoker.stop().await;
}

#[test]
fn an_event_that_cannot_be_sent_is_not_a_lack_of_capacity() {
    let unwritable = InvokeError::Unwritable("a fault".to_owned());
    assert_eq!(unwritable.kind(), FailureKind::Execution);
    assert!(!unwritable.is_throttle(), "{unwritable}");
    let large = BusError::TooLarge { subject: "s".to_owned(), size: 2, max: 1 };
    assert!(!InvokeError::Bus(large).is_throttle());
    let away = BusError::Away("it is silent".to_owned());
    assert!(InvokeError::Bus(away).is_throttle());
    let not_begun = InvokeError::NotBegun("f:1".parse().unwrap());
    assert!(not_begun.is_throttle() && not_begun.kind() == FailureKind::Limit);
}
