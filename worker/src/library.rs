//! Where versions and their bundles come from.
//!
//! Versions are read from the mirror, and from the store if they are younger than the mirror's last
//! news. Bundles are kept on disk ([`shelf`]), so a worker can start functions while the bus is
//! away.

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

/// How long the store may take to find a version.
const FIND_MAX: Duration = Duration::from_secs(3);

/// How long the store may take to bring a bundle.
const FETCH_MAX: Duration = Duration::from_secs(20);

/// The registry as a worker uses it.
pub struct Library {
    bus: Arc<dyn Bus>,
    mirror: Arc<Mirror>,
    /// `bundles/` below the state directory; none keeps nothing.
    shelf: Option<Arc<Shelf>>,
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
    /// A library that keeps bundles below `state_dir`, in so many bytes. Unfinished files
    /// of a worker that was killed are removed.
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

    /// Told of every change of it.
    pub fn changes(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.mirror.changes()
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

    /// True if a distribution names the version, as far as the mirror knows. A mirror that knows
    /// nothing yet cannot tell.
    pub fn is_named(&self, id: &VersionId) -> bool {
        let snapshot = self.mirror.snapshot();
        let mut all = snapshot.distributions.values();
        !self.mirror.is_current() || all.any(|record| record.distribution.uses(id))
    }

    /// A bundle, from disk if it is there. Reading and writing, digests and decoding are done
    /// away from the thread that asks.
    pub async fn bundle(&self, digest: &BundleDigest) -> Result<Bundle, LibraryError> {
        if let Some(shelf) = self.shelf.clone() {
            let digest = digest.clone();
            if let Ok(Some(bundle)) = spawn_blocking(move || shelf.take(&digest)).await {
                return Ok(bundle);
            }
        }
        let store = self.store().await?;
        let bundle = timeout(FETCH_MAX, store.bundle(digest))
            .await
            .map_err(|_| LibraryError::Slow(FETCH_MAX))??;
        if let Some(shelf) = self.shelf.clone() {
            let (digest, bundle) = (digest.clone(), bundle.clone());
            let keeping = spawn_blocking(move || {
                if let Err(error) = shelf.keep(&digest, &bundle) {
                    tracing::warn!(%error, %digest, "bundle is not kept");
                }
            });
            // It fails only when the process is about to end.
            let _ = keeping.await;
        }
        Ok(bundle)
    }
}
