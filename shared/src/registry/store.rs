//! Functions and distributions in a bucket of the bus.
//!
//! **One write decides.** Some rules concern several keys: a version that a distribution names
//! cannot be deleted, a distribution cannot name a version that is gone, and a host is in one
//! distribution only. So a writer reads the whole bucket at one moment ([`View`]), and makes one
//! write that the bucket accepts only if nothing at all was written since ([`Bucket::decide`]). If
//! something was written, it reads again. A refusal counts only if the reading that it comes from
//! misses no write ([`Bucket::last`]). So writers cannot interleave, and the registry is whole
//! at whichever step a writer ends: before the write nothing has happened, after it everything has.
//!
//! Some changes take more than one write. The first write decides. If its writer does not do the
//! rest, the next writer does ([`Store::mend`]):
//!
//! - A deletion of several versions of a function first writes which ones (`deletion.<function>`).
//!   From then on they count as gone. If a newer release wrote that record in another form, see
//!   [`Deletion`].
//! - The present revision of a distribution counts as a part of its history. A copy of it is kept
//!   (`revision.<id>.<number>`) before another revision takes its place.
//! - Earlier releases marked a version before they deleted it (`retiring`), and left the mark if they
//!   were killed. The next writer removes the mark.
//!
//! Publishing is the exception, because it must not wait for others. It takes a number from a
//! counter, by compare-and-swap, and then creates a key that only it can have.
//!
//! ```text
//!             nothing was written since              the rest of the writes
//! read a view ──────────────────────────▶ decided ───────────────────────▶ done
//!      ▲   │                                  │                             ▲
//!      └───┘ something was written            └─ the writer ends ─▶ mend ───┘
//!                                                 by the next writer
//! ```

mod apply;
mod bundles;
mod conflict;
mod decide;
mod delete;
mod listing;
mod prune;
mod secrets_key;
mod store_error;
mod view;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::bundle::BundleDigest;
use super::check::Quotas;
use super::distribution::DistributionRecord;
use super::function::{FunctionSettings, FunctionVersion};
use super::key::Key;
use crate::bus::{Bucket, Bus, BusError, Objects};
use crate::id::{DistributionId, FunctionName, VersionId};
use crate::secret::SealedSecrets;
use crate::subject;
use crate::wire::UnixMillis;

pub use bundles::encode_bundle;
use conflict::{CONFLICTS_MAX, pause};
pub use listing::{ListedFunction, Listing};
pub use prune::{KEEP_DEFAULT, OLDER_THAN_DEFAULT, Pruned, Retention, UPLOAD_AGE};
pub use store_error::StoreError;
pub(super) use view::Deletion;
use view::{View, read};

/// How long the bus may take to tell its time.
const CLOCK_WITHIN: Duration = Duration::from_secs(5);

/// The registry. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    bus: Arc<dyn Bus>,
    bucket: Arc<dyn Bucket>,
    objects: Arc<dyn Objects>,
    quotas: Quotas,
    /// The last reading for a listing.
    listed: Arc<Mutex<Option<Listing>>>,
}

/// The number of versions that a function has had; new versions get their numbers from here.
#[derive(Serialize, Deserialize)]
struct Counter {
    latest: u32,
}

// === impl Store ===

impl Store {
    /// Opens the registry on this bus, and makes its buckets if they do not exist.
    pub async fn open(bus: Arc<dyn Bus>) -> Result<Self, StoreError> {
        let bucket = bus.bucket(subject::REGISTRY_BUCKET).await?;
        let objects = bus.objects(subject::BUNDLE_BUCKET).await?;
        Ok(Self { bus, bucket, objects, quotas: Quotas::default(), listed: Arc::default() })
    }

    /// The same, with other quotas for distributions that are applied.
    pub fn with_quotas(self, quotas: Quotas) -> Self {
        Self { quotas, ..self }
    }

    /// Makes the function's next version. A number that was given out is never given out again.
    pub async fn add_version(
        &self,
        name: &FunctionName,
        settings: FunctionSettings,
        bundle: BundleDigest,
        size: usize,
        sealed: SealedSecrets,
    ) -> Result<FunctionVersion, StoreError> {
        let number = self.next_number(name).await?;
        let version = FunctionVersion {
            version: VersionId { function: name.clone(), number },
            settings,
            bundle,
            size,
            published: self.bus.clock().now(),
            sealed,
            retiring: false,
        };
        let (key, value) = (Key::version(&version.version), json(&version));
        match self.bucket.create(&key, value.clone()).await {
            Ok(_) => Ok(version),
            Err(error) => match self.bucket.get(&key).await {
                // Only the answer was lost.
                Ok(Some(entry)) if entry.value == value => Ok(version),
                Ok(_) if !error.may_be_done() => Err(error.into()),
                // It may be written yet, and this reading may lag behind.
                _ => Err(StoreError::unclear(format!("{} was published", version.version), error)),
            },
        }
    }

