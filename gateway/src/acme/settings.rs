//! The settings of ACME, as they are used.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brink_shared::secret::{PublicKey, SecretKey};
use data_encoding::BASE64URL_NOPAD;
use http::Uri;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use zeroize::Zeroizing;

use super::acme_error::AcmeError;
use crate::https::{AcmePace, AcmeSettings};

/// Longest file that is read, in bytes.
const FILE_MAX: u64 = 1024 * 1024;

/// The settings, checked.
pub(crate) struct Setup {
    pub(super) directory: String,
    pub(super) contact: Vec<String>,
    pub(super) keys: Vec<SecretKey>,
    /// New texts are sealed to this one.
    pub(super) seal_to: PublicKey,
    pub(super) external_account: Option<ExternalAccount>,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) state: Option<PathBuf>,
    pub(super) pace: AcmePace,
}

/// An account that the authority knows already.
pub(super) struct ExternalAccount {
    pub(super) id: String,
    pub(super) key: Zeroizing<Vec<u8>>,
}

// === impl Setup ===

impl Setup {
    /// Checks the settings and reads their files. `None` if ACME is off.
    pub(crate) fn read(settings: &AcmeSettings) -> Result<Option<Self>, AcmeError> {
        let Some(directory) = settings.directory.clone() else { return Ok(None) };
        let is_https = |uri: &Uri| uri.scheme_str() == Some("https") && uri.host().is_some();
        if !directory.parse().is_ok_and(|uri| is_https(&uri)) {
            return Err(AcmeError::Directory(directory));
        }
        if !settings.agree {
            return Err(AcmeError::NotAgreed(directory));
        }
        if let Some(wrong) = settings.contact.iter().find(|contact| !contact.contains(':')) {
            return Err(AcmeError::Contact(wrong.clone()));
        }
        let file = settings.key.clone().ok_or(AcmeError::NoKey)?;
        let text = secret("https.acme.key", &file)?;
        let keys = SecretKey::from_file(&text).map_err(|source| AcmeError::Key { file, source })?;
        let seal_to = keys.first().map(SecretKey::public).ok_or(AcmeError::NoKey)?;
        let external_account =
            settings.external_account.as_deref().map(ExternalAccount::read).transpose()?;
        Ok(Some(Self {
            directory,
            contact: settings.contact.clone(),
            keys,
            seal_to,
            external_account,
            tls: trusting(settings.root.as_deref())?,
            state: settings.state.clone(),
            pace: settings.pace,
        }))
    }
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup").field("directory", &self.directory).finish_non_exhaustive()
    }
}

// === impl ExternalAccount ===

impl ExternalAccount {
    fn read(file: &Path) -> Result<Self, AcmeError> {
        let text = secret("https.acme.external_account", file)?;
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let (id, key) = (lines.next(), lines.next());
        let key = key.and_then(|key| {
            let key = key.trim_end_matches('=').as_bytes();
            BASE64URL_NOPAD.decode(key).ok().map(Zeroizing::new)
        });
        match (id, key, lines.next()) {
            (Some(id), Some(key), None) => Ok(Self { id: id.to_owned(), key }),
            _ => Err(AcmeError::ExternalAccount(file.to_owned())),
        }
    }
}

/// Trust in the authorities of this file, or in those of the system.
fn trusting(root: Option<&Path>) -> Result<Arc<ClientConfig>, AcmeError> {
    let mut roots = RootCertStore::empty();
    match root {
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Some(file) => {
            let text = read("https.acme.root", file)?;
            let found = CertificateDer::pem_slice_iter(text.as_bytes()).flatten();
            if roots.add_parsable_certificates(found).0 == 0 {
                return Err(AcmeError::Root(file.to_owned()));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// A file that nobody else should be able to read.
fn secret(setting: &'static str, file: &Path) -> Result<Zeroizing<String>, AcmeError> {
    let text = read(setting, file)?;
    let mode = std::fs::metadata(file).map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o007 != 0 {
        let file = file.display();
        tracing::warn!(
            "{setting}: every user of this machine can read {file}: run chmod 600 on it"
        );
    }
    Ok(text)
}

fn read(setting: &'static str, file: &Path) -> Result<Zeroizing<String>, AcmeError> {
    let at = |source| AcmeError::File { setting, file: file.to_owned(), source };
    if std::fs::metadata(file).map_err(at)?.len() > FILE_MAX {
        let long = format!("it has more than {FILE_MAX} bytes");
        return Err(at(io::Error::new(io::ErrorKind::InvalidData, long)));
    }
    std::fs::read_to_string(file).map(Zeroizing::new).map_err(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECTORY: &str = "https://acme.test/directory";

    #[test]
    fn each_missing_or_wrong_setting_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            Some(path)
        };
        let key = file("key", &SecretKey::generate().to_file());
        let sound = AcmeSettings {
            directory: Some(DIRECTORY.to_owned()),
            agree: true,
            key,
            contact: vec!["mailto:a@b.test".to_owned()],
            external_account: file("eab", "id-1\nc2VjcmV0\n"),
            ..AcmeSettings::default()
        };
        assert!(Setup::read(&AcmeSettings::default()).unwrap().is_none());
        let setup = Setup::read(&sound).unwrap().unwrap();
        let account = setup.external_account.unwrap();
        assert_eq!((account.id.as_str(), account.key.as_slice()), ("id-1", &b"secret"[..]));
        let error = |change: &dyn Fn(&mut AcmeSettings)| {
            let mut settings = sound.clone();
            change(&mut settings);
            Setup::read(&settings).unwrap_err().to_string()
        };
        let plain = error(&|settings| settings.directory = Some("http://acme.test/".to_owned()));
        assert!(plain.contains("begins with https://"), "{plain}");
        assert!(error(&|settings| settings.agree = false).starts_with("https.acme.agree: "));
        assert!(error(&|settings| settings.key = None).contains("openssl rand -base64 32"));
        assert!(error(&|settings| settings.key = file("bad", "x")).contains("line 1"));
        assert!(error(&|settings| settings.contact = vec!["me".to_owned()]).contains("mailto:"));
        assert!(error(&|settings| settings.root = file("none", "x")).contains("no certificate"));
        let one_line = error(&|settings| settings.external_account = file("one", "id-1"));
        assert!(one_line.contains("Base64url into the second"), "{one_line}");
    }
}
