//! Workers with different interpreters: what they offer, and who starts a function.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/edge.rs"]
mod edge;

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brink_shared::admin::Published;
use brink_shared::bus::{Bus, BusError, Requester};
use brink_shared::id::VersionId;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Bundle, Runtime, Store};
use brink_shared::status::{Abilities, NodeStatus, Presence};
use brink_shared::subject;
use brink_shared::wire::{self, Verdict};
use brink_testing::nats::Nats;
use brink_worker::{InterpreterSearch, InterpreterSettings};
use bytes::Bytes;
use edge::{Edge, LONG, eventually};
use serde_json::{Value, json};
use tempfile::TempDir;

const ECHO: &str = "def handler(event, context):\n    return {'got': event}\n";

/// Programs that say these versions. The interpreter behind each is the machine's own.
struct Claimed {
    folder: TempDir,
    programs: Vec<PathBuf>,
}

impl Claimed {
    async fn new(versions: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let real = InterpreterSettings { programs: Vec::new(), path: std::env::var_os("PATH") };
        let real = InterpreterSearch::new(real);
        let mut programs = Vec::new();
        for (kind, version) in versions {
            let runtime = if *kind == "node" { Runtime::Nodejs } else { Runtime::Python };
            let own = real.choose(runtime.into()).await.expect("the test needs node and python3");
            let own = own.interpreter.unwrap();
            let answer = json!({
                "version": version, "program": own.program, "readable": own.readable,
                "libraries": [],
            });
            let source = folder.path().join("source");
            std::fs::write(&source, format!("#!/bin/sh\necho '{answer}'\n")).unwrap();
            let program = folder.path().join(format!("{kind}-{version}"));
            // Another process writes it: a process that another test starts meanwhile would hold the
            // open file, and then it could not be run.
            let mut install = Command::new("install");
            let made = install.args(["-m", "755"]).arg(&source).arg(&program).status();
            assert!(made.unwrap().success());
            programs.push(program);
        }
        Self { folder, programs }
    }

    fn search(&self) -> InterpreterSearch {
        assert!(self.folder.path().is_dir());
        let programs = self.programs.clone();
        InterpreterSearch::new(InterpreterSettings { programs, path: None })
    }
}

/// A worker on the server that has searched for its interpreters.
async fn worker(nats: &Nats, node: &str, claimed: &Claimed) -> Edge {
    let search = claimed.search();
    let _begun = search.begin();
    search.found().await;
    let bus: Arc<dyn Bus> = nats.connect(node).await;
    Edge::start_with_interpreters(bus, node, search).await
}

/// A version that was not tried when it was published.
async fn untried(bus: &Arc<dyn Bus>, name: &str, runtime: &str) -> VersionId {
    let store = Store::open(bus.clone()).await.unwrap();
    let bundle = Bundle::new([("index.py".to_owned(), ECHO.into())].into()).unwrap();
    let digest = store.put_bundle(&bundle).await.unwrap();
    let settings =
        FunctionSettings { runtime: runtime.parse().unwrap(), ..FunctionSettings::default() };
    let name = name.parse().unwrap();
    let added = store.add_version(&name, settings, digest, 0, Default::default());
    added.await.unwrap().version
}

/// Whether anybody subscribes to the subject. An empty message is not valid, and changes nothing.
async fn has_subscriber(requester: &Requester, subject: &str) -> bool {
    let asked = requester.request(subject, Bytes::new(), Duration::from_millis(50)).await;
    !matches!(asked, Err(BusError::NoResponders(_)))
}

async fn statuses(requester: &Requester, count: usize) -> Vec<NodeStatus> {
    let begun = Instant::now();
    loop {
        let within = Duration::from_millis(200);
        let told = requester.gather(subject::STATUS, Bytes::new(), within).await.unwrap();
        if told.len() >= count {
            return told.iter().map(|text| serde_json::from_slice(text).unwrap()).collect();
        }
        assert!(begun.elapsed() < LONG, "{} of {count} workers answer", told.len());
    }
}

