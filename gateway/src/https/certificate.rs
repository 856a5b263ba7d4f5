//! One certificate with its key, read from files or issued by ACME.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use brink_shared::wire::UnixMillis;
use rustls::SignatureAlgorithm;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::https_error::HttpsError;

/// Most bytes of a file. Chains and keys have some kilobytes.
const FILE_MAX: u64 = 256 * 1024;

/// A certificate that viewers may get.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    /// The file of its chain; `None` if it was issued by ACME.
    pub(super) file: Option<PathBuf>,
    /// The chain, its key, and the stapled OCSP response.
    pub(super) key: Arc<CertifiedKey>,
    /// The names that it is for, in lower case; `*.` stands for one label.
    pub(super) names: Vec<String>,
    /// The beginning of its validity, in Unix time.
    from: Duration,
    /// The end of its validity, in Unix time.
    pub(super) expires: Duration,
}

/// The facts in a certificate.
struct Described {
    names: Vec<String>,
    from: Duration,
    expires: Duration,
}

/// The files of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Files {
    /// The chain; the first certificate is the site's own.
    pub(super) chain: PathBuf,
    /// The private key. It may also be in the file of the chain.
    pub(super) key: PathBuf,
    /// The OCSP response to staple, in DER. The file may be missing.
    pub(super) ocsp: PathBuf,
}

// === impl Files ===

impl Files {
    /// The files that belong to this chain: `fullchain.pem` has `privkey.pem`, as certbot writes
    /// them; `NAME.pem` and `NAME.crt` have `NAME.key`.
    pub(super) fn of(chain: PathBuf) -> Self {
        let key = match chain.file_name().is_some_and(|name| name == "fullchain.pem") {
            true => chain.with_file_name("privkey.pem"),
            false => chain.with_extension("key"),
        };
        Self { ocsp: chain.with_extension("ocsp"), key, chain }
    }
}

// === impl Certificate ===

impl Certificate {
    /// Reads the files, and checks that the key belongs to the certificate.
    pub(super) fn read(files: &Files, provider: &CryptoProvider) -> Result<Self, HttpsError> {
        let wrong =
            |file: &Path, reason: String| HttpsError::Certificate { file: file.to_owned(), reason };
        let bytes = |file: &Path| bounded(file).map_err(|error| wrong(file, error.to_string()));
        let text = bytes(&files.chain)?;
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&text)
            .collect::<Result<_, _>>()
            .map_err(|error| wrong(&files.chain, error.to_string()))?;
        let Some(own) = chain.first() else {
            return Err(wrong(&files.chain, "there is no certificate in it".to_owned()));
        };
        let Described { names, from, expires } =
            described(own).map_err(|reason| wrong(&files.chain, reason))?;
        let key = match files.key.exists() {
            true => PrivateKeyDer::from_pem_slice(&bytes(&files.key)?)
                .map_err(|error| wrong(&files.key, format!("no private key: {error}")))?,
            false => PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
                let key = files.key.display();
                wrong(&files.chain, format!("its key is missing: put it into {key}"))
            })?,
        };
        let key = CertifiedKey::from_der(chain, key, provider).map_err(|error| {
            wrong(&files.chain, format!("{error} (its key is {})", files.key.display()))
        })?;
        let ocsp = files.ocsp.exists().then(|| bytes(&files.ocsp)).transpose()?;
        let key = Arc::new(CertifiedKey { ocsp, ..key });
        Ok(Self { file: Some(files.chain.clone()), key, names, from, expires })
    }

    /// Reads a chain and a key in PEM, and checks that the key belongs to the certificate and the
    /// certificate to the name.
    pub(crate) fn issued(name: &str, chain: &str, key: &str) -> Result<Self, String> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| format!("the certificate: {error}"))?;
        let own = chain.first().ok_or_else(|| "there is no certificate".to_owned())?;
        let Described { names, from, expires } = described(own)?;
        if !names.iter().any(|named| named == name) {
            return Err(format!("the certificate is not for {name}"));
        }
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
            .map_err(|error| format!("the certificate's key: {error}"))?;
        let key = CertifiedKey::from_der(chain, key, &ring::default_provider())
            .map_err(|error| error.to_string())?;
        Ok(Self { file: None, key: Arc::new(key), names, from, expires })
    }

    /// Beginning and end of its validity.
    pub(crate) fn validity(&self) -> (UnixMillis, UnixMillis) {
        let millis = |at: Duration| UnixMillis(u64::try_from(at.as_millis()).unwrap_or(u64::MAX));
        (millis(self.from), millis(self.expires))
    }

    /// How long before its end it is a reason for a warning. A gateway renews a certificate by ACME
    /// when a third of its life is left, so half of that is late.
    pub(super) fn warn_before(&self, usual: Duration) -> Duration {
        match &self.file {
            Some(_) => usual,
            None => usual.min(self.expires.saturating_sub(self.from) / 6),
        }
    }

    /// Better certificates for the same name come first: those in files, then those with short keys,
    /// then those that are valid for longer.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        let is_long = self.key.key.algorithm() == SignatureAlgorithm::RSA;
        let is_issued = self.file.is_none();
        (is_issued, is_long, std::cmp::Reverse(self.expires), self.file.clone())
    }
}

fn described(der: &CertificateDer<'_>) -> Result<Described, String> {
    let read = x509_cert::Certificate::from_der(der).map_err(|error| error.to_string())?;
    let of = &read.tbs_certificate;
    let alternatives = of.get::<SubjectAltName>().map_err(|error| error.to_string())?;
    let names = alternatives.map(|(_, names)| names.0).unwrap_or_default();
    let names = names.iter().filter_map(|name| match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_ascii_lowercase()),
        _ => None,
    });
    Ok(Described {
        names: names.collect(),
        from: of.validity.not_before.to_unix_duration(),
        expires: of.validity.not_after.to_unix_duration(),
    })
}

fn bounded(file: &Path) -> std::io::Result<Vec<u8>> {
    let len = std::fs::metadata(file)?.len();
    if len > FILE_MAX {
        let more = format!("{len} bytes are more than {FILE_MAX}");
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, more));
    }
    std::fs::read(file)
}
