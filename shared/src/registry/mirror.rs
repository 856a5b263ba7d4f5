//! The registry as a node sees it: in memory, followed by watching, and kept on disk.
//!
//! A node starts from what it last kept, so that it serves while NATS is away, and goes over to
//! the live registry as soon as it is there. What is kept on disk is one JSON file, replaced
//! atomically; a broken one is set aside and reported, never trusted.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::distribution::DistributionRecord;
use super::function::FunctionVersion;
use super::key::Key;
use crate::bus::{Bus, BusError, Change, Entry, Link};
use crate::id::{DistributionId, VersionId};
use crate::subject;

/// The file under a node's state folder.
const FILE: &str = "registry.json";

/// Wait before the registry is opened again after the bus refused.
const RETRY: Duration = Duration::from_millis(500);

/// Everything that is published and applied, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Versions that can be run.
    pub versions: BTreeMap<VersionId, FunctionVersion>,
    /// Distributions to serve.
    pub distributions: BTreeMap<DistributionId, DistributionRecord>,
}

/// Follows the registry.
#[derive(Debug)]
pub struct Mirror {
    file: Option<PathBuf>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    /// True once the live registry has been read whole.
    current: watch::Sender<bool>,
}

/// One entry of the registry that a mirror shows.
#[derive(Clone)]
enum Document {
    Version(Box<FunctionVersion>),
    Distribution(Box<DistributionRecord>),
}

/// Why what was kept cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The state folder cannot be made or read.
    #[error("the state folder {path}: {source}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// The form on disk.
#[derive(Serialize, Deserialize)]
struct Kept {
    versions: Vec<FunctionVersion>,
    distributions: Vec<DistributionRecord>,
}

// === impl Mirror ===

impl Mirror {
    /// Starts from what was kept in this folder, or empty. Without a folder nothing is kept.
    pub fn open(state: Option<&Path>) -> Result<Arc<Self>, MirrorError> {
        let file = match state {
            None => None,
            Some(folder) => {
                let path = folder.to_owned();
                std::fs::create_dir_all(folder)
                    .map_err(|source| MirrorError::Folder { path, source })?;
                Some(folder.join(FILE))
            }
        };
        let snapshot = file.as_deref().map(read_kept).unwrap_or_default();
        Ok(Arc::new(Self {
            file,
            snapshot: watch::Sender::new(Arc::new(snapshot)),
            current: watch::Sender::new(false),
        }))
    }

    /// What is known now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.borrow().clone()
    }

    /// Told of every change.
    pub fn changes(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshot.subscribe()
    }

    /// True once the live registry has been read whole.
    pub fn is_current(&self) -> bool {
        *self.current.borrow()
    }

    /// Waits until the live registry has been read whole.
    pub async fn wait_current(&self) {
        // The sender lives as long as `self`: the wait ends with the value only.
        let _ = self.current.subscribe().wait_for(|current| *current).await;
    }

    /// Follows the registry on this bus until told to stop. Not cancel-safe: use `stop`.
    pub async fn follow(self: Arc<Self>, bus: Arc<dyn Bus>, stop: CancellationToken) {
        let mut link = bus.link();
        while !stop.is_cancelled() {
            let followed = tokio::select! {
                followed = async {
                    // Fails only when the bus is closed, which opening the bucket then tells.
                    let _ = link.wait_for(|link| *link == Link::Up).await;
                    self.follow_once(&*bus).await
                } => followed,
                () = stop.cancelled() => return,
            };
            if let Err(error) = followed {
                tracing::warn!(%error, "cannot follow the registry; serving what is known");
            }
            tokio::select! {
                () = tokio::time::sleep(RETRY) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Watches until the watch ends.
    async fn follow_once(&self, bus: &dyn Bus) -> Result<(), BusError> {
        let changes = bus.bucket(subject::REGISTRY_BUCKET).await?.watch().await?;
        self.follow_changes(changes).await;
        Ok(())
    }

    async fn follow_changes(&self, mut changes: mpsc::Receiver<Change>) {
        // Told anew from the start; what is not told again by `Current` is gone.
        let mut documents = HashMap::new();
        let mut whole = false;
        let mut batch = Vec::new();
        while changes.recv_many(&mut batch, 1024).await > 0 {
            let mut settled = whole;
            for change in batch.drain(..) {
                match change {
                    Change::Put(entry) => match read(&entry) {
                        Some(document) => drop(documents.insert(entry.key, document)),
                        None => drop(documents.remove(&entry.key)),
                    },
                    Change::Deleted { key } => drop(documents.remove(&key)),
                    Change::Restarted => {
                        documents.clear();
                        whole = false;
                        settled = false;
                    }
                    Change::Current => {
                        whole = true;
                        settled = true;
                    }
                }
            }
            if settled {
                self.replace(assemble(documents.values())).await;
            }
        }
    }

    async fn replace(&self, snapshot: Snapshot) {
        let snapshot = Arc::new(snapshot);
        let differs = **self.snapshot.borrow() != *snapshot;
        if differs {
            if let Some(file) = self.file.clone() {
                let kept = snapshot.clone();
                let written = tokio::task::spawn_blocking(move || keep(&file, &kept)).await;
                if let Ok(Err(error)) = written {
                    tracing::error!(%error, "cannot keep the registry on disk");
                }
            }
            self.snapshot.send_replace(snapshot);
        }
        self.current.send_replace(true);
    }
}

/// What the registry's entry says; none if that is not for a mirror, or cannot be read. Nothing of
/// the entry itself is kept: its value may be a small part of a large piece of what was received.
fn read(entry: &Entry) -> Option<Document> {
    let read = if Key::is_version(&entry.key) {
        serde_json::from_slice(&entry.value).map(Document::Version)
    } else if Key::is_distribution(&entry.key) {
        serde_json::from_slice(&entry.value).map(Document::Distribution)
    } else {
        return None;
    };
    read.inspect_err(|error| {
        tracing::error!(key = %entry.key, %error, "a registry entry cannot be read; skipped");
    })
    .ok()
}

fn assemble<'a>(documents: impl Iterator<Item = &'a Document>) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for document in documents {
        match document.clone() {
            Document::Version(version) => {
                snapshot.versions.insert(version.version.clone(), *version);
            }
            Document::Distribution(record) => {
                snapshot.distributions.insert(record.distribution.id.clone(), *record);
            }
        }
    }
    snapshot
}

fn read_kept(file: &Path) -> Snapshot {
    let text = match std::fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Snapshot::default(),
        Err(error) => {
            tracing::error!(file = %file.display(), %error, "cannot read the kept registry");
            return Snapshot::default();
        }
    };
    match serde_json::from_slice::<Kept>(&text) {
        Ok(kept) => Snapshot {
            versions: kept.versions.into_iter().map(|v| (v.version.clone(), v)).collect(),
            distributions: kept
                .distributions
                .into_iter()
                .map(|record| (record.distribution.id.clone(), record))
                .collect(),
        },
        Err(error) => {
            let aside = file.with_extension("broken");
            tracing::error!(file = %file.display(), aside = %aside.display(), %error,
                "the kept registry is broken; set aside");
            let _ = std::fs::rename(file, aside);
            Snapshot::default()
        }
    }
}

fn keep(file: &Path, snapshot: &Snapshot) -> Result<(), std::io::Error> {
    let kept = Kept {
        versions: snapshot.versions.values().cloned().collect(),
        distributions: snapshot.distributions.values().cloned().collect(),
    };
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer(&mut temporary, &kept)?;
    temporary.as_file().sync_all()?;
    temporary.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests;
