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

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::distribution::DistributionRecord;
use super::document::{self, DocumentError};
use super::function::FunctionVersion;
use super::key::Key;
use super::store::Deletion;
use crate::bus::{Bus, BusError, Change, Entry, Link};
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

/// Entries by key.
type Documents = HashMap<String, EntryCopy>;

/// The last readable copy of an entry, and the reason if it is not the present one.
#[derive(Clone, Debug)]
struct EntryCopy {
    good: Option<Good>,
    unreadable: Option<String>,
}

/// An entry that can be read. Its text is a copy, because the received bytes may be a part of a
/// large piece.
#[derive(Clone, Debug)]
struct Good {
    document: Document,
    text: Arc<[u8]>,
}

/// An entry of the registry that a mirror shows.
#[derive(Clone, Debug)]
enum Document {
    Version(Arc<FunctionVersion>),
    Distribution(Arc<DistributionRecord>),
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

/// The form on disk: texts of entries as the registry has them.
#[derive(Deserialize)]
struct Kept {
    versions: Vec<Value>,
    distributions: Vec<Value>,
}

// === impl Mirror ===

impl Mirror {
    /// Starts from the copy in this folder, or empty. Without a folder nothing is kept on disk.
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
        let copies = file.as_deref().map(read_kept).unwrap_or_default();
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
                let written = tokio::task::spawn_blocking(move || keep(&file, &documents)).await;
                if let Ok(Err(error)) = written {
                    tracing::error!(%error, "cannot write the copy of the registry to disk");
                }
            }
            self.snapshot.send_replace(snapshot);
        }
        self.current.send_replace(true);
    }
}

// === impl EntryCopy ===

impl EntryCopy {
    /// Reads an entry. If that fails, the copy from `before` stays.
    fn read(entry: &Entry, before: Option<Good>) -> Self {
        match Document::read(&entry.key, &entry.value) {
            Ok(document) => {
                let good = Good { document, text: entry.value.as_ref().into() };
                Self { good: Some(good), unreadable: None }
            }
            Err(error) => {
                let name = entry.key.replacen('.', " ", 1);
                let instead = before.as_ref().map(Good::instead);
                let instead = instead.unwrap_or_else(|| "it is left out".to_owned());
                let message = format!("{name} cannot be read: {error}; {instead}");
                tracing::error!(key = entry.key, "{message}");
                Self { good: before, unreadable: Some(message) }
            }
        }
    }

    /// The record of a deletion, if the entry is one and cannot be read. Nodes do not use other
    /// records.
    fn unreadable_deletion(entry: &Entry) -> Option<Self> {
        let function = Key::deletion_of(&entry.key)?;
        let error = document::read::<Deletion>(&entry.value).err()?;
        let message = format!(
            "deletion {function} cannot be read: {error}; versions of {function} that are older \
             and not in use are neither used nor removed"
        );
        tracing::error!(key = entry.key, "{message}");
        Some(Self { good: None, unreadable: Some(message) })
    }
}

// === impl Good ===

impl Good {
    /// Describes this copy, which is used in place of an entry.
    fn instead(&self) -> String {
        match &self.document {
            Document::Distribution(record) => {
                format!("revision {} is served in its place", record.revision)
            }
            Document::Version(_) => "it runs as it was known before".to_owned(),
        }
    }

    /// A version that a distribution names and that is not among `versions`.
    fn lacks(&self, versions: &BTreeSet<VersionId>) -> Option<VersionId> {
        let Document::Distribution(record) = &self.document else { return None };
        let named = record.distribution.associations();
        let mut named = named.filter_map(|(_, _, association)| association.function.version());
        named.find(|version| !versions.contains(version))
    }
}

// === impl Document ===

impl Document {
    /// Whether a mirror shows entries with this key.
    fn is_one(key: &str) -> bool {
        Key::is_version(key) || Key::is_distribution(key)
    }

    fn read(key: &str, text: &[u8]) -> Result<Self, DocumentError> {
        if Key::is_version(key) {
            Ok(Self::Version(Arc::new(document::read(text)?)))
        } else {
            Ok(Self::Distribution(Arc::new(document::read(text)?)))
        }
    }
}

/// The usable entries. A distribution that names a missing version is replaced by its earlier copy.
fn usable(told: &Documents, before: &Documents) -> Documents {
    let versions = told.values().filter_map(|copy| match &copy.good.as_ref()?.document {
        Document::Version(version) => Some(version.version.clone()),
        Document::Distribution(_) => None,
    });
    let versions: BTreeSet<VersionId> = versions.collect();
    let mut documents = told.clone();
    for (key, copy) in &mut documents {
        let Some(missing) = copy.good.as_ref().and_then(|good| good.lacks(&versions)) else {
            continue;
        };
        let earlier = before.get(key).and_then(|copy| copy.good.clone());
        let Some(earlier) = earlier.filter(|good| good.lacks(&versions).is_none()) else {
            continue;
        };
        let name = key.replacen('.', " ", 1);
        let why = format!("it names {missing}, which cannot be run here");
        let message = format!("{name} cannot be served: {why}; {}", earlier.instead());
        *copy = EntryCopy { good: Some(earlier), unreadable: Some(message) };
    }
    documents
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

fn read_kept(file: &Path) -> Documents {
    let text = match std::fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Documents::new(),
        Err(error) => {
            tracing::error!(file = %file.display(), %error, "cannot read the copy of the registry");
            return Documents::new();
        }
    };
    match serde_json::from_slice::<Kept>(&text) {
        Ok(Kept { versions, distributions }) => {
            let versions = versions.iter().filter_map(|json| {
                let id: VersionId = json.get("version")?.as_str()?.parse().ok()?;
                Some((Key::version(&id), json))
            });
            let distributions = distributions.iter().filter_map(|json| {
                let id = json.get("distribution")?.get("id")?.as_str()?.parse().ok()?;
                Some((Key::distribution(&id), json))
            });
            let entries = versions.chain(distributions).map(|(key, json)| {
                let value = serde_json::to_vec(json).unwrap_or_default().into();
                let copy = EntryCopy::read(&Entry { key: key.clone(), value, revision: 0 }, None);
                (key, copy)
            });
            entries.collect()
        }
        Err(error) => {
            let aside = file.with_extension("broken");
            tracing::error!(file = %file.display(), aside = %aside.display(), %error,
                "the copy of the registry is broken; it was set aside");
            let _ = std::fs::rename(file, aside);
            Documents::new()
        }
    }
}

fn keep(file: &Path, documents: &Documents) -> Result<(), std::io::Error> {
    let good = || documents.values().filter_map(|copy| copy.good.as_ref());
    let is_version = |good: &&Good| matches!(good.document, Document::Version(_));
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    let mut to = std::io::BufWriter::new(&mut temporary);
    to.write_all(b"{\"versions\":")?;
    write_list(&mut to, good().filter(is_version))?;
    to.write_all(b",\"distributions\":")?;
    write_list(&mut to, good().filter(|good| !is_version(good)))?;
    to.write_all(b"}")?;
    to.flush()?;
    drop(to);
    temporary.as_file().sync_all()?;
    temporary.persist(file)?;
    Ok(())
}

/// A JSON list of texts. Each text was read as JSON before.
fn write_list<'a>(
    to: &mut impl Write,
    items: impl Iterator<Item = &'a Good>,
) -> std::io::Result<()> {
    to.write_all(b"[")?;
    for (index, item) in items.enumerate() {
        if index > 0 {
            to.write_all(b",")?;
        }
        to.write_all(&item.text)?;
    }
    to.write_all(b"]")
}

#[cfg(test)]
mod tests;
