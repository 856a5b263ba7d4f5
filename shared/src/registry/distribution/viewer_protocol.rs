//! The protocols in which viewers may ask (`contract.md` 7.2).

use serde::{Deserialize, Serialize};

/// CloudFront's viewer protocol policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViewerProtocolPolicy {
    /// HTTP and HTTPS.
    #[default]
    AllowAll,
    /// A request over HTTP gets a redirect to the same URL over HTTPS.
    RedirectToHttps,
    /// A request over HTTP gets a 403.
    HttpsOnly,
}

// === impl ViewerProtocolPolicy ===

impl ViewerProtocolPolicy {
    /// True if requests over HTTP are answered like those over HTTPS.
    pub fn allows_http(&self) -> bool {
        *self == Self::AllowAll
    }
}
