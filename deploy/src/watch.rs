//! Reports changed files of a project, once for a burst of changes.
//!
//! Only sources of the project count: its file, the paths given to [`Watch::also`], and files that
//! those may import. Other files of the folder do not belong to the project, and files with this
//! process's output are never sources.
//!
//! Editors write a file in several steps, and a build writes many files. So a burst ends when no
//! file has changed for a while.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::bundle_files::{NODE_MODULES, PROJECT_FILE, is_code, is_path_left_out};
use crate::{own_output, printing};

/// How long no file must change before a burst ends.
const QUIET: Duration = Duration::from_millis(50);

/// Longest burst.
const BURST_MAX: Duration = Duration::from_secs(1);

/// Changes that wait to be read here; more of them wait in the system.
const BACKLOG: usize = 256;

/// Folders that tools and editors write to by themselves.
const IGNORED: [&str; 5] = ["target", "__pycache__", ".cache", ".idea", ".vscode"];

/// Files beside a function that decide how to read its files.
pub(crate) const BESIDE: [&str; 2] = ["package.json", "tsconfig.json"];

/// A watch over files and folders; it ends when this is dropped.
pub struct Watch {
    watcher: RecommendedWatcher,
    /// The project's folder.
    root: PathBuf,
    watched: BTreeSet<PathBuf>,
    /// Files and folders of the project.
    sources: BTreeSet<PathBuf>,
    /// The project was rejected the last time. Any code of its folder may fix it.
    is_rejected: bool,
    changes: mpsc::Receiver<PathBuf>,
}

// === impl Watch ===

impl Watch {
    /// Watches the folder of a project. Of the files in it, its own file is a source.
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
        let mut watch = Self {
            watcher,
            root: folder.clone(),
            watched: BTreeSet::new(),
            sources: BTreeSet::from([folder.join(PROJECT_FILE)]),
            is_rejected: false,
            changes,
        };
        watch.watch(folder)?;
        Ok(watch)
    }

    /// One more source: a file, or a folder with everything in it. A source that is gone is left
    /// out: files import others now, and their change is reported.
    pub fn also(&mut self, path: &Path) -> notify::Result<()> {
        let path = match path.canonicalize() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            path => path?,
        };
        self.sources.insert(path.clone());
        self.watch(path)
    }

    /// Sets whether the project was rejected the last time. Its sources are not all known then.
    pub fn set_rejected(&mut self, is_rejected: bool) {
        self.is_rejected = is_rejected;
    }

    fn watch(&mut self, path: PathBuf) -> notify::Result<()> {
        if self.watched.iter().any(|watched| path.starts_with(watched)) {
            return Ok(());
        }
        match path.parent() {
            // Editors put a new file in the place of the old one. Only the folder reports that.
            Some(folder) if path.is_file() => {
                self.watcher.watch(folder, RecursiveMode::NonRecursive)?;
            }
            _ => self.watcher.watch(&path, RecursiveMode::Recursive)?,
        }
        self.watched.insert(path);
        Ok(())
    }

    /// Waits for the next burst of changes and for its end. Returns the paths, or `None` if the
    /// watch cannot go on. Not cancel-safe: paths of the burst may be lost.
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
            if self.is_source(&path) && !self.is_ignored(&path) && !has_own_output(&path) {
                return Some(path);
            }
        }
    }

    /// True for the project's own files. The folder itself stands for changes that the system could
    /// not report one by one.
    fn is_source(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let within = path.strip_prefix(&self.root).unwrap_or(path);
        path == self.root
            || BESIDE.contains(&name)
            || within.components().any(|part| part.as_os_str() == NODE_MODULES)
            || self.sources.iter().any(|source| path.starts_with(source))
            || self.may_be_imported(path)
    }

    /// True for code beside or below a function of a single file, because the file may import it
    /// only now. True for all code if the project was rejected.
    fn may_be_imported(&self, path: &Path) -> bool {
        let name = |path: &Path| path.to_string_lossy().into_owned();
        let is_python = |path: &Path| path.extension().is_some_and(|ending| ending == "py");
        // A file imports files of its own language.
        let read_by = |source: &Path| match is_python(source) {
            true => is_python(path),
            false => is_code(&name(source)) && !is_python(path),
        };
        let mut single = self.sources.iter().filter(|source| read_by(source));
        let mut is_beside =
            || single.any(|source| source.parent().is_some_and(|it| path.starts_with(it)));
        let is_read = is_code(&name(path))
            || is_python(path)
            || matches!(path.extension().and_then(|it| it.to_str()), Some("json" | "node"));
        is_read && (self.is_rejected || is_beside())
    }

    /// True for files that do not belong to a function, and for folders of tools.
    fn is_ignored(&self, path: &Path) -> bool {
        // A watched file counts as its folder.
        let roots =
            self.watched.iter().flat_map(|watched| [Some(watched.as_path()), watched.parent()]);
        let within = roots.flatten().filter_map(|root| path.strip_prefix(root).ok());
        let within = within.min_by_key(|within| within.as_os_str().len()).unwrap_or(path);
        let within = within.to_string_lossy();
        is_path_left_out(&within) || within.split('/').any(|name| IGNORED.contains(&name))
    }
}

