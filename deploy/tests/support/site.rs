//! A site: a NATS server, a gateway and two workers, each a process of its own, and raw admin
//! messages to them.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use brink_shared::bus::{Bus as _, BusError, NatsBus, Requester};
use brink_testing::nats::Nats;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::tool::{Running, SOON};

/// The workers' names.
pub const WORKERS: [&str; 2] = ["worker-1", "worker-2"];

/// What a NATS server carries in one message unless it is told otherwise.
pub const DEFAULT_MAX_PAYLOAD: usize = 1024 * 1024;

/// How a site differs from the usual one.
#[derive(Default)]
pub struct Options<'a> {
    /// The most bytes that the NATS server carries in one message.
    pub max_payload: Option<usize>,
    /// The address by which the gateway reaches the NATS server at this one.
    pub in_between: Option<&'a dyn Fn(&str) -> String>,
    /// How many seconds the clocks of nodes are ahead.
    pub clocks: &'a [(&'a str, i64)],
}

pub struct Site {
    pub nats: Nats,
    pub gateway: Running,
    /// Where the gateway serves.
    pub address: String,
    pub workers: BTreeMap<&'static str, Running>,
    pub bus: Arc<NatsBus>,
    requester: Requester,
    pub dir: tempfile::TempDir,
}

impl Site {
    pub async fn start() -> Self {
        Self::start_on(None).await
    }

    /// On a NATS server that carries so much in one message.
    pub async fn start_on(max_payload: Option<usize>) -> Self {
        Self::start_with(Options { max_payload, ..Options::default() }).await
    }

    pub async fn start_with(Options { max_payload, in_between, clocks }: Options<'_>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let nats = Nats::carrying(max_payload).await;
        let url = nats.url();
        let shift = |node: &str| {
            let clock = clocks.iter().find(|(name, _)| *name == node);
            clock.map_or(0, |(_, seconds)| *seconds).to_string()
        };
        let state = |node: &str| dir.path().join(node).display().to_string();
        let workers = WORKERS.map(|name| {
            let args = ["worker", "--nats", &url, "--node", name, "--state", &state(name)];
            (name, Running::start_with(&args, &[("BRINK_TEST_CLOCK_SHIFT_S", &shift(name))]))
        });
        let gateway_url = in_between.map_or_else(|| url.clone(), |to| to(&url));
        let (gateway, address) = gateway(&gateway_url, &state("gateway"), &shift("gateway-1"));
        let bus = nats.connect("test").await;
        let requester = Requester::new(bus.clone()).await.unwrap();
        let workers = workers.into();
        let site = Self { nats, gateway, address, workers, bus, requester, dir };
        site.wait_nodes(1 + WORKERS.len()).await;
        site
    }

    /// Another gateway in the place of the one that was, on what that kept.
    pub fn restart_gateway(&mut self) {
        let state = self.dir.path().join("gateway").display().to_string();
        let (gateway, address) = gateway(&self.nats.url(), &state, "0");
        std::mem::replace(&mut self.gateway, gateway).kill();
        self.address = address;
    }

