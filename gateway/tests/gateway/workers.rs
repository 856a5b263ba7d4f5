//! Workers that die, and a bus that goes away, on a real NATS server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use brink_shared::admin::Invalidate;
use brink_shared::bus::{Bus, EmbeddedBus, Message};
use brink_shared::event::Event;
use brink_shared::id::NodeId;
use brink_shared::status::{Abilities, Presence};
use brink_shared::subject;
use brink_shared::wire::{self, Answer, Answers, Batch, Payload, Run, Terms, Verdict};
use brink_testing::nats::Nats;
use bytes::Bytes;
use futures_util::future::join;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::*;

/// Far below the ten seconds that a silent function has.
const AT_ONCE: Duration = Duration::from_secs(3);

/// A worker as gateways see it, on a connection of its own. One of an earlier version, unless it
/// takes events at a subject of its own.
struct FakeWorker {
    bus: Arc<dyn Bus>,
    node: NodeId,
    events: brink_shared::bus::Subscription,
    direct: brink_shared::bus::Subscription,
    /// False while it answers nothing, as if it stood still.
    awake: Arc<AtomicBool>,
    presence: JoinHandle<()>,
}

// === impl FakeWorker ===

impl FakeWorker {
    async fn join(bus: Arc<dyn Bus>, name: &str) -> Self {
        Self::join_as(bus, name, false).await
    }

    async fn join_as(bus: Arc<dyn Bus>, name: &str, direct: bool) -> Self {
        let node: NodeId = name.parse().unwrap();
        let events = bus.subscribe("brink.invoke.f.1", Some("workers"), 64).await.unwrap();
        let own = if direct { subject::direct_all(&node) } else { bus.new_inbox() };
        let own = bus.subscribe(&own, None, 64).await.unwrap();
        let mut pings = bus.subscribe(&subject::ping(&node), None, 64).await.unwrap();
        let (to, me) = (bus.clone(), node.clone());
        let awake = Arc::new(AtomicBool::new(true));
        let its = awake.clone();
        let presence = tokio::spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_millis(50));
            loop {
                tokio::select! {
                    _ = tick.tick(), if its.load(Ordering::Relaxed) => {
                        let here = Presence { worker: me.clone(), leaving: false };
                        let here = match direct {
                            true => wire::encode_with(&here, &Abilities { direct, ..Abilities::default() }),
                            false => wire::encode(&here),
                        };
                        let _ = to.publish(&subject::presence(&me), None, here.unwrap()).await;
                    }
                    () = tokio::time::sleep(Duration::from_millis(5)) => {}
                    Some(ping) = pings.next(), if its.load(Ordering::Relaxed) => {
                        let _ = to.publish(&ping.reply_to.unwrap(), None, Bytes::new()).await;
                    }
                }
            }
        });
        bus.flush().await.unwrap();
        Self { bus, node, events, direct: own, awake, presence }
    }

    /// The next message of events.
    async fn take(&mut self) -> Message {
        let next = tokio::time::timeout(Duration::from_secs(10), self.events.next());
        next.await.expect("an event in time").unwrap()
    }

    async fn say(&self, message: &Message, slot: u32, verdict: Verdict) {
        let (worker, answers) = (self.node.clone(), vec![Answer { slot, verdict }]);
        let reply = wire::encode(&Answers { worker, answers }).unwrap();
        self.bus.publish(message.reply_to.as_ref().unwrap(), None, reply).await.unwrap();
    }

    /// Returns every request as it is.
    async fn pass(&self, message: &Message) {
        let batch: Batch = wire::decode(&message.payload).unwrap();
        for invocation in batch.invocations {
            let Payload::Event(bytes) = invocation.payload else { panic!("an event") };
            let event: Event = wire::decode_value(&bytes).unwrap();
            let value = json!({"uri": event.request.uri});
            let value = wire::encode_value(&value).unwrap();
            let verdict = Verdict::Returned { value, run: Run::default() };
            self.say(message, invocation.slot, verdict).await;
        }
    }

    /// Passes one message after the other, as long as it is polled.
    async fn work(mut self) {
        loop {
            let message = tokio::select! {
                message = self.events.next() => message,
                message = self.direct.next() => message,
            };
            self.pass(&message.unwrap()).await;
        }
    }

    /// Goes as a killed process does: without a word, and its connection with it.
    async fn die(self) {
        self.presence.abort();
        self.bus.close().await;
    }
}

/// Waits until the gateway has heard of its workers.
async fn heard_of_workers() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}

fn at_viewer_request(on_error: &str) -> Value {
    let function = json!({"function": "f:1", "on_error": on_error});
    json!({"methods": "all", "functions": {"viewer-request": function}})
}

