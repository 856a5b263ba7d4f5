//! An edge in the test's own process: a gateway, a worker with real sandboxes, and examples.
//!
//! The same test runs on the embedded bus and on a real NATS server. Everything listens on ports
//! of the system's choice: the example is copied, and the address of the bundled origin is
//! replaced in the copy, so that tests can run side by side.

#![allow(dead_code)]

mod ask;
mod project;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::task::JoinHandle;
use brink_gateway::gateway::START_ALLOWANCE_DEFAULT;
use brink_gateway::{Gateway, GatewayOptions};
use brink_shared::bus::{Bus, EmbeddedBus};
use brink_shared::registry::{Mirror, Runtime, Store};
use brink_testing::nats::Nats;
use brink_worker::{
    InterpreterSearch, InterpreterSettings, SandboxProgram, Worker, WorkerLimits, WorkerOptions,
};
use tempfile::TempDir;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use ask::Ask;
use project::{Example, Serving};

/// Longest wait for any one thing; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What carries the messages.
#[derive(Clone, Copy, Debug)]
pub enum On {
    /// The bus within this process.
    Embedded,
    /// A NATS server of this test's own.
    Nats,
}

/// A running edge.
pub struct Edge {
    address: SocketAddr,
    gateway: Gateway,
    worker: Worker,
    carrier: Carrier,
    /// The bundled origins of the examples that have one.
    origins: Vec<Serving>,
    sites: Vec<Serving>,
    stop: CancellationToken,
    mirrors: Vec<JoinHandle<()>>,
    _folder: TempDir,
}

/// Gives each node its own connection.
enum Carrier {
    Embedded(Arc<EmbeddedBus>),
    Nats(Box<Nats>),
}

// === impl Edge ===

impl Edge {
    /// Starts `deploy/examples/{name}` on the embedded runtime.
    pub async fn example(name: &str, on: On) -> Self {
        Self::examples(&[name], Runtime::Boa, on).await
    }

    /// Starts several examples on one runtime. Each answers the host `NAME.example` only.
    pub async fn examples(names: &[&str], runtime: Runtime, on: On) -> Self {
        let stop = CancellationToken::new();
        let carrier = Carrier::start(on).await;
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(carrier.connect("publisher").await).await.unwrap();
        let (mut origins, mut sites) = (Vec::new(), Vec::new());
        for name in names {
            let mut example = Example::start(name, runtime, &folder.path().join(name));
            if names.len() > 1 {
                example.project.distribution.aliases.push(format!("{name}.example"));
            }
            project::publish(example.project, &store).await;
            origins.extend(example.origin);
            sites.extend(example.sites);
        }

        let mut mirrors = Vec::new();
        let mut follow = |bus: &Arc<dyn Bus>| {
            let mirror = Mirror::open(None).unwrap();
            let following = mirror.clone().follow(bus.clone(), stop.clone());
            mirrors.push(actix_web::rt::spawn(following));
            mirror
        };
        let bus = carrier.connect("worker").await;
        let mirror = follow(&bus);
        within("the worker to know the registry", mirror.wait_current()).await;
        let environment = std::env::vars().collect();
        let interpreters = InterpreterSearch::new(InterpreterSettings::of(&environment));
        if runtime != Runtime::Boa {
            within("the interpreters to be found", interpreters.found()).await;
        }
        let worker = Worker::start(WorkerOptions {
            node: "worker".parse().unwrap(),
            bus,
            mirror,
            state_dir: None,
            sandbox: SandboxProgram::new(
                env!("CARGO_BIN_EXE_brink").into(),
                vec!["sandbox".into()],
            ),
            interpreters,
            require: Vec::new(),
            secrets_key: None,
            registry: Default::default(),
            limits: WorkerLimits::default(),
            listens: Vec::new(),
            inspectors: None,
        });
        let worker = within("the worker to start", worker).await.unwrap();

        let bus = carrier.connect("gateway").await;
        let mirror = follow(&bus);
        within("the gateway to know the registry", mirror.wait_current()).await;
        let gateway = Gateway::start(GatewayOptions {
            node: "gateway".parse().unwrap(),
            bus,
            mirror,
            listen: (std::net::Ipv4Addr::LOCALHOST, 0).into(),
            https: Default::default(),
            proxy_protocol: Default::default(),
            cache_bytes: 16 << 20,
            min_rate: brink_gateway::pace::MIN_RATE_DEFAULT,
            threads: Some(1),
            admin: None,
            geo: Default::default(),
            start_allowance: START_ALLOWANCE_DEFAULT,
            telling: Default::default(),
            access_log: Default::default(),
            identity: Default::default(),
            shield: Default::default(),
        });
        let gateway = within("the gateway to start", gateway).await.unwrap();

        Self {
            address: gateway.address(),
            gateway,
            worker,
            carrier,
            origins,
            sites,
            stop,
            mirrors,
            _folder: folder,
        }
    }

    /// A GET request.
    pub fn get(&self, path: &str) -> Ask {
        self.ask("GET", path)
    }

    /// A request with this method.
    pub fn ask(&self, method: &str, path: &str) -> Ask {
        Ask::new(self.address, method, path)
    }

    /// Ends the bundled origins and nothing else.
    pub async fn stop_origins(&mut self) {
        assert!(!self.origins.is_empty(), "no example has a [dev] origin");
        for origin in self.origins.drain(..) {
            origin.stop().await;
        }
    }

    /// Ends everything in order, and makes sure that it does end.
    pub async fn stop(self) {
        within("the gateway to stop", self.gateway.stop()).await;
        within("the worker to stop", self.worker.stop()).await;
        self.stop.cancel();
        for mirror in self.mirrors {
            within("a mirror to end", mirror).await.unwrap();
        }
        for server in self.sites.into_iter().chain(self.origins) {
            server.stop().await;
        }
        if let Carrier::Nats(server) = self.carrier {
            within("nats-server to stop", server.stop()).await;
        }
    }
}

// === impl Carrier ===

impl Carrier {
    async fn start(on: On) -> Self {
        match on {
            On::Embedded => Self::Embedded(EmbeddedBus::new()),
            On::Nats => Self::Nats(Box::new(within("nats-server to start", Nats::start()).await)),
        }
    }

    async fn connect(&self, name: &str) -> Arc<dyn Bus> {
        match self {
            Self::Embedded(bus) => bus.clone(),
            Self::Nats(server) => within("the bus to be up", server.connect(name)).await,
        }
    }
}

/// Waits, and fails the test by name when it takes too long.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let ended = timeout(PATIENCE, future).await;
    ended.unwrap_or_else(|_| panic!("waited {PATIENCE:?} for {what}"))
}
