//! Certificates that the gateway shows to origins (mutual TLS).
//!
//! They are files of the gateway: an origin that names the certificate `shop` gets `shop.crt` with
//! the key `shop.key`, both PEM, of the folder that the setting `client_certificates` names. The
//! files are read when a connection is opened, and again once they have changed. A connection that
//! is open keeps the certificate that it began with.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use brink_shared::registry::distribution::CertificateName;
use parking_lot::Mutex;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::origin_fault::chain;

/// Largest file that is read, in bytes.
const FILE_MAX: u64 = 1024 * 1024;

/// The certificates of one gateway. Shared by its threads.
#[derive(Debug, Default)]
pub(super) struct ClientCertificates {
    folder: Option<PathBuf>,
    /// Holds one entry for each name that some origin has used.
    read: Mutex<HashMap<CertificateName, Read>>,
}

/// A certificate as it was last read.
#[derive(Clone, Debug)]
struct Read {
    files: [Stamp; 2],
    key: Arc<SingleCertAndKey>,
}

/// Distinguishes states of a file.
type Stamp = (SystemTime, u64);

// === impl ClientCertificates ===

impl ClientCertificates {
    /// Those of this folder.
    pub(super) fn of(folder: Option<PathBuf>) -> Self {
        Self { folder, read: Mutex::default() }
    }

    /// A certificate with its key. Reads files, so it blocks for a moment. The error says what to
    /// do, and never has parts of the key.
    pub(super) fn find(&self, name: &CertificateName) -> Result<Arc<SingleCertAndKey>, String> {
        let folder = self.folder.as_ref().ok_or_else(|| {
            format!(
                "it wants the client certificate {name}, and the setting client_certificates of \
                 this gateway names no folder"
            )
        })?;
        let paths = ["crt", "key"].map(|end| folder.join(format!("{name}.{end}")));
        let files = [stamp(&paths[0])?, stamp(&paths[1])?];
        if let Some(known) = self.read.lock().get(name).filter(|known| known.files == files) {
            return Ok(known.key.clone());
        }
        let key = read(&paths)?;
        self.read.lock().insert(name.clone(), Read { files, key: key.clone() });
        tracing::info!(certificate = %name, "a client certificate for origins was read");
        Ok(key)
    }
}

fn stamp(file: &Path) -> Result<Stamp, String> {
    let of = || {
        let found = std::fs::metadata(file)?;
        Ok((found.modified()?, found.len()))
    };
    let stamp: Stamp = of().map_err(|error: std::io::Error| unusable(file, &error))?;
    if stamp.1 > FILE_MAX {
        return Err(unusable(file, &"it is too large"));
    }
    Ok(stamp)
}

fn read([certificate, key]: &[PathBuf; 2]) -> Result<Arc<SingleCertAndKey>, String> {
    let chain_of = |file: &Path| -> Result<Vec<CertificateDer<'static>>, _> {
        CertificateDer::pem_file_iter(file)?.collect()
    };
    let certificates = chain_of(certificate).map_err(|error| unusable(certificate, &error))?;
    if certificates.is_empty() {
        return Err(unusable(certificate, &"it has no certificate in PEM form"));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
    let provider: CryptoProvider = rustls::crypto::ring::default_provider();
    CertifiedKey::from_der(certificates, secret, &provider)
        .map(|key| Arc::new(SingleCertAndKey::from(key)))
        .map_err(|error| unusable(key, &chain(&error)))
}

fn unusable(file: &Path, why: &dyn std::fmt::Display) -> String {
    format!(
        "the client certificate's file {} of this gateway cannot be used: {why}",
        file.display()
    )
}