    /// Sends these bytes as a program that knows nothing of Brink would; what comes back.
    pub async fn admin(&self, subject: &str, request: Value) -> Value {
        let payload = Bytes::from(request.to_string());
        let subject = format!("brink.admin.{subject}");
        let answer = self.requester.request(&subject, payload, SOON).await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    /// The future ends when a message comes on this subject.
    pub async fn hear(&self, subject: &str) -> impl Future<Output = ()> + use<> {
        let mut messages = self.bus.subscribe(subject, None, 8).await.unwrap();
        self.bus.flush().await.unwrap();
        async move {
            tokio::time::timeout(SOON, messages.next()).await.unwrap().unwrap();
        }
    }

    /// Publishes a file as the function's next version, which this answers.
    pub async fn publish(&self, name: &str, source: &str, settings: Value) -> String {
        let files = json!({ "index.js": source });
        let request = json!({ "name": name, "settings": settings, "files": files });
        let answer = self.admin("function.publish", request).await;
        answer["ok"]["version"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Applies a distribution of any host: paths, and the function at viewer-request of each.
    pub async fn apply(&self, origin: &str, behaviors: &[(&str, Option<&str>)]) -> Value {
        let behaviors: Vec<Value> = behaviors
            .iter()
            .map(|(path, function)| {
                let functions = function.map_or(json!({}), |f| json!({ "viewer-request": f }));
                json!({ "path": path, "origin": "web", "functions": functions })
            })
            .collect();
        let origins = json!({ "web": { "url": format!("http://{origin}") } });
        let document = json!({ "id": "shop", "origins": origins, "behaviors": behaviors });
        self.admin("distribution.apply", json!({ "distribution": document })).await
    }

    /// The worker that ran most events.
    pub async fn busiest(&self) -> &'static str {
        let ran = |node: &Value| {
            let functions = node["functions"].as_array().into_iter().flatten();
            functions.filter_map(|function| function["invocations"].as_u64()).sum::<u64>()
        };
        let nodes = self.status().await;
        let busiest = nodes.iter().max_by_key(|node| match node["role"].as_str() {
            Some("worker") => ran(node),
            _ => 0,
        });
        let name = busiest.unwrap()["node"].as_str().unwrap();
        WORKERS.into_iter().find(|worker| *worker == name).unwrap()
    }

    /// The status of one node, as it says itself.
    pub async fn status_of(&self, node: &str) -> Value {
        let until = Instant::now() + SOON;
        loop {
            let nodes = self.status().await;
            if let Some(status) = nodes.into_iter().find(|status| status["node"] == node) {
                return status;
            }
            assert!(Instant::now() < until, "{node} does not answer");
        }
    }

    /// Has every worker hold the version.
    pub async fn warm(&self, version: &str) {
        let until = Instant::now() + SOON;
        for worker in WORKERS {
            while self.ran(worker, version).await.is_none() {
                let request = json!({ "function": version, "event": sample_event() });
                let ran = self.admin("function.invoke", request).await;
                assert!(ran.get("ok").is_some(), "{ran}");
                assert!(Instant::now() < until, "{worker} does not take {version}");
            }
        }
    }

    /// How many events of the version the worker ran; none if it does not hold it.
    pub async fn ran(&self, worker: &str, version: &str) -> Option<u64> {
        let status = self.status_of(worker).await;
        let mut functions = status["functions"].as_array().into_iter().flatten();
        functions.find(|function| function["version"] == version)?["invocations"].as_u64()
    }

    async fn wait_nodes(&self, count: usize) {
        let until = Instant::now() + SOON;
        loop {
            let nodes = self.status().await;
            if nodes.len() == count {
                return;
            }
            assert!(Instant::now() < until, "of {count} nodes these answer: {nodes:?}");
        }
    }

    /// The status of every node, as it says itself.
    pub async fn status(&self) -> Vec<Value> {
        let within = Duration::from_millis(300);
        match self.requester.gather("brink.status", Bytes::new(), within).await {
            Ok(answers) => answers.iter().map(|a| serde_json::from_slice(a).unwrap()).collect(),
            Err(BusError::NoResponders(_)) => Vec::new(),
            Err(error) => panic!("{error}"),
        }
    }
}

/// A viewer's request as functions see it.
fn sample_event() -> Value {
    let config = json!({ "distributionId": "shop", "eventType": "viewer-request" });
    let request = json!({ "method": "GET", "uri": "/", "querystring": "", "headers": {} });
    json!({ "Records": [{ "cf": { "config": config, "request": request } }] })
}

fn gateway(url: &str, state: &str, shift: &str) -> (Running, String) {
    let args = ["--nats", url, "--node", "gateway-1", "--state", state];
    let listen = ["gateway", "--listen", "127.0.0.1:0", "--log", "warn"];
    let shift = [("BRINK_TEST_CLOCK_SHIFT_S", shift)];
    let mut gateway = Running::start_with(&[&listen[..], &args[..]].concat(), &shift);
    let serves = gateway.line(" serves http://");
    let address = serves.split("http://").nth(1).unwrap().split(' ').next().unwrap();
    (gateway, address.to_owned())
}
