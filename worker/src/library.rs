//! Where versions and their bundles come from.
//!
//! What is known of a version comes from the mirror, and for one that is younger than the
//! mirror's last news from the store. Bundles are kept on disk under their digest, which is
//! checked on every read, so that a worker starts functions while the bus is away.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use brink_shared::bus::Bus;
use brink_shared::id::VersionId;
use brink_shared::registry::bundle::BundleError;
use brink_shared::registry::store::StoreError;
use brink_shared::registry::{
    Bundle, BundleDigest, FunctionVersion, Mirror, Quotas, Snapshot, Store,
};

/// How long the store may take to find a version.
const FIND_MAX: Duration = Duration::from_secs(3);

/// A file that was begun this long ago will not be finished: who wrote it is gone.
const ABANDONED: Duration = Duration::from_secs(60);

/// Ends the names of files that are being written.
const UNFINISHED: &str = "new";

/// How long the store may take to bring a bundle.
const FETCH_MAX: Duration = Duration::from_secs(20);

/// The registry as a worker uses it.
pub struct Library {
    bus: Arc<dyn Bus>,
    mirror: Arc<Mirror>,
    /// `bundles/` below the state directory; none keeps nothing.
    folder: Option<PathBuf>,
    store: OnceCell<Store>,
    /// Quotas of distributions that are applied here.
    quotas: Quotas,
}

/// Why something is not to be had now. The function is not at fault.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The store says so.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store says nothing.
    #[error("the registry did not answer within {0:?}")]
    Slow(Duration),
    /// What was fetched cannot be written for the sandbox.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

// === impl Library ===

impl Library {
    /// A library that keeps bundles below `state_dir`. What a worker left there unfinished that
    /// was killed is removed.
    pub fn new(
        bus: Arc<dyn Bus>,
        mirror: Arc<Mirror>,
        state_dir: Option<&Path>,
        quotas: Quotas,
    ) -> Self {
        let folder = state_dir.map(|dir| dir.join("bundles"));
        if let Some(folder) = &folder {
            sweep(folder);
        }
        Self { bus, mirror, folder, store: OnceCell::new(), quotas }
    }

    /// The registry as this worker knows it.
    pub fn known(&self) -> Arc<Snapshot> {
        self.mirror.snapshot()
    }

    /// True once the live registry has been read whole.
    pub fn is_current(&self) -> bool {
        self.mirror.is_current()
    }

    /// The store, opened at the first use.
    pub async fn store(&self) -> Result<&Store, LibraryError> {
        let open = self.store.get_or_try_init(async || {
            let store = Store::open(self.bus.clone()).await?;
            Ok::<_, StoreError>(store.with_quotas(self.quotas))
        });
        Ok(timeout(FIND_MAX, open).await.map_err(|_| LibraryError::Slow(FIND_MAX))??)
    }

    /// A version; none if it was never published, or was deleted.
    pub async fn version(&self, id: &VersionId) -> Result<Option<FunctionVersion>, LibraryError> {
        if let Some(version) = self.mirror.snapshot().versions.get(id) {
            return Ok(Some(version.clone()));
        }
        let store = self.store().await?;
        Ok(timeout(FIND_MAX, store.version(id))
            .await
            .map_err(|_| LibraryError::Slow(FIND_MAX))??)
    }

    /// A bundle, from disk if it is there.
    pub async fn bundle(&self, digest: &BundleDigest) -> Result<Bundle, LibraryError> {
        let path = self.folder.as_ref().map(|dir| dir.join(digest.as_str()));
        if let Some(path) = path.clone() {
            let digest = digest.clone();
            if let Ok(Some(bundle)) = spawn_blocking(move || kept(&path, &digest)).await {
                return Ok(bundle);
            }
        }
        let store = self.store().await?;
        let bundle = timeout(FETCH_MAX, store.bundle(digest))
            .await
            .map_err(|_| LibraryError::Slow(FETCH_MAX))??;
        if let Some(path) = path {
            let bundle = bundle.clone();
            let keeping = spawn_blocking(move || {
                if let Err(error) = keep(&path, &bundle) {
                    tracing::warn!(%error, ?path, "bundle is not kept");
                }
            });
            // It fails only when the process is about to end.
            let _ = keeping.await;
        }
        Ok(bundle)
    }
}

/// A bundle from disk, if it is there and whole. Takes its time: a digest is checked.
fn kept(path: &Path, digest: &BundleDigest) -> Option<Bundle> {
    let bytes = std::fs::read(path).ok()?;
    Bundle::decode(&bytes, digest)
        .inspect_err(|error| tracing::warn!(%error, ?path, "kept bundle is broken"))
        .ok()
}

/// Removes files that nobody will finish. There may be no folder yet.
fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let begun = entry.metadata().and_then(|about| about.modified()).ok();
        let age = begun.and_then(|begun| begun.elapsed().ok()).unwrap_or_default();
        let unfinished = path.extension().is_some_and(|ending| ending == UNFINISHED);
        if unfinished && age >= ABANDONED {
            // Another worker of this machine may have been faster.
            let _ = std::fs::remove_file(&path);
        }
    }
}

/// Writes a bundle beside its place and moves it there, so that nobody reads half of one.
fn keep(path: &Path, bundle: &Bundle) -> io::Result<()> {
    let (_, bytes) = bundle.encode().map_err(io::Error::other)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Two versions may have the same bundle, and workers of one machine may share the folder.
    let beside = path.with_extension(format!("{:016x}.{UNFINISHED}", rand::random::<u64>()));
    let written = std::fs::write(&beside, &bytes).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // Half a file is of no use; there may be none.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn only_files_that_nobody_will_finish_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - 2 * ABANDONED;
        for (name, age) in [("a.01.new", Some(old)), ("b.02.new", None), ("c", Some(old))] {
            let file = File::create(folder.path().join(name)).unwrap();
            if let Some(age) = age {
                file.set_modified(age).unwrap();
            }
        }
        sweep(folder.path());
        let left = std::fs::read_dir(folder.path()).unwrap().flatten();
        let mut left: Vec<_> = left.map(|entry| entry.file_name()).collect();
        left.sort();
        assert_eq!(left, ["b.02.new", "c"]);
    }
}
