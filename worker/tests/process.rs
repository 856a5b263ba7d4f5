//! The program `brink-worker` on a NATS server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/edge.rs"]
mod edge;

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use brink_shared::admin::{Published, Reply};
use brink_shared::bus::{Bus, Requester};
use brink_shared::confinement::Layer;
use brink_shared::id::VersionId;
use brink_shared::registry::Runtime;
use brink_shared::status::{Abilities, NodeStatus, Presence};
use brink_shared::wire::{Answers, Verdict};
use brink_shared::{subject, wire};
use brink_testing::nats::Nats;
use brink_testing::process::{children, is_alive};
use edge::{LONG, batch, eventually};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

/// Events that each caller sends while workers come and go.
const EVENTS: usize = 200;

/// Callers at the same time.
const CALLERS: usize = 8;

fn program(url: &str, node: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brink-worker"));
    command.args(["--nats", url, "--node", node, "--log", "warn"]);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

fn worker(url: &str, node: &str) -> Child {
    program(url, node).spawn().unwrap()
}

/// The sandboxes of a worker that have not ended.
fn sandboxes_of(worker: u32) -> Vec<u32> {
    children(worker).into_iter().filter(|pid| is_alive(*pid)).collect()
}

async fn is_there(requester: &Requester, node: &str) -> bool {
    let ping = subject::ping(&node.parse().unwrap());
    let soon = Duration::from_millis(500);
    requester.request(&ping, bytes::Bytes::new(), soon).await.is_ok()
}

async fn publish(requester: &Requester, name: &str, source: &str) -> VersionId {
    let request = json!({"name": name, "files": {"index.js": source}});
    let body = bytes::Bytes::from(request.to_string());
    let subject = subject::admin("function", "publish");
    let reply = requester.request(&subject, body, LONG).await.unwrap();
    match serde_json::from_slice::<Reply<Published>>(&reply).unwrap() {
        Reply::Ok(published) => published.version,
        Reply::Error(error) => panic!("{error}"),
        Reply::ClaimCheck(claim_check) => panic!("{claim_check:?}"),
    }
}

/// The final answer to one event sent to the subject; none if nobody subscribes.
async fn ask(bus: &Arc<dyn Bus>, subject: &str, event: &Value) -> Option<Verdict> {
    let inbox = bus.new_inbox();
    let mut answers = bus.subscribe(&inbox, None, 8).await.unwrap();
    let body = batch(std::slice::from_ref(event), Duration::from_secs(5));
    bus.publish(subject, Some(&inbox), body).await.unwrap();
    loop {
        let message = tokio::time::timeout(LONG, answers.next()).await;
        let message = message.expect("an event was lost").unwrap();
        if message.no_responders {
            return None;
        }
        let answers: Answers = wire::decode(&message.payload).unwrap();
        match &answers.answers[0].verdict {
            Verdict::Claimed => {}
            verdict => return Some(verdict.clone()),
        }
    }
}

/// Runs one event, sending it again where that is safe, as a gateway does.
async fn call(bus: &Arc<dyn Bus>, version: &VersionId, event: Value) {
    let subjects = [subject::invoke(version), subject::start(version)];
    for subject in subjects.iter().cycle().take(10) {
        match ask(bus, subject, &event).await {
            Some(Verdict::Retired | Verdict::Busy) | None => {}
            Some(verdict) => {
                assert_eq!(edge::returned(verdict).0, event);
                return;
            }
        }
    }
    panic!("{version} is not served")
}

/// Runs `EVENTS` events, one after the other.
async fn calls(bus: &Arc<dyn Bus>, version: &VersionId) {
    for n in 0..EVENTS {
        call(bus, version, json!(n)).await;
    }
}

#[actix_rt::test]
async fn workers_come_and_go_without_losing_an_event() {
    let nats = Nats::start().await;
    let bus: Arc<dyn Bus> = nats.connect("test").await;
    let requester = Requester::new(bus.clone()).await.unwrap();
    let mut first = worker(&nats.url(), "w1");
    eventually("w1 is there", || is_there(&requester, "w1")).await;
    let source = "exports.handler = async (event) => event;";
    let version = publish(&requester, "echo", source).await;
    let _second = worker(&nats.url(), "w2");
    eventually("w2 is there", || is_there(&requester, "w2")).await;
    call(&bus, &version, json!(0)).await;
    let callers = (0..CALLERS).map(|_| calls(&bus, &version));
    let terminated = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let pid = Pid::from_raw(first.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
    };
    tokio::join!(futures_util::future::join_all(callers), terminated);
    let ended = tokio::time::timeout(LONG, first.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
    bus.close().await;
}

#[actix_rt::test]
async fn a_worker_tells_what_holds_its_sandboxes() {
    let nats = Nats::start().await;
    let _worker = worker(&nats.url(), "w1");
    let bus: Arc<dyn Bus> = nats.connect("test").await;
    let requester = Requester::new(bus.clone()).await.unwrap();
    eventually("w1 is there", || is_there(&requester, "w1")).await;
    let reply = requester.request(subject::STATUS, bytes::Bytes::new(), LONG).await.unwrap();
    let status: NodeStatus = serde_json::from_slice(&reply).unwrap();
    let layers: Vec<_> = status.confinement.iter().map(|status| status.layer).collect();
    assert_eq!(layers, Layer::ALL);
    // It shares its cgroup with this test, so that it has none to itself.
    let cgroup = status.confinement.last().unwrap();
    assert!(!cgroup.in_force && cgroup.why.is_some(), "{cgroup:?}");
    bus.close().await;
}

/// A worker that may not make user namespaces, as in many containers.
fn without_namespaces(url: &str, node: &str) -> Command {
    let worker = program(url, node);
    let mut command = Command::new("unshare");
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && \
                  exec setpriv --inh-caps=-all --bounding-set=-all \"$@\"";
    command.args(["--user", "--map-root-user", "sh", "-c", script, "sh"]);
    command.arg(worker.as_std().get_program()).args(worker.as_std().get_args());
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Needs `unshare` and `setpriv` in `PATH` (Debian: `apt-get install util-linux`), and a kernel that
/// lets this user make a user namespace.
#[actix_rt::test]
async fn a_worker_without_namespaces_does_not_offer_to_run_functions_own_programs() {
    let nats = Nats::start().await;
    let bus: Arc<dyn Bus> = nats.connect("test").await;
    let mut presence = bus.subscribe(subject::PRESENCE_ALL, None, 64).await.unwrap();
    let _lacking = without_namespaces(&nats.url(), "lacking").spawn().unwrap();
    let message = tokio::time::timeout(LONG, presence.next()).await.unwrap().unwrap();
    let (_, Abilities { runtimes, .. }) =
        wire::decode_with::<Presence, Abilities>(&message.payload).unwrap();
    assert!(runtimes.has(Runtime::Boa) && !runtimes.has(Runtime::Provided), "{runtimes:?}");
    let requester = Requester::new(bus.clone()).await.unwrap();
    let reply = requester.request(subject::STATUS, bytes::Bytes::new(), LONG).await.unwrap();
    let status: NodeStatus = serde_json::from_slice(&reply).unwrap();
    let warnings = status.warnings.join("\n");
    assert!(warnings.contains("this machine has no provided (cannot make a"), "{warnings}");
    let publish = |text: &'static str| {
        let files = json!({"bootstrap": text});
        let settings = json!({"runtime": "provided"});
        json!({"name": "own", "files": files, "settings": settings}).to_string()
    };
    let ask = async |body: String| {
        let subject = subject::admin("function", "publish");
        let reply = requester.request(&subject, body.into(), LONG).await.unwrap();
        serde_json::from_slice::<Reply<Published>>(&reply).unwrap()
    };
    let Reply::Error(error) = ask(publish("#!/bin/sh\n")).await else { panic!("published") };
    assert!(error.message.contains("let ordinary users make user namespaces"), "{error}");
    // Another worker can, and gets what the first one cannot do.
    let _whole = worker(&nats.url(), "whole");
    eventually("whole is there", || is_there(&requester, "whole")).await;
    let script = include_str!("runtime_api/bootstrap.sh");
    for _ in 0..4 {
        let Reply::Ok(published) = ask(publish(script)).await else { panic!("rejected") };
        assert_eq!(published.version.number, 1);
    }
    bus.close().await;
}

#[actix_rt::test]
async fn a_worker_may_have_all_files_that_the_system_allows_and_a_sandbox_may_not() {
    let nats = Nats::start().await;
    let bus: Arc<dyn Bus> = nats.connect("test").await;
    let requester = Requester::new(bus.clone()).await.unwrap();
    let worker = program(&nats.url(), "w1");
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -Sn 200 && ulimit -Hn 2000 && exec \"$@\"", "sh"]);
    command.arg(worker.as_std().get_program()).args(worker.as_std().get_args());
    let worker = command.stdin(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    eventually("w1 is there", || is_there(&requester, "w1")).await;
    let limits = |process: u32| {
        let text = std::fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
        let line = text.lines().find(|line| line.starts_with("Max open files")).unwrap();
        let mut numbers = line.split_whitespace().skip(3).map(|n| n.parse::<u64>().unwrap());
        (numbers.next().unwrap(), numbers.next().unwrap())
    };
    let id = worker.id().unwrap();
    assert_eq!(limits(id), (2_000, 2_000));
    eventually("a sandbox", async || {
        sandboxes_of(id).first().is_some_and(|sandbox| limits(*sandbox) == (0, 0))
    })
    .await;
    bus.close().await;
}

#[actix_rt::test]
async fn a_worker_does_not_start_without_what_it_must_have() {
    let nats = Nats::start().await;
    let mut command = program(&nats.url(), "w1");
    let command = command.args(["--sandbox-require", "process,cgroup"]).stderr(Stdio::piped());
    let output = tokio::time::timeout(LONG, command.output()).await.unwrap().unwrap();
    assert!(!output.status.success());
    let words = String::from_utf8(output.stderr).unwrap();
    let expected = "sandboxes are not confined as `sandbox.require` says: cgroup is missing: ";
    assert!(words.contains(expected), "{words}");
    assert!(!words.contains("process is missing"), "{words}");
}

#[actix_rt::test]
async fn a_worker_that_is_killed_takes_its_sandboxes_along() {
    let nats = Nats::start().await;
    let bus: Arc<dyn Bus> = nats.connect("test").await;
    let requester = Requester::new(bus.clone()).await.unwrap();
    let mut killed = worker(&nats.url(), "w1");
    eventually("w1 is there", || is_there(&requester, "w1")).await;
    let source = "exports.handler = async (event) => { while (event === 'loop'); return event; };";
    let version = publish(&requester, "loops", source).await;
    call(&bus, &version, json!("well")).await;
    // One sandbox is deep in user code, one is blank.
    let inbox = bus.new_inbox();
    let looping = batch(&[json!("loop")], LONG);
    bus.publish(&subject::invoke(&version), Some(&inbox), looping).await.unwrap();
    let id = killed.id().unwrap();
    eventually("two sandboxes", async || sandboxes_of(id).len() >= 2).await;
    let sandboxes = sandboxes_of(id);
    killed.kill().await.unwrap();
    let all_gone = async || !sandboxes.iter().any(|pid| is_alive(*pid));
    eventually("no sandbox is left", all_gone).await;
    // The next one under the same name finds nothing in its way.
    let _next = worker(&nats.url(), "w1");
    eventually("w1 is there again", || is_there(&requester, "w1")).await;
    call(&bus, &version, json!("well")).await;
    bus.close().await;
}
