//! The versions of TLS and the ciphers of CloudFront's security policies.
//!
//! rustls has only ciphers with forward secrecy and authenticated encryption. So the policies that
//! differ in other ciphers alone are the same here: `TLSv1.2_2018`, `_2019` and `_2021`.

use brink_shared::registry::distribution::SecurityPolicy;
use rustls::crypto::{CryptoProvider, ring};
use rustls::version::{TLS12, TLS13};
use rustls::{CipherSuite, SupportedCipherSuite, SupportedProtocolVersion};

use crate::viewer_tls::TlsSession;

static NEW: [&SupportedProtocolVersion; 1] = [&TLS13];
static BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

/// The versions of TLS.
pub(super) fn versions(policy: SecurityPolicy) -> &'static [&'static SupportedProtocolVersion] {
    match policy {
        SecurityPolicy::Tls13In2025 => &NEW,
        _ => &BOTH,
    }
}

/// The cryptography with the ciphers of a policy, in CloudFront's order.
pub(super) fn provider(policy: SecurityPolicy) -> CryptoProvider {
    let offers = |suite: &SupportedCipherSuite| {
        let version = if suite.version() == &TLS12 { "TLSv1.2" } else { "TLSv1.3" };
        allows(policy, version, cipher_name(suite.suite()))
    };
    let mut provider = ring::default_provider();
    provider.cipher_suites.retain(offers);
    provider.cipher_suites.sort_by_key(|suite| place(suite.suite()));
    provider
}

/// True if a handshake under this policy can lead to this session.
pub(crate) fn allows_session(policy: SecurityPolicy, session: &TlsSession) -> bool {
    allows(policy, session.version, session.cipher)
}

/// The version and the cipher have their names in `CloudFront-Viewer-TLS`.
fn allows(policy: SecurityPolicy, version: &str, cipher: &str) -> bool {
    match policy {
        _ if version == "TLSv1.3" => true,
        SecurityPolicy::Tls13In2025 => false,
        SecurityPolicy::Tls12In2025 => !cipher.ends_with("CHACHA20-POLY1305"),
        SecurityPolicy::Tls12In2018 | SecurityPolicy::Tls12In2019 | SecurityPolicy::Tls12In2021 => {
            true
        }
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

    fn ciphers(policy: SecurityPolicy) -> Vec<&'static str> {
        let offered = provider(policy).cipher_suites;
        let is_on = |suite: &SupportedCipherSuite| versions(policy).contains(&suite.version());
        offered.into_iter().filter(is_on).map(|suite| cipher_name(suite.suite())).collect()
    }

    #[test]
    fn each_policy_offers_its_ciphers_in_cloudfronts_order() {
        let all = ciphers(SecurityPolicy::Tls12In2021);
        assert_eq!(all.len(), 9);
        assert_eq!(all[..2], ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"]);
        assert!(all[7..].iter().all(|name| name.ends_with("CHACHA20-POLY1305")), "{all:?}");
        assert_eq!(ciphers(SecurityPolicy::Tls12In2025), all[..7]);
        assert_eq!(ciphers(SecurityPolicy::Tls13In2025), all[..3]);
    }

    #[test]
    fn a_policy_allows_the_sessions_that_it_can_lead_to() {
        for cipher in ciphers(SecurityPolicy::Tls12In2018) {
            let version = if cipher.starts_with("TLS_") { "TLSv1.3" } else { "TLSv1.2" };
            let session = TlsSession::new(version, cipher, false);
            for policy in SecurityPolicy::ALL {
                let offered = ciphers(policy).contains(&cipher);
                assert_eq!(allows_session(policy, &session), offered, "{policy:?} {cipher}");
            }
        }
    }
}
