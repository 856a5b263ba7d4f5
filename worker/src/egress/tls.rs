//! Whom outgoing calls trust: the root certificates of this machine.

use std::io;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;

/// Most servers whose sessions are remembered for one version.
const SESSIONS_MAX: usize = 32;

/// Why there is no TLS. The machine is at fault.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsError {
    /// Nothing to trust.
    #[error("this machine has no readable root certificates for TLS{0}")]
    NoRoots(String),
    /// The library's own settings do not fit together.
    #[error("TLS cannot be set up: {0}")]
    Rejected(#[from] rustls::Error),
    /// The thread that read them ended.
    #[error("root certificates cannot be read: {0}")]
    Reading(#[from] io::Error),
}

/// The settings of every TLS connection, read from disk at the first use and again only while
/// that fails.
async fn config() -> Result<Arc<ClientConfig>, TlsError> {
    static CONFIG: OnceCell<Arc<ClientConfig>> = OnceCell::const_new();
    // Reading takes longer than other events should wait.
    let read = || async { tokio::task::spawn_blocking(read).await.map_err(io::Error::from)? };
    CONFIG.get_or_try_init(read).await.cloned()
}

/// The same with a memory of its own for sessions to be resumed: a server that sees one resumed
/// knows that the same function calls again, and no more than that.
pub(super) async fn config_of_one() -> Result<Arc<ClientConfig>, TlsError> {
    let mut config = ClientConfig::clone(&*config().await?);
    config.resumption = Resumption::in_memory_sessions(SESSIONS_MAX);
    Ok(Arc::new(config))
}

fn read() -> Result<Arc<ClientConfig>, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // One that cannot be used is left out; the others are as good as before.
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