async fn edge(nats: &Nats, origin: &Origin, behavior: Value) -> Edge {
    let bus = nats.connect("gateway").await;
    Edge::on(bus, CancellationToken::new(), distribution(origin, behavior)).await
}

#[actix_rt::test]
async fn the_events_of_a_worker_that_dies_end_at_once() {
    let (origin, nats) = (Origin::start().await, Nats::start().await);
    let edge = edge(&nats, &origin, at_viewer_request("fail")).await;
    for (method, claims, status) in [
        ("GET", true, 200),
        ("GET", false, 200),
        ("HEAD", false, 200),
        ("OPTIONS", false, 200),
        ("POST", true, 503),
        ("POST", false, 503),
        ("PUT", false, 503),
    ] {
        let mut first = FakeWorker::join(nats.connect("first").await, "first").await;
        heard_of_workers().await;
        let dying = async {
            let message = first.take().await;
            if claims {
                first.say(&message, 0, Verdict::Claimed).await;
            }
            let second = FakeWorker::join(nats.connect("second").await, "second").await;
            let second = actix_rt::spawn(second.work());
            heard_of_workers().await;
            first.die().await;
            (Instant::now(), second)
        };
        let body = if method == "POST" { b"x".as_slice() } else { b"" };
        let (reply, (died, second)) = join(edge.request(method, "/echo", &[], body), dying).await;
        assert!(died.elapsed() < AT_ONCE, "{method} {claims}: {:?}", died.elapsed());
        assert_eq!(reply.status, status, "{method} {claims}");
        if status == 503 {
            assert_eq!(reply.header("x-cache"), "LambdaExecutionError from brink");
        }
        second.abort();
    }
    edge.stop().await;
}

