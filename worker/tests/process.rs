//! The `brink-worker` program on a NATS server.
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
use brink_shared::bus::server::{NatsServer, NatsServerOptions};
use brink_shared::bus::{Bus, NatsBus, NatsOptions, Requester};
use brink_shared::id::VersionId;
use brink_shared::wire::{Answers, Verdict};
use brink_shared::{subject, wire};
use edge::{LONG, batch, eventually};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

/// Events that each caller sends while workers come and go.
const EVENTS: usize = 200;

/// Callers at the same time.
const CALLERS: usize = 8;

fn worker(url: &str, node: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_brink-worker"))
        .args(["--nats", url, "--node", node, "--log", "warn"])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
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
        Reply::Parcel(ticket) => panic!("{ticket:?}"),
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
    let dir = tempfile::tempdir().unwrap();
    let options = NatsServerOptions { dir: dir.path().to_owned(), ..NatsServerOptions::default() };
    let server = NatsServer::start(options).await.unwrap();
    let bus: Arc<dyn Bus> = NatsBus::connect(NatsOptions {
        servers: vec![server.url()],
        creds: None,
        name: "test".to_owned(),
    })
    .await
    .unwrap();
    let requester = Requester::new(bus.clone()).await.unwrap();
    let mut first = worker(&server.url(), "w1");
    eventually("w1 is there", || is_there(&requester, "w1")).await;
    let source = "exports.handler = async (event) => event;";
    let version = publish(&requester, "echo", source).await;
    let _second = worker(&server.url(), "w2");
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

/// The processes whose parent is this one.
fn children(parent: u32) -> Vec<u32> {
    let parent = format!(" {parent} ");
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let processes = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes.filter(|pid| stat(*pid).is_some_and(|rest| rest[1..].starts_with(&parent))).collect()
}

/// What `/proc` says of a process from its state on; none once it is gone or dead.
fn stat(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    (!rest.starts_with('Z')).then(|| rest.to_owned())
}

#[actix_rt::test]
async fn a_worker_that_is_killed_takes_its_sandboxes_along() {
    let dir = tempfile::tempdir().unwrap();
    let options = NatsServerOptions { dir: dir.path().to_owned(), ..NatsServerOptions::default() };
    let server = NatsServer::start(options).await.unwrap();
    let bus: Arc<dyn Bus> = NatsBus::connect(NatsOptions {
        servers: vec![server.url()],
        creds: None,
        name: "test".to_owned(),
    })
    .await
    .unwrap();
    let requester = Requester::new(bus.clone()).await.unwrap();
    let mut killed = worker(&server.url(), "w1");
    eventually("w1 is there", || is_there(&requester, "w1")).await;
    let source = "exports.handler = async (event) => { while (event === 'loop'); return event; };";
    let version = publish(&requester, "loops", source).await;
    call(&bus, &version, json!("well")).await;
    // One sandbox is deep in user code, one is blank.
    let inbox = bus.new_inbox();
    let looping = batch(&[json!("loop")], LONG);
    bus.publish(&subject::invoke(&version), Some(&inbox), looping).await.unwrap();
    let id = killed.id().unwrap();
    eventually("two sandboxes", async || children(id).len() >= 2).await;
    let sandboxes = children(id);
    let pid = Pid::from_raw(id.try_into().unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    killed.wait().await.unwrap();
    let all_gone = async || sandboxes.iter().all(|pid| stat(*pid).is_none());
    eventually("no sandbox is left", all_gone).await;
    // The next one under the same name finds nothing in its way.
    let _next = worker(&server.url(), "w1");
    eventually("w1 is there again", || is_there(&requester, "w1")).await;
    call(&bus, &version, json!("well")).await;
    bus.close().await;
}
