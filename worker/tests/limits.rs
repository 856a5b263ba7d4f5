//! The limits that functions choose. An event over a limit fails with the limit's message, a
//! sandbox near a limit is recycled unnoticed, and a version whose sandboxes go on dying is in its
//! back-off.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/edge.rs"]
mod edge;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use brink_shared::admin::Published;
use brink_shared::bus::EmbeddedBus;
use brink_shared::id::VersionId;
use brink_shared::status::Ailing;
use brink_shared::subject;
use brink_shared::wire::{FailureKind, Verdict};
use brink_worker::{SandboxProgram, WorkerLimits};
use edge::{Edge, LONG, eventually, failed, returned};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Uses CPU time as the event says.
const BUSY: &str = "
const born = Math.random();
const spin = (ms) => { const until = process.cpuUsage().user + ms * 1000; while (process.cpuUsage().user < until); };
exports.handler = async (event) => {
  if (event.loop) while (true);
  if (event.turns) for (;;) await null;
  if (event.wait) await new Promise((done) => setTimeout(done, event.wait));
  if (event.spin) spin(event.spin);
  return born;
};";

async fn busy(edge: &Edge) -> VersionId {
    let settings = json!({"timeout": "4s", "limits": {"cpu_time": "200ms"}});
    edge.publish_with("busy", BUSY, settings).await.unwrap().version
}

#[actix_rt::test]
async fn cpu_time_is_limited_whether_the_code_awaits_or_not() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let version = busy(&edge).await;
    returned(edge.call(&version, json!({})).await);
    for event in [json!({"loop": true}), json!({"turns": true}), json!({"spin": 230})] {
        let begun = Instant::now();
        let failure = failed(edge.call(&version, event.clone()).await);
        assert!(begun.elapsed() < Duration::from_secs(3), "{event}: {:?}", begun.elapsed());
        assert_eq!(failure.kind, FailureKind::Limit, "{event}: {failure:?}");
        assert_eq!(failure.error_type, "Sandbox.CpuExceeded", "{event}: {failure:?}");
        assert!(failure.message.starts_with("busy:1 used 2"), "{failure:?}");
        let said = "ms of CPU, over its limit of 200ms; raise limits.cpu_time (at most 30s)";
        assert!(failure.message.ends_with(said), "{failure:?}");
    }
    // Time in which nothing is done is not CPU time.
    returned(edge.call(&version, json!({"wait": 500})).await);
    edge.stop().await;
}

#[actix_rt::test]
async fn the_event_that_keeps_its_thread_is_the_guilty_one() {
    let limits = WorkerLimits { sandboxes_max: 1, ..WorkerLimits::default() };
    let edge = Edge::start(limits).await;
    let version = busy(&edge).await;
    returned(edge.call(&version, json!({})).await);
    let start = subject::start(&version);
    // Neither the oldest event is at fault, nor the one that waits on the same thread.
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(edge.send_to(&start, &[json!({"wait": 3000})], LONG).await);
    }
    let busy = async |n| edge.status().await.functions.first().is_some_and(|f| f.busy == n);
    eventually("busy", async || busy(4).await).await;
    let guilty = edge.send_to(&start, &[json!({"loop": true})], LONG).await;
    assert_eq!(failed(guilty.one().await).error_type, "Sandbox.CpuExceeded");
    for other in others {
        assert_eq!(other.one().await, Verdict::Lost);
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn an_environment_over_the_soft_bound_is_replaced() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let version = busy(&edge).await;
    let born = async |event| returned(edge.call(&version, event).await).0;
    let first = born(json!({})).await;
    assert_eq!(born(json!({"spin": 10})).await, first);
    assert_eq!(born(json!({"spin": 130})).await, first);
    assert_ne!(born(json!({})).await, first);
    edge.stop().await;
}

/// Uses memory as the event says.
const FILLS: &str = "
const born = Math.random();
const kept = [];
export const handler = async (event) => {
  const wanted = (event.rss ?? 0) * 1048576;
  while (process.memoryUsage().rss < wanted) kept.push('x'.padEnd(1 << 20) + kept.length);
  if (event.rss) await new Promise((done) => setTimeout(done, 200));
  return born;
};";

async fn publish_module(edge: &Edge, name: &str, source: &str, settings: Value) -> VersionId {
    let request = json!({"name": name, "files": {"index.mjs": source}, "settings": settings});
    edge.ask::<Published>("function", "publish", &request).await.unwrap().version
}

