//! A worker on the bus: builds it from its parts, starts it, and stops it without losing an event.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::task::spawn_local;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use brink_shared::bus::{Bus, BusError};
use brink_shared::confinement::{Layer, LayerStatus};
use brink_shared::id::NodeId;
use brink_shared::identity;
use brink_shared::large_payloads::LargePayloads;
use brink_shared::registry::Mirror;

use super::announce::presence;
use super::confined::{self, Unconfined};
use super::{Identity, Stop, Supervisor, inspected};
use crate::admin::{Admin, AdminTask};
use crate::dispatch::Opener;
use crate::function::Shared;
use crate::inspect::Inspectors;
use crate::interpreters::InterpreterSearch;
use crate::library::{Library, LibraryError};
use crate::logs::LogSink;
use crate::reply::Outbox;
use crate::runtime::SandboxProgram;
use crate::secrets::{Keyring, KeyringError};
use crate::settings::{RegistrySettings, WorkerLimits};
use crate::warm_pool::WarmPools;

/// When the worker stops, how long gateways have to fetch the large values that it keeps for them.
const COLLECT_MAX: Duration = Duration::from_secs(5);

/// How long flushing the last answers may take.
const FLUSH_MAX: Duration = Duration::from_secs(2);

/// The parts and settings of a worker.
pub struct WorkerOptions {
    /// Its name on the bus.
    pub node: NodeId,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The registry's mirror. The caller lets it follow the registry.
    pub mirror: Arc<Mirror>,
    /// The folder for bundles and keys; none to keep bundles in the store only.
    pub state_dir: Option<PathBuf>,
    /// The program that runs as a sandbox.
    pub sandbox: SandboxProgram,
    /// The search for the interpreters of its machine. It serves functions that need one as soon as
    /// the search is over; the caller, or the first such function that is published here, begins it.
    pub interpreters: InterpreterSearch,
    /// The layers of confinement that its sandboxes must have. Without them the worker does not
    /// start.
    pub require: Vec<Layer>,
    /// The file with the key that opens secrets, which all workers of a cluster share; none for the
    /// file in the state directory.
    pub secrets_key: Option<PathBuf>,
    /// The worker's limits.
    pub limits: WorkerLimits,
    /// The registry's quotas, and when the worker prunes it.
    pub registry: RegistrySettings,
    /// The addresses that `brink status` shows for it.
    pub listens: Vec<String>,
    /// The inspectors of functions; none if functions are not debugged.
    pub inspectors: Option<Inspectors>,
}

/// A worker that runs in the present actix system.
pub struct Worker {
    supervisor: Addr<Supervisor>,
    outbox: Outbox,
    large_payloads: Arc<LargePayloads>,
    logs: LogSink,
    bus: Arc<dyn Bus>,
    node: NodeId,
    stop: CancellationToken,
    admin: AdminTask,
    grace: Duration,
    confinement: Vec<LayerStatus>,
    interpreters: InterpreterSearch,
    _key_check: AbortOnDropHandle<()>,
    _beginning: Option<AbortOnDropHandle<()>>,
}

