//! Functions in a whole worker: the ways out that its sandboxes have, and the limits of its events.

use std::path::Path;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use brink_shared::admin::{InvokeReport, Published};
use brink_shared::bus::EmbeddedBus;
use brink_worker::{InterpreterSearch, InterpreterSettings};

use super::edge::Edge;

const NODE: &str = "
const net = require('node:net');
const connect = (port) => new Promise((resolve) => {
  const socket = net.connect(port, '127.0.0.1', () => resolve('connected'));
  socket.on('error', (error) => resolve(error.message));
});
exports.handler = async ({ port, times }) => {
  const results = [];
  for (let time = 0; time < times; time += 1) results.push(await connect(port));
  results.push(await fetch('http://10.0.0.1/').catch((error) => error.cause.message));
  return results;
};";

const PYTHON: &str = "
import socket

kept = []

def connect(host, port):
    try:
        kept.append(socket.create_connection((host, port)))
        return 'connected'
    except OSError as error:
        return str(error)

def handler(event, context):
    results = [connect('127.0.0.1', event['port']) for _ in range(event['times'])]
    return [*results, connect('10.0.0.1', 80)]
";

/// The reason for which 10.0.0.1 is not called.
const PRIVATE: &str = "10.0.0.1 is 10.0.0.1, which is a private address";

#[actix_rt::test]
async fn events_of_node_and_python_have_their_own_connections() {
    let environment = std::env::vars().collect();
    let interpreters = InterpreterSearch::new(InterpreterSettings::of(&environment));
    let edge = Edge::start_with_interpreters(EmbeddedBus::new(), "w1", interpreters).await;
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = server.local_addr().unwrap().port();
    for (runtime, file, source) in [("nodejs", "index.js", NODE), ("python", "index.py", PYTHON)] {
        let settings = json!({
            "runtime": runtime,
            "handler": "index.handler",
            "egress": [format!("127.0.0.1:{port}")],
            "limits": {"subrequests": 3},
        });
        let request = json!({"name": runtime, "files": {file: source}, "settings": settings});
        edge.ask::<Published>("function", "publish", &request).await.unwrap();
        for _ in 0..2 {
            // The rejected one counts, too.
            let (results, logs) = run(&edge, runtime, json!({"port": port, "times": 2})).await;
            assert_eq!(results[..2], ["connected", "connected"], "{runtime}: {results:?}");
            let told = [&results[2..], &logs[..]].concat();
            assert!(told.iter().any(|line| line.contains(PRIVATE)), "{runtime}: {told:?}");
        }
        let (results, _) = run(&edge, runtime, json!({"port": port, "times": 4})).await;
        assert_eq!(results[..3], ["connected", "connected", "connected"], "{runtime}: {results:?}");
        assert!(
            results[3].contains("made 4 outgoing calls in one event"),
            "{runtime}: {results:?}"
        );
    }
    let status = edge.status().await;
    let ways: Vec<_> = status.interpreters.iter().map(|own| own.network.as_deref()).collect();
    let way = if Path::new("/dev/net/tun").exists() { "transparent" } else { "proxy" };
    assert!(ways.len() >= 2 && ways.iter().all(|own| *own == Some(way)), "{ways:?}");
    edge.stop().await;
}

/// Invokes a function. Returns its results and its log.
async fn run(edge: &Edge, function: &str, event: Value) -> (Vec<String>, Vec<String>) {
    let InvokeReport { ok, error, logs, .. } = edge.invoke(function, event).await;
    let results = ok.unwrap_or_else(|| panic!("{function}: {error:?} {logs:?}"));
    (serde_json::from_value(results).unwrap(), logs)
}
