//! CloudFront's security policies: which versions of TLS and which ciphers a gateway offers.
//!
//! rustls has only ciphers with forward secrecy and authenticated encryption. So the policies that
//! differ in other ciphers alone are the same here: `TLSv1.2_2018`, `_2019` and `_2021`.

use std::str::FromStr;

use rustls::crypto::{CryptoProvider, ring};
use rustls::version::{TLS12, TLS13};
use rustls::{CipherSuite, SupportedCipherSuite, SupportedProtocolVersion};
use serde::de::{self, Deserialize, Deserializer};

/// A security policy that gateways can offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecurityPolicy {
    /// TLS 1.2 and 1.3.
    Tls12In2018,
    /// TLS 1.2 and 1.3.
    Tls12In2019,
    /// TLS 1.2 and 1.3.
    #[default]
    Tls12In2021,
    /// TLS 1.2 and 1.3; in TLS 1.2 AES-GCM only.
    Tls12In2025,
    /// TLS 1.3.
    Tls13In2025,
}

static NEW: [&SupportedProtocolVersion; 1] = [&TLS13];
static BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

/// Policies with versions of TLS that are broken.
const TOO_OLD: [&str; 4] = ["SSLv3", "TLSv1", "TLSv1_2016", "TLSv1.1_2016"];

/// Why a name is not a policy of a gateway.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecurityPolicyError {
    /// One of CloudFront's old policies.
    #[error(
        "{0} includes SSL 3.0, TLS 1.0 or TLS 1.1, which gateways do not speak because they are \
         broken; the oldest policy here is TLSv1.2_2018"
    )]
    TooOld(String),
    /// No policy at all.
    #[error("{0:?} is not a security policy; write {names}", names = SecurityPolicy::names())]
    Unknown(String),
}

// === impl SecurityPolicy ===

impl SecurityPolicy {
    /// All of them, from the most lenient to the strictest.
    pub const ALL: [Self; 5] = [
        Self::Tls12In2018,
        Self::Tls12In2019,
        Self::Tls12In2021,
        Self::Tls12In2025,
        Self::Tls13In2025,
    ];

    /// CloudFront's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tls12In2018 => "TLSv1.2_2018",
            Self::Tls12In2019 => "TLSv1.2_2019",
            Self::Tls12In2021 => "TLSv1.2_2021",
            Self::Tls12In2025 => "TLSv1.2_2025",
            Self::Tls13In2025 => "TLSv1.3_2025",
        }
    }

    fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// The versions of TLS.
    pub(super) fn versions(self) -> &'static [&'static SupportedProtocolVersion] {
        match self {
            Self::Tls13In2025 => &NEW,
            _ => &BOTH,
        }
    }

    /// The cryptography with the ciphers of this policy, in CloudFront's order.
    pub(super) fn provider(self) -> CryptoProvider {
        let offers = |suite: &SupportedCipherSuite| match suite.suite() {
            CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
            | CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => self != Self::Tls12In2025,
            _ => true,
        };
        let mut provider = ring::default_provider();
        provider.cipher_suites.retain(offers);
        provider.cipher_suites.sort_by_key(|suite| place(suite.suite()));
        provider
    }
}

impl FromStr for SecurityPolicy {
    type Err = SecurityPolicyError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if TOO_OLD.contains(&name) {
            return Err(SecurityPolicyError::TooOld(name.to_owned()));
        }
        let found = Self::ALL.into_iter().find(|policy| policy.name() == name);
        found.ok_or_else(|| SecurityPolicyError::Unknown(name.to_owned()))
    }
}

impl<'de> Deserialize<'de> for SecurityPolicy {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// Where CloudFront's table has a cipher.
fn place(suite: CipherSuite) -> usize {
    match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => 0,
        CipherSuite::TLS13_AES_256_GCM_SHA384 => 1,
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => 2,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => 3,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        | CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => 4,
        _ => 5,
    }
}

/// The name of a cipher suite in `CloudFront-Viewer-TLS`: RFC 8446's for TLS 1.3, and OpenSSL's for
/// TLS 1.2.
pub(super) fn cipher_name(suite: CipherSuite) -> &'static str {
    match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => "TLS_AES_128_GCM_SHA256",
        CipherSuite::TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => "ECDHE-ECDSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => "ECDHE-RSA-AES128-GCM-SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => "ECDHE-ECDSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => "ECDHE-RSA-AES256-GCM-SHA384",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => {
            "ECDHE-ECDSA-CHACHA20-POLY1305"
        }
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-RSA-CHACHA20-POLY1305",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_have_cloudfronts_names_and_old_ones_are_refused_with_the_reason() {
        for policy in SecurityPolicy::ALL {
            assert_eq!(policy.name().parse(), Ok(policy));
        }
        for name in TOO_OLD {
            let error = name.parse::<SecurityPolicy>().unwrap_err().to_string();
            assert!(error.starts_with(name) && error.contains("TLSv1.2_2018"), "{error}");
        }
        let error = "TLSv1.2_2022".parse::<SecurityPolicy>().unwrap_err().to_string();
        assert!(error.contains("TLSv1.2_2021, TLSv1.2_2025, TLSv1.3_2025"), "{error}");
    }

    #[test]
    fn each_policy_offers_its_ciphers_in_cloudfronts_order() {
        let ciphers = |policy: SecurityPolicy| -> Vec<_> {
            let offered = policy.provider().cipher_suites;
            let versions = policy.versions();
            let is_on = |suite: &SupportedCipherSuite| versions.contains(&suite.version());
            offered.into_iter().filter(is_on).map(|suite| cipher_name(suite.suite())).collect()
        };
        let all = ciphers(SecurityPolicy::Tls12In2021);
        assert_eq!(all.len(), 9);
        assert_eq!(all[..2], ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"]);
        assert!(all[7..].iter().all(|name| name.ends_with("CHACHA20-POLY1305")), "{all:?}");
        assert_eq!(ciphers(SecurityPolicy::Tls12In2025), all[..7]);
        assert_eq!(ciphers(SecurityPolicy::Tls13In2025), all[..3]);
    }
}
