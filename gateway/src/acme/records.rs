//! The records in the bucket of ACME, and their keys.
//!
//! | key | record |
//! | --- | --- |
//! | `lease` | the gateway that orders certificates |
//! | `account.<directory>` | the account at an authority |
//! | `authority` | failures of the authority itself |
//! | `orders` | how many orders were begun lately |
//! | `certificate.<name>` | the newest certificate of a name |
//! | `failure.<name>` | the failures since |
//! | `challenge.<token>` | the answer to a challenge that is under way |

use brink_shared::id::NodeId;
use brink_shared::secret::{Sealed, SealedTextError, SecretError, SecretKey};
use brink_shared::wire::UnixMillis;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Which gateway orders certificates, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LeaseRecord {
    pub(super) holder: NodeId,
    pub(super) until: UnixMillis,
}

/// An account at an authority.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AccountRecord {
    /// The authority's directory.
    pub(super) directory: String,
    /// Its URL and key, sealed.
    pub(super) credentials: Sealed,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CertificateRecord {
    /// The name that it is for.
    pub(super) name: String,
    /// The directory of the authority that issued it.
    pub(super) directory: String,
    /// The chain, in PEM.
    pub(super) chain: String,
    /// The key in PEM, sealed.
    pub(super) key: Sealed,
    /// The end of its validity.
    pub(super) expires: UnixMillis,
    /// When it is to be replaced.
    pub(super) renew_at: UnixMillis,
    /// When the authority wants it to be replaced (RFC 9773), if it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) window: Option<Window>,
}

/// A time in which the authority wants a certificate to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) start: UnixMillis,
    pub(super) end: UnixMillis,
}

/// Failures in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    /// How many.
    pub(super) count: u32,
    /// When the last one was.
    pub(super) at: UnixMillis,
    /// Nothing is tried before this time.
    pub(super) next: UnixMillis,
    /// True if the authority itself gave the time `next`.
    #[serde(default)]
    pub(super) is_told: bool,
    /// The last error.
    pub(super) error: String,
}

/// The orders since a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OrderCount {
    pub(super) since: UnixMillis,
    pub(super) count: u32,
}

/// The answer to a challenge. It is no secret: the authority fetches it over plain HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ChallengeRecord {
    pub(super) answer: String,
    /// Nobody asks for it after this time.
    pub(super) until: UnixMillis,
}

// === impl CertificateRecord ===

impl CertificateRecord {
    /// Seals the key of a certificate for a name.
    pub(super) fn seal(
        name: &str,
        key: &str,
        to: &brink_shared::secret::PublicKey,
    ) -> Result<Sealed, SecretError> {
        Sealed::of_text(key, to, &purpose(name))
    }

    /// The key, in PEM.
    pub(super) fn open(&self, keys: &[SecretKey]) -> Result<Zeroizing<String>, SealedTextError> {
        self.key.open_text(keys, &purpose(&self.name))
    }
}

fn purpose(name: &str) -> String {
    format!("acme certificate {name}")
}

/// Records have only string keys, so writing them cannot fail.
pub(super) fn json<T: Serialize>(record: &T) -> Bytes {
    serde_json::to_vec(record).unwrap_or_default().into()
}
