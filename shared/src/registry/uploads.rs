//! Bundles on their way to a publication, from people with identities.
//!
//! Publishers may not write to the bucket of the bundles, because they could replace the bundle of
//! any version there. They write to this bucket, and the worker that publishes copies the bundle.
//!
//! A publisher may write and replace anything in this bucket, also uploads of others. So the digest
//! of a bundle is checked when it is read here, and the bucket is bounded.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::bundle::{Bundle, BundleDigest, BundleError, ENCODED_MAX};
use super::store::StoreError;
use crate::bus::{Bus, BusError, Objects, ObjectsBounds};
use crate::subject;
use crate::wire::UnixMillis;

/// An upload that was not published after this long is removed.
const KEPT_FOR: Duration = Duration::from_secs(60 * 60);

/// After this long the server itself removes what is left: also bytes without a record, which
/// nobody lists.
const GONE_AFTER: Duration = Duration::from_secs(2 * 60 * 60);

/// Most bytes of uploads: four of the largest bundles. The server reserves them on its disk.
const KEPT_BYTES: u64 = 1 << 30;

/// The uploaded bundles.
pub struct Uploads {
    bus: Arc<dyn Bus>,
    objects: Arc<dyn Objects>,
}

// === impl Uploads ===

impl Uploads {
    /// Opens the bucket, and makes it if it does not exist.
    pub async fn open(bus: Arc<dyn Bus>) -> Result<Self, BusError> {
        let bounds = ObjectsBounds { max_age: GONE_AFTER, max_bytes: KEPT_BYTES };
        let objects = bus.bounded_objects(subject::UPLOAD_BUCKET, bounds).await?;
        Ok(Self { bus, objects })
    }

    /// Uploads an encoded bundle, if it is not there already. To replace it, its old bytes would have
    /// to be purged, and publishers may not purge.
    pub async fn put(&self, digest: &BundleDigest, bytes: Bytes) -> Result<(), StoreError> {
        if self.objects.about(digest.as_str()).await?.is_none() {
            self.objects.put(digest.as_str(), bytes).await?;
        }
        Ok(())
    }

    /// The size of an upload in bytes; none if there is no such upload.
    pub async fn size(&self, digest: &BundleDigest) -> Result<Option<u64>, StoreError> {
        let found = self.objects.about(digest.as_str()).await?;
        Ok(found.map(|found| found.size.min(ENCODED_MAX as u64)))
    }

    /// Reads an uploaded bundle and checks its digest.
    pub async fn get(&self, digest: &BundleDigest) -> Result<Bundle, StoreError> {
        let bytes = self.objects.get(digest.as_str(), ENCODED_MAX).await?;
        let bytes = bytes.ok_or_else(|| StoreError::NoBundle(digest.clone()))?;
        let digest = digest.clone();
        let decoded = spawn_blocking(move || Bundle::decode(&bytes, &digest)).await;
        Ok(decoded.map_err(|_| BundleError::Abandoned)??)
    }

    /// Removes an upload that is stored by now, and those that nobody has published in an hour.
    pub async fn remove(&self, done: &BundleDigest) -> Result<(), StoreError> {
        let oldest = self.bus.clock().now().0.saturating_sub(KEPT_FOR.as_millis() as u64);
        for upload in self.objects.list().await? {
            if upload.name == done.as_str() || upload.written < UnixMillis(oldest) {
                self.objects.remove(&upload).await?;
            }
        }
        Ok(())
    }
}
