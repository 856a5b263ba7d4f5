//! Gateways of several sites on one NATS server, with one function and one origin.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use brink_gateway::access_log::{AccessLogSettings, Destination};
use brink_gateway::gateway::START_ALLOWANCE_DEFAULT;
use brink_gateway::shield::settings::{NAME, ShieldSettings};
use brink_gateway::{Gateway, GatewayOptions};
use brink_shared::bus::{NatsBus, Requester};
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Bundle, Distribution, Mirror, Store};
use brink_testing::certificates::Authority;
use brink_testing::exchange;
use brink_testing::nats::Nats;

use crate::edge::{LOCAL, Reply, returned, work};
use crate::logged_edge::Log;
use crate::raw_origin::RawOrigin;

/// Longest wait for something that should come soon.
const SOON: Duration = Duration::from_secs(30);

/// The gateways, and all around them.
pub struct Fleet {
    pub nats: Nats,
    pub bus: Arc<NatsBus>,
    pub folder: TempDir,
    pub authority: Authority,
    store: Store,
    requester: Requester,
    stop: CancellationToken,
    /// The triggers that ran, with their `cf`.
    events: Arc<Mutex<Vec<(String, Value)>>>,
}

/// One gateway.
pub struct Member {
    pub gateway: Gateway,
    pub name: &'static str,
    log: TempDir,
}

// === impl Fleet ===

impl Fleet {
    pub async fn start(document: Value) -> Self {
        let nats = Nats::start().await;
        let bus = nats.connect("test").await;
        let store = Store::open(bus.clone()).await.unwrap();
        let bundle = Bundle::new([("index.js".to_owned(), Bytes::new())].into()).unwrap();
        let digest = store.put_bundle(&bundle).await.unwrap();
        let settings = FunctionSettings::default();
        let function = "f".parse().unwrap();
        store.add_version(&function, settings, digest, 0, Default::default()).await.unwrap();
        let events = Arc::<Mutex<Vec<(String, Value)>>>::default();
        let stop = CancellationToken::new();
        let seen = events.clone();
        let worker = move |event: Value| {
            let cf = event["Records"][0]["cf"].clone();
            let trigger = cf["config"]["eventType"].as_str().unwrap().to_owned();
            let mut value =
                cf[if trigger.ends_with("request") { "request" } else { "response" }].clone();
            value["headers"][format!("x-{trigger}")] = json!([{ "value": "ran" }]);
            seen.lock().push((trigger, cf));
            returned(&value)
        };
        tokio::spawn(work(bus.clone(), worker, stop.clone()));
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new();
        std::fs::write(folder.path().join("authority.pem"), authority.pem()).unwrap();
        authority.issue(&[NAME]).write(folder.path(), "gateway");
        let requester = Requester::new(bus.clone()).await.unwrap();
        let fleet = Self { nats, bus, folder, authority, store, requester, stop, events };
        fleet.apply(document).await;
        fleet
    }

    pub async fn apply(&self, document: Value) {
        let document: Distribution = serde_json::from_value(document).unwrap();
        if let Err(error) = self.store.apply(&document, None).await {
            panic!("{error}: {:?}", error.problems());
        }
    }

    /// Starts a gateway. It shields the origins of `site`, if there is one.
    pub async fn gateway(&self, name: &'static str, site: Option<&str>) -> Member {
        let file = |name: &str| Some(self.folder.path().join(name));
        let bus = self.nats.connect(name).await;
        let mirror = Mirror::open(None).unwrap();
        tokio::spawn(mirror.clone().follow(bus.clone(), self.stop.clone()));
        mirror.wait_current().await;
        let log = tempfile::tempdir().unwrap();
        let gateway = Gateway::start(GatewayOptions {
            node: name.parse().unwrap(),
            bus,
            mirror,
            listen: LOCAL,
            https: Default::default(),
            proxy_protocol: Default::default(),
            cache_bytes: 64 << 20,
            min_rate: brink_gateway::pace::MIN_RATE_DEFAULT,
            threads: Some(1),
            admin: None,
            geo: Default::default(),
            start_allowance: START_ALLOWANCE_DEFAULT,
            telling: Default::default(),
            access_log: AccessLogSettings {
                to: Some(Destination::Files),
                dir: Some(log.path().to_owned()),
                ..AccessLogSettings::default()
            },
            identity: Default::default(),
            shield: ShieldSettings {
                site: site.map(|site| site.parse().unwrap()),
                listen: site.map(|_| LOCAL),
                address: None,
                certificate: file("gateway.pem"),
                key: file("gateway.key"),
                authority: file("authority.pem"),
            },
        })
        .await
        .unwrap();
        let mut caught_up = gateway.caught_up();
        caught_up.wait_for(|caught_up| *caught_up).await.unwrap();
        Member { gateway, name, log }
    }

    /// Waits until all these gateways know a shield.
    pub async fn settled(&self, count: usize) {
        self.status_until(|nodes| {
            let lacks = |node: &&Value| node["warnings"].to_string().contains("shield");
            nodes.len() == count && nodes.iter().filter(lacks).count() == 0
        })
        .await;
        // All of them have heard of all others.
        tokio::time::sleep(Duration::from_millis(1_200)).await;
    }

    /// Waits until the statuses of all nodes are as wanted.
    pub async fn status_until(&self, is_good: impl Fn(&[Value]) -> bool) {
        let until = Instant::now() + SOON;
        loop {
            let within = Duration::from_millis(200);
            let answers = self.requester.gather("brink.status", Bytes::new(), within).await;
            let answers = answers.unwrap_or_default();
            let nodes: Vec<Value> =
                answers.iter().map(|text| serde_json::from_slice(text).unwrap()).collect();
            if is_good(&nodes) {
                return;
            }
            assert!(Instant::now() < until, "{nodes:#?}");
        }
    }

    /// The events since the last time, by trigger.
    pub fn events(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut *self.events.lock())
    }

    pub async fn stop(self, members: impl IntoIterator<Item = Member>) {
        for member in members {
            member.gateway.stop().await;
        }
        self.stop.cancel();
    }
}

// === impl Member ===

impl Member {
    pub fn address(&self) -> SocketAddr {
        self.gateway.address()
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[], b"").await
    }

    pub async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let mut request = exchange::request(method, path, body.to_vec());
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        let (head, body) = exchange::exchange(self.address(), request).await.into_parts();
        Reply { status: head.status.as_u16(), body: body.to_vec(), headers: head.headers }
    }

    /// Stops it and reads its log.
    pub async fn log(self) -> Log {
        self.gateway.stop().await;
        Log::read(self.log.path())
    }
}

/// An origin whose answer is made from the head of a request and the number of requests before it.
pub fn origin(answer: impl Fn(&str, usize) -> String + Send + Sync + 'static) -> RawOrigin {
    let count = AtomicUsize::new(0);
    RawOrigin::start(move |mut conn| {
        while let Some(request) = conn.request() {
            conn.send(answer(&request, count.fetch_add(1, Ordering::SeqCst)));
        }
    })
}

/// A 200 with these header lines and this body.
pub fn ok(lines: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// A distribution whose origin the site `fra` shields.
pub fn shielded(origin: &RawOrigin, behavior: Value) -> Value {
    let mut behavior = behavior;
    behavior["path"] = json!("*");
    behavior["origin"] = json!("web");
    let web = json!({
        "url": format!("http://127.0.0.1:{}", origin.port),
        "attempts": 1,
        "origin_shield": { "site": "fra" },
    });
    json!({
        "id": "d",
        "origins": { "web": web },
        "behaviors": [behavior],
        "logging": {},
    })
}
