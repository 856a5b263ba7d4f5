//! Keys of the registry's bucket.

use crate::id::{DistributionId, FunctionName, VersionId};

/// The one place that builds and takes apart registry keys.
pub(super) struct Key;

// === impl Key ===

impl Key {
    /// The workers' public key.
    pub(super) const SECRETS_KEY: &str = "secrets.key";

    /// When the registry was last pruned.
    pub(super) const PRUNED: &str = "pruned";

    /// Written for its revision only.
    pub(super) const MARKER: &str = "marker";

    /// How many versions a function has had.
    pub(super) fn counter(name: &FunctionName) -> String {
        format!("counter.{name}")
    }

    /// One version.
    pub(super) fn version(id: &VersionId) -> String {
        format!("version.{}.{}", id.function, id.number)
    }

    /// The versions of a function that are being deleted together.
    pub(super) fn deletion(name: &FunctionName) -> String {
        format!("deletion.{name}")
    }

    /// The present revision of a distribution.
    pub(super) fn distribution(id: &DistributionId) -> String {
        format!("distribution.{id}")
    }

    /// One revision of a distribution.
    pub(super) fn revision(id: &DistributionId, revision: u64) -> String {
        format!("revision.{id}.{revision}")
    }

    pub(super) fn is_version(key: &str) -> bool {
        key.starts_with("version.")
    }

    pub(super) fn is_distribution(key: &str) -> bool {
        key.starts_with("distribution.")
    }

    /// The version that has this key.
    pub(super) fn version_of(key: &str) -> Option<VersionId> {
        let (function, number) = key.strip_prefix("version.")?.split_once('.')?;
        Some(VersionId { function: function.parse().ok()?, number: number.parse().ok()? })
    }

    /// The function whose deletion has this key.
    pub(super) fn deletion_of(key: &str) -> Option<FunctionName> {
        key.strip_prefix("deletion.")?.parse().ok()
    }

    /// The distribution whose present revision has this key.
    pub(super) fn distribution_of(key: &str) -> Option<DistributionId> {
        key.strip_prefix("distribution.")?.parse().ok()
    }

    /// The distribution and the revision that have this key.
    pub(super) fn revision_of(key: &str) -> Option<(DistributionId, u64)> {
        let (id, revision) = key.strip_prefix("revision.")?.split_once('.')?;
        Some((id.parse().ok()?, revision.parse().ok()?))
    }
}
