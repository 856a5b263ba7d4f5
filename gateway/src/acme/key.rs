//! The keys of the records: the one place that builds them and takes them apart.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// The lease.
pub(super) const LEASE: &str = "lease";

/// The failures of the authority.
pub(super) const AUTHORITY: &str = "authority";

/// The count of orders.
pub(super) const ORDERS: &str = "orders";

/// The account at the authority of this directory. A URL has characters that keys cannot have.
pub(super) fn account(directory: &str) -> String {
    format!("account.{}", HEXLOWER.encode(&Sha256::digest(directory)))
}

/// The certificate of a name.
pub(super) fn certificate(name: &str) -> String {
    format!("certificate.{name}")
}

/// The failures of a name.
pub(super) fn failure(name: &str) -> String {
    format!("failure.{name}")
}

/// The answer to a challenge.
pub(super) fn challenge(token: &str) -> String {
    format!("challenge.{token}")
}

/// The token of a challenge's key.
pub(super) fn token_of(key: &str) -> Option<&str> {
    key.strip_prefix("challenge.")
}

/// The name of a certificate's key.
pub(super) fn certified(key: &str) -> Option<&str> {
    key.strip_prefix("certificate.")
}

/// The name of a failure's key.
pub(super) fn failed(key: &str) -> Option<&str> {
    key.strip_prefix("failure.")
}
