//! `brink dev`: gateway and worker in this process, on the embedded bus.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use brink_gateway::answered::{Answered, OnAnswer, Telling};
use brink_gateway::gateway::{
    CACHE_BYTES_DEFAULT, Gateway, GatewayOptions, OriginIdentity, START_ALLOWANCE_DEFAULT,
};
use brink_gateway::https::HttpsSettings;
use brink_gateway::origin::{AwsKeys, AwsSettings};
use brink_gateway::pace::MIN_RATE_DEFAULT;
use brink_gateway::viewer_headers::geo::GeoFiles;
use brink_shared::bus::{Bus, EmbeddedBus};
use brink_shared::confinement::LayerStatus;
use brink_shared::id::NodeId;
use brink_shared::registry::Mirror;
use brink_shared::telemetry::admin::{self, AdminPort};
use brink_shared::telemetry::{Health, Metrics};
use brink_worker::inspect::PATIENCE;
use brink_worker::settings::WorkerLimits;
use brink_worker::supervisor::{Worker, WorkerOptions};
use brink_worker::{InterpreterSearch, InterpreterSettings, SandboxProgram};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::args::DevArgs;
use crate::client::Client;
use crate::command_error::CommandError;
use crate::inspect::Inspection;
use crate::launch::{Edge, Launch};
use crate::local_certificate::LocalCertificate;
use crate::printing;
use crate::session::Session;

/// How long running events and answers may take when `brink dev` stops.
const DRAIN: Duration = Duration::from_secs(2);

/// A version that was replaced is stopped after this long without events. Each save of a file makes
/// another version, with a process of its own.
const UNNAMED_STOP: Duration = Duration::from_secs(1);

/// A bundle without a version is removed after this long. Bundles are in the memory of this
/// process. Only this process publishes, one version after the other, and it prunes in between.
const UPLOAD_AGE: Duration = Duration::from_secs(1);

/// Gateway, worker and registry of one process.
struct Node {
    bus: Arc<dyn Bus>,
    mirror: Arc<Mirror>,
    gateway: Gateway,
    worker: Worker,
    following: JoinSet<()>,
    stop: CancellationToken,
}

/// Runs the project until Ctrl-C.
pub async fn command(
    args: &DevArgs,
    environment: HashMap<String, String>,
) -> Result<(), CommandError> {
    let interpreters = InterpreterSettings::of(&environment);
    let certificate = args.https.map(|_| LocalCertificate::open(&environment)).transpose()?;
    let aws = AwsKeys::new(&AwsSettings::default(), |name| environment.get(name).cloned());
    let identity = OriginIdentity { aws, ..OriginIdentity::default() };
    let launch = Launch::read(&args.dir, &args.secrets, environment)?;
    let stop = launch.stop.clone();
    brink_shared::node::raise_descriptors();
    let port = args.admin.map(open_admin_port).transpose()?;
    let https = HttpsSettings {
        listen: args.https,
        certificates: certificate.as_ref().map(|certificate| certificate.folder.clone()),
        ..HttpsSettings::default()
    };
    let inspection = inspection(args);
    let geo = launch.project.geo.clone();
    let node = Node::start(args, https, geo, identity, interpreters, inspection.as_ref()).await?;
    let ended = tokio::select! {
        ended = run(launch, &node, certificate, inspection) => ended,
        () = stop.cancelled() => Ok(()),
    };
    node.stop().await;
    if let Some(port) = port {
        port.stop().await;
    }
    ended
}

fn open_admin_port(address: SocketAddr) -> Result<AdminPort, CommandError> {
    let failed =
        |error| CommandError::failed(format!("cannot open the admin port {address}: {error}"));
    let metrics = Metrics::install().map_err(CommandError::failed)?;
    let listener = TcpListener::bind(address).map_err(failed)?;
    admin::serve(listener, metrics, Health::new()).map_err(failed)
}

fn inspection(args: &DevArgs) -> Option<Inspection> {
    let (at, wait) = match (args.inspect, args.inspect_wait) {
        (Some(at), _) => (at, false),
        (None, Some(at)) => (at, true),
        (None, None) => return None,
    };
    Some(Inspection::new(at, wait))
}

