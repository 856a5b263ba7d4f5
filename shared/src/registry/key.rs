//! Keys of the registry's bucket.

use crate::id::{DistributionId, FunctionName, VersionId};

/// The one place that builds and takes apart registry keys.
pub(super) struct Key;

// === impl Key ===

impl Key {
    /// The workers' public key.
    pub(super) const SECRETS_KEY: &str = "secrets.key";

    /// How many versions a function has had.
    pub(super) fn counter(name: &FunctionName) -> String {
        format!("counter.{name}")
    }

    /// One version.
    pub(super) fn version(id: &VersionId) -> String {
        format!("version.{}.{}", id.function, id.number)
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

    pub(super) fn is_revision_of(key: &str, id: &DistributionId) -> bool {
        key.strip_prefix("revision.")
            .and_then(|rest| rest.split_once('.'))
            .is_some_and(|(of, _)| of == id.as_str())
    }
}
