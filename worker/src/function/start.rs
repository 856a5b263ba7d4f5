//! Finds a version's settings, secrets and bundle, before its first sandbox.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use brink_shared::id::VersionId;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Bundle, BundleDigest, FunctionVersion};
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
use crate::runtime::{SandboxKind, SandboxProgram};
use crate::sandbox::actor::{Duty, Loading};
use crate::sandbox_folders::UnpackError;
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
    /// The folders of sandboxes cannot be made. The machine is at fault.
    #[error("cannot make a folder for the files of functions: {0}")]
    Folders(#[source] io::Error),
    /// The files of the bundle cannot be written.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// The process is about to end.
    #[error("this worker is stopping")]
    Stopping,
}

/// A function that is to start.
pub struct Function<'a> {
    /// Its name.
    pub name: &'a str,
    /// The number of the version; 0 if it is not published.
    pub number: u32,
    /// The values of its secrets.
    pub secrets: Secrets,
}

/// The files of a function.
pub struct Files {
    /// Names the bundle.
    pub digest: BundleDigest,
    /// The bundle.
    pub bundle: Bundle,
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
            Self::Unpack(error @ UnpackError::Name { .. }) => {
                format!("function version {version} cannot be loaded: {error}")
            }
            Self::Library(_)
            | Self::Stopping
            | Self::NoInterpreter(_)
            | Self::Folders(_)
            | Self::Unpack(_)
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
    let (kind, warning) = shared.pools.program().kind(&version.settings).await?;
    if let Some(warning) = warning {
        tracing::warn!(version = %id, warning, "a version runs on a newer interpreter");
    }
    let bundle = shared.library.bundle(&version.bundle).await?;
    let secrets = shared.secrets.secrets_of(&id.function, &version.sealed)?;
    let logs = (shared.logs.clone(), id.clone());
    let files = Files { digest: version.bundle.clone(), bundle };
    let function = Function { name: id.function.as_str(), number: id.number, secrets };
    let environments = shared.limits.environments;
    let program = shared.pools.program();
    let inspector = shared.inspectors.as_ref().and_then(|inspectors| inspectors.of(&id));
    let kind = if inspector.is_some() { kind.inspected() } else { kind };
    let duty = function.duty(program, kind, &version.settings, files, environments, Some(logs));
    let duty = duty.await?;
    let duty = match inspector {
        Some(inspector) => duty.inspected(inspector),
        None => duty,
    };
    Ok((version.clone(), duty))
}

// === impl Function ===

impl Function<'_> {
    /// The duty of a function's sandboxes. Other threads encode or unpack the bundle.
    pub async fn duty(
        self,
        program: &SandboxProgram,
        kind: SandboxKind,
        settings: &FunctionSettings,
        files: Files,
        environments: usize,
        logs: Option<(LogSink, VersionId)>,
    ) -> Result<Duty, StartError> {
        let Files { digest, bundle } = files;
        let environments = kind.environments(environments);
        let bounds = Bounds::new(settings);
        let log_level = bounds.log_level;
        let mut load = Load {
            function: self.name.to_owned(),
            version: self.number,
            handler: settings.handler.clone(),
            memory_mb: settings.memory_mb,
            env: settings.env.clone(),
            secrets: self.secrets,
            bundle: Bundle::default(),
            environments: u32::try_from(environments).unwrap_or(u32::MAX),
            bounds,
        };
        let name = load.name();
        let load = if kind.is_embedded() {
            load.bundle = bundle;
            let encode = move || {
                let encoded = wire::encode(&ToSandbox::Load(Box::new(load)))?;
                Ok::<_, WireError>(Encoded(Zeroizing::new(Vec::from(encoded))))
            };
            let encoded = spawn_blocking(encode).await;
            let encoded = encoded.map_err(|_| StartError::Stopping)??;
            Loading::Frame(Bytes::from_owner(encoded))
        } else {
            let folders = program.folders().await.map_err(StartError::Folders)?;
            Loading::Files { load: Box::new(load), files: folders.unpack(&digest, &bundle).await? }
        };
        Ok(Duty {
            name,
            kind,
            log_level,
            limits: settings.limits.clone(),
            log_rate: RefCell::default(),
            timeout: settings.timeout,
            memory_mb: settings.memory_mb,
            environments,
            load,
            egress: Egress::of(settings),
            logs,
            inspector: None,
        })
    }
}
