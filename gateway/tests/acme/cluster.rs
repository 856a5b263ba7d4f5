//! Gateways of one cluster, each on a thread of its own. A test can kill one of them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use brink_gateway::gateway::START_ALLOWANCE_DEFAULT;
use brink_gateway::https::{AcmePace, AcmeSettings, HttpsSettings};
use brink_gateway::{Gateway, GatewayOptions};
use brink_shared::bus::{Bus, EmbeddedBus, Entry};
use brink_shared::registry::{Distribution, Mirror, Store};
use brink_shared::secret::SecretKey;
use brink_shared::status::{AcmeFailure, NodeStatus};
use brink_shared::subject;

use crate::authority::{Authority, Conduct};
use crate::client::{connect, trusting};
use crate::edge::{LOCAL, Origin};

/// How fast the gateways of tests are.
pub const PACE: AcmePace = AcmePace {
    look_every: Duration::from_millis(100),
    lease: Duration::from_millis(1_500),
    spread: Duration::from_millis(100),
    request: Duration::from_secs(2),
    order: Duration::from_secs(20),
    first_pause: Duration::from_millis(500),
};

/// A bus, an authority, an origin, and the files that gateways share.
pub struct Cluster {
    pub bus: Arc<dyn Bus>,
    pub authority: Authority,
    pub folder: TempDir,
    pub keys: Vec<SecretKey>,
    pub origin: Origin,
    store: Store,
}

/// A gateway.
pub struct Member {
    pub http: SocketAddr,
    pub https: SocketAddr,
    end: oneshot::Sender<End>,
    thread: std::thread::JoinHandle<()>,
}

enum End {
    Stop,
    Kill,
}

impl Cluster {
    pub async fn start(conduct: Conduct) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = SecretKey::generate().to_file();
        std::fs::write(folder.path().join("acme.key"), text.as_bytes()).unwrap();
        let keys = SecretKey::from_file(&text).unwrap();
        let bus: Arc<dyn Bus> = EmbeddedBus::new();
        let authority = Authority::start(folder.path(), conduct).await;
        let store = Store::open(bus.clone()).await.unwrap();
        Self { bus, authority, folder, keys, origin: Origin::start().await, store }
    }

    pub fn settings(&self) -> AcmeSettings {
        AcmeSettings {
            directory: Some(self.authority.directory()),
            contact: vec!["mailto:ops@shop.test".to_owned()],
            agree: true,
            key: Some(self.folder.path().join("acme.key")),
            root: Some(self.authority.root()),
            external_account: None,
            state: None,
            pace: PACE,
        }
    }

    pub async fn gateway(&self, name: &str) -> Member {
        self.gateway_with(name, self.settings()).await
    }

    pub async fn gateway_with(&self, name: &str, acme: AcmeSettings) -> Member {
        Member::start(name.to_owned(), self.bus.clone(), acme).await
    }

    /// Applies a distribution with these aliases.
    pub async fn apply(&self, id: &str, aliases: &[&str], acme: bool) {
        let document: Value = json!({
            "id": id, "aliases": aliases, "viewer_certificate": {"acme": acme},
            "origins": {"web": {"url": self.origin.url()}},
            "behaviors": [{"path": "*", "origin": "web",
                "cache": {"min_ttl": "0s", "default_ttl": "0s", "max_ttl": "0s"}}],
        });
        let distribution: Distribution = serde_json::from_value(document).unwrap();
        self.store.apply(&distribution, None).await.unwrap();
    }

    /// The certificate that a gateway shows for a name, if a viewer accepts it.
    pub async fn shown(&self, at: &Member, name: &str) -> Option<CertificateDer<'static>> {
        let config = trusting(&self.authority.issuer, &["http/1.1"]);
        let stream = connect(at.https, name, &config).await.ok()?;
        Some(stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned())
    }

    /// Waits until a gateway has a valid certificate for a name.
    pub async fn wait_for(&self, at: &Member, name: &str) {
        until(&format!("a certificate for {name}"), async || self.shown(at, name).await.is_some())
            .await;
    }

    /// Everything in the bucket of ACME.
    pub async fn records(&self) -> Vec<Entry> {
        self.bus.bucket(subject::ACME_BUCKET).await.unwrap().entries().await.unwrap()
    }

    /// The gateway that holds the lease.
    pub async fn leader(&self) -> Option<String> {
        let records = self.records().await;
        let lease = records.iter().find(|entry| entry.key == "lease")?;
        let lease: Value = serde_json::from_slice(&lease.value).unwrap();
        Some(lease["holder"].as_str().unwrap().to_owned())
    }

    /// The reports of all gateways.
    pub async fn status(&self) -> Vec<NodeStatus> {
        let inbox = self.bus.new_inbox();
        let mut answers = self.bus.subscribe(&inbox, None, 16).await.unwrap();
        self.bus.publish(subject::STATUS, Some(&inbox), Default::default()).await.unwrap();
        let mut nodes = Vec::new();
        while let Ok(Some(answer)) =
            tokio::time::timeout(Duration::from_millis(300), answers.next()).await
        {
            nodes.extend(serde_json::from_slice::<NodeStatus>(&answer.payload).ok());
        }
        nodes
    }

    /// The failure of a name as a gateway reports it.
    pub async fn failure(&self, name: &str) -> Option<AcmeFailure> {
        let nodes = self.status().await;
        let status = nodes.first()?.acme.clone()?;
        status.names.into_iter().find(|told| told.name == name)?.failure
    }
}

impl Member {
    async fn start(name: String, bus: Arc<dyn Bus>, acme: AcmeSettings) -> Self {
        let (tell, told) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            actix_rt::System::new().block_on(async move {
                let stop = CancellationToken::new();
                let mirror = Mirror::open(None).unwrap();
                tokio::spawn(mirror.clone().follow(bus.clone(), stop.clone()));
                let https = HttpsSettings { listen: Some(LOCAL), acme, ..Default::default() };
                let gateway = Gateway::start(GatewayOptions {
                    node: name.parse().unwrap(),
                    bus,
                    mirror,
                    listen: LOCAL,
                    https,
                    proxy_protocol: Default::default(),
                    cache_bytes: 1 << 20,
                    min_rate: brink_gateway::pace::MIN_RATE_DEFAULT,
                    threads: Some(1),
                    admin: None,
                    geo: Default::default(),
                    start_allowance: START_ALLOWANCE_DEFAULT,
                    telling: Default::default(),
                    access_log: Default::default(),
                    identity: Default::default(),
                    disk_cache: Default::default(),
                    shield: Default::default(),
                })
                .await
                .unwrap();
                tell.send((gateway.address(), gateway.https_address().unwrap())).unwrap();
                if let Ok(End::Stop) = ended.await {
                    gateway.stop().await;
                    stop.cancel();
                }
                // Otherwise all its tasks end with the system, wherever they are.
            });
        });
        let (http, https) = told.await.unwrap();
        Self { http, https, end, thread }
    }

    pub async fn stop(self) {
        let _ = self.end.send(End::Stop);
        let joined = tokio::task::spawn_blocking(move || self.thread.join());
        joined.await.unwrap().unwrap();
    }

    pub fn kill(self) {
        let _ = self.end.send(End::Kill);
    }
}

/// Waits until something is so.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(40);
    while tokio::time::Instant::now() < deadline {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within 40 s: {what}");
}

/// The folder in which gateways of a test keep their state.
pub fn state(cluster: &Cluster) -> PathBuf {
    cluster.folder.path().join("state")
}
