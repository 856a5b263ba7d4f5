//! TLS towards the viewers of a distribution.

use serde::{Deserialize, Serialize};

use super::security_policy::SecurityPolicy;

/// CloudFront's block of this name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ViewerCertificate {
    /// The versions of TLS and the ciphers that viewers may use; none means those of the gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_protocol_version: Option<SecurityPolicy>,
}

// === impl ViewerCertificate ===

impl ViewerCertificate {
    /// True if it says nothing.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_that_gateways_cannot_offer_are_refused() {
        let read = |text: &str| toml::from_str::<ViewerCertificate>(text);
        let good = read("minimum_protocol_version = \"TLSv1.3_2025\"").unwrap();
        assert_eq!(good.minimum_protocol_version, Some(SecurityPolicy::Tls13In2025));
        assert!(!good.is_default() && read("").unwrap().is_default());
        let error = read("minimum_protocol_version = \"TLSv1.1_2016\"").unwrap_err().to_string();
        assert!(error.contains("the oldest policy here is TLSv1.2_2018"), "{error}");
    }
}