#[actix_rt::test]
async fn a_worker_says_what_it_has_and_is_asked_for_nothing_else() {
    let nats = Nats::start().await;
    let claimed = Claimed::new(&[("node", "22.20.0"), ("python", "3.12.9")]).await;
    let bus: Arc<dyn Bus> = nats.connect("test").await;
    let requester = Requester::new(bus.clone()).await.unwrap();
    let mut presence = bus.subscribe(subject::PRESENCE_ALL, None, 64).await.unwrap();
    let version: VersionId = "f:1".parse().unwrap();
    let subject_of = |runtime| subject::start_in(runtime, &version);
    let search = claimed.search();
    let own: Arc<dyn Bus> = nats.connect("w1").await;
    let edge = Edge::start_with_interpreters(own, "w1", search.clone()).await;
    for (runtime, is_asked) in [
        (Runtime::Boa, true),
        (Runtime::Provided, true),
        (Runtime::Nodejs, false),
        (Runtime::Python, false),
    ] {
        let asked = async || has_subscriber(&requester, &subject_of(runtime)).await == is_asked;
        eventually("the search has not begun", asked).await;
    }
    assert_eq!(edge.status().await.interpreters, []);
    let _begun = search.begin();
    for runtime in [Runtime::Nodejs, Runtime::Python] {
        let asked = async || has_subscriber(&requester, &subject_of(runtime)).await;
        eventually("it has this runtime", asked).await;
    }
    let told = async {
        loop {
            let message = presence.next().await.unwrap();
            let (_, abilities): (Presence, Abilities) =
                wire::decode_with(&message.payload).unwrap();
            let runtimes: Vec<_> =
                abilities.runtimes.names().map(|name| name.to_string()).collect();
            if runtimes == ["boa", "nodejs22.x", "python3.12", "provided"] {
                return;
            }
        }
    };
    tokio::time::timeout(LONG, told).await.expect("it announces its runtimes");
    let status = edge.status().await;
    let shown: Vec<_> =
        status.interpreters.iter().map(|own| format!("{} {}", own.runtime, own.version)).collect();
    assert_eq!(shown, ["nodejs 22.20.0", "python 3.12.9"]);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_worker_without_the_runtime_of_an_event_sends_it_elsewhere_at_once() {
    let nats = Nats::start().await;
    let claimed = Claimed::new(&[("python", "3.12.9")]).await;
    let edge = worker(&nats, "w1", &claimed).await;
    for (name, runtime) in [("newer", "python3.13"), ("other", "nodejs"), ("later", "nodejs24.x")] {
        let version = untried(&edge.bus, name, runtime).await;
        let direct = subject::direct(&"w1".parse().unwrap(), &version);
        // Gateways of the release before know only this start subject.
        for subject in [subject::start(&version), direct] {
            let begun = Instant::now();
            let answering = edge.send_to(&subject, &[json!({})], LONG).await;
            assert_eq!(answering.one().await, Verdict::Retired, "{subject}");
            assert!(begun.elapsed() < LONG / 4, "{:?}", begun.elapsed());
        }
    }
    eventually("forgotten", async || edge.status().await.functions.is_empty()).await;
    edge.stop().await;
}

#[actix_rt::test]
async fn a_function_is_published_by_a_worker_that_has_its_runtime() {
    let nats = Nats::start().await;
    let (none, older) = (Claimed::new(&[]).await, Claimed::new(&[("python", "3.11.2")]).await);
    let newer = Claimed::new(&[("python", "3.13.1")]).await;
    let edges = [
        worker(&nats, "none", &none).await,
        worker(&nats, "older", &older).await,
        worker(&nats, "newer", &newer).await,
    ];
    let bus: Arc<dyn Bus> = nats.connect("test").await;
    let requester = Requester::new(bus).await.unwrap();
    statuses(&requester, 3).await;
    let publish = async |name: &str, runtime: &str| {
        let request = json!({
            "name": name, "files": {"index.py": ECHO}, "settings": {"runtime": runtime},
        });
        edges[0].ask::<Published>("function", "publish", &request).await
    };
    // NATS chooses the worker that gets the request, so all of them get some.
    for round in 0..3 {
        for (runtime, interpreter, newer) in [
            ("python3.11", "Python 3.11.2", None),
            ("python3.13", "Python 3.13.1", None),
            (
                "python3.12",
                "Python 3.13.1",
                Some("no python3.12 here, so it runs on Python 3.13.1"),
            ),
        ] {
            let name = format!("f{}-{round}", runtime.replace('.', "-"));
            let published = publish(&name, runtime).await.unwrap();
            assert_eq!(published.interpreter.as_deref(), Some(interpreter), "{runtime}");
            assert_eq!(published.newer.is_some(), newer.is_some(), "{:?}", published.newer);
            assert!(published.newer.unwrap_or_default().starts_with(newer.unwrap_or_default()));
            let request = json!({"function": name, "event": {"a": round}});
            let report: Value = edges[0].ask("function", "invoke", &request).await.unwrap();
            assert_eq!(report["ok"], json!({"got": {"a": round}}), "{report}");
        }
    }
    let error = publish("none", "python3.14").await.unwrap_err().to_string();
    assert!(error.contains("this machine has no python3.14"), "{error}");
    assert!(error.contains("none of the 2 other workers has one either"), "{error}");
    let error = publish("none", "nodejs").await.unwrap_err().to_string();
    assert!(error.contains("install Node.js 18 or newer"), "{error}");
    let error = publish("none", "pyhton").await.unwrap_err().to_string();
    assert!(
        error.contains("settings.runtime") && error.contains("did you mean \"python\"?"),
        "{error}"
    );
    for edge in edges {
        edge.stop().await;
    }
}