/// Brings the version's sandbox near its memory limit, and returns which sandbox it is.
async fn use_up_memory(edge: &Edge, version: &VersionId) -> Value {
    let (first, _) = returned(edge.call(version, json!({})).await);
    // 128 MB and 64 MB for the runtime; 80 % of the former are the soft limit.
    let (near, _) = returned(edge.call(version, json!({"rss": 178})).await);
    assert_eq!(near, first);
    first
}

async fn until_replaced(edge: &Edge, version: &VersionId, first: &Value) {
    eventually("another sandbox", async || {
        let (born, _) = returned(edge.call(version, json!({})).await);
        born != *first
    })
    .await;
}

#[actix_rt::test]
async fn a_sandbox_near_its_memory_limit_is_replaced_unseen() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let version = publish_module(&edge, "fills", FILLS, json!({})).await;
    let first = use_up_memory(&edge, &version).await;
    until_replaced(&edge, &version, &first).await;
    let status = edge.status().await;
    assert_eq!(status.functions[0].errors, 0);
    edge.stop().await;
}

/// A server that a function needs to start. It answers while it is open, and counts the calls that
/// it turned away.
async fn gate() -> (SocketAddr, Arc<AtomicBool>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (open, turned_away) = (Arc::new(AtomicBool::new(true)), Arc::<AtomicUsize>::default());
    let (is_open, count) = (open.clone(), turned_away.clone());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match socket.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            let status = match is_open.load(Ordering::SeqCst) {
                true => "204 No Content",
                false => {
                    count.fetch_add(1, Ordering::SeqCst);
                    "503 Closed"
                }
            };
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    (address, open, turned_away)
}

#[actix_rt::test]
async fn a_worn_sandbox_is_replaced_after_a_pause() {
    // So no further sandboxes are started for events that wait.
    let limits = WorkerLimits { sandboxes_max: 1, ..WorkerLimits::default() };
    let edge = Edge::start(limits).await;
    let (address, open, turned_away) = gate().await;
    let start = format!(
        "const {{ ok }} = await fetch('http://{address}/');\n\
         if (!ok) throw new Error('closed');\n"
    );
    let settings = json!({"egress": [address.to_string()]});
    let version = publish_module(&edge, "gated", &(start + FILLS), settings).await;
    returned(edge.call(&version, json!({})).await);
    open.store(false, Ordering::SeqCst);
    let first = use_up_memory(&edge, &version).await;
    let ailing = async || edge.status().await.functions[0].ailing.is_some();
    eventually("a pause", ailing).await;
    assert_eq!(returned(edge.call(&version, json!({})).await).0, first);
    assert_eq!(turned_away.load(Ordering::SeqCst), 1);
    open.store(true, Ordering::SeqCst);
    until_replaced(&edge, &version, &first).await;
    assert_eq!(edge.status().await.functions[0].errors, 0);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_worn_sandbox_is_replaced_once_one_can_be_started() {
    let dir = TempDir::new().unwrap();
    let [closed, tried] = ["closed", "tried"].map(|name| dir.path().join(name));
    let program = edge::program().path;
    let script = format!(
        "if [ -e {closed:?} ]; then echo > {tried:?}; exit 1; fi; exec {program:?} sandbox"
    );
    let sandbox = SandboxProgram::new("/bin/sh".into(), vec!["-c".to_owned(), script]);
    // Each sandbox is started when it is wanted.
    let limits = WorkerLimits { sandboxes_max: 1, blank_pool: 0, ..WorkerLimits::default() };
    let edge = Edge::start_with(EmbeddedBus::new(), "w1", limits, sandbox).await;
    let version = publish_module(&edge, "fills", FILLS, json!({})).await;
    returned(edge.call(&version, json!({})).await);
    std::fs::write(&closed, "").unwrap();
    let first = use_up_memory(&edge, &version).await;
    eventually("a try", async || tried.exists()).await;
    assert_eq!(returned(edge.call(&version, json!({})).await).0, first);
    std::fs::remove_file(&closed).unwrap();
    until_replaced(&edge, &version, &first).await;
    edge.stop().await;
}

#[actix_rt::test]
async fn settings_over_the_platforms_cap_are_not_published() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let settings = json!({"limits": {"cpu_time": "31s", "subrequests": 2000}});
    let error = edge.publish_with("greedy", BUSY, settings).await.unwrap_err();
    let problems: Vec<_> =
        error.problems.iter().map(|p| format!("{}: {}", p.path, p.message)).collect();
    assert_eq!(
        problems,
        [
            "settings.limits.cpu_time: 31s is over the platform's cap of 30s",
            "settings.limits.subrequests: 2000 is over the platform's cap of 1000",
        ]
    );
    edge.stop().await;
}

