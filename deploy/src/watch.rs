//! Tells when files of a project have changed, once for a burst of changes.
//!
//! Editors write a file in several steps, and a build writes many. What counts is the moment
//! when it has been quiet for a while.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::bundle_files::is_path_left_out;

/// How long it has to be quiet.
const QUIET: Duration = Duration::from_millis(50);

/// Longest burst that is waited for.
const BURST_MAX: Duration = Duration::from_secs(1);

/// Changes that wait to be looked at; more of them wait in the system.
const BACKLOG: usize = 256;

/// Folders that tools and editors write to by themselves.
const IGNORED: [&str; 5] = ["target", "__pycache__", ".cache", ".idea", ".vscode"];

/// A watch over files and folders; it ends when this is dropped.
pub struct Watch {
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    changes: mpsc::Receiver<PathBuf>,
}

// === impl Watch ===

impl Watch {
    /// Watches a folder and everything in it.
    pub fn start(folder: &Path) -> notify::Result<Self> {
        let folder = folder.canonicalize()?;
        let (sender, changes) = mpsc::channel(BACKLOG);
        let root = folder.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // An error here is an overflow of the system's queue: something has changed.
            let paths = match event {
                Ok(event) if counts(event.kind) => event.paths,
                Ok(_) => return,
                Err(_) => vec![root.clone()],
            };
            for path in paths {
                // The receiver being gone means that the watch ends.
                let _ = sender.blocking_send(path);
            }
        })?;
        let mut watch = Self { watcher, watched: BTreeSet::new(), changes };
        watch.also(&folder)?;
        Ok(watch)
    }

    /// Watches one more file or folder, unless it is watched already.
    pub fn also(&mut self, path: &Path) -> notify::Result<()> {
        let path = path.canonicalize()?;
        if !self.watched.iter().any(|watched| path.starts_with(watched)) {
            self.watcher.watch(&path, RecursiveMode::Recursive)?;
            self.watched.insert(path);
        }
        Ok(())
    }

    /// Waits for the next burst of changes and for its end; the paths. `None` when the watch
    /// cannot go on. Not cancel-safe: paths of the burst may be lost.
    pub async fn changed(&mut self) -> Option<BTreeSet<PathBuf>> {
        let mut paths = BTreeSet::from([self.next().await?]);
        let end = Instant::now() + BURST_MAX;
        loop {
            let quiet = (Instant::now() + QUIET).min(end);
            match timeout_at(quiet, self.next()).await {
                Ok(Some(path)) => paths.insert(path),
                Ok(None) | Err(_) => return Some(paths),
            };
        }
    }

    async fn next(&mut self) -> Option<PathBuf> {
        loop {
            let path = self.changes.recv().await?;
            if !self.is_ignored(&path) {
                return Some(path);
            }
        }
    }

    /// True for what is no part of a function, and for folders of tools.
    fn is_ignored(&self, path: &Path) -> bool {
        let mut roots = self.watched.iter();
        let within = roots.find_map(|root| path.strip_prefix(root).ok()).unwrap_or(path);
        let within = within.to_string_lossy();
        is_path_left_out(&within) || within.split('/').any(|name| IGNORED.contains(&name))
    }
}

/// False for what only reads.
fn counts(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn a_burst_is_told_once_and_with_its_paths() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let mut watch = Watch::start(dir.path()).unwrap();
        for file in ["a.js", ".env", ".a.js.swp", "a.js~", ".#a.js"] {
            std::fs::write(root.join(file), file).unwrap();
        }
        let changed = tokio::time::timeout(SOON, watch.changed()).await.unwrap().unwrap();
        assert_eq!(changed, BTreeSet::from([root.join(".env"), root.join("a.js")]));
        let more = tokio::time::timeout(QUIET * 4, watch.changed()).await;
        assert!(more.is_err(), "{more:?}");
    }

    #[tokio::test]
    async fn a_new_folder_and_one_elsewhere_are_watched_too() {
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let mut watch = Watch::start(dir.path()).unwrap();
        watch.also(elsewhere.path()).unwrap();
        let file = elsewhere.path().canonicalize().unwrap().join("c.js");
        std::fs::write(&file, "c").unwrap();
        let changed = tokio::time::timeout(SOON, watch.changed()).await.unwrap().unwrap();
        assert_eq!(changed, BTreeSet::from([file]));
    }

    #[test]
    fn reading_is_no_change() {
        assert!(!counts(EventKind::Access(AccessKind::Read)));
        assert!(counts(EventKind::Access(AccessKind::Close(AccessMode::Write))));
        assert!(counts(EventKind::Any));
    }
}
