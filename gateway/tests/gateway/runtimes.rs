//! Workers with different runtimes, on a real NATS server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use brink_shared::bus::{Bus, Subscription};
use brink_shared::event::Event;
use brink_shared::id::NodeId;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Bundle, Runtime, Store};
use brink_shared::status::{Abilities, Presence};
use brink_shared::subject;
use brink_shared::wire::{self, Answer, Answers, Batch, Payload, Run, Verdict};
use brink_testing::nats::Nats;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::edge::{Edge, Origin};
use super::{distribution, log};

/// Far below the time that a silent function has.
const AT_ONCE: Duration = Duration::from_secs(3);

/// Longest wait for something that comes soon.
const LONG: Duration = Duration::from_secs(20);

/// A worker that begins events of some runtimes and never loads a version.
struct Beginner {
    taken: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Beginner {
    /// It says that it has these interpreters. Without any it is a worker of the release before there
    /// were other runtimes.
    async fn join(nats: &Nats, name: &str, interpreters: &[&str]) -> Self {
        let bus: Arc<dyn Bus> = nats.connect(name).await;
        let node: NodeId = name.parse().unwrap();
        let taken = Arc::new(AtomicUsize::new(0));
        let mut abilities = Abilities { direct: true, ..Abilities::default() };
        let mut subjects = vec![subject::start_all_in(Runtime::Boa), subject::direct_all(&node)];
        for name in interpreters {
            let runtime: brink_shared::registry::RuntimeName = name.parse().unwrap();
            abilities.runtimes.add(runtime);
            subjects.push(subject::start_all_in(runtime.runtime));
        }
        let mut tasks = JoinSet::new();
        for subject in subjects {
            let group = (!subject.contains(name)).then_some(subject::WORKERS);
            let events = bus.subscribe(&subject, group, 64).await.unwrap();
            tasks.spawn(answer(bus.clone(), node.clone(), events, taken.clone()));
        }
        let here = Presence { worker: node.clone(), leaving: false };
        let here = match interpreters {
            [] => wire::encode(&here),
            _ => wire::encode_with(&here, &abilities),
        };
        let here = here.unwrap();
        tasks.spawn(async move {
            loop {
                let _ = bus.publish(&subject::presence(&node), None, here.clone()).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        Self { taken, _tasks: tasks }
    }

    /// How many messages it got.
    fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }
}

/// Returns every request as it is.
async fn answer(
    bus: Arc<dyn Bus>,
    worker: NodeId,
    mut events: Subscription,
    taken: Arc<AtomicUsize>,
) {
    while let Some(message) = events.next().await {
        taken.fetch_add(1, Ordering::Relaxed);
        let batch: Batch = wire::decode(&message.payload).unwrap();
        let answers = batch.invocations.into_iter().map(|invocation| {
            let Payload::Event(bytes) = invocation.payload else { panic!("an event") };
            let event: Event = wire::decode_value(&bytes).unwrap();
            let value = wire::encode_value(&json!({"uri": event.request.uri})).unwrap();
            let verdict = Verdict::Returned { value, run: Run::default() };
            Answer { slot: invocation.slot, verdict }
        });
        let answers = Answers { worker: worker.clone(), answers: answers.collect() };
        let to = message.reply_to.as_deref().unwrap();
        bus.publish(to, None, wire::encode(&answers).unwrap()).await.unwrap();
    }
}

/// A gateway whose distribution has a function with this runtime.
async fn edge(nats: &Nats, origin: &Origin, runtime: &str) -> Edge {
    let bus: Arc<dyn Bus> = nats.connect("gateway").await;
    let store = Store::open(bus.clone()).await.unwrap();
    let bundle = Bundle::new([("index.py".to_owned(), bytes::Bytes::new())].into()).unwrap();
    let digest = store.put_bundle(&bundle).await.unwrap();
    let settings =
        FunctionSettings { runtime: runtime.parse().unwrap(), ..FunctionSettings::default() };
    let name = "other".parse().unwrap();
    store.add_version(&name, settings, digest, 0, Default::default()).await.unwrap();
    let behavior = json!({"functions": {"viewer-request": "other:1"}});
    Edge::on(bus, CancellationToken::new(), distribution(origin, behavior)).await
}

async fn succeeds(edge: &Edge) {
    let begun = Instant::now();
    while edge.get("/echo").await.status != 200 {
        assert!(begun.elapsed() < LONG, "it does not run");
    }
}

#[actix_rt::test]
async fn a_function_begins_only_where_its_runtime_is() {
    let (origin, nats) = (Origin::start().await, Nats::start().await);
    let edge = edge(&nats, &origin, "python3.12").await;
    let old = Beginner::join(&nats, "old", &[]).await;
    let begun = Instant::now();
    // The gateway has just started, and does not know what workers have.
    let (reply, lines) = log::told(async || edge.get("/echo").await).await;
    assert_eq!(reply.status, 503);
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert!(lines.contains("no worker has capacity for other:1"), "{lines}");
    let lines = loop {
        let (reply, lines) = log::told(async || edge.get("/echo").await).await;
        assert_eq!(reply.status, 503);
        if !lines.contains("no worker has capacity") {
            break lines;
        }
        assert!(begun.elapsed() < LONG, "{lines}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(
        lines.contains("no worker has the runtime python3.12 of other:1: install it"),
        "{lines}"
    );
    assert!(lines.contains("`interpreters`"), "{lines}");
    // It has a runtime of another kind.
    let node = Beginner::join(&nats, "node", &["nodejs24.x"]).await;
    assert_eq!(edge.get("/echo").await.status, 503);
    let python = Beginner::join(&nats, "python", &["python3.13"]).await;
    succeeds(&edge).await;
    for _ in 0..10 {
        assert_eq!(edge.get("/echo").await.status, 200);
    }
    assert_eq!((old.taken(), node.taken()), (0, 0));
    assert!(python.taken() > 10, "{}", python.taken());
    edge.stop().await;
}

#[actix_rt::test]
async fn a_worker_with_older_interpreters_only_is_passed_over() {
    let (origin, nats) = (Origin::start().await, Nats::start().await);
    let edge = edge(&nats, &origin, "python3.12").await;
    let mut older = Vec::new();
    for name in ["older-1", "older-2", "older-3"] {
        older.push(Beginner::join(&nats, name, &["python3.11"]).await);
    }
    let newer = Beginner::join(&nats, "newer", &["python3.14"]).await;
    succeeds(&edge).await;
    // From here on the gateway has heard of all of them.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before: Vec<usize> = older.iter().map(Beginner::taken).collect();
    for _ in 0..20 {
        assert_eq!(edge.get("/echo").await.status, 200);
    }
    assert_eq!(older.iter().map(Beginner::taken).collect::<Vec<_>>(), before);
    assert!(newer.taken() >= 20, "{}", newer.taken());
    edge.stop().await;
}

#[actix_rt::test]
async fn functions_of_the_embedded_runtime_begin_at_workers_of_the_release_before() {
    let (origin, nats) = (Origin::start().await, Nats::start().await);
    let edge = edge(&nats, &origin, "boa").await;
    let old = Beginner::join(&nats, "old", &[]).await;
    succeeds(&edge).await;
    assert!(old.taken() > 0);
    edge.stop().await;
}
