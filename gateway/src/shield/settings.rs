//! Where a gateway answers other gateways, and how they prove to each other who they are.
//!
//! All gateways of a cluster have certificates of one authority, which has certified nobody else.
//! Each has the name [`NAME`], whatever its address. A gateway that asks shows its certificate, and
//! so does the one that answers.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use brink_shared::id::SiteName;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde::Deserialize;

/// The DNS name that every gateway's certificate has.
pub const NAME: &str = "shield.brink.internal";

/// The `shield` settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShieldSettings {
    /// The gateway's site.
    pub site: Option<SiteName>,
    /// The address for other gateways; without it, the gateway shields no origin.
    pub listen: Option<SocketAddr>,
    /// `HOST:PORT` at which others reach it; without it, the one where it listens.
    pub address: Option<String>,
    /// The certificate that it shows, in PEM.
    pub certificate: Option<PathBuf>,
    /// The key of the certificate, in PEM.
    pub key: Option<PathBuf>,
    /// The authority of all gateways' certificates, in PEM.
    pub authority: Option<PathBuf>,
}

/// Why a gateway cannot ask or answer others.
#[derive(Debug, thiserror::Error)]
pub enum ShieldError {
    /// A setting needs another one.
    #[error("{set} needs {missing}")]
    Missing {
        /// The setting that is there.
        set: &'static str,
        /// The setting that is not there.
        missing: &'static str,
    },
    /// Other gateways could not use the address.
    #[error("shield.address: {0}")]
    Address(String),
    /// The address is taken or not allowed.
    #[error("shield.listen: cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file cannot be used.
    #[error("{setting}: {}: {reason}", file.display())]
    File {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        file: PathBuf,
        /// The problem.
        reason: String,
    },
    /// rustls does not accept the certificates.
    #[error("shield.certificate: {0}")]
    Tls(#[from] rustls::Error),
    /// The authority cannot be used.
    #[error("shield.authority: {0}")]
    Authority(String),
}

/// The certificate of a gateway, and the authority that it trusts.
#[derive(Debug)]
pub struct Identity {
    /// The authority's certificates.
    pub authorities: Vec<CertificateDer<'static>>,
    /// The gateway's own certificate and those up to the authority.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key of its own certificate.
    pub key: PrivateKeyDer<'static>,
}

/// A listening gateway.
pub(super) struct Bound {
    pub(super) socket: TcpListener,
    pub(super) listens: SocketAddr,
    pub(super) site: SiteName,
    pub(super) address: String,
}

// === impl ShieldSettings ===

impl ShieldSettings {
    /// Listens, if the settings say so.
    pub(super) fn bind(&self) -> Result<Option<Bound>, ShieldError> {
        let Some(listen) = self.listen else { return Ok(None) };
        let missing = || ShieldError::Missing { set: "shield.listen", missing: "shield.site" };
        let site = self.site.clone().ok_or_else(missing)?;
        let at = |source| ShieldError::Listen { address: listen, source };
        let socket = TcpListener::bind(listen).map_err(at)?;
        let listens = socket.local_addr().map_err(at)?;
        let address = match &self.address {
            Some(address) => host_and_port(address)?.to_owned(),
            None if listens.ip().is_unspecified() => {
                let why = format!(
                    "{listen} is no address that others can use; write HOST:PORT at which they \
                     reach this gateway"
                );
                return Err(ShieldError::Address(why));
            }
            None => listens.to_string(),
        };
        Ok(Some(Bound { socket, listens, site, address }))
    }

    /// A setting that makes no sense without certificates.
    fn needing_certificates(&self) -> Option<&'static str> {
        let set = [
            ("shield.listen", self.listen.is_some()),
            ("shield.site", self.site.is_some()),
            ("shield.address", self.address.is_some()),
        ];
        set.into_iter().find_map(|(name, is_set)| is_set.then_some(name))
    }
}

fn host_and_port(address: &str) -> Result<&str, ShieldError> {
    let parts = address.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    match parts.map(|(_, port)| port.parse::<u16>()) {
        Some(Ok(port)) if port > 0 => Ok(address),
        _ => Err(ShieldError::Address(format!("{address:?} is not HOST:PORT"))),
    }
}

// === impl Identity ===

