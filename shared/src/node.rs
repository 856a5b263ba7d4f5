//! The parts that every node has: its name, the bus, and the registry as it knows it.
//!
//! Gateways and workers start from a [`Node`] and add their own parts. A [`NodeProcess`] has one
//! node, or one for each tenant that it serves.

mod member;
mod process;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bus::{Bus, BusError, Link, NatsBus, NatsOptions};
use crate::clock::BusClock;
use crate::id::{NodeId, TenantName};
use crate::identity::CredentialsError;
use crate::registry::Mirror;
use crate::registry::mirror::MirrorError;
use crate::settings::{self, NodeSettings, SettingsError};
use crate::telemetry::{Condition, Health, TelemetryError};
use crate::tenant_folder::{self, TenantFolderError};
pub use member::Member;
pub use process::{NodeProcess, raise_descriptors};

/// Flags of every node. A value that is not given comes from `BRINK_*` variables, the file, or a
/// default.
#[derive(Clone, Debug, Default, Args)]
pub struct NodeArgs {
    /// Settings file (TOML)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Name of this node [default: the name in its credentials, or made up]
    #[arg(long, value_name = "NAME")]
    pub node: Option<NodeId>,
    /// How many NATS servers keep each stream and bucket: 1, 3 or 5, the same at all nodes
    /// [default: streams and buckets that exist stay as they are, new ones get 1]
    #[arg(long, value_name = "N")]
    pub replicas: Option<u8>,
    /// Folder in which the node keeps its copy of the registry
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Address for /metrics, /live and /ready [default: 127.0.0.1, a free port]
    #[arg(long, value_name = "ADDR")]
    pub admin: Option<SocketAddr>,
    /// Filter for log lines, for example info,brink_gateway=debug
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
    /// Form of log lines: text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

/// Flags that name the bus.
#[derive(Clone, Debug, Default, Args)]
pub struct BusArgs {
    /// NATS servers, separated by commas [default: nats://127.0.0.1:4222]
    #[arg(long, value_name = "URL")]
    pub nats: Option<String>,
    /// Credentials files for NATS. A worker serves the tenant of each one
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    pub creds: Vec<PathBuf>,
    /// Certificates of authorities that NATS servers may have, beside the system's
    #[arg(long, value_name = "FILE")]
    pub nats_ca: Option<PathBuf>,
}

/// The files that nodes of earlier releases left in their state folders.
const FORMER: [&str; 2] = ["registry.json", "bundles"];

/// A node's common parts while it runs.
pub struct Node {
    /// Its name.
    pub id: NodeId,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The node's copy of the registry, which follows the changes.
    pub mirror: Arc<Mirror>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Logs or metrics cannot start.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The bus's settings are wrong.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The credentials cannot be read.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The node has another name than its credentials.
    #[error(
        "this node is called {node}, and its credentials are for {holder}; leave out the name, or \
         make credentials with `brink bus user {node}`"
    )]
    Name {
        /// Its name by the settings.
        node: NodeId,
        /// The name in the credentials.
        holder: NodeId,
    },
    /// A gateway serves one tenant.
    #[error("a {0} serves one tenant, so it takes one credentials file; start one for each tenant")]
    Several(String),
    /// A worker has several credentials in one tenant.
    #[error("several of the credentials are of the tenant {0}; give one file for each tenant")]
    Twice(TenantName),
    /// The state folder is another tenant's, or cannot be made.
    #[error("this node cannot use its state folder: {0}")]
    TenantFolder(#[from] TenantFolderError),
    /// The state folder cannot be used.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// The admin port cannot be opened.
    #[error("cannot open the admin port {address}: {source}")]
    Admin {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
}

// === impl NodeArgs ===

impl NodeArgs {
    /// Settings from all sources. `more` are the flags of this kind of node only.
    pub fn settings<T: DeserializeOwned>(
        &self,
        bus: &BusArgs,
        environment: HashMap<String, String>,
        more: Vec<(&'static str, Option<String>)>,
    ) -> Result<T, SettingsError> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|p| p.display().to_string());
        let list = |paths: &[PathBuf]| {
            let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
            (!paths.is_empty()).then(|| paths.join(","))
        };
        let mut flags = vec![
            ("nats", bus.nats.clone()),
            ("creds", list(&bus.creds)),
            ("nats_ca", path(&bus.nats_ca)),
            ("node", self.node.as_ref().map(ToString::to_string)),
            ("replicas", self.replicas.map(|number| number.to_string())),
            ("state", path(&self.state)),
            ("admin", self.admin.map(|address| address.to_string())),
            ("log", self.log.clone()),
            ("log_format", self.log_format.clone()),
        ];
        flags.extend(more);
        settings::load(self.config.as_deref(), environment, flags)
    }
}

// === impl Node ===

impl Node {
    /// Starts bus and mirror. Does not wait for NATS: while NATS is away, a node serves from its own
    /// copy of the registry. Its conditions in `health` are named after its tenant, unless that is the
    /// one that every cluster has.
    pub async fn start(
        settings: &NodeSettings,
        member: &Member,
        health: &Health,
    ) -> Result<Self, NodeError> {
        if let Some(state) = &member.state {
            tenant_folder::claim(state, &member.tenant, &FORMER)?;
        }
        let id = member.id.clone();
        let options = NatsOptions {
            servers: settings.nats.clone(),
            creds: member.creds.clone(),
            ca: settings.nats_ca.clone(),
            name: id.to_string(),
        };
        let shift = settings.test_clock_shift_s;
        let ahead = Duration::from_secs(shift.unsigned_abs());
        let clock = BusClock::shifted(ahead, shift < 0);
        let connected = NatsBus::connect_replicated(options, clock, settings.replicas);
        let bus: Arc<dyn Bus> = connected.await?;
        let mirror = Mirror::open(member.state.as_deref())?;
        let condition = |what: &str| health.condition(format!("{what}{}", member.tenant.within()));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(mirror.clone().follow(bus.clone(), stop.clone()));
        tasks.spawn(watch_link(bus.clone(), condition("bus"), stop.clone()));
        tasks.spawn(watch_mirror(mirror.clone(), condition("registry"), stop.clone()));
        Ok(Self { id, bus, mirror, tasks, stop })
    }

    /// Ends everything that [`start`](Self::start) began. The users of the bus must have ended
    /// before.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.bus.close().await;
    }
}

/// A node is ready only while the bus carries messages.
async fn watch_link(bus: Arc<dyn Bus>, on_bus: Condition, stop: CancellationToken) {
    let mut link = bus.link();
    loop {
        on_bus.set(*link.borrow_and_update() == Link::Up);
        tokio::select! {
            changed = link.changed() => if changed.is_err() { return },
            () = stop.cancelled() => return,
        }
    }
}

/// A node is ready once it has read the live registry.
async fn watch_mirror(mirror: Arc<Mirror>, known: Condition, stop: CancellationToken) {
    tokio::select! {
        () = mirror.wait_current() => known.set(true),
        () = stop.cancelled() => {}
    }
}
