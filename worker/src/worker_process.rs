//! A worker as a process of its own, from reading its settings to its end.

use std::collections::HashMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use brink_shared::confinement::{Layer, LayerStatus};
use brink_shared::duration_text;
use brink_shared::id::TenantName;
use brink_shared::node::{BusArgs, Member, Node, NodeArgs, NodeError, NodeProcess};
use brink_shared::registry::Quotas;
use brink_shared::settings::{NodeSettings, SettingsError};
use brink_shared::telemetry::Health;

use crate::egress::policy::keep_from;
use crate::interpreters::{InterpreterSearch, InterpreterSettings};
use crate::runtime::SandboxProgram;
use crate::settings::{
    BUNDLES_BYTES_DEFAULT, IDLE_STOP_DEFAULT, PruneSettings, RegistrySettings,
    VERSIONS_MAX_DEFAULT, WorkerLimits,
};
use crate::supervisor::{Worker, WorkerError, WorkerOptions};
use crate::tenants::{self, ThreadEnded};

/// Bytes of a megabyte, in settings.
const MB: u64 = 1024 * 1024;

/// Flags of a worker.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Flags of every node.
    #[command(flatten)]
    pub node: NodeArgs,
    /// Unload a version that had no events for this long [default: 60s]
    #[arg(long, value_name = "TIME")]
    pub idle_stop: Option<String>,
    /// Start only if sandboxes have these layers of confinement, separated by commas: process,
    /// privileges, namespaces, root, landlock, seccomp, cgroup [default: warn about missing layers]
    #[arg(long, value_name = "LAYERS")]
    pub sandbox_require: Option<String>,
    /// Programs that run functions, separated by commas: a node or python3 beside those of PATH, and
    /// preferred to them [default: those of PATH]
    #[arg(long, value_name = "PATHS")]
    pub interpreters: Option<String>,
    /// Keep at most this many megabytes of bundles in the state folder [default: 1024]
    #[arg(long, value_name = "MB")]
    pub bundles_mb: Option<u64>,
    /// The key file that opens the secrets of functions. All workers of a cluster need the same
    /// file. It is made if it does not exist. For a worker of several tenants, a folder with the file
    /// TENANT.key of each [default: secrets.key in the state folder of each tenant]
    #[arg(long, value_name = "FILE")]
    pub secrets_key: Option<PathBuf>,
}

/// All settings of a worker.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
struct Settings {
    #[serde(flatten)]
    node: NodeSettings,
    #[serde(with = "duration_text")]
    idle_stop: Duration,
    sandbox: SandboxSettings,
    interpreters: Vec<PathBuf>,
    secrets_key: Option<PathBuf>,
    quotas: Quotas,
    prune: PruneSettings,
    /// Megabytes of bundles on disk.
    bundles_mb: u64,
}

/// The requirements for sandboxes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SandboxSettings {
    /// The layers of confinement that they must have.
    require: Vec<Layer>,
}

/// Why a worker cannot run.
#[derive(Debug, thiserror::Error)]
pub enum WorkerNodeError {
    /// A part that all nodes have failed.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The worker itself failed.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// Tenants would share a key.
    #[error(
        "the secrets' key {0} is one file, and each tenant needs a key of its own; name a folder, with \
         the file TENANT.key for each tenant"
    )]
    OneKey(PathBuf),
    /// The thread of a worker ended.
    #[error(transparent)]
    Thread(#[from] ThreadEnded),
}

/// The parts of the workers of this process.
#[derive(Clone)]
struct Parts {
    settings: Settings,
    sandbox: SandboxProgram,
    interpreters: InterpreterSearch,
    health: Health,
    admin: SocketAddr,
    /// How many tenants share this process.
    tenants: usize,
    stop: CancellationToken,
}

