//! Functions and distributions in a bucket of the bus.
//!
//! Every write is a compare-and-swap, so that two operators cannot interleave. Two rules hold
//! across keys: a version that a distribution names cannot be deleted, and a distribution cannot
//! come to name a version that is being deleted. A deletion first marks the version, then looks
//! for users; an application first writes the distribution, then looks for marks. Whichever
//! comes second sees the other and takes its own step back.

mod error;
mod secrets_key;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use super::bundle::{BUNDLE_MAX, Bundle, BundleDigest, BundleError};
use super::check::{Problem, check};
use super::distribution::{Distribution, DistributionRecord};
use super::function::{FunctionSettings, FunctionVersion};
use super::key::Key;
use crate::bus::{Bucket, Bus, BusError, Entry, Objects};
use crate::id::{DistributionId, FunctionName, VersionId};
use crate::secret::SealedSecrets;
use crate::subject;
use crate::wire::UnixMillis;

pub use error::StoreError;

/// How often a write is tried again when somebody else was faster.
const ATTEMPTS: usize = 10;

/// Slack for the encoding of a bundle around its files.
const BUNDLE_ENCODED_MAX: usize = BUNDLE_MAX + 2 * 1024 * 1024;

/// The registry. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    bucket: Arc<dyn Bucket>,
    objects: Arc<dyn Objects>,
}

/// How many versions a function has had; versions' numbers come from here.
#[derive(Serialize, Deserialize)]
struct Counter {
    latest: u32,
}

// === impl Store ===

impl Store {
    /// Opens the registry on this bus, making its buckets if they are not there.
    pub async fn open(bus: Arc<dyn Bus>) -> Result<Self, StoreError> {
        let bucket = bus.bucket(subject::REGISTRY_BUCKET).await?;
        let objects = bus.objects(subject::BUNDLE_BUCKET).await?;
        Ok(Self { bucket, objects })
    }

    /// Stores a bundle under its digest.
    pub async fn put_bundle(&self, bundle: &Bundle) -> Result<BundleDigest, StoreError> {
        // Up to 50 MB are copied and hashed, which would hold up all else of this thread.
        let bundle = bundle.clone();
        let encoded = spawn_blocking(move || bundle.encode()).await;
        let (digest, bytes) = encoded.map_err(|_| BundleError::Abandoned)??;
        self.objects.put(digest.as_str(), bytes).await?;
        Ok(digest)
    }