/// Asks until the worker gets no more events, which the gateway may only know in a moment.
async fn until_shunned(edge: &Edge, silent: &mut FakeWorker) {
    let shunned = async {
        loop {
            assert_eq!(edge.get("/echo").await.status, 200);
            let quiet = Duration::from_millis(1);
            if tokio::time::timeout(quiet, silent.events.next()).await.is_err() {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), shunned).await.expect("others get the events");
}

#[actix_rt::test]
async fn events_that_a_silent_worker_took_go_elsewhere_if_they_may() {
    let (origin, nats) = (Origin::start().await, Nats::start().await);
    let edge = edge(&nats, &origin, at_viewer_request("fail")).await;
    let mut first = FakeWorker::join_as(nats.connect("first").await, "first", true).await;
    for method in ["GET", "POST"] {
        first.awake.store(true, Ordering::Relaxed);
        heard_of_workers().await;
        let freezing = async {
            let taken = first.take().await;
            first.awake.store(false, Ordering::Relaxed);
            let second = FakeWorker::join_as(nats.connect("second").await, "second", true).await;
            (taken, actix_rt::spawn(second.work()))
        };
        let asked = Instant::now();
        let (reply, (taken, second)) =
            join(edge.request(method, "/echo", &[], b""), freezing).await;
        assert!(asked.elapsed() < AT_ONCE, "{method}: {:?}", asked.elapsed());
        match method {
            "GET" => assert_eq!(reply.status, 200),
            _ => {
                assert_eq!(reply.status, 503);
                assert_eq!(reply.header("x-cache"), "LambdaLimitExceeded from brink");
                assert!(!reply.header("retry-after").is_empty());
            }
        }
        // It knows that it is not to begin the event any more.
        let (_, terms) = wire::decode_with::<Batch, Terms>(&taken.payload).unwrap();
        let start_by = terms.start_by.expect("a time to start by");
        assert!(first.bus.clock().remaining(start_by).is_zero());

        until_shunned(&edge, &mut first).await;
        for _ in 0..20 {
            assert_eq!(edge.get("/echo").await.status, 200);
        }
        let none = tokio::time::timeout(Duration::from_millis(50), first.events.next()).await;
        assert!(none.is_err(), "a silent worker gets nothing");

        first.awake.store(true, Ordering::Relaxed);
        let again = async {
            let taken = first.take().await;
            first.pass(&taken).await;
        };
        let asking = async {
            loop {
                assert_eq!(edge.get("/echo").await.status, 200);
            }
        };
        tokio::select! {
            () = again => {}
            () = asking => {}
        }
        second.abort();
        let _ = second.await;
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn few_events_are_sent_again_while_every_worker_answers() {
    const EVENTS: usize = 60;
    let (origin, nats) = (Origin::start().await, Nats::start().await);
    let edge = edge(&nats, &origin, at_viewer_request("fail")).await;
    // It answers pings, and says nothing of its events.
    let mut deaf = FakeWorker::join_as(nats.connect("deaf").await, "deaf", true).await;
    let start = deaf.bus.subscribe("brink.start.*.*", Some("workers"), 1024).await.unwrap();
    heard_of_workers().await;
    let count = async |subscription: &mut brink_shared::bus::Subscription| {
        let mut events = 0;
        let quiet = Duration::from_millis(100);
        while let Ok(Some(message)) = tokio::time::timeout(quiet, subscription.next()).await {
            events += wire::decode::<Batch>(&message.payload).unwrap().invocations.len();
        }
        events
    };
    let asked = (0..EVENTS).map(|_| edge.get("/echo"));
    let replies = futures_util::future::join_all(asked).await;
    assert!(replies.iter().all(|reply| reply.status == 503), "nobody ran them");
    let mut start = start;
    let sent = count(&mut deaf.events).await + count(&mut start).await;
    assert!(sent > EVENTS && sent <= EVENTS + 10 + EVENTS / 20 + 1, "{sent}");
    edge.stop().await;
}

#[actix_rt::test]
async fn without_its_bus_a_gateway_serves_without_functions() {
    let (origin, mut nats) = (Origin::start().await, Nats::start().await);
    let mut document = distribution(&origin, json!({}));
    let behavior = |path: &str, functions: Value| json!({"path": path, "origin": "web", "functions": functions});
    document["behaviors"] = json!([
        behavior("/cache/*", json!({})),
        behavior("/optional/*", at_viewer_request("continue")["functions"].clone()),
        behavior("*", at_viewer_request("fail")["functions"].clone()),
    ]);
    let bus = nats.connect("gateway").await;
    let edge = Edge::on(bus, CancellationToken::new(), document).await;
    let mut worker = FakeWorker::join(nats.connect("worker").await, "worker").await;
    assert_eq!(edge.get("/cache/60").await.status, 200);

    let killing = async {
        worker.take().await;
        nats.kill().await;
        Instant::now()
    };
    let (reply, killed) = join(edge.get("/echo"), killing).await;
    assert_eq!(reply.status, 503);
    assert!(killed.elapsed() < AT_ONCE, "{:?}", killed.elapsed());
    let asked = Instant::now();
    assert_eq!(edge.get("/cache/60").await.header("x-cache"), "Hit from brink");
    assert_eq!(edge.get("/optional/echo").await.status, 200);
    assert_eq!(edge.get("/echo").await.status, 503);
    assert!(asked.elapsed() < AT_ONCE, "{:?}", asked.elapsed());

    nats.restart().await.unwrap();
    let work = actix_rt::spawn(worker.work());
    let until = Instant::now() + Duration::from_secs(30);
    while edge.get("/echo").await.status != 200 {
        assert!(Instant::now() < until, "functions run again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    work.abort();
    edge.stop().await;
}

#[actix_rt::test]
async fn foreign_messages_do_no_harm() {
    let origin = Origin::start().await;
    let bus: Arc<dyn Bus> = EmbeddedBus::new();
    let behavior = at_viewer_request("fail");
    let edge =
        Edge::on(bus.clone(), CancellationToken::new(), distribution(&origin, behavior)).await;
    let mut worker = FakeWorker::join(bus.clone(), "w1").await;
    let answering = async {
        let message = worker.take().await;
        let inbox = message.reply_to.clone().unwrap();
        let whole = Answers { worker: worker.node.clone(), answers: vec![] };
        let whole = wire::encode(&whole).unwrap();
        for foreign in [&b""[..], b"{}", b"\xb7\x09new", &whole[..whole.len() - 1], &whole] {
            bus.publish(&inbox, None, Bytes::copy_from_slice(foreign)).await.unwrap();
        }
        bus.publish(&format!("{inbox}x"), None, whole.clone()).await.unwrap();
        worker.say(&message, 77, Verdict::Retired).await;
        worker.pass(&message).await;
        // A second answer to the same event.
        worker.say(&message, 0, Verdict::Busy).await;
        worker.work().await;
    };
    let asking = async {
        assert_eq!(edge.get("/cache/60").await.header("x-cache"), "Miss from brink");
        for foreign in [&b""[..], b"{}", b"[1,", b"{\"id\":7,\"paths\":[\"*\"]}"] {
            let foreign = Bytes::copy_from_slice(foreign);
            bus.publish(subject::INVALIDATE, None, foreign).await.unwrap();
        }
        assert_eq!(edge.get("/cache/60").await.header("x-cache"), "Hit from brink");
        let all = Invalidate { id: "d".parse().unwrap(), paths: vec!["/cache/*".to_owned()] };
        let all = Bytes::from(serde_json::to_vec(&all).unwrap());
        bus.publish(subject::INVALIDATE, None, all).await.unwrap();
        let until = Instant::now() + AT_ONCE;
        while edge.get("/cache/60").await.header("x-cache") != "Miss from brink" {
            assert!(Instant::now() < until);
        }
    };
    tokio::select! {
        () = answering => {}
        () = asking => {}
    }
    edge.stop().await;
}
