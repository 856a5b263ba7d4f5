//! The settings of rustls for each security policy.

use std::collections::HashMap;
use std::sync::Arc;

use brink_shared::registry::distribution::SecurityPolicy;
use rustls::server::{ProducesTickets, ResolvesServerCert};
use rustls::version::TLS13;
use rustls::{ServerConfig, SupportedProtocolVersion};

use super::https_error::HttpsError;
use super::security_policy::{provider, versions};

/// One [`ServerConfig`] for each policy. They share certificates and session tickets: a session is
/// continued only under the name that it began with, and only if its cipher is still offered.
#[derive(Clone, Debug)]
pub(super) struct ServerConfigs {
    by_policy: Arc<HashMap<SecurityPolicy, Arc<ServerConfig>>>,
    /// The gateway's own.
    default: Arc<ServerConfig>,
    /// For QUIC, which has TLS 1.3 only.
    quic: Arc<ServerConfig>,
}

// === impl ServerConfigs ===

impl ServerConfigs {
    /// With the gateway's own policy for names without one.
    pub(super) fn new(
        own: SecurityPolicy,
        certificates: &Arc<dyn ResolvesServerCert>,
        tickets: &Arc<dyn ProducesTickets>,
    ) -> Result<Self, HttpsError> {
        let config = |policy,
                      versions: &[&'static SupportedProtocolVersion],
                      protocols: &[&str]| {
            let mut config = ServerConfig::builder_with_provider(Arc::new(provider(policy)))
                .with_protocol_versions(versions)?
                .with_no_client_auth()
                .with_cert_resolver(certificates.clone());
            config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
            config.ignore_client_order = true;
            config.ticketer = tickets.clone();
            Ok::<_, HttpsError>(Arc::new(config))
        };
        let make = |policy: SecurityPolicy| {
            Ok::<_, HttpsError>((policy, config(policy, versions(policy), &["h2", "http/1.1"])?))
        };
        let quic = config(own, &[&TLS13], &["h3"])?;
        let by_policy: HashMap<_, _> =
            SecurityPolicy::ALL.into_iter().map(make).collect::<Result<_, _>>()?;
        let (_, default) = make(own)?;
        Ok(Self { by_policy: Arc::new(by_policy), default, quic })
    }

    /// For connections by QUIC. Every policy allows TLS 1.3 with its ciphers.
    pub(super) fn quic(&self) -> Arc<ServerConfig> {
        self.quic.clone()
    }

    /// For a handshake under this policy, or under the gateway's own.
    pub(super) fn under(&self, policy: Option<SecurityPolicy>) -> Arc<ServerConfig> {
        policy.and_then(|policy| self.by_policy.get(&policy)).unwrap_or(&self.default).clone()
    }
}
