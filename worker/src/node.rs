//! A worker as a process of its own: from its flags to its end.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use brink_shared::bus::{Bus, BusError, Link, NatsBus, NatsOptions};
use brink_shared::id::NodeId;
use brink_shared::registry::Mirror;
use brink_shared::registry::mirror::MirrorError;
use brink_shared::telemetry::{Health, Metrics, TelemetryError, admin};

use crate::sandbox::child::SandboxProgram;
use crate::settings::WorkerLimits;
use crate::supervisor::{Worker, WorkerError, WorkerOptions};

/// Flags of a worker.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// NATS servers
    #[arg(
        long = "nats",
        value_name = "URL",
        env = "BRINK_NATS",
        default_value = "nats://127.0.0.1:4222",
        value_delimiter = ','
    )]
    pub nats: Vec<String>,
    /// Credentials file for NATS
    #[arg(long, value_name = "FILE", env = "BRINK_CREDS")]
    pub creds: Option<PathBuf>,
    /// Name of this node; made up if not given
    #[arg(long, value_name = "NAME", env = "BRINK_NODE")]
    pub node: Option<NodeId>,
    /// Where bundles and the last known registry are kept
    #[arg(long, value_name = "DIR", env = "BRINK_STATE")]
    pub state: Option<PathBuf>,
    /// Where /metrics, /live and /ready are served
    #[arg(long, value_name = "ADDR", env = "BRINK_ADMIN")]
    pub admin: Option<SocketAddr>,
    /// Let a version go that had no events for this long
    #[arg(long, value_name = "TIME", env = "BRINK_IDLE_STOP", default_value = "60s", value_parser = humantime::parse_duration)]
    pub idle_stop: Duration,
}

/// Why a worker's process cannot run.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The bus's settings are wrong.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// What was kept of the registry cannot be used.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// Metrics cannot be recorded.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The worker itself.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// The admin port cannot be opened.
    #[error("admin port {address}: {source}")]
    AdminPort {
        /// Which.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Runs a worker until `stop`, then drains it. Needs an actix system.
pub async fn run(
    args: Args,
    sandbox: SandboxProgram,
    stop: CancellationToken,
) -> Result<(), NodeError> {
    let node = args.node.clone().map_or_else(made_up_name, Ok)?;
    let health = Health::new();
    let port = match args.admin {
        Some(address) => Some(open_admin_port(address, &health)?),
        None => None,
    };
    let (listens, port) = port.map_or((Vec::new(), None), |(at, port)| (vec![at], Some(port)));
    let bus: Arc<dyn Bus> = NatsBus::connect(NatsOptions {
        servers: args.nats,
        creds: args.creds,
        name: format!("brink-worker {node}"),
    })
    .await?;
    let mirror = Mirror::open(args.state.as_deref())?;
    let ended = CancellationToken::new();
    let following = tokio::spawn(mirror.clone().follow(bus.clone(), ended.clone()));
    let watching = watch_health(bus.clone(), &health);
    let worker = Worker::start(WorkerOptions {
        node: node.clone(),
        bus: bus.clone(),
        mirror,
        state_dir: args.state,
        sandbox,
        limits: WorkerLimits { idle_stop: args.idle_stop, ..WorkerLimits::default() },
        listens,
    })
    .await?;
    tracing::info!(%node, "worker is up");
    stop.cancelled().await;
    tracing::info!(%node, "worker is draining");
    worker.stop().await;
    ended.cancel();
    watching.abort();
    if let Err(error) = following.await {
        tracing::error!(%error, "the registry's mirror ended badly");
    }
    bus.close().await;
    if let Some(port) = port {
        port.stop().await;
    }
    Ok(())
}

/// Opens the admin port, and says where it is.
fn open_admin_port(
    address: SocketAddr,
    health: &Health,
) -> Result<(String, admin::AdminPort), NodeError> {
    let metrics = Metrics::install()?;
    let failed = |source| NodeError::AdminPort { address, source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    let at = listener.local_addr().map_err(failed)?;
    let port = admin::serve(listener, metrics, health.clone()).map_err(failed)?;
    Ok((format!("http://{at}"), port))
}

/// A worker is ready while its bus carries messages.
fn watch_health(bus: Arc<dyn Bus>, health: &Health) -> JoinHandle<()> {
    let condition = health.condition("bus");
    let mut link = bus.link();
    tokio::spawn(async move {
        loop {
            condition.set(*link.borrow_and_update() == Link::Up);
            if link.changed().await.is_err() {
                return;
            }
        }
    })
}

fn made_up_name() -> Result<NodeId, NodeError> {
    let name = format!("worker-{:08x}", rand::random::<u32>());
    name.parse().map_err(|error: brink_shared::id::NameError| {
        NodeError::Bus(BusError::BadName(error.to_string()))
    })
}
