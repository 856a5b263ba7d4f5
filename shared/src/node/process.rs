//! The parts that a process has once, however many nodes run in it: logs, metrics and the admin port.

use std::net::{SocketAddr, TcpListener};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::NodeError;
use crate::settings::NodeSettings;
use crate::telemetry::admin::{self, AdminPort};
use crate::telemetry::{self, Health, Metrics};

/// Most descriptors that a node asks for. Some programs that it starts have work for each one.
const DESCRIPTORS_MAX: u64 = 1 << 20;

/// A process of nodes while it runs.
pub struct NodeProcess {
    /// The address of its admin port.
    pub admin: SocketAddr,
    /// The conditions that must hold before it is ready.
    pub health: Health,
    /// Its metrics.
    pub metrics: Metrics,
    port: AdminPort,
}

// === impl NodeProcess ===

impl NodeProcess {
    /// Starts logs, metrics and the admin port.
    pub fn start(settings: &NodeSettings) -> Result<Self, NodeError> {
        telemetry::log_to_stderr(settings.log_format, &settings.log)?;
        raise_descriptors();
        let (metrics, health) = (Metrics::install()?, Health::new());
        let at = |source| NodeError::Admin { address: settings.admin, source };
        let listener = TcpListener::bind(settings.admin).map_err(at)?;
        let admin = listener.local_addr().map_err(at)?;
        let port = admin::serve(listener, metrics.clone(), health.clone()).map_err(at)?;
        Ok(Self { admin, health, metrics, port })
    }

    /// Closes the admin port.
    pub async fn stop(self) {
        self.port.stop().await;
    }
}

/// Lets this process have as many files and sockets as the system allows it. Many systems give
/// programs 1,024 unless they ask for more.
pub fn raise_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(DESCRIPTORS_MAX).min(DESCRIPTORS_MAX);
    if limit.current.is_none_or(|current| current >= most) {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit }) {
        tracing::warn!(%error, most, "this process cannot have as many files as the system allows");
    }
}
