//! Signed URLs and signed cookies: which viewers may see private content (`contract.md` 7.17).
//!
//! A signer writes a policy, signs its text with a private key, and gives both to a viewer, in a URL
//! or in cookies. A gateway verifies the signature with the public key that the distribution lists,
//! and then checks the policy. With a *canned* policy, the viewer sends only the time at which the
//! policy ends, and the gateway builds the text itself from the URL of the request.
//!
//! Pure: no I/O.

mod base64;
mod policy;
mod public_key;
mod signed_request;

pub use base64::{decode, encode};
pub use policy::{Policy, PolicyError, Viewing, canned_policy};
pub use public_key::{KeyError, PublicKey};
pub use signed_request::{Cookie, Parameter, SignedRequest, unsigned_cookies, unsigned_query};

use serde::{Deserialize, Serialize};

/// The hash of a signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HashAlgorithm {
    /// The one of signatures that do not name a hash.
    #[default]
    #[serde(rename = "SHA1")]
    Sha1,
    /// Named by `Hash-Algorithm=SHA256`.
    #[serde(rename = "SHA256")]
    Sha256,
}

// === impl HashAlgorithm ===

impl HashAlgorithm {
    /// As signed URLs name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The hash that a signed URL names.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Sha1, Self::Sha256].into_iter().find(|hash| hash.as_str() == name)
    }
}