/// Why a worker cannot run.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// There is no actix system on this thread.
    #[error("a worker needs an actix system to run in; start it within actix_rt::System")]
    NoSystem,
    /// The bus answered with an error.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// A required layer of confinement is missing.
    #[error(transparent)]
    Unconfined(#[from] Unconfined),
    /// The secrets' key cannot be used.
    #[error(transparent)]
    Secrets(#[from] KeyringError),
    /// The state directory cannot be used.
    #[error("state directory {path}: {source}")]
    State {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

// === impl Worker ===

impl Worker {
    /// Starts a worker. It works as soon as the bus is there, but this does not wait for the bus.
    pub async fn start(options: WorkerOptions) -> Result<Self, WorkerError> {
        if System::try_current().is_none() {
            return Err(WorkerError::NoSystem);
        }
        if let Some(path) = &options.state_dir {
            let made = tokio::fs::create_dir_all(path).await;
            made.map_err(|source| WorkerError::State { path: path.clone(), source })?;
        }
        let secrets = Keyring::open(options.secrets_key.as_deref(), options.state_dir.as_deref())?;
        let (confinement, blank) = confined::probe(&options.sandbox, &options.require).await?;
        let lacks_network =
            |status: &&LayerStatus| status.layer == Layer::Namespaces && !status.in_force;
        if let Some(lack) = confinement.iter().find(lacks_network) {
            let why = lack.why.as_deref().unwrap_or("there are no namespaces");
            options.interpreters.without_provided(why);
        }
        let WorkerOptions {
            node,
            bus,
            mirror,
            state_dir,
            sandbox,
            interpreters,
            require,
            limits,
            registry,
            listens,
            inspectors,
            ..
        } = options;
        let sandbox = sandbox.on_machine(interpreters.clone(), state_dir.as_deref(), require);
        let stop = CancellationToken::new();
        let logs = LogSink::start(bus.clone(), node.clone(), stop.clone());
        let large_payloads = LargePayloads::start(bus.clone(), "worker").await?;
        let outbox = Outbox::start(bus.clone(), node.clone(), large_payloads.clone());
        let grace = limits.drain_grace;
        let bundles_bytes = limits.bundles_bytes;
        let shared = Rc::new(Shared {
            library: Library::new(
                bus.clone(),
                mirror.clone(),
                state_dir.as_deref(),
                bundles_bytes,
                registry.quotas,
            ),
            secrets,
            pools: WarmPools::start(sandbox.clone(), limits.blank_pool, blank),
            opener: Opener::new(bus.clone(), outbox.clone()),
            large_payloads: large_payloads.clone(),
            bus: bus.clone(),
            logs: logs.clone(),
            limits,
            inspectors: inspectors.clone(),
        });
        let key_check = spawn_local(check_key(shared.clone(), mirror.clone()));
        let functions_only =
            bus.identity().is_some_and(|own| own.role == Some(identity::Role::Worker));
        let identity = Identity {
            node: node.clone(),
            started: Instant::now(),
            listens,
            confinement: confinement.clone(),
            functions_only,
        };
        let supervisor = Supervisor::new(identity, shared.clone(), outbox.clone(), stop.clone());
        let supervisor = supervisor.start();
        let beginning = inspectors.map(|inspectors| {
            let begin = inspected::begin(mirror, inspectors, supervisor.clone());
            AbortOnDropHandle::new(spawn_local(begin))
        });
        let admin = Admin::new(node.clone(), shared, sandbox, supervisor.clone().recipient());
        Ok(Self {
            admin: match functions_only {
                true => AdminTask::none(),
                false => AdminTask::start(admin, registry.prune, stop.clone()),
            },
            supervisor,
            outbox,
            large_payloads,
            logs,
            bus,
            node,
            stop,
            grace,
            confinement,
            interpreters,
            _key_check: AbortOnDropHandle::new(key_check),
            _beginning: beginning,
        })
    }

    /// The layers of confinement of its sandboxes; empty if no sandbox has come up.
    pub fn confinement(&self) -> &[LayerStatus] {
        &self.confinement
    }

    /// Stops the worker: it takes no further events, finishes those that it has within the drain
    /// grace, and announces that it leaves. The bus stays open.
    pub async fn stop(self) {
        self.stop.cancel();
        self.admin.finish(self.grace).await;
        if let Err(error) = self.supervisor.send(Stop).await {
            tracing::error!(%error, "the supervisor was gone before it was stopped");
        }
        let collected = async {
            self.outbox.flush().await;
            self.large_payloads.collected().await;
        };
        if timeout(COLLECT_MAX, collected).await.is_err() {
            tracing::warn!("gateways did not fetch all large values that were kept for them");
        }
        let last = async {
            self.outbox.flush().await;
            self.logs.flush().await;
            presence(&*self.bus, &self.node, self.interpreters.offer(), true).await;
            self.bus.flush().await
        };
        match timeout(FLUSH_MAX, last).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last answers may be lost"),
            Err(_) => tracing::warn!("the last answers may be lost: the bus takes nothing"),
        }
    }
}

/// Checks, once the registry is there, whether this worker can open the cluster's secrets.
async fn check_key(shared: Rc<Shared>, mirror: Arc<Mirror>) {
    mirror.wait_current().await;
    let checked = async {
        let store = shared.library.store().await?;
        Ok::<_, LibraryError>(shared.secrets.check(store).await?)
    };
    // If not, each version with secrets that cannot be opened reports it too.
    if let Err(error) = checked.await {
        tracing::warn!(%error, "cannot tell whether the secrets' key is the cluster's");
    }
}
