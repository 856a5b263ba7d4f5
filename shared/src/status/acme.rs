//! The state of certificates by ACME, as a gateway knows it.

use serde::{Deserialize, Serialize};

use super::{is_zero, put};
use crate::id::NodeId;
use crate::iso8601;
use crate::wire::UnixMillis;

/// Most bytes of names in a status.
const NAMES_BYTES_MAX: usize = 64 * 1024;

/// The certificates that the gateways of a cluster get by ACME.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AcmeStatus {
    /// The authority's directory.
    pub directory: String,
    /// The gateway that orders the certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<NodeId>,
    /// Set while the authority cannot be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<AcmeFailure>,
    /// The names of distributions that ask for certificates.
    pub names: Vec<AcmeName>,
    /// How many names were left out because there are too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

/// One name and its certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AcmeName {
    /// The name.
    pub name: String,
    /// `None` if it has no certificate yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<AcmeCertificate>,
    /// Set if the last try failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<AcmeFailure>,
}

/// The times of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcmeCertificate {
    /// The end of its validity.
    #[serde(with = "iso8601")]
    pub expires: UnixMillis,
    /// When it is to be renewed.
    #[serde(with = "iso8601")]
    pub renews: UnixMillis,
}

/// Failures in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcmeFailure {
    /// How many.
    pub count: u32,
    /// The last error.
    pub error: String,
    /// When it is tried again.
    #[serde(with = "iso8601")]
    pub next: UnixMillis,
}

// === impl AcmeStatus ===

impl AcmeStatus {
    /// With as many names as fit into a status.
    pub fn new(
        directory: String,
        leader: Option<NodeId>,
        authority: Option<AcmeFailure>,
        all: impl Iterator<Item = AcmeName>,
    ) -> Self {
        let mut status = Self { directory, leader, authority, names: Vec::new(), left_out: 0 };
        let mut room = NAMES_BYTES_MAX;
        for name in all {
            status.left_out += put(&mut status.names, name, &mut room);
        }
        status
    }
}
