//! A worker on the embedded bus, and the messages that a gateway would send to it.

#![allow(dead_code)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use brink_shared::admin::{AdminError, InvokeReport, Published, Reply};
use brink_shared::bus::{Bus, EmbeddedBus, Requester, Subscription};
use brink_shared::event::Trigger;
use brink_shared::id::VersionId;
use brink_shared::registry::Mirror;
use brink_shared::status::NodeStatus;
use brink_shared::subject;
use brink_shared::wire::{
    self, Answers, Batch, Failure, Invocation, Payload, Run, Terms, UnixMillis, Verdict,
};
use brink_worker::{
    InterpreterSearch, InterpreterSettings, RegistrySettings, SandboxProgram, Worker, WorkerLimits,
    WorkerOptions,
};

/// Longest that anything in a test may take.
pub const LONG: Duration = Duration::from_secs(20);

pub struct Edge {
    pub bus: Arc<dyn Bus>,
    pub state: TempDir,
    requester: Requester,
    worker: Worker,
    stop: CancellationToken,
}

/// Answers to one message of events.
pub struct Answering {
    answers: Subscription,
    open: usize,
}

impl Edge {
    pub async fn start(limits: WorkerLimits) -> Self {
        let bus: Arc<dyn Bus> = EmbeddedBus::new();
        Self::start_on(bus, "w1", limits).await
    }

    pub async fn start_on(bus: Arc<dyn Bus>, node: &str, limits: WorkerLimits) -> Self {
        Self::start_with(bus, node, limits, program()).await
    }

    /// A worker that has the machine's interpreters.
    pub async fn start_with_machine(bus: Arc<dyn Bus>, limits: WorkerLimits) -> Self {
        let environment = std::env::vars().collect();
        let interpreters = InterpreterSearch::new(InterpreterSettings::of(&environment));
        let registry = RegistrySettings::default();
        Self::start_whole(bus, "w1", limits, registry, program(), interpreters).await
    }

    /// A worker whose sandboxes are another program.
    pub async fn start_with(
        bus: Arc<dyn Bus>,
        node: &str,
        limits: WorkerLimits,
        sandbox: SandboxProgram,
    ) -> Self {
        Self::start_by(bus, node, limits, RegistrySettings::default(), sandbox).await
    }

    /// A worker with settings for the registry.
    pub async fn start_with_registry(registry: RegistrySettings) -> Self {
        let bus: Arc<dyn Bus> = EmbeddedBus::new();
        Self::start_by(bus, "w1", WorkerLimits::default(), registry, program()).await
    }

    async fn start_by(
        bus: Arc<dyn Bus>,
        node: &str,
        limits: WorkerLimits,
        registry: RegistrySettings,
        sandbox: SandboxProgram,
    ) -> Self {
        // Nothing begins this search in tests of the embedded runtime.
        let interpreters = InterpreterSearch::new(InterpreterSettings::default());
        Self::start_whole(bus, node, limits, registry, sandbox, interpreters).await
    }

    /// A worker that runs functions in these interpreters.
    pub async fn start_with_interpreters(
        bus: Arc<dyn Bus>,
        node: &str,
        interpreters: InterpreterSearch,
    ) -> Self {
        let (limits, registry) = Default::default();
        Self::start_whole(bus, node, limits, registry, program(), interpreters).await
    }

    async fn start_whole(
        bus: Arc<dyn Bus>,
        node: &str,
        limits: WorkerLimits,
        registry: RegistrySettings,
        sandbox: SandboxProgram,
        interpreters: InterpreterSearch,
    ) -> Self {
        let state = TempDir::new().unwrap();
        let mirror = Mirror::open(Some(state.path())).unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(mirror.clone().follow(bus.clone(), stop.clone()));
        let worker = Worker::start(WorkerOptions {
            node: node.parse().unwrap(),
            bus: bus.clone(),
            mirror,
            state_dir: Some(state.path().to_owned()),
            sandbox,
            interpreters,
            require: Vec::new(),
            secrets_key: None,
            registry,
            limits,
            listens: Vec::new(),
            inspectors: None,
        })
        .await
        .unwrap();
        let requester = Requester::new(bus.clone()).await.unwrap();
        let edge = Self { bus, state, requester, worker, stop };
        edge.ask::<Value>("function", "list", &json!({})).await.unwrap();
        edge
    }

    pub async fn stop(self) {
        self.worker.stop().await;
        self.stop.cancel();
    }