#[actix_rt::test]
async fn limits_of_calls_timers_logs_and_answers_are_the_functions_own() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let source = "
exports.handler = async (event) => {
  if (event.timers) for (let n = 0; n < 3; n++) setTimeout(() => {}, 1000);
  if (event.text) return 'x'.repeat(event.text);
  if (event.log) { for (let n = 0; n < 40; n++) console.log('y'.repeat(100)); return; }
  const results = await Promise.allSettled(Array.from({ length: 3 }, () => fetch('http://127.0.0.1/')));
  return results.map(({ reason }) => reason.cause.message);
};";
    let settings = json!({"limits": {
        "subrequests": 2, "timers": 2, "response_size": "1KB", "log_size": "2KB",
    }});
    let version = edge.publish_with("small", source, settings).await.unwrap().version;
    let (texts, _) = returned(edge.call(&version, json!({})).await);
    assert!(texts[1].as_str().unwrap().contains("loopback"), "{texts}");
    let made = "small:1 made 3 outgoing calls in one event, over its limit of 2; \
                raise limits.subrequests (at most 1000)";
    assert_eq!(texts[2], json!(made));
    let failure = failed(edge.call(&version, json!({"timers": true})).await);
    assert_eq!(failure.error_type, "RangeError");
    let set = "small:1 had 3 timers at the same time, over its limit of 2; \
               raise limits.timers (at most 100000)";
    assert_eq!(failure.message, set);
    let failure = failed(edge.call(&version, json!({"text": 1025})).await);
    assert_eq!(failure.kind, FailureKind::Validation);
    assert_eq!(failure.error_type, "Function.ResponseSizeTooLarge");
    let returned_text = "small:1 returned 1.0KB of text, over its limit of 1KB; \
                         raise limits.response_size (at most 8MB)";
    assert_eq!(failure.message, returned_text);
    let report = edge.invoke("small:1", json!({"log": true})).await;
    let report = serde_json::to_value(&report).unwrap();
    let logs: Vec<_> = report["logs"].as_array().unwrap().iter().map(Value::to_string).collect();
    assert!(logs.len() < 20, "{logs:?}");
    assert!(logs.last().unwrap().contains("raise limits.log_size (at most 1MB)"), "{logs:?}");
    edge.stop().await;
}

#[actix_rt::test]
async fn a_version_that_goes_on_killing_its_sandboxes_waits_and_says_so() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let source = "exports.handler = async (event) => event.die ? 'x'.padEnd(4e9) : 'well';";
    let version = edge.publish("dies", source).await;
    let other = edge.publish("other", source).await;
    returned(edge.call(&version, json!({})).await);
    returned(edge.call(&other, json!({})).await);
    for _ in 0..4 {
        let failure = failed(edge.call(&version, json!({"die": true})).await);
        assert_eq!(failure.error_type, "Runtime.OutOfMemory", "{failure:?}");
    }
    let begun = Instant::now();
    let failure = failed(edge.call(&version, json!({})).await);
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    assert_eq!(
        (failure.kind, failure.error_type.as_str()),
        (FailureKind::Limit, "Runtime.OutOfMemory")
    );
    let said = "dies:1 lost 4 sandboxes one after the other and gets the next in ";
    assert!(failure.message.starts_with(said), "{failure:?}");
    assert!(failure.message.contains("memory allocation of "), "{failure:?}");
    let ailing = async |of| {
        let functions = edge.status().await.functions;
        functions.into_iter().find(|function| function.version == of).unwrap().ailing
    };
    let Some(Ailing { reason, deaths: 4, retry_in_ms }) = ailing(version.clone()).await else {
        panic!("it is not ailing");
    };
    assert!(reason.starts_with("Runtime.OutOfMemory: "), "{reason}");
    assert!((1..=1200).contains(&retry_in_ms), "{retry_in_ms}");
    assert_eq!(ailing(other.clone()).await, None);
    assert_eq!(returned(edge.call(&other, json!({})).await).0, json!("well"));
    let well = async || matches!(edge.call(&version, json!({})).await, Verdict::Returned { .. });
    eventually("well again", well).await;
    assert!(begun.elapsed() >= Duration::from_millis(500), "{:?}", begun.elapsed());
    edge.stop().await;
}