/// The limits of the worker. A function that is debugged stays until it changes.
fn worker_limits(is_inspected: bool) -> WorkerLimits {
    let limits =
        WorkerLimits { drain_grace: DRAIN, unnamed_stop: UNNAMED_STOP, ..WorkerLimits::default() };
    if is_inspected { WorkerLimits { idle_stop: PATIENCE, ..limits } } else { limits }
}

async fn run(
    launch: Launch,
    node: &Node,
    certificate: Option<LocalCertificate>,
    inspection: Option<Inspection>,
) -> Result<(), CommandError> {
    let client = Client::on(node.bus.clone()).await?;
    let mirror = node.mirror.clone();
    let edge = Edge { client, mirror, upload_age: UPLOAD_AGE, inspection };
    let ready = async |session: &Session, began: Instant| {
        let url = format!("http://{}", node.gateway.address());
        let lacks = node.worker.confinement().iter().filter_map(LayerStatus::lack);
        let lacks = lacks.map(|lack| format!("sandboxes have {lack}"));
        let address = node.gateway.https_address();
        let https = certificate.zip(address).map(|(local, address)| local.told(address));
        let ready = session.ready(began.elapsed(), &url);
        Ok([ready].into_iter().chain(https.into_iter().flatten()).chain(lacks).collect())
    };
    launch.run(edge, ready).await
}

/// `200 GET /images/a.png  Hit  behavior /images/*  3 ms`.
fn print_request(answered: &Answered<'_>) {
    let Answered { method, path, status, result, behavior, took } = answered;
    let behavior = behavior.map_or_else(|| "no behavior".to_owned(), |b| format!("behavior {b}"));
    let took = took.as_secs_f64() * 1_000.0;
    let line = format!("{status} {method} {path}  {result}  {behavior}  {took:.1} ms");
    // A closed screen is no reason to stop serving.
    let _ = printing::line(printing::plain(&line));
}

// === impl Node ===

impl Node {
    async fn start(
        args: &DevArgs,
        https: HttpsSettings,
        geo: GeoFiles,
        identity: OriginIdentity,
        interpreters: InterpreterSettings,
        inspection: Option<&Inspection>,
    ) -> Result<Self, CommandError> {
        let bus: Arc<dyn Bus> = EmbeddedBus::new();
        let mirror = Mirror::open(None).map_err(CommandError::failed)?;
        let stop = CancellationToken::new();
        let mut following = JoinSet::new();
        following.spawn(mirror.clone().follow(bus.clone(), stop.clone()));
        let gateway = Gateway::start(GatewayOptions {
            node: NodeId::made_up("gateway"),
            bus: bus.clone(),
            mirror: mirror.clone(),
            listen: args.listen,
            https,
            proxy_protocol: Default::default(),
            cache_bytes: CACHE_BYTES_DEFAULT,
            min_rate: MIN_RATE_DEFAULT,
            threads: None,
            admin: args.admin,
            geo,
            // An event waits while somebody looks at the one before.
            start_allowance: inspection.map_or(START_ALLOWANCE_DEFAULT, |_| PATIENCE),
            telling: Telling {
                behavior_header: true,
                on_answer: args.verbose.then(|| Arc::new(print_request) as OnAnswer),
            },
            access_log: Default::default(),
            identity,
            shield: Default::default(),
        })
        .await
        .map_err(CommandError::failed)?;
        let worker = Worker::start(WorkerOptions {
            node: NodeId::made_up("worker"),
            bus: bus.clone(),
            mirror: mirror.clone(),
            state_dir: None,
            sandbox: SandboxProgram::current().map_err(CommandError::failed)?,
            interpreters: InterpreterSearch::new(interpreters),
            require: Vec::new(),
            secrets_key: None,
            registry: Default::default(),
            limits: worker_limits(inspection.is_some()),
            listens: Vec::new(),
            inspectors: inspection.map(Inspection::inspectors),
        })
        .await
        .map_err(CommandError::failed)?;
        Ok(Self { bus, mirror, gateway, worker, following, stop })
    }

    /// Ends the gateway first, so the worker gets no more events.
    async fn stop(mut self) {
        // Does not wait for viewers that do not read their answers.
        let _ = tokio::time::timeout(DRAIN, self.gateway.stop()).await;
        let _ = tokio::time::timeout(2 * DRAIN, self.worker.stop()).await;
        self.stop.cancel();
        while self.following.join_next().await.is_some() {}
        self.bus.close().await;
    }
}
