//! Why the registry does not do what it is asked.

use crate::bus::BusError;
use crate::id::{DistributionId, FunctionName, VersionId};
use crate::problem::Problem;
use crate::registry::bundle::{BundleDigest, BundleError};
use crate::registry::document::DocumentError;

/// What can go wrong in the registry.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The bus does not do what is asked.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The files are no bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// No such function version.
    #[error("function {0} is not published")]
    NoVersion(VersionId),
    /// No version of such a function.
    #[error("function {0} is not published")]
    NoFunction(FunctionName),
    /// No such bundle in the object bucket.
    #[error("no bundle {0} is stored")]
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
    /// Nothing to go back to.
    #[error("distribution {0} is at its first revision; there is no earlier one")]
    NoEarlier(DistributionId),
    /// A version that cannot go.
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
    /// Somebody else changed it first.
    #[error(
        "distribution {id} is at revision {found}, not {expected}; look at it again and apply anew"
    )]
    Moved {
        /// Which.
        id: DistributionId,
        /// What the caller believed.
        expected: u64,
        /// What is.
        found: u64,
    },
    /// Too many others write at the same time.
    #[error("{0} is being changed by others all the time; try again")]
    Contended(String),
    /// A stored document that this release cannot read.
    #[error("the stored {key} cannot be read: {source}")]
    Unreadable {
        /// Its key.
        key: String,
        /// What the parser says.
        source: DocumentError,
    },
    /// Nothing that is old can be told from what is new.
    #[error("the bus does not tell its time, so ages are not known; try again")]
    NoTime,
    /// The bus did not tell in time whether something was done.
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

    /// Everything that is wrong with the document, if that is what it is about.
    pub fn problems(&self) -> &[Problem] {
        if let Self::Invalid(problems) = self { problems } else { &[] }
    }
}
