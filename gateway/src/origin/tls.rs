//! The authorities and the names that an origin's certificate may have (`contract.md` 7.8), and the
//! certificate that the gateway shows to the origin.

use std::path::PathBuf;
use std::sync::Arc;

use brink_shared::registry::distribution::HttpVersion;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::client_certificates::ClientCertificates;
use super::destination::Session;
use super::origin_fault::OriginFault;
use super::request::Trust;

/// The name of HTTP/2 in a TLS handshake (RFC 9113, 3.2).
pub(super) const HTTP2: &[u8] = b"h2";

/// Trust in origins, and the gateway's own certificates. One for all threads; cheap to clone.
///
/// It speaks TLS 1.2 and 1.3, and not the older versions that an origin's `sslProtocols` may name.
#[derive(Clone, Debug)]
pub struct OriginTls {
    origins: Trusted,
    /// `None` if this gateway has no certificate for other gateways.
    gateways: Option<Trusted>,
    certificates: Arc<ClientCertificates>,
}

/// Trust in some authorities.
#[derive(Clone, Debug)]
struct Trusted {
    config: Arc<ClientConfig>,
    /// `None` if no authority is trusted.
    verifier: Option<Arc<WebPkiServerVerifier>>,
}

/// Accepts a certificate for the name of the origin, or else for the request's `Host`.
#[derive(Debug)]
struct EitherName {
    verifier: Arc<WebPkiServerVerifier>,
    host: ServerName<'static>,
}

// === impl OriginTls ===

impl OriginTls {
    /// Trusts the authorities of the operating system, or those in `SSL_CERT_FILE`. If there are
    /// none, every TLS origin fails with a message that says so.
    pub fn system() -> Result<Self, Error> {
        Self::trusting(rustls_native_certs::load_native_certs().certs)
    }

    /// Trusts exactly these authorities. Invalid certificates are skipped.
    pub fn trusting(
        authorities: impl IntoIterator<Item = CertificateDer<'static>>,
    ) -> Result<Self, Error> {
        let origins = Trusted::new(authorities, None)?;
        Ok(Self { origins, gateways: None, certificates: Arc::default() })
    }

    /// Trusts these authorities to certify other gateways, and shows other gateways this
    /// certificate.
    pub fn with_gateways(
        self,
        authorities: Vec<CertificateDer<'static>>,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, Error> {
        Ok(Self { gateways: Some(Trusted::new(authorities, Some((chain, key)))?), ..self })
    }

    /// Shows origins the client certificates of this folder, `NAME.crt` with `NAME.key`.
    #[must_use]
    pub fn with_client_certificates(self, folder: Option<PathBuf>) -> Self {
        Self { certificates: Arc::new(ClientCertificates::of(folder)), ..self }
    }

    /// The settings for a session with an origin.
    pub(super) async fn config(&self, session: &Session) -> Result<Arc<ClientConfig>, OriginFault> {
        let trusted = match (session.trust, &self.gateways) {
            (Trust::System, _) => &self.origins,
            (Trust::Gateways, Some(gateways)) => gateways,
            (Trust::Gateways, None) => {
                let why = "this gateway has no certificate for other gateways".to_owned();
                return Err(OriginFault::ClientCertificate(why));
            }
        };
        let host = session.host.as_ref().and_then(|host| ServerName::try_from(host.clone()).ok());
        let either = host.zip(trusted.verifier.clone());
        let is_http2 = session.version == HttpVersion::Http2;
        if either.is_none() && !is_http2 && session.client_certificate.is_none() {
            return Ok(trusted.config.clone());
        }
        let mut config = ClientConfig::clone(&trusted.config);
        if let Some((host, verifier)) = either {
            let either = EitherName { verifier, host };
            config.dangerous().set_certificate_verifier(Arc::new(either));
        }
        if is_http2 {
            config.alpn_protocols.insert(0, HTTP2.to_vec());
        }
        if let Some(name) = session.client_certificate.clone() {
            let certificates = self.certificates.clone();
            let found = tokio::task::spawn_blocking(move || certificates.find(&name)).await;
            let found = found.unwrap_or_else(|error| Err(error.to_string()));
            config.client_auth_cert_resolver = found.map_err(OriginFault::ClientCertificate)?;
        }
        Ok(Arc::new(config))
    }
}

// === impl Trusted ===

impl Trusted {
    /// Trusts exactly these authorities, and shows this certificate. Invalid authorities are
    /// skipped.
    fn new(
        authorities: impl IntoIterator<Item = CertificateDer<'static>>,
        own: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    ) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(authorities);
        let roots = Arc::new(roots);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(roots.clone(), provider.clone()).build();
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        let mut config = match own {
            None => config.with_no_client_auth(),
            Some((chain, key)) => config.with_client_auth_cert(chain, key)?,
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), verifier: verifier.ok() })
    }
}

// === impl EitherName ===

impl ServerCertVerifier for EitherName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verify = |name| self.verifier.verify_server_cert(certificate, chain, name, ocsp, now);
        match verify(name) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => verify(&self.host),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
