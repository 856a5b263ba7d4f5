//! The common part of `brink dev` and `brink up`: both read a project, bring it to an edge, say
//! that it is ready, and follow its files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use brink_shared::registry::Mirror;
use tokio_util::sync::CancellationToken;

use crate::args::SecretArgs;
use crate::client::Client;
use crate::command_error::CommandError;
use crate::inspect::Inspection;
use crate::printing;
use crate::project::Project;
use crate::rollout::Rollout;
use crate::secrets::SecretSource;
use crate::session::Session;

/// A project that is about to run.
pub struct Launch {
    began: Instant,
    dir: PathBuf,
    /// The content of its `brink.toml`.
    pub project: Project,
    secrets: SecretSource,
    /// Cancelled by Ctrl-C and by signals.
    pub stop: CancellationToken,
}

/// The edge that a project runs on.
pub struct Edge {
    /// Asks its workers.
    pub client: Client,
    /// Follows its registry.
    pub mirror: Arc<Mirror>,
    /// A bundle without a version is removed when it is older than this.
    pub upload_age: Duration,
    /// The inspectors of its functions; none if they are not debugged.
    pub inspection: Option<Inspection>,
}

// === impl Launch ===

impl Launch {
    /// Reads the project's folder and the values of its secrets.
    pub fn read(
        dir: &Path,
        secrets: &SecretArgs,
        environment: HashMap<String, String>,
    ) -> Result<Self, CommandError> {
        let began = Instant::now();
        let stop = brink_shared::stop::on_signals().map_err(CommandError::failed)?;
        let secrets = SecretSource::read(&secrets.secret, environment);
        let secrets = secrets.map_err(CommandError::usage)?;
        let project = Project::load(dir)?;
        Ok(Self { began, dir: dir.to_owned(), project, secrets, stop })
    }

    /// Runs the project until `stop`. `ready` gets the session and the time when the start began, and
    /// gives the lines that say that the project is ready.
    pub async fn run(
        self,
        edge: Edge,
        ready: impl AsyncFnOnce(&Session, Instant) -> Result<Vec<String>, CommandError>,
    ) -> Result<(), CommandError> {
        let Edge { client, mirror, upload_age, inspection } = edge;
        let rollout = Rollout::new(client, mirror, self.secrets, upload_age);
        let rollout = rollout.inspected(inspection.is_some());
        let mut session = Session::start(&self.dir, &self.project, rollout, inspection).await?;
        for line in ready(&session, self.began).await? {
            // A closed screen is no reason to stop serving.
            let _ = printing::line(line);
        }
        let ended = session.follow(&self.stop).await;
        session.stop().await;
        ended
    }
}