/// False for an access that only reads.
fn counts(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

/// True for a file with this process's output. Reports such a file once.
fn has_own_output(path: &Path) -> bool {
    if own_output::is_known(path) {
        return true;
    }
    let is_own = own_output::recognize(path);
    if is_own {
        let path = printing::plain(&path.display().to_string());
        let told = format!("{path} has the output of this command, and is left out of the project");
        let _ = printing::line(told);
    }
    is_own
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
        watch.also(dir.path()).unwrap();
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

    #[tokio::test]
    async fn files_that_are_not_sources_are_not_reported() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let path = |name: &str| root.join(name);
        for folder in ["function", "site", "docs", "node_modules/x"] {
            std::fs::create_dir_all(path(folder)).unwrap();
        }
        for file in ["single.js", "brink.toml"] {
            std::fs::write(path(file), "").unwrap();
        }
        let mut watch = Watch::start(&root).unwrap();
        for source in ["function", "site", "single.js"] {
            watch.also(&path(source)).unwrap();
        }
        for (name, is_source) in [
            ("brink.toml", true),
            ("dev.log", false),
            ("docs/page.html", false),
            ("function/any.log", true),
            ("site/page.html", true),
            ("single.js", true),
            ("lib/imported-later.mjs", true),
            ("package.json", true),
            ("node_modules/x/data", true),
            ("notes.txt", false),
        ] {
            assert_eq!(watch.is_source(&path(name)), is_source, "{name}");
        }
        assert!(watch.is_source(&path("view.tsx")), "beside a function of a single file");
        // This process's own output is not a source, wherever it is.
        own_output::printed("a line that was printed here");
        std::fs::write(path("function/dev.log"), "a line that was printed here\n").unwrap();
        std::fs::write(path("dev.log"), "line").unwrap();
        std::fs::write(path("function/a"), "a").unwrap();
        let changed = tokio::time::timeout(SOON, watch.changed()).await.unwrap().unwrap();
        assert_eq!(changed, BTreeSet::from([path("function/a")]));
    }

    #[tokio::test]
    async fn any_code_may_fix_a_project_that_was_rejected() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let mut watch = Watch::start(&root).unwrap();
        for is_rejected in [false, true, false] {
            watch.set_rejected(is_rejected);
            assert_eq!(watch.is_source(&root.join("new/index.js")), is_rejected);
            assert!(!watch.is_source(&root.join("dev.log")));
        }
    }

    #[test]
    fn reading_is_no_change() {
        assert!(!counts(EventKind::Access(AccessKind::Read)));
        assert!(counts(EventKind::Access(AccessKind::Close(AccessMode::Write))));
        assert!(counts(EventKind::Any));
    }
}