/// Runs a worker until `stop`, then drains it. Needs an actix system.
pub async fn run(
    args: Args,
    bus: BusArgs,
    environment: HashMap<String, String>,
    sandbox: SandboxProgram,
    stop: CancellationToken,
) -> Result<(), WorkerNodeError> {
    let path = environment.get("PATH").map(OsString::from);
    let more = vec![
        ("idle_stop", args.idle_stop.clone()),
        ("interpreters", args.interpreters.clone()),
        ("sandbox.require", args.sandbox_require.clone()),
        ("bundles_mb", args.bundles_mb.map(|mb| mb.to_string())),
        ("secrets_key", args.secrets_key.as_ref().map(|path| path.display().to_string())),
    ];
    let settings: Settings = args.node.settings(&bus, environment, more)?;
    let process = NodeProcess::start(&settings.node)?;
    let mut members = Member::each(&settings.node, "worker")?;
    keep_memory_private();
    keep_from(process.admin);
    let programs = settings.interpreters.clone();
    let parts = Parts {
        settings,
        sandbox,
        interpreters: InterpreterSearch::new(InterpreterSettings { programs, path }),
        health: process.health.clone(),
        admin: process.admin,
        tenants: members.len(),
        stop,
    };
    match members.pop() {
        Some(only) if members.is_empty() => parts.run(only?).await?,
        last => {
            members.extend(last);
            tenants::run_each(members, &process, move |member| parts.clone().run(member)).await?;
        }
    }
    process.stop().await;
    Ok(())
}

// === impl Parts ===

impl Parts {
    /// Runs the worker of one tenant until it is to stop, then drains it.
    async fn run(self, member: Member) -> Result<(), WorkerNodeError> {
        let Self { settings, sandbox, interpreters, health, admin, tenants, stop } = self;
        let secrets_key = key_file(settings.secrets_key, &member.tenant, tenants > 1)?;
        let node = Node::start(&settings.node, &member, &health).await?;
        let worker = Worker::start(WorkerOptions {
            node: node.id.clone(),
            bus: node.bus.clone(),
            mirror: node.mirror.clone(),
            state_dir: member.state,
            sandbox,
            interpreters: interpreters.clone(),
            require: settings.sandbox.require,
            secrets_key,
            registry: RegistrySettings { quotas: settings.quotas, prune: settings.prune },
            limits: WorkerLimits {
                // Together they take no more than one worker does.
                versions_max: (VERSIONS_MAX_DEFAULT / tenants).max(1),
                idle_stop: settings.idle_stop,
                bundles_bytes: settings.bundles_mb.saturating_mul(MB),
                ..WorkerLimits::default()
            },
            listens: vec![format!("http://{admin}")],
            inspectors: None,
        })
        .await?;
        let _search = interpreters.begin();
        tracing::info!(node = %node.id, %admin, "worker is up");
        for lack in worker.confinement().iter().filter_map(LayerStatus::lack) {
            tracing::warn!(target: "brink_worker::confinement", "sandboxes lack a layer of confinement: {lack}");
        }
        stop.cancelled().await;
        tracing::info!(node = %node.id, "worker is draining");
        worker.stop().await;
        node.stop().await;
        Ok(())
    }
}

/// The key file of a tenant. Several tenants have theirs in one folder.
fn key_file(
    setting: Option<PathBuf>,
    tenant: &TenantName,
    several: bool,
) -> Result<Option<PathBuf>, WorkerNodeError> {
    let Some(path) = setting else { return Ok(None) };
    match (path.is_dir(), several) {
        (false, true) if path.exists() => Err(WorkerNodeError::OneKey(path)),
        (false, false) => Ok(Some(path)),
        (true, _) | (false, true) => Ok(Some(path.join(format!("{tenant}.key")))),
    }
}

/// Protects the secrets of functions in this process: they get into no core dump, and no other
/// process of the same user can read its memory.
fn keep_memory_private() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "a core dump of this worker would show secrets of functions");
    }
}

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            node: NodeSettings::default(),
            idle_stop: IDLE_STOP_DEFAULT,
            sandbox: SandboxSettings::default(),
            interpreters: Vec::new(),
            secrets_key: None,
            quotas: Quotas::default(),
            prune: PruneSettings::default(),
            bundles_mb: BUNDLES_BYTES_DEFAULT / MB,
        }
    }
}