    /// Reads a bundle and makes sure that it is the one asked for.
    pub async fn bundle(&self, digest: &BundleDigest) -> Result<Bundle, StoreError> {
        let bytes = self.objects.get(digest.as_str(), BUNDLE_ENCODED_MAX).await?;
        let bytes = bytes.ok_or_else(|| StoreError::NoBundle(digest.clone()))?;
        let digest = digest.clone();
        let decoded = spawn_blocking(move || Bundle::decode(&bytes, &digest)).await;
        Ok(decoded.map_err(|_| BundleError::Abandoned)??)
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
            published: UnixMillis::now(),
            sealed,
            retiring: false,
        };
        self.bucket.create(&Key::version(&version.version), json(&version)).await?;
        Ok(version)
    }

    async fn next_number(&self, name: &FunctionName) -> Result<u32, StoreError> {
        let key = Key::counter(name);
        for _ in 0..ATTEMPTS {
            let written = match self.bucket.get(&key).await? {
                None => self.bucket.create(&key, json(&Counter { latest: 1 })).await.map(|_| 1),
                Some(entry) => {
                    let latest = read::<Counter>(&entry)?.latest.saturating_add(1);
                    let value = json(&Counter { latest });
                    self.bucket.update(&key, value, entry.revision).await.map(|_| latest)
                }
            };
            match written {
                Err(BusError::Conflict(_)) => {}
                other => return Ok(other?),
            }
        }
        Err(StoreError::Contended(name.to_string()))
    }

    /// One version.
    pub async fn version(&self, id: &VersionId) -> Result<Option<FunctionVersion>, StoreError> {
        self.bucket.get(&Key::version(id)).await?.as_ref().map(read).transpose()
    }

    /// Every version of every function, by name and number.
    pub async fn versions(&self) -> Result<Vec<FunctionVersion>, StoreError> {
        let mut versions: Vec<FunctionVersion> = self.all(Key::is_version).await?;
        versions.sort_by(|a, b| a.version.cmp(&b.version));
        Ok(versions)
    }

    /// Deletes a version that no distribution names.
    pub async fn delete_version(&self, id: &VersionId) -> Result<(), StoreError> {
        let key = Key::version(id);
        let gone = || StoreError::NoVersion(id.clone());
        let entry = self.bucket.get(&key).await?.ok_or_else(gone)?;
        let version: FunctionVersion = read(&entry)?;
        let marked = FunctionVersion { retiring: true, ..version.clone() };
        let revision = self.bucket.update(&key, json(&marked), entry.revision).await?;
        let by = self.users(id).await?;
        if by.is_empty() {
            return Ok(self.bucket.delete(&key, revision).await?);
        }
        let restored = FunctionVersion { retiring: false, ..version };
        self.bucket.update(&key, json(&restored), revision).await?;
        Err(StoreError::InUse { version: id.clone(), by })
    }

    /// The places that name a version: `shop behaviors[0].functions.viewer-request`.
    pub async fn users(&self, id: &VersionId) -> Result<Vec<String>, StoreError> {
        let mut places = Vec::new();
        for record in self.distributions().await? {
            let distribution = &record.distribution;
            for (path, _, association) in distribution.associations() {
                if association.function.version().as_ref() == Some(id) {
                    places.push(format!("{} {path}", distribution.id));
                }
            }
        }
        Ok(places)
    }

    /// Makes the document the distribution's next revision, if nothing is wrong with it.
    /// With `if_revision`, only over that revision (0: none yet).
    pub async fn apply(
        &self,
        distribution: &Distribution,
        if_revision: Option<u64>,
    ) -> Result<DistributionRecord, StoreError> {
        let id = &distribution.id;
        self.check(distribution).await?;
        let key = Key::distribution(id);
        for _ in 0..ATTEMPTS {
            let present = self.bucket.get(&key).await?;
            let before: Option<DistributionRecord> = present.as_ref().map(read).transpose()?;
            let found = before.as_ref().map_or(0, |record| record.revision);
            if let Some(expected) = if_revision.filter(|expected| *expected != found) {
                return Err(StoreError::Moved { id: id.clone(), expected, found });
            }
            let newest = self.history(id).await?.last().map_or(0, |record| record.revision);
            let record = DistributionRecord {
                revision: newest.max(found) + 1,
                applied: UnixMillis::now(),
                distribution: distribution.clone(),
            };
            let Some(written) = self.write(&key, present.as_ref(), &record).await? else {
                continue;
            };
            // Only now can a deletion see this distribution: look for its mark.
            if let Err(error) = self.check(distribution).await {
                self.take_back(&key, before.as_ref(), written).await?;
                return Err(error);
            }
            let kept = Key::revision(id, record.revision);
            match self.bucket.create(&kept, json(&record)).await {
                Ok(_) | Err(BusError::Conflict(_)) => return Ok(record),
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Contended(format!("distribution {id}")))
    }

    /// Writes over what was read; none if somebody else was faster.
    async fn write(
        &self,
        key: &str,
        over: Option<&Entry>,
        record: &DistributionRecord,
    ) -> Result<Option<u64>, StoreError> {
        let written = match over {
            None => self.bucket.create(key, json(record)).await,
            Some(entry) => self.bucket.update(key, json(record), entry.revision).await,
        };
        match written {
            Err(BusError::Conflict(_)) => Ok(None),
            other => Ok(Some(other?)),
        }
    }

    async fn take_back(
        &self,
        key: &str,
        before: Option<&DistributionRecord>,
        written: u64,
    ) -> Result<(), StoreError> {
        let taken_back = match before {
            Some(record) => self.bucket.update(key, json(record), written).await.map(|_| ()),
            None => self.bucket.delete(key, written).await,
        };
        match taken_back {
            // Somebody has written over it since.
            Err(BusError::Conflict(_)) => Ok(()),
            other => Ok(other?),
        }
    }

    async fn check(&self, distribution: &Distribution) -> Result<(), StoreError> {
        let versions = self.versions().await?;
        let usable: BTreeMap<_, _> =
            versions.iter().map(|version| (&version.version, !version.retiring)).collect();
        let mut problems = check(distribution, &|id| usable.get(id) == Some(&true));
        problems.extend(self.taken_aliases(distribution).await?);
        if problems.is_empty() { Ok(()) } else { Err(StoreError::Invalid(problems)) }
    }

    /// A host can be on one distribution only (`contract.md` 7.1).
    async fn taken_aliases(&self, document: &Distribution) -> Result<Vec<Problem>, StoreError> {
        let mut problems = Vec::new();
        for record in self.distributions().await? {
            let other = &record.distribution;
            if other.id == document.id {
                continue;
            }
            for (index, alias) in document.aliases.iter().enumerate() {
                if other.aliases.contains(alias) {
                    let message = format!("{alias:?} belongs to distribution {}", other.id);
                    problems.push(Problem { path: format!("aliases[{index}]"), message });
                }
            }
            if document.aliases.is_empty() && other.aliases.is_empty() {
                let message = format!("distribution {} answers any host already", other.id);
                problems.push(Problem { path: "aliases".to_owned(), message });
            }
        }
        Ok(problems)
    }

    /// Every distribution in its present revision, by id.
    pub async fn distributions(&self) -> Result<Vec<DistributionRecord>, StoreError> {
        let mut records: Vec<DistributionRecord> = self.all(Key::is_distribution).await?;
        records.sort_by(|a, b| a.distribution.id.cmp(&b.distribution.id));
        Ok(records)
    }

    /// One distribution in its present revision.
    pub async fn distribution(
        &self,
        id: &DistributionId,
    ) -> Result<Option<DistributionRecord>, StoreError> {
        self.bucket.get(&Key::distribution(id)).await?.as_ref().map(read).transpose()
    }

    /// Every revision of a distribution, oldest first.
    pub async fn history(
        &self,
        id: &DistributionId,
    ) -> Result<Vec<DistributionRecord>, StoreError> {
        let mut records: Vec<DistributionRecord> =
            self.all(|key| Key::is_revision_of(key, id)).await?;
        records.sort_by_key(|record| record.revision);
        Ok(records)
    }

    /// Applies an older document anew: the given revision's, or the one before the present.
    pub async fn rollback(
        &self,
        id: &DistributionId,
        to: Option<u64>,
    ) -> Result<DistributionRecord, StoreError> {
        let gone = || StoreError::NoDistribution(id.clone());
        let present = self.distribution(id).await?.ok_or_else(gone)?;
        let revision = to.unwrap_or(present.revision.saturating_sub(1));
        let missing = || match revision {
            0 => StoreError::NoEarlier(id.clone()),
            _ => StoreError::NoRevision { id: id.clone(), revision },
        };
        let history = self.history(id).await?;
        let old = history.iter().find(|r| r.revision == revision).ok_or_else(missing)?;
        self.apply(&old.distribution, Some(present.revision)).await
    }

    /// Deletes a distribution. Its revisions stay readable, and numbers go on from them.
    pub async fn delete_distribution(&self, id: &DistributionId) -> Result<(), StoreError> {
        let key = Key::distribution(id);
        let gone = || StoreError::NoDistribution(id.clone());
        let entry = self.bucket.get(&key).await?.ok_or_else(gone)?;
        Ok(self.bucket.delete(&key, entry.revision).await?)
    }

    async fn all<T: DeserializeOwned>(
        &self,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<T>, StoreError> {
        let entries = self.bucket.entries().await?;
        entries.iter().filter(|entry| wanted(&entry.key)).map(read).collect()
    }
}

fn read<T: DeserializeOwned>(entry: &Entry) -> Result<T, StoreError> {
    serde_json::from_slice(&entry.value)
        .map_err(|source| StoreError::Unreadable { key: entry.key.clone(), source })
}

/// Documents have string keys only, so that writing them cannot fail.
fn json<T: Serialize>(value: &T) -> bytes::Bytes {
    serde_json::to_vec(value).unwrap_or_default().into()
}

#[cfg(test)]
mod tests;
