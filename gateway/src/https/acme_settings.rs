//! The settings of ACME, as they are written.

use std::path::PathBuf;
use std::time::Duration;

/// The `https.acme` settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AcmeSettings {
    /// The URL of the authority's directory; without it, ACME is off.
    pub directory: Option<String>,
    /// Where the authority may write to, as URLs (`mailto:`).
    pub contact: Vec<String>,
    /// Whether the operator agrees to the authority's terms of service.
    pub agree: bool,
    /// The file with the key that seals keys of certificates and of the account.
    pub key: Option<PathBuf>,
    /// A file of authorities in PEM that are trusted for the directory, instead of the system's.
    pub root: Option<PathBuf>,
    /// A file with the id and the key of an account at the authority (RFC 8555, 7.3.4).
    pub external_account: Option<PathBuf>,
    /// The node's state folder.
    #[serde(skip)]
    pub state: Option<PathBuf>,
    /// How fast things go. Only tests change it.
    #[serde(skip)]
    pub pace: AcmePace,
}

/// How fast a gateway works on certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcmePace {
    /// Pause between two looks at all certificates.
    pub look_every: Duration,
    /// How long a leader leads without a sign of life.
    pub lease: Duration,
    /// How long other gateways have to learn of a challenge before the authority asks for it.
    pub spread: Duration,
    /// How long one request to the authority may take.
    pub request: Duration,
    /// How long one order may take.
    pub order: Duration,
    /// The pause after a first failure.
    pub first_pause: Duration,
}

// === impl AcmePace ===

impl Default for AcmePace {
    fn default() -> Self {
        Self {
            look_every: Duration::from_secs(10),
            lease: Duration::from_secs(60),
            spread: Duration::from_secs(2),
            request: Duration::from_secs(30),
            order: Duration::from_secs(300),
            first_pause: Duration::from_secs(60),
        }
    }
}
