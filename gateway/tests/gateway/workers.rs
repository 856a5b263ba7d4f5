//! Workers that die, and a bus that goes away, on a real NATS server.

use std::sync::Arc;
use std::time::Instant;

use brink_shared::admin::Invalidate;
use brink_shared::bus::server::{NatsServer, NatsServerOptions};
use brink_shared::bus::{Bus, EmbeddedBus, Link, Message, NatsBus, NatsOptions};
use brink_shared::event::Event;
use brink_shared::id::NodeId;
use brink_shared::status::Presence;
use brink_shared::subject;
use brink_shared::wire::{self, Answer, Answers, Batch, Payload, Run, Verdict};
use bytes::Bytes;
use futures_util::future::join;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::*;

/// Far below the ten seconds that a silent function has.
const AT_ONCE: Duration = Duration::from_secs(3);

/// A server in a folder of its own.
struct Nats {
    server: NatsServer,
    _dir: tempfile::TempDir,
}

/// A worker as gateways see it, on a connection of its own.
struct FakeWorker {
    bus: Arc<dyn Bus>,
    node: NodeId,
    events: brink_shared::bus::Subscription,
    presence: JoinHandle<()>,
}

// === impl Nats ===

impl Nats {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = NatsServerOptions { dir: dir.path().to_owned(), ..Default::default() };
        Self { server: NatsServer::start(options).await.unwrap(), _dir: dir }
    }

    async fn connect(&self, name: &str) -> Arc<dyn Bus> {
        let (servers, name) = (vec![self.server.url()], name.to_owned());
        let bus = NatsBus::connect(NatsOptions { servers, creds: None, name }).await.unwrap();
        let up = bus.link().wait_for(|link| *link == Link::Up).await.map(drop);
        up.unwrap();
        bus
    }

    async fn edge(&self, origin: &Origin, behavior: Value) -> Edge {
        let bus = self.connect("gateway").await;
        Edge::on(bus, CancellationToken::new(), distribution(origin, behavior)).await
    }
}

// === impl FakeWorker ===

impl FakeWorker {
    async fn join(bus: Arc<dyn Bus>, name: &str) -> Self {
        let node: NodeId = name.parse().unwrap();
        let events = bus.subscribe("brink.invoke.f.1", Some("workers"), 64).await.unwrap();
        let mut pings = bus.subscribe(&subject::ping(&node), None, 64).await.unwrap();
        let (to, me) = (bus.clone(), node.clone());
        let presence = tokio::spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_millis(50));
            loop {
                tokio::select! {
                    _ = tick.tick() => {
                        let here = Presence { worker: me.clone(), leaving: false };
                        let here = wire::encode(&here).unwrap();
                        let _ = to.publish(&subject::presence(&me), None, here).await;
                    }
                    Some(ping) = pings.next() => {
                        let _ = to.publish(&ping.reply_to.unwrap(), None, Bytes::new()).await;
                    }
                }
            }
        });
        bus.flush().await.unwrap();
        Self { bus, node, events, presence }
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
            let message = self.events.next().await.unwrap();
            self.pass(&message).await;
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

#[actix_rt::test]
async fn the_events_of_a_worker_that_dies_end_at_once() {
    let (origin, nats) = (Origin::start().await, Nats::start().await);
    let edge = nats.edge(&origin, at_viewer_request("fail")).await;
    for (method, claims, status) in
        [("GET", true, 200), ("GET", false, 200), ("POST", true, 503), ("POST", false, 503)]
    {
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

#[actix_rt::test]
async fn without_its_bus_a_gateway_serves_what_needs_no_function() {
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
        nats.server.kill().await;
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

    nats.server.restart().await.unwrap();
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
