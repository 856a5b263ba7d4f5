//! Bundles, and the promise that the bundles of published versions exist.
//!
//! Pruning removes bundles that no version has and that were written long ago. A version with just
//! such a bundle may be published at that moment. So publishing makes sure that the bundle was
//! written recently, and checks again after the version was written.

use std::time::Duration;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::{Store, StoreError};
use crate::registry::bundle::{Bundle, BundleDigest, BundleError, ENCODED_MAX};
use crate::wire::UnixMillis;

/// A bundle that was written within this time is not written again. If other processes publish,
/// pruning waits at least four times as long. So it never removes the bundle that was found here.
const FRESH: Duration = Duration::from_secs(15);

// === impl Store ===

impl Store {
    /// Stores a bundle under its digest.
    pub async fn put_bundle(&self, bundle: &Bundle) -> Result<BundleDigest, StoreError> {
        let (digest, bytes) = encode_bundle(bundle).await?;
        self.put_encoded(&digest, bytes).await?;
        Ok(digest)
    }

    /// Stores a bundle that [`encode_bundle`] encoded.
    pub async fn put_encoded(&self, digest: &BundleDigest, bytes: Bytes) -> Result<(), StoreError> {
        Ok(self.objects.put(digest.as_str(), bytes).await?)
    }

    /// Makes sure that the bundle with this digest is stored, and was written recently.
    pub async fn keep_bundle(
        &self,
        digest: &BundleDigest,
        bundle: &Bundle,
    ) -> Result<(), StoreError> {
        let stored = self.objects.about(digest.as_str()).await?;
        let now = self.bus.clock().is_measured().then(|| self.bus.clock().now());
        let is_fresh =
            stored.zip(now).is_some_and(|(stored, now)| age(stored.written, now) < FRESH);
        if !is_fresh {
            self.put_bundle(bundle).await?;
        }
        Ok(())
    }

    /// Stores the bundle of a published version again if it got lost. Leaves a stored one alone:
    /// a new copy takes the place of the old one while others read it.
    pub async fn restore_bundle(
        &self,
        digest: &BundleDigest,
        bundle: &Bundle,
    ) -> Result<(), StoreError> {
        if self.objects.about(digest.as_str()).await?.is_none() {
            self.put_bundle(bundle).await?;
        }
        Ok(())
    }

    /// The size of a stored bundle in bytes, as it is encoded; none if there is no such bundle.
    pub async fn bundle_size(&self, digest: &BundleDigest) -> Result<Option<u64>, StoreError> {
        let stored = self.objects.about(digest.as_str()).await?;
        Ok(stored.map(|stored| stored.size.min(ENCODED_MAX as u64)))
    }

    /// Reads a bundle and checks its digest.
    pub async fn bundle(&self, digest: &BundleDigest) -> Result<Bundle, StoreError> {
        Ok(self.encoded_bundle(digest).await?.0)
    }

    /// The same, with the bytes in which it is stored. Both share their memory.
    pub async fn encoded_bundle(
        &self,
        digest: &BundleDigest,
    ) -> Result<(Bundle, Bytes), StoreError> {
        let bytes = self.objects.get(digest.as_str(), ENCODED_MAX).await?;
        let bytes = bytes.ok_or_else(|| StoreError::NoBundle(digest.clone()))?;
        let digest = digest.clone();
        let decode = move || Ok::<_, BundleError>((Bundle::decode(&bytes, &digest)?, bytes));
        Ok(spawn_blocking(decode).await.map_err(|_| BundleError::Abandoned)??)
    }
}

/// Encodes a bundle, and computes its digest.
pub async fn encode_bundle(bundle: &Bundle) -> Result<(BundleDigest, Bytes), StoreError> {
    // Up to 250 MB are copied and hashed. On this thread, that would delay everything else.
    let bundle = bundle.clone();
    let encoded = spawn_blocking(move || bundle.encode()).await;
    Ok(encoded.map_err(|_| BundleError::Abandoned)??)
}

/// How long ago it was, by the bus's clock.
pub(super) fn age(then: UnixMillis, now: UnixMillis) -> Duration {
    Duration::from_millis(now.0.saturating_sub(then.0))
}
