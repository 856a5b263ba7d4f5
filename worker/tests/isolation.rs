//! What can a version or an event see of another one?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/edge.rs"]
mod edge;
#[path = "support/server.rs"]
mod server;

use std::sync::atomic::Ordering;
use std::time::Duration;

use brink_shared::id::VersionId;
use brink_shared::subject;
use brink_worker::WorkerLimits;
use edge::{Edge, eventually, returned};
use serde_json::{Value, json};
use server::Server;

async fn call(edge: &Edge, version: &VersionId, event: Value) -> Value {
    returned(edge.call(version, event).await).0
}

#[actix_rt::test]
async fn a_version_sees_nothing_of_another() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let source = "
const fs = require('fs');
const part = require('./part');
exports.handler = async (mark) => {
  const seen = {
    env: process.env.OWN,
    global: globalThis.mark,
    prototype: ({}).mark,
    module: part.mark,
    builtin: fs.mark,
    files: fs.readdirSync('/tmp'),
  };
  if (mark) {
    globalThis.mark = Object.prototype.mark = part.mark = fs.mark = mark;
    process.env.OWN = mark;
    fs.writeFileSync('/tmp/mark', mark);
  }
  return seen;
};";
    let publish = async |name: &str, own: &str| {
        let files = json!({"index.js": source, "part.js": "exports.mark = undefined;"});
        let request = json!({"name": name, "files": files, "settings": {"env": {"OWN": own}}});
        let published = edge.ask("function", "publish", &request).await;
        let published: brink_shared::admin::Published = published.unwrap();
        published.version
    };
    let (one, two) = (publish("a", "one").await, publish("a", "two").await);
    let other = publish("b", "other").await;
    call(&edge, &one, json!("marked")).await;
    let kept = call(&edge, &one, Value::Null).await;
    let all = json!({"env": "marked", "global": "marked", "prototype": "marked", "module": "marked",
        "builtin": "marked", "files": ["mark"]});
    assert_eq!(kept, all, "an environment keeps what is its own");
    for (version, own) in [(&two, "two"), (&other, "other")] {
        let seen = call(&edge, version, Value::Null).await;
        assert_eq!(seen, json!({"env": own, "files": []}), "{version}");
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn events_at_the_same_time_share_no_environment() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let source = "
const fs = require('fs');
exports.handler = async (mark) => {
  (globalThis.marks ||= []).push(mark);
  process.env['MARK_' + mark] = mark;
  fs.writeFileSync('/tmp/' + mark, mark);
  await new Promise((done) => setTimeout(done, 300));
  const marked = Object.keys(process.env).filter((name) => name.startsWith('MARK_'));
  return { marks: globalThis.marks, files: fs.readdirSync('/tmp'), marked };
};";
    let version = edge.publish("parallel", source).await;
    let events = [json!("a"), json!("b"), json!("c")];
    let start = subject::start(&version);
    let answers = edge.send_to(&start, &events, Duration::from_secs(5)).await.all().await.0;
    for (answer, mark) in answers.into_iter().zip(["a", "b", "c"]) {
        let (seen, _) = returned(answer);
        let own = json!({"marks": [mark], "files": [mark], "marked": [format!("MARK_{mark}")]});
        assert_eq!(seen, own);
    }
    edge.stop().await;
}

#[actix_rt::test]
async fn an_event_has_a_context_and_an_answer_of_its_own() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let source = "
let former;
exports.handler = (event, context, callback) => {
  const seen = former && { same: former.context === context, id: former.context.awsRequestId };
  if (former) {
    // The `context` of an earlier event cannot end a later one.
    former.callback(null, 'wrong');
    former.context.succeed('wrong');
    former.context.done(null, 'wrong');
  }
  former = { context, callback };
  setTimeout(() => callback(null, { seen, id: context.awsRequestId }), 20);
};";
    edge.publish("contexts", source).await;
    let event = |id: &str| json!({"Records": [{"cf": {"config": {"requestId": id}}}]});
    let first = edge.invoke("contexts", event("first")).await.ok.unwrap();
    assert_eq!(first, json!({"id": "first"}));
    let second = edge.invoke("contexts", event("second")).await.ok.unwrap();
    assert_eq!(second, json!({"seen": {"same": false, "id": "first"}, "id": "second"}));
    edge.stop().await;
}

#[actix_rt::test]
async fn work_left_by_an_event_is_frozen_until_the_next_and_logs_as_it() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let source = "
let fired = 0;
exports.handler = async (wait) => {
  const before = fired;
  if (wait) {
    await new Promise((done) => setTimeout(done, 200));
    return { before, after: fired };
  }
  setTimeout(() => { fired++; console.log('left behind'); }, 10);
};";
    edge.publish("leaves", source).await;
    let first = edge.invoke("leaves", Value::Null).await;
    assert_eq!(first.logs, Vec::<String>::new());
    // Longer than the timer, so that only freezing keeps it from firing.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let second = edge.invoke("leaves", json!(true)).await;
    assert_eq!(second.ok, Some(json!({"before": 0, "after": 1})));
    assert_eq!(second.logs, ["left behind"]);
    edge.stop().await;
}

#[actix_rt::test]
async fn an_answer_for_an_environment_that_is_gone_reaches_no_other() {
    let limits = WorkerLimits { environments: 1, sandboxes_max: 1, ..WorkerLimits::default() };
    let edge = Edge::start(limits).await;
    let server = Server::start().await;
    let source = "
globalThis.answers = [];
exports.handler = async ({ slow, fast }) => {
  if (slow) {
    fetch(slow).then((response) => response.text()).then((text) => answers.push(text));
    await new Promise(() => {});
  }
  const own = await (await fetch(fast)).text();
  await new Promise((done) => setTimeout(done, 100));
  return { own, answers };
};";
    let settings = json!({"egress": ["127.0.0.1"], "timeout": "1s"});
    let version = edge.publish_with("late", source, settings).await.unwrap().version;
    let failure = edge::failed(edge.call(&version, json!({"slow": server.url("/slow")})).await);
    assert!(failure.message.contains("1s") || failure.message.contains("1.0"), "{failure:?}");
    eventually("the slow call came", async || server.waiting.load(Ordering::SeqCst) > 0).await;
    server.slow.notify_one();
    let seen = call(&edge, &version, json!({"fast": server.url("/")})).await;
    assert_eq!(seen["answers"], json!([]), "{seen}");
    assert_ne!(seen["own"], "", "{seen}");
    edge.stop().await;
}

#[actix_rt::test]
async fn connections_are_kept_for_their_version_only() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let server = Server::start().await;
    let source = "exports.handler = async (url) => (await fetch(url)).text();";
    let egress = || json!({"egress": ["127.0.0.1"]});
    let one = edge.publish_with("a", source, egress()).await.unwrap().version;
    let changed = format!("{source} // What is equal would be no further version.");
    let two = edge.publish_with("a", &changed, egress()).await.unwrap().version;
    let other = edge.publish_with("b", source, egress()).await.unwrap().version;
    let mut seen = Vec::new();
    for version in [&one, &one, &two, &other] {
        seen.push(call(&edge, version, json!(server.url("/"))).await);
    }
    assert_eq!(seen, ["1", "1", "2", "3"]);
    edge.stop().await;
}
