//! The settings of rustls for each security policy.

use std::collections::HashMap;
use std::sync::Arc;

use brink_shared::registry::distribution::SecurityPolicy;
use rustls::ServerConfig;
use rustls::server::{ProducesTickets, ResolvesServerCert};

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

// === impl ServerConfigs ===

impl ServerConfigs {
    /// With the gateway's own policy for names without one.
    pub(super) fn new(
        own: SecurityPolicy,
        certificates: &Arc<dyn ResolvesServerCert>,
        tickets: &Arc<dyn ProducesTickets>,
    ) -> Result<Self, HttpsError> {
        let make = |policy: SecurityPolicy| -> Result<_, HttpsError> {
            let mut config = ServerConfig::builder_with_provider(Arc::new(provider(policy)))
                .with_protocol_versions(versions(policy))?
                .with_no_client_auth()
                .with_cert_resolver(certificates.clone());
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            config.ignore_client_order = true;
            config.ticketer = tickets.clone();
            Ok((policy, Arc::new(config)))
        };
        let by_policy: HashMap<_, _> =
            SecurityPolicy::ALL.into_iter().map(make).collect::<Result<_, _>>()?;
        let (_, default) = make(own)?;
        Ok(Self { by_policy: Arc::new(by_policy), default })
    }

    /// For a handshake under this policy, or under the gateway's own.
    pub(super) fn under(&self, policy: Option<SecurityPolicy>) -> Arc<ServerConfig> {
        policy.and_then(|policy| self.by_policy.get(&policy)).unwrap_or(&self.default).clone()
    }
}
