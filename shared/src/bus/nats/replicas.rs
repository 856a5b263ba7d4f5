//! How many servers of a cluster keep each stream and bucket.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number of replicas: 1, 3 or 5. An even number tolerates no more failures than the odd one
/// below it, and NATS takes at most 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Replicas(u8);

/// A number that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a number of replicas; write 1, 3 or 5")]
pub struct ReplicasError(u8);

// === impl Replicas ===

impl Replicas {
    /// The number.
    pub fn count(self) -> usize {
        usize::from(self.0)
    }
}

impl TryFrom<u8> for Replicas {
    type Error = ReplicasError;

    fn try_from(number: u8) -> Result<Self, ReplicasError> {
        if matches!(number, 1 | 3 | 5) { Ok(Self(number)) } else { Err(ReplicasError(number)) }
    }
}

impl From<Replicas> for u8 {
    fn from(replicas: Replicas) -> Self {
        replicas.0
    }
}

impl fmt::Display for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
