//! Why the registry does not do what it was asked.

use crate::bus::BusError;
use crate::id::{DistributionId, FunctionName, VersionId};
use crate::problem::Problem;
use crate::registry::bundle::{BundleDigest, BundleError};
use crate::registry::document::DocumentError;

/// What can go wrong in the registry.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The bus reports an error.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The files are not a bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// No such function version.
    #[error("function {0} is not published")]
    NoVersion(VersionId),
    /// No version of such a function.
    #[error("function {0} is not published")]
    NoFunction(FunctionName),
    /// No such bundle in the object bucket.
    #[error("bundle {0} is not stored")]
    NoBundle(BundleDigest),
    /// No such distribution.
    #[error("there is no distribution {0}")]
    NoDistribution(DistributionId),
    /// No such revision.
    #[error("distribution {id} has no revision {revision}")]
    NoRevision {
        /// Which distribution.
        id: DistributionId,
        /// Which revision of it.
        revision: u64,
    },
    /// There is no earlier revision.
    #[error("distribution {0} is at its first revision; there is no earlier one")]
    NoEarlier(DistributionId),
    /// The version is in use.
    #[error("function {version} is in use by {}; apply a distribution without it first", by.join(", "))]
    InUse {
        /// Which.
        version: VersionId,
        /// Distributions and key paths that name it.
        by: Vec<String>,
    },
    /// A document that cannot be applied.
    #[error("the distribution has {} {}", .0.len(), if .0.len() == 1 { "problem" } else { "problems" })]
    Invalid(Vec<Problem>),
    /// Another process changed it first.
    #[error("distribution {id} is at revision {found}, not {expected}; look at it and apply again")]
    Moved {
        /// Which.
        id: DistributionId,
        /// The revision that the caller expected.
        expected: u64,
        /// The present revision.
        found: u64,
    },
    /// Too many other writers at the same time.
    #[error("other processes keep changing {0}; try again")]
    Contended(String),
    /// A stored document that this release cannot read.
    #[error("the stored {key} cannot be read: {source}")]
    Unreadable {
        /// Its key.
        key: String,
        /// What the parser says.
        source: DocumentError,
    },
    /// The bus's time is not known, so ages are not known.
    #[error("the time of the bus is not known, and neither are ages; try again")]
    NoTime,
    /// The answer was lost, so it is not known whether the action was done.
    #[error("it is not known whether {what}: {source}; look before you try again")]
    Unclear {
        /// The action that may have been done.
        what: String,
        /// The bus's error.
        source: BusError,
    },
}

// === impl StoreError ===

impl StoreError {
    pub(super) fn unclear(what: String, source: BusError) -> Self {
        Self::Unclear { what, source }
    }

    pub(super) fn not_published(function: &FunctionName, number: Option<u32>) -> Self {
        match number {
            Some(number) => Self::NoVersion(VersionId { function: function.clone(), number }),
            None => Self::NoFunction(function.clone()),
        }
    }

    /// All problems of the document, if the error is about a document.
    pub fn problems(&self) -> &[Problem] {
        if let Self::Invalid(problems) = self { problems } else { &[] }
    }
}
