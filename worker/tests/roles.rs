//! What may a function with a role call, log and use?
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

use brink_worker::WorkerLimits;
use edge::Edge;
use serde_json::{Value, json};
use server::Server;

const FETCHES: &str = "
exports.handler = async ({ url, host }) => {
  try {
    const headers = host ? { host } : {};
    const http = require('http');
    return await new Promise((resolve, reject) => {
      http.get(url, { headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      }).on('error', reject);
    });
  } catch (error) {
    return `${error.code}: ${error.message}`;
  }
};";

async fn get(edge: &Edge, function: &str, event: Value) -> String {
    let report = edge.invoke(function, event).await;
    match report.ok.unwrap_or_else(|| panic!("{:?}", report.error)) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[actix_rt::test]
async fn only_the_hosts_of_a_role_are_called() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let server = Server::start().await;
    let (port, url) = (server.address.port(), server.url("/"));
    let hosts = |hosts: Value| json!({"role": {"name": "edge", "hosts": hosts}});
    edge.publish_with("named", FETCHES, hosts(json!([format!("127.0.0.1:{port}")]))).await.unwrap();
    edge.publish_with("none", FETCHES, hosts(json!([]))).await.unwrap();
    edge.publish_with("free", FETCHES, json!({"role": {"name": "free"}})).await.unwrap();

    assert_eq!(get(&edge, "named", json!({"url": url})).await, "200");
    // A host of the role does not give access to another one: by name, port, redirect or `Host`
    // header.
    let away = server.url("/redirect-to-localhost");
    for (event, denied) in [
        (json!({"url": format!("http://localhost:{port}/")}), format!("localhost:{port}")),
        (json!({"url": "http://127.0.0.1:1/"}), "127.0.0.1:1".to_owned()),
        (json!({"url": "http://tells.a.secret.example/"}), "tells.a.secret.example:80".to_owned()),
        (json!({"url": url, "host": "other.example"}), format!("other.example:{port}")),
    ] {
        let why = get(&edge, "named", event.clone()).await;
        assert!(why.starts_with("EACCES: "), "{event}: {why}");
        assert!(why.contains(&format!("{denied} is not among the hosts that role edge")), "{why}");
        assert!(why.contains("roles.edge.hosts"), "{why}");
    }
    let followed = "exports.handler = async (url) => {
      try { return (await fetch(url)).status; } catch (error) { return String(error.cause); }
    };";
    let settings = hosts(json!([format!("127.0.0.1:{port}")]));
    edge.publish_with("follows", followed, settings).await.unwrap();
    let why = get(&edge, "follows", json!(away)).await;
    assert!(why.contains(&format!("localhost:{port} is not among")), "{why}");

    let why = get(&edge, "none", json!({"url": url})).await;
    assert!(why.contains("is not among the hosts that role edge"), "{why}");
    // A role without hosts is like no role: a private host must be named.
    let why = get(&edge, "free", json!({"url": url})).await;
    assert!(why.contains("loopback") && why.contains("egress"), "{why}");
    edge.stop().await;
}

#[actix_rt::test]
async fn lines_below_the_level_of_a_role_are_dropped() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let source = "
exports.handler = async () => {
  for (const level of ['trace', 'debug', 'log', 'info', 'warn', 'error']) {
    console[level](level);
    console[level]({ level });
  }
};";
    let settings = json!({"role": {"name": "quiet", "log_level": "warn"}});
    edge.publish_with("quiet", source, settings).await.unwrap();
    let logs = edge.invoke("quiet", json!({})).await.logs;
    assert_eq!(logs, ["warn", "{ level: 'warn' }", "error", "{ level: 'error' }"]);
    edge.publish_with("loud", source, json!({})).await.unwrap();
    assert_eq!(edge.invoke("loud", json!({})).await.logs.len(), 12);
    edge.stop().await;
}

#[actix_rt::test]
async fn a_function_chooses_no_more_than_its_role_allows() {
    let edge = Edge::start(WorkerLimits::default()).await;
    let source = "exports.handler = async () => 'ok';";
    let role = json!({"name": "small", "hosts": ["a.example"], "limits": {"timeout": "1s"}});
    let settings = json!({"timeout": "2s", "egress": ["db.internal"], "role": role});
    let problems = edge.publish_with("f", source, settings).await.unwrap_err().problems;
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    let over = "settings.timeout: 2s is over the 1s of its role (roles.small.limits.timeout)";
    assert!(told.iter().any(|problem| problem == over), "{told:?}");
    let host = "settings.egress[0]: \"db.internal\" is not among the hosts of its role";
    assert!(told.iter().any(|problem| problem.starts_with(host)), "{told:?}");

    let role = json!({"name": "small", "limits": {"timeout": "1s"}});
    edge.publish_with("f", source, json!({"timeout": "500ms", "role": role})).await.unwrap();
    let shown: Value = edge.ask("function", "show", &json!({"function": "f"})).await.unwrap();
    assert_eq!(shown["versions"][0]["settings"]["role"]["limits"]["timeout"], "1s");
    let role = json!({"name": "large", "limits": {"timeout": "31s"}});
    let error = edge.publish_with("f", source, json!({"role": role})).await.unwrap_err();
    assert_eq!(error.problems[0].path, "settings.role.limits.timeout");
    edge.stop().await;
}
