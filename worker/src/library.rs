//! The library: finds versions and their bundles.
//!
//! A worker reads versions from its mirror of the registry. If the mirror does not know a version
//! yet, the worker asks the store. It keeps bundles on disk ([`shelf`]), so it can start functions
//! while the bus is away.

mod shelf;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OnceCell, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use brink_shared::bus::Bus;
use brink_shared::id::VersionId;
use brink_shared::registry::bundle::BundleError;
use brink_shared::registry::store::StoreError;
use brink_shared::registry::{
    Bundle, BundleDigest, FunctionVersion, Mirror, Quotas, Snapshot, Store,
};
use shelf::Shelf;

/// How long the store may take to answer for a version.
const FIND_MAX: Duration = Duration::from_secs(3);

/// A worker's access to the registry.
pub struct Library {
    bus: Arc<dyn Bus>,
    mirror: Arc<Mirror>,
    /// `bundles/` below the state directory; none to keep no bundles.
    shelf: Option<Arc<Shelf>>,
    store: OnceCell<Store>,
    /// Quotas for distributions that are applied at this worker.
    quotas: Quotas,
}

/// Why a version or a bundle cannot be read now. The function is not at fault.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The store answered with an error.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store did not answer.
    #[error("the registry did not answer within {0:?}")]
    Slow(Duration),
    /// The bundle cannot be written for the sandbox.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

// === impl Library ===

impl Library {
    /// A library that keeps at most `bytes_max` of bundles below `state_dir`. Removes unfinished
    /// files of workers that were killed.
    pub fn new(
        bus: Arc<dyn Bus>,
        mirror: Arc<Mirror>,
        state_dir: Option<&Path>,
        bytes_max: u64,
        quotas: Quotas,
    ) -> Self {
        let shelf = state_dir.map(|dir| Arc::new(Shelf::open(dir.join("bundles"), bytes_max)));
        Self { bus, mirror, shelf, store: OnceCell::new(), quotas }
    }

    /// The registry as this worker knows it.
    pub fn known(&self) -> Arc<Snapshot> {
        self.mirror.snapshot()
    }

    /// A receiver that hears of every change of the registry.
    pub fn changes(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.mirror.changes()
    }

    /// True once the registry was read whole since this worker started.
    pub fn is_current(&self) -> bool {
        self.mirror.is_current()
    }

    /// The store. It is opened at the first use.
    pub async fn store(&self) -> Result<&Store, LibraryError> {
        let open = self.store.get_or_try_init(async || {
            let store = Store::open(self.bus.clone()).await?;
            Ok::<_, StoreError>(store.with_quotas(self.quotas))
        });
        Ok(timeout(FIND_MAX, open).await.map_err(|_| LibraryError::Slow(FIND_MAX))??)
    }

    /// Finds a version; none if it was never published, or was deleted.
    pub async fn version(&self, id: &VersionId) -> Result<Option<FunctionVersion>, LibraryError> {
        if let Some(version) = self.mirror.snapshot().versions.get(id) {
            return Ok(Some(version.clone()));
        }
        let store = self.store().await?;
        Ok(timeout(FIND_MAX, store.version(id))
            .await
            .map_err(|_| LibraryError::Slow(FIND_MAX))??)
    }

    /// True if a distribution names the version. It is also true while the mirror is not current.
    pub fn is_named(&self, id: &VersionId) -> bool {
        let snapshot = self.mirror.snapshot();
        let mut all = snapshot.distributions.values();
        !self.mirror.is_current() || all.any(|record| record.distribution.uses(id))
    }

    /// A bundle, from disk if it is there. Other threads read, write, check and decode it.
    pub async fn bundle(&self, digest: &BundleDigest) -> Result<Bundle, LibraryError> {
        if let Some(shelf) = self.shelf.clone() {
            let digest = digest.clone();
            if let Ok(Some(bundle)) = spawn_blocking(move || shelf.take(&digest)).await {
                return Ok(bundle);
            }
        }
        let store = self.store().await?;
        // The bus gives up a transfer that stalls.
        let (bundle, encoded) = store.encoded_bundle(digest).await?;
        if let Some(shelf) = self.shelf.clone() {
            let digest = digest.clone();
            let keeping = spawn_blocking(move || {
                if let Err(error) = shelf.keep(&digest, &encoded) {
                    tracing::warn!(%error, %digest, "a bundle could not be kept on disk");
                }
            });
            // It fails only if the process is about to end.
            let _ = keeping.await;
        }
        Ok(bundle)
    }
}
