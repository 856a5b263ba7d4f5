//! Finds a version's settings, secrets and bundle, before its first sandbox.

use std::cell::RefCell;
use std::rc::Rc;

use brink_shared::id::VersionId;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Bundle, FunctionVersion};
use brink_shared::secret::{OpenError, Secrets};
use brink_shared::wire::{self, Failure, FailureKind, Verdict, WireError};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::Shared;
use crate::egress::Egress;
use crate::interpreters::NoInterpreter;
use crate::library::LibraryError;
use crate::logs::LogSink;
use crate::sandbox::actor::Duty;
use brink_frames::{Bounds, Load, ToSandbox};

/// Why a version cannot be made live.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The version was never published, or was deleted.
    #[error("it does not exist")]
    Unknown,
    /// This worker cannot read the version now. Another worker may have it.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// Its secrets cannot be opened.
    #[error(transparent)]
    Secrets(#[from] OpenError),
    /// This machine has no interpreter for it. Another worker may have one.
    #[error(transparent)]
    NoInterpreter(#[from] NoInterpreter),
    /// The bundle does not fit into a frame.
    #[error(transparent)]
    Frame(#[from] WireError),
    /// The process is about to end.
    #[error("this worker is stopping")]
    Stopping,
}

/// The frame that loads a sandbox, kept for further sandboxes. It contains the secrets in clear
/// text, so it is overwritten in the end. For a large bundle that takes a while.
struct Encoded(Zeroizing<Vec<u8>>);

// === impl Encoded ===

impl AsRef<[u8]> for Encoded {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Encoded {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.0);
        // Without a runtime no other work waits for this thread.
        if let Ok(runtime) = Handle::try_current() {
            drop(runtime.spawn_blocking(move || drop(bytes)));
        }
    }
}

// === impl StartError ===

impl StartError {
    /// The failure for the version's events; none if another worker may be able to run them.
    pub fn failure(&self, version: &VersionId) -> Option<Failure> {
        let message = match self {
            Self::Unknown => format!("function version {version} does not exist"),
            Self::Frame(error) => format!("function version {version} cannot be loaded: {error}"),
            Self::Library(_)
            | Self::Stopping
            | Self::NoInterpreter(_)
            | Self::Secrets(OpenError::OtherKey { .. }) => return None,
            Self::Secrets(error) => {
                format!("function version {version} cannot be started: {error}")
            }
        };
        Some(Failure {
            kind: FailureKind::Execution,
            error_type: "ResourceNotFoundException".to_owned(),
            message,
            stack: Vec::new(),
        })
    }

    /// The answer to the version's events if another worker may be able to run them.
    pub fn verdict(&self) -> Verdict {
        match self {
            // The gateway goes on asking until it finds a worker that has an interpreter.
            Self::NoInterpreter(_) => Verdict::Retired,
            _ => Verdict::Busy,
        }
    }
}

/// The version as the registry has it, and the duty of its sandboxes.
pub(super) async fn find(
    shared: Rc<Shared>,
    id: VersionId,
) -> Result<(FunctionVersion, Duty), StartError> {
    let version = shared.library.version(&id).await?;
    let version = version.ok_or(StartError::Unknown)?;
    let chosen = shared.interpreters.choose(version.settings.runtime).await?;
    if let Some(warning) = &chosen.warning {
        tracing::warn!(version = %id, warning, "a version runs on a newer interpreter");
    }
    let bundle = shared.library.bundle(&version.bundle).await?;
    let secrets = shared.secrets.secrets_of(&id.function, &version.sealed)?;
    let logs = (shared.logs.clone(), id.clone());
    let function = (id.function.as_str(), id.number);
    let environments = shared.limits.environments;
    let duty = duty(function, &version.settings, secrets, bundle, environments, Some(logs)).await?;
    Ok((version, duty))
}

/// The duty of a function's sandboxes. Version 0 means that it is not published. Another thread
/// encodes the bundle.
pub async fn duty(
    (function, version): (&str, u32),
    settings: &FunctionSettings,
    secrets: Secrets,
    bundle: Bundle,
    environments: usize,
    logs: Option<(LogSink, VersionId)>,
) -> Result<Duty, StartError> {
    let environments = environments.max(1);
    let bounds = Bounds::new(settings);
    let load = Load {
        function: function.to_owned(),
        version,
        handler: settings.handler.clone(),
        memory_mb: settings.memory_mb,
        env: settings.env.clone(),
        secrets,
        bundle,
        environments: u32::try_from(environments).unwrap_or(u32::MAX),
        bounds: bounds.clone(),
    };
    let name = load.name();
    let encode = move || {
        let encoded = wire::encode(&ToSandbox::Load(Box::new(load)))?;
        Ok::<_, WireError>(Encoded(Zeroizing::new(Vec::from(encoded))))
    };
    let encoded = spawn_blocking(encode).await;
    let encoded = encoded.map_err(|_| StartError::Stopping)??;
    Ok(Duty {
        name,
        runtime: settings.runtime.runtime,
        log_level: bounds.log_level,
        limits: settings.limits.clone(),
        log_rate: RefCell::default(),
        timeout: settings.timeout,
        memory_mb: settings.memory_mb,
        environments,
        load: Bytes::from_owner(encoded),
        egress: Egress::of(settings),
        logs,
    })
}
