//! A node's copy of the registry: in memory, updated by watching, and kept on disk.
//!
//! A node starts from the copy on disk, so it serves while NATS is away. It changes to the live
//! registry as soon as it can read it. The copy on disk is one JSON file, which is replaced
//! atomically. A broken file is set aside and reported, and not used.
//!
//! If this release cannot read an entry, the last readable copy of the entry stays, in memory and
//! on disk, and the [`Snapshot`] says why. The same holds for a distribution that names a version
//! which cannot be read. If there is no such copy, only that entry is missing. The record of a
//! deletion that cannot be read is reported too. On disk an entry has the text of the registry,
//! with the fields that this release does not know. So a newer release finds all of it.
//!
//! ```text
//!   copy on disk           every entry was read          the watch broke
//! start ───────▶ from disk ─────────────────▶ current ────────────────────▶ reading again
//!                                                ▲                              │
//!                                                └──── every entry was read ─────┘
//! ```
//!
//! While it reads, the snapshot stays as it was. An entry that is not sent again is dropped at the end
//! of the reading.

mod disk;
mod documents;

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use documents::{Document, Documents, EntryCopy, usable};

use super::distribution::DistributionRecord;
use super::function::FunctionVersion;
use crate::bus::{Bus, BusError, Change, Link};
use crate::id::{DistributionId, VersionId};
use crate::subject;

/// The file under a node's state folder.
const FILE: &str = "registry.json";

/// Pause before the registry is opened again after an error.
const RETRY: Duration = Duration::from_millis(500);

/// The registry at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Versions that can be run.
    pub versions: BTreeMap<VersionId, FunctionVersion>,
    /// Distributions to serve.
    pub distributions: BTreeMap<DistributionId, DistributionRecord>,
    /// Entries that cannot be read.
    pub unreadable: Vec<Unreadable>,
}

/// An entry that this release cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The entry's name, the reason, and the copy that is used instead.
    pub message: String,
}

/// Follows the registry.
#[derive(Debug)]
pub struct Mirror {
    file: Option<PathBuf>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    /// The entries of which the snapshot is made.
    copies: Mutex<Documents>,
    /// True once the live registry has been read whole.
    current: watch::Sender<bool>,
}

/// Why the copy on disk cannot be used.
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

// === impl Mirror ===

impl Mirror {
    /// Starts from the copy in this folder, or empty. Without a folder nothing is kept on disk.
    pub fn open(state: Option<&Path>) -> Result<Arc<Self>, MirrorError> {
        let file = match state {
            None => None,
            Some(folder) => {
                let path = folder.to_owned();
                // Its owner alone reads it: it tells what the cluster serves, and holds keys.
                let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
                made.map_err(|source| MirrorError::Folder { path, source })?;
                Some(folder.join(FILE))
            }
        };
        let copies = file.as_deref().map(disk::read).unwrap_or_default();
        Ok(Arc::new(Self {
            file,
            snapshot: watch::Sender::new(Arc::new(assemble(&copies))),
            copies: Mutex::new(copies),
            current: watch::Sender::new(false),
        }))
    }

    /// The present snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.borrow().clone()
    }

    /// Notifies of every change.
    pub fn changes(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshot.subscribe()
    }

    /// True once the live registry has been read whole.
    pub fn is_current(&self) -> bool {
        *self.current.borrow()
    }

    /// Waits until the live registry has been read whole.
    pub async fn wait_current(&self) {
        // The sender lives as long as `self`, so the wait ends only with the value.
        let _ = self.current.subscribe().wait_for(|current| *current).await;
    }

    /// Follows the registry on this bus until `stop`. Not cancel-safe: use `stop`.
    pub async fn follow(self: Arc<Self>, bus: Arc<dyn Bus>, stop: CancellationToken) {
        let mut link = bus.link();
        while !stop.is_cancelled() {
            let followed = tokio::select! {
                followed = async {
                    // Fails only if the bus is closed. Opening the bucket then reports that.
                    let _ = link.wait_for(|link| *link == Link::Up).await;
                    self.follow_once(&*bus).await
                } => followed,
                () = stop.cancelled() => return,
            };
            if let Err(error) = followed {
                tracing::warn!(%error, "cannot follow the registry; this node goes on with its copy");
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
        // All entries are sent again from the start. Entries that were not sent by `Current` are
        // gone.
        let mut told = Documents::new();
        let mut whole = false;
        let mut batch = Vec::new();
        while changes.recv_many(&mut batch, 1024).await > 0 {
            let mut settled = whole;
            for change in batch.drain(..) {
                match change {
                    Change::Put(entry) if Document::is_one(&entry.key) => {
                        let before = match told.remove(&entry.key) {
                            Some(copy) => copy.good,
                            // Until all entries were sent again, take the earlier copy.
                            None if !whole => self
                                .copies
                                .lock()
                                .get(&entry.key)
                                .and_then(|copy| copy.good.clone()),
                            None => None,
                        };
                        let copy = EntryCopy::read(&entry, before);
                        told.insert(entry.key, copy);
                    }
                    Change::Put(entry) => {
                        told.remove(&entry.key);
                        if let Some(copy) = EntryCopy::unreadable_deletion(&entry) {
                            told.insert(entry.key, copy);
                        }
                    }
                    Change::Deleted { key } => drop(told.remove(&key)),
                    Change::Restarted => {
                        told.clear();
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
                self.replace(&told).await;
            }
        }
    }

    async fn replace(&self, documents: &Documents) {
        let documents = &usable(documents, &self.copies.lock());
        let snapshot = Arc::new(assemble(documents));
        *self.copies.lock() = documents.clone();
        let differs = **self.snapshot.borrow() != *snapshot;
        if differs {
            if let Some(file) = self.file.clone() {
                let documents = documents.clone();
                let written =
                    tokio::task::spawn_blocking(move || disk::write(&file, &documents)).await;
                if let Ok(Err(error)) = written {
                    tracing::error!(%error, "cannot write the copy of the registry to disk");
                }
            }
            self.snapshot.send_replace(snapshot);
        }
        self.current.send_replace(true);
    }
}

fn assemble(documents: &Documents) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for copy in documents.values() {
        match copy.good.as_ref().map(|good| &good.document) {
            Some(Document::Version(version)) => {
                snapshot.versions.insert(version.version.clone(), (**version).clone());
            }
            Some(Document::Distribution(record)) => {
                snapshot.distributions.insert(record.distribution.id.clone(), (**record).clone());
            }
            None => {}
        }
        let message = copy.unreadable.clone();
        snapshot.unreadable.extend(message.map(|message| Unreadable { message }));
    }
    snapshot.unreadable.sort_by(|a, b| a.message.cmp(&b.message));
    snapshot
}

#[cfg(test)]
mod tests;
