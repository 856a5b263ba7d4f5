//! TLS for outgoing calls. They trust the root certificates of this machine.

use std::io;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;

/// Most servers whose TLS sessions are kept for one version.
const SESSIONS_MAX: usize = 32;

/// Why TLS is not available. The machine is at fault.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsError {
    /// The machine has no root certificates.
    #[error("this machine has no readable root certificates for TLS{0}")]
    NoRoots(String),
    /// The settings of the TLS library do not fit together.
    #[error("TLS cannot be set up: {0}")]
    Rejected(#[from] rustls::Error),
    /// The thread that reads the certificates ended.
    #[error("root certificates cannot be read: {0}")]
    Reading(#[from] io::Error),
}

/// The settings of all TLS connections. They are read from disk at the first use, and again only if
/// that fails.
async fn config() -> Result<Arc<ClientConfig>, TlsError> {
    static CONFIG: OnceCell<Arc<ClientConfig>> = OnceCell::const_new();
    // Another thread reads them, because other events should not wait that long.
    let read = || async { tokio::task::spawn_blocking(read).await.map_err(io::Error::from)? };
    CONFIG.get_or_try_init(read).await.cloned()
}

/// The same settings, with their own store of sessions. A server that sees a resumed session then
/// only learns that the same function calls again.
pub(super) async fn config_of_one() -> Result<Arc<ClientConfig>, TlsError> {
    let mut config = ClientConfig::clone(&*config().await?);
    config.resumption = Resumption::in_memory_sessions(SESSIONS_MAX);
    Ok(Arc::new(config))
}

fn read() -> Result<Arc<ClientConfig>, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // A certificate that cannot be used is left out. The others can still be used.
    roots.add_parsable_certificates(found.certs);
    with_roots(roots, found.errors.first().map(|error| format!(": {error}")).unwrap_or_default())
}

fn with_roots(roots: RootCertStore, problem: String) -> Result<Arc<ClientConfig>, TlsError> {
    if roots.is_empty() {
        return Err(TlsError::NoRoots(problem));
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_roots_is_told_so() {
        let error = with_roots(RootCertStore::empty(), ": no such file".to_owned()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "this machine has no readable root certificates for TLS: no such file"
        );
    }
}
