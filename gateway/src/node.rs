//! A gateway as a process of its own: settings, bus, registry, admin port, and a clean stop.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args as ClapArgs;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use brink_shared::bus::{Bus, BusError, Link, NatsBus, NatsOptions};
use brink_shared::id::NodeId;
use brink_shared::registry::Mirror;
use brink_shared::registry::mirror::MirrorError;
use brink_shared::settings::{self, NodeSettings, SettingsError};
use brink_shared::telemetry::{self, Health, Metrics, TelemetryError};

use crate::gateway::{CACHE_BYTES_DEFAULT, Gateway, GatewayError, GatewayOptions};

/// Flags of a gateway. What is left out comes from `BRINK_*` variables, the file, or a default.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct Args {
    /// Settings file (TOML)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where viewers connect [default: 0.0.0.0:8080]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// NATS servers, with commas between them [default: nats://127.0.0.1:4222]
    #[arg(long, value_name = "URL")]
    pub nats: Option<String>,
    /// Credentials file for NATS
    #[arg(long, value_name = "FILE")]
    pub creds: Option<PathBuf>,
    /// This node's name [default: made up]
    #[arg(long, value_name = "NAME")]
    pub node: Option<NodeId>,
    /// Folder in which the node keeps what it last knew
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Where /metrics, /live and /ready are served [default: 127.0.0.1, a free port]
    #[arg(long, value_name = "ADDR")]
    pub admin: Option<SocketAddr>,
    /// Megabytes of answers to keep [default: 256]
    #[arg(long, value_name = "MB")]
    pub cache_mb: Option<u64>,
    /// Which log lines are written, for example info,brink_gateway=debug
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
    /// text or json
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
struct Settings {
    #[serde(flatten)]
    node: NodeSettings,
    listen: SocketAddr,
    cache_mb: u64,
    /// Threads that serve viewers; 0 means one per core.
    threads: usize,
}

/// Why a gateway does not run.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Logs or metrics cannot start.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The bus refuses.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The state folder cannot be used.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// The gateway cannot start.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The admin port cannot be opened.
    #[error("admin port {address}: {source}")]
    Admin {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Runs a gateway until `stop`; then drains. Prints one line when it serves.
pub async fn run(
    args: Args,
    environment: HashMap<String, String>,
    stop: CancellationToken,
) -> Result<(), NodeError> {
    let settings = args.settings(environment)?;
    telemetry::log_to_stderr(settings.node.log_format, &settings.node.log)?;
    let metrics = Metrics::install()?;
    let node = settings.node.node.clone().unwrap_or_else(|| NodeId::made_up("gateway"));
    let health = Health::new();
    let (on_bus, current) = (health.condition("bus"), health.condition("registry"));

    let bus: Arc<dyn Bus> = NatsBus::connect(NatsOptions {
        servers: settings.node.nats.clone(),
        creds: settings.node.creds.clone(),
        name: node.to_string(),
    })
    .await?;
    let mirror = Mirror::open(settings.node.state.as_deref())?;
    let tasks = TaskTracker::new();
    tasks.spawn(mirror.clone().follow(bus.clone(), stop.child_token()));
    let gateway = Gateway::start(GatewayOptions {
        node: node.clone(),
        bus: bus.clone(),
        mirror: mirror.clone(),
        listen: settings.listen,
        cache_bytes: settings.cache_mb.saturating_mul(1024 * 1024),
        threads: (settings.threads > 0).then_some(settings.threads),
    })
    .await?;

    let at = |source| NodeError::Admin { address: settings.node.admin, source };
    let listener = TcpListener::bind(settings.node.admin).map_err(at)?;
    let admin = listener.local_addr().map_err(at)?;
    let port = telemetry::admin::serve(listener, metrics, health).map_err(at)?;
    tracing::info!(%node, listen = %gateway.address(), %admin, "gateway serves");
    println!("gateway {node} serves http://{} (admin http://{admin})", gateway.address());

    let mut link = bus.link();
    loop {
        on_bus.set(*link.borrow_and_update() == Link::Up);
        tokio::select! {
            changed = link.changed() => if changed.is_err() { break },
            // Serving from disk counts as knowing the registry.
            () = mirror.wait_current(), if !mirror.is_current() => {}
            () = stop.cancelled() => break,
        }
        current.set(mirror.is_current());
    }
    tracing::info!("gateway stops");
    gateway.stop().await;
    port.stop().await;
    tasks.close();
    tasks.wait().await;
    bus.close().await;
    Ok(())
}

// === impl Args ===

impl Args {
    fn settings(&self, environment: HashMap<String, String>) -> Result<Settings, SettingsError> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|p| p.display().to_string());
        settings::load(
            self.config.as_deref(),
            environment,
            vec![
                ("listen", self.listen.map(|address| address.to_string())),
                ("nats", self.nats.clone()),
                ("creds", path(&self.creds)),
                ("node", self.node.as_ref().map(ToString::to_string)),
                ("state", path(&self.state)),
                ("admin", self.admin.map(|address| address.to_string())),
                ("cache_mb", self.cache_mb.map(|mb| mb.to_string())),
                ("log", self.log.clone()),
                ("log_format", self.log_format.clone()),
            ],
        )
    }
}

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            node: NodeSettings::default(),
            listen: SocketAddr::from(([0, 0, 0, 0], 8080)),
            cache_mb: CACHE_BYTES_DEFAULT / (1024 * 1024),
            threads: 0,
        }
    }
}