    /// Asks the admin service; it may take a moment to be there.
    pub async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        noun: &str,
        verb: &str,
        request: &impl Serialize,
    ) -> Result<T, AdminError> {
        let subject = subject::admin(noun, verb);
        let body = Bytes::from(serde_json::to_vec(request).unwrap());
        let begun = Instant::now();
        loop {
            match self.requester.request(&subject, body.clone(), LONG).await {
                Ok(reply) => match serde_json::from_slice(&reply).unwrap() {
                    Reply::Ok(done) => return Ok(done),
                    Reply::Error(error) => return Err(error),
                    Reply::ClaimCheck(claim_check) => panic!("{claim_check:?}"),
                },
                Err(error) if begun.elapsed() > LONG => panic!("{subject}: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }

    /// Publishes `index.js` with settings.
    pub async fn publish_with(
        &self,
        name: &str,
        source: &str,
        settings: Value,
    ) -> Result<Published, AdminError> {
        let request = json!({"name": name, "files": {"index.js": source}, "settings": settings});
        self.ask("function", "publish", &request).await
    }

    pub async fn publish(&self, name: &str, source: &str) -> VersionId {
        let published = self.publish_with(name, source, json!({})).await;
        published.unwrap().version
    }

    pub async fn invoke(&self, function: &str, event: Value) -> InvokeReport {
        let request = json!({"function": function, "event": event});
        self.ask("function", "invoke", &request).await.unwrap()
    }

    /// Sends events to one subject.
    pub async fn send_to(&self, subject: &str, events: &[Value], within: Duration) -> Answering {
        self.send_message(subject, batch(events, within), events.len()).await
    }

    /// Sends a message of so many events to one subject.
    pub async fn send_message(&self, subject: &str, batch: Bytes, events: usize) -> Answering {
        let inbox = self.bus.new_inbox();
        let answers = self.bus.subscribe(&inbox, None, 1024).await.unwrap();
        self.bus.publish(subject, Some(&inbox), batch).await.unwrap();
        Answering { answers, open: events }
    }

    /// Runs one event by the start subject.
    pub async fn call(&self, version: &VersionId, event: Value) -> Verdict {
        let start = subject::start(version);
        let within = Duration::from_secs(5);
        self.send_to(&start, &[event], within).await.one().await
    }

    pub async fn status(&self) -> NodeStatus {
        let reply = self.requester.request(subject::STATUS, Bytes::new(), LONG).await;
        serde_json::from_slice(&reply.unwrap()).unwrap()
    }

    /// True if a worker has loaded the version.
    pub async fn is_warm(&self, version: &VersionId) -> bool {
        // An empty message is not valid, so it keeps no version loaded.
        let warm = subject::invoke(version);
        let soon = Duration::from_millis(20);
        let asked = self.requester.request(&warm, Bytes::new(), soon);
        !matches!(asked.await, Err(brink_shared::bus::BusError::NoResponders(_)))
    }
}

impl Answering {
    /// The next message of answers.
    pub async fn next(&mut self) -> Answers {
        let message = tokio::time::timeout(LONG, self.answers.next()).await;
        let message = message.expect("no answer in time").expect("the bus closed");
        assert!(!message.no_responders, "nobody is there");
        wire::decode(&message.payload).unwrap()
    }

    /// The final verdict of every event by slot, and how many claims came.
    pub async fn all(mut self) -> (Vec<Verdict>, usize) {
        let mut verdicts = vec![None; self.open];
        let mut claims = 0;
        while verdicts.iter().any(Option::is_none) {
            for answer in self.next().await.answers {
                match answer.verdict {
                    Verdict::Claimed => claims += 1,
                    verdict => verdicts[answer.slot as usize] = Some(verdict),
                }
            }
        }
        (verdicts.into_iter().flatten().collect(), claims)
    }

    pub async fn one(self) -> Verdict {
        let (mut verdicts, _) = self.all().await;
        verdicts.remove(0)
    }
}

pub fn batch(events: &[Value], within: Duration) -> Bytes {
    wire::encode(&events_of(events, within)).unwrap()
}

pub fn batch_with(events: &[Value], within: Duration, terms: &Terms) -> Bytes {
    wire::encode_with(&events_of(events, within), terms).unwrap()
}

fn events_of(events: &[Value], within: Duration) -> Batch {
    let invocations = (0..).zip(events).map(|(slot, event)| Invocation {
        slot,
        request_id: format!("r{slot}"),
        trigger: Trigger::ViewerRequest,
        deadline: UnixMillis::now().after(within),
        payload: Payload::Json(Bytes::from(event.to_string())),
    });
    Batch { invocations: invocations.collect() }
}

pub fn program() -> SandboxProgram {
    SandboxProgram::new(
        PathBuf::from(env!("CARGO_BIN_EXE_brink-worker")),
        vec!["sandbox".to_owned()],
    )
}

pub fn returned(verdict: Verdict) -> (Value, Run) {
    match verdict {
        Verdict::Returned { value, run } => (wire::decode_value(&value).unwrap(), run),
        other => panic!("{other:?}"),
    }
}

pub fn failed(verdict: Verdict) -> Failure {
    match verdict {
        Verdict::Failed { failure, .. } => failure,
        other => panic!("{other:?}"),
    }
}

/// Polls until the condition is true.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < LONG, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