    async fn next_number(&self, name: &FunctionName) -> Result<u32, StoreError> {
        let key = Key::counter(name);
        for conflicts in 0..CONFLICTS_MAX {
            let written = match self.bucket.get(&key).await? {
                None => self.bucket.create(&key, json(&Counter { latest: 1 })).await.map(|_| 1),
                Some(entry) => {
                    let latest = read::<Counter>(&entry)?.latest.saturating_add(1);
                    let value = json(&Counter { latest });
                    self.bucket.update(&key, value, entry.revision).await.map(|_| latest)
                }
            };
            match written {
                // The value may have come from a server that lags behind.
                Err(BusError::Conflict(_)) => pause(conflicts).await,
                other => return Ok(other?),
            }
        }
        Err(StoreError::Contended(name.to_string()))
    }

    /// One version.
    pub async fn version(&self, id: &VersionId) -> Result<Option<FunctionVersion>, StoreError> {
        let Some(entry) = self.bucket.get(&Key::version(id)).await? else { return Ok(None) };
        let deletion = self.bucket.get(&Key::deletion(&id.function)).await?;
        match deletion.as_ref().map(read::<Deletion>) {
            Some(Ok(deletion)) if deletion.versions.contains(&id.number) => return Ok(None),
            // A version that was published later does not count.
            Some(Err(error)) if deletion.is_some_and(|d| entry.revision < d.revision) => {
                return Err(error);
            }
            _ => {}
        }
        read(&entry).map(Some)
    }

    /// The newest version of a function. `None` if there is none, if it cannot be read, or if it
    /// may be being deleted.
    pub async fn newest_version(
        &self,
        name: &FunctionName,
    ) -> Result<Option<FunctionVersion>, StoreError> {
        let view = self.view().await?;
        let of_function = view.version_entries().filter(|(id, _)| id.function == *name);
        let newest = of_function.max_by_key(|(id, _)| id.number);
        let newest = newest.filter(|(id, _)| view.may_be_deleted(id).is_none());
        Ok(newest.and_then(|(_, entry)| read(entry).ok()))
    }

    /// Every version of every function, by name and number. Those that this release cannot read are
    /// left out.
    pub async fn versions(&self) -> Result<Vec<FunctionVersion>, StoreError> {
        Ok(self.listing().await?.versions())
    }

    /// Every distribution in its present revision, by id. Those that this release cannot read are
    /// left out.
    pub async fn distributions(&self) -> Result<Vec<DistributionRecord>, StoreError> {
        Ok(self.listing().await?.distributions())
    }

    /// One distribution in its present revision.
    pub async fn distribution(
        &self,
        id: &DistributionId,
    ) -> Result<Option<DistributionRecord>, StoreError> {
        self.bucket.get(&Key::distribution(id)).await?.as_ref().map(read).transpose()
    }

    /// One revision of a distribution. `None` if it is not kept, or if this release cannot read it.
    pub async fn revision(
        &self,
        id: &DistributionId,
        number: u64,
    ) -> Result<Option<DistributionRecord>, StoreError> {
        let present = self.distribution(id).await?;
        if let Some(record) = present.filter(|record| record.revision == number) {
            return Ok(Some(record));
        }
        let kept = self.bucket.get(&Key::revision(id, number)).await?;
        Ok(kept.and_then(|entry| read(&entry).ok()))
    }

    /// Every kept revision of a distribution, oldest first. Those that this release cannot read are
    /// left out.
    pub async fn history(
        &self,
        id: &DistributionId,
    ) -> Result<Vec<DistributionRecord>, StoreError> {
        Ok(self.listing().await?.history(id))
    }

    /// The places that name a version: `shop behaviors[0].functions.viewer-request`.
    pub async fn users(&self, id: &VersionId) -> Result<Vec<String>, StoreError> {
        let users = self.view().await?.users(&BTreeSet::from([id.clone()]));
        Ok(users.into_values().flatten().collect())
    }

    /// The bus's time. The machine's own clock may be wrong by an hour, and ages are counted from
    /// the times that the bus gave.
    async fn now(&self) -> Result<UnixMillis, StoreError> {
        let clock = self.bus.clock();
        clock.wait_measured(CLOCK_WITHIN).await;
        if !clock.is_measured() {
            return Err(StoreError::NoTime);
        }
        Ok(clock.now())
    }

    async fn view(&self) -> Result<View, StoreError> {
        Ok(View::new(self.bucket.moment().await?))
    }
}

/// Documents have only string keys, so writing them cannot fail.
fn json<T: Serialize>(value: &T) -> bytes::Bytes {
    serde_json::to_vec(value).unwrap_or_default().into()
}

#[cfg(test)]
mod tests;
