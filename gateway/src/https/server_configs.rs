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
}

/// The settings for connections by QUIC, which has TLS 1.3 only. Every policy allows that with all
/// its ciphers.
pub(super) fn for_quic(
    certificates: &Arc<dyn ResolvesServerCert>,
    tickets: &Arc<dyn ProducesTickets>,
) -> Result<Arc<ServerConfig>, HttpsError> {
    config(SecurityPolicy::default(), &[&TLS13], &["h3"], certificates, tickets)
}

fn config(
    policy: SecurityPolicy,
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[&str],
    certificates: &Arc<dyn ResolvesServerCert>,
    tickets: &Arc<dyn ProducesTickets>,
) -> Result<Arc<ServerConfig>, HttpsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider(policy)))
        .with_protocol_versions(versions)?
        .with_no_client_auth()
        .with_cert_resolver(certificates.clone());
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    config.ignore_client_order = true;
    config.ticketer = tickets.clone();
    Ok(Arc::new(config))
}

// === impl ServerConfigs ===

impl ServerConfigs {
    /// With the gateway's own policy for names without one.
    pub(super) fn new(
        own: SecurityPolicy,
        certificates: &Arc<dyn ResolvesServerCert>,
        tickets: &Arc<dyn ProducesTickets>,
    ) -> Result<Self, HttpsError> {
        let make = |policy| {
            let protocols = ["h2", "http/1.1"];
            config(policy, versions(policy), &protocols, certificates, tickets)
        };
        let all = SecurityPolicy::ALL.into_iter().map(|policy| Ok((policy, make(policy)?)));
        let by_policy = all.collect::<Result<_, HttpsError>>()?;
        Ok(Self { by_policy: Arc::new(by_policy), default: make(own)? })
    }

    /// For a handshake under this policy, or under the gateway's own.
    pub(super) fn under(&self, policy: Option<SecurityPolicy>) -> Arc<ServerConfig> {
        policy.and_then(|policy| self.by_policy.get(&policy)).unwrap_or(&self.default).clone()
    }
}

impl From<Arc<ServerConfig>> for ServerConfigs {
    fn from(default: Arc<ServerConfig>) -> Self {
        Self { by_policy: Arc::default(), default }
    }
}