impl Identity {
    /// Reads the files. `None` if the settings name none.
    pub(super) fn read(settings: &ShieldSettings) -> Result<Option<Self>, ShieldError> {
        let named = [
            ("shield.certificate", &settings.certificate),
            ("shield.key", &settings.key),
            ("shield.authority", &settings.authority),
        ];
        let set = named.iter().find_map(|(name, file)| file.as_ref().map(|_| *name));
        let Some(set) = set.or_else(|| settings.needing_certificates()) else { return Ok(None) };
        let [certificate, key, authority] = named.map(|(missing, file)| {
            let file = file.as_deref().ok_or(ShieldError::Missing { set, missing })?;
            Ok::<_, ShieldError>((missing, file))
        });
        let (chain, key) = (certificates(certificate?)?, key?);
        let secret = PrivateKeyDer::from_pem_file(key.1);
        let key = secret.map_err(|error| unusable(key, &error))?;
        Ok(Some(Self { authorities: certificates(authority?)?, chain, key }))
    }

    /// TLS for the listener. It speaks HTTP/2 only.
    pub(super) fn server(&self) -> Result<Arc<ServerConfig>, ShieldError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        for authority in &self.authorities {
            let added = roots.add(authority.clone());
            added.map_err(|error| ShieldError::Authority(error.to_string()))?;
        }
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()
                .map_err(|error| ShieldError::Authority(error.to_string()))?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(verifier)
            .with_single_cert(self.chain.clone(), self.key.clone_key())?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Arc::new(config))
    }
}

type Named<'a> = (&'static str, &'a Path);

fn certificates(named: Named<'_>) -> Result<Vec<CertificateDer<'static>>, ShieldError> {
    let read = || CertificateDer::pem_file_iter(named.1)?.collect::<Result<Vec<_>, _>>();
    let found = read().map_err(|error| unusable(named, &error))?;
    match found.is_empty() {
        true => Err(unusable(named, &"it has no certificate in PEM form")),
        false => Ok(found),
    }
}

fn unusable((setting, file): Named<'_>, reason: &dyn std::fmt::Display) -> ShieldError {
    ShieldError::File { setting, file: file.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use brink_testing::certificates::Authority;

    use super::*;

    #[test]
    fn settings_that_need_others_say_so() {
        let rejected = |settings: &ShieldSettings| {
            Identity::read(settings).and_then(|_| settings.bind()).err().unwrap().to_string()
        };
        assert!(Identity::read(&ShieldSettings::default()).unwrap().is_none());
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new();
        authority.issue(&[NAME]).write(folder.path(), "own");
        std::fs::write(folder.path().join("authority.pem"), authority.pem()).unwrap();
        let file = |name: &str| Some(folder.path().join(name));
        let listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        let bare = ShieldSettings { listen, ..Default::default() };
        assert_eq!(rejected(&bare), "shield.listen needs shield.certificate");
        let site = Some("fra".parse().unwrap());
        let own = ShieldSettings {
            site,
            certificate: file("own.pem"),
            key: file("own.key"),
            authority: file("authority.pem"),
            ..bare.clone()
        };
        assert_eq!(own.bind().unwrap().unwrap().site.as_str(), "fra");
        assert!(Identity::read(&own).unwrap().unwrap().server().is_ok());
        let without_key = ShieldSettings { key: None, ..own.clone() };
        assert_eq!(rejected(&without_key), "shield.certificate needs shield.key");
        let without_site = ShieldSettings { site: None, ..own.clone() };
        assert_eq!(rejected(&without_site), "shield.listen needs shield.site");
        let swapped = ShieldSettings { certificate: file("own.key"), ..own.clone() };
        assert!(rejected(&swapped).contains("own.key: it has no certificate in PEM form"));
        let listen = Some(SocketAddr::from(([0, 0, 0, 0], 0)));
        let everywhere = ShieldSettings { listen, ..own.clone() };
        assert!(rejected(&everywhere).contains("is no address that others can use"));
        for address in ["here", "here:", ":80", "here:0", "here:99999"] {
            let odd = ShieldSettings { address: Some(address.to_owned()), ..own.clone() };
            assert_eq!(rejected(&odd), format!("shield.address: {address:?} is not HOST:PORT"));
        }
    }
}
