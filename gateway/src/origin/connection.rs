//! One connection to an origin: name, TCP, TLS, and the task that drives HTTP on it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_rt::task::JoinHandle;
use brink_shared::event::{Origin, OriginProtocol};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::body::Upload;
use super::error::{OriginFault, chain};
use super::{BUCKET_KEEPALIVE, BUCKET_READ_TIMEOUT, MAX_RESPONSE_HEAD};

/// Whom origins' certificates must be signed by. One for all threads; cheap to clone.
///
/// TLS 1.2 and 1.3 are spoken; older versions, which an origin's `sslProtocols` may name, are not.
#[derive(Clone, Debug)]
pub struct OriginTls(Arc<ClientConfig>);

/// Where a request goes, and what connections are pooled by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Destination {
    host: String,
    port: u16,
    tls: bool,
}

/// An open connection. Dropping it closes it.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) sender: SendRequest<Upload>,
    _driver: Driver,
}

/// The task that moves bytes; it ends with its connection.
#[derive(Debug)]
struct Driver(JoinHandle<()>);

// === impl OriginTls ===

impl OriginTls {
    /// Trusts what the operating system trusts. Where that is nothing, every TLS origin fails
    /// with a message that says so.
    pub fn system() -> Result<Self, rustls::Error> {
        Self::trusting(rustls_native_certs::load_native_certs().certs)
    }

    /// Trusts exactly these authorities. What is no certificate is passed over.
    pub fn trusting(
        authorities: impl IntoIterator<Item = CertificateDer<'static>>,
    ) -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(authorities);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }
}

// === impl Destination ===

impl Destination {
    /// Where an origin is. A bucket is spoken to as the viewer speaks to us (`contract.md` 7.8).
    pub(super) fn of(origin: &Origin, viewer: OriginProtocol) -> Self {
        let (protocol, port) = match origin {
            Origin::Custom(custom) => (custom.protocol, custom.port),
            Origin::S3(_) => match viewer {
                OriginProtocol::Http => (viewer, 80),
                OriginProtocol::Https => (viewer, 443),
            },
        };
        // An IPv6 address is written in brackets in URLs only.
        let host = origin.domain_name();
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        Self { host: bare.unwrap_or(host).to_owned(), port, tls: protocol == OriginProtocol::Https }
    }

    /// Opens a connection within the time given, which covers name, TCP and TLS.
    pub(super) async fn connect(
        &self,
        tls: &OriginTls,
        within: Duration,
    ) -> Result<Connection, OriginFault> {
        tokio::time::timeout(within, self.open(tls, within))
            .await
            .unwrap_or(Err(OriginFault::ConnectTimeout(within)))
    }

    async fn open(&self, tls: &OriginTls, within: Duration) -> Result<Connection, OriginFault> {
        let tcp = self.open_tcp(within).await?;
        if !self.tls {
            return drive(tcp).await;
        }
        let name = ServerName::try_from(self.host.clone())
            .map_err(|error| OriginFault::Tls(error.to_string()))?;
        let session = TlsConnector::from(tls.0.clone()).connect(name, tcp).await;
        drive(session.map_err(|error| OriginFault::Tls(chain(&error)))?).await
    }

    /// Tries the addresses of the name one after the other, each with its share of the time.
    async fn open_tcp(&self, within: Duration) -> Result<TcpStream, OriginFault> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let addresses: Vec<SocketAddr> =
            found.map_err(|error| OriginFault::Dns(error.to_string()))?.collect();
        let share = u32::try_from(addresses.len()).map_or(within, |n| within / n.max(1));
        let mut fault = OriginFault::Dns("no address".into());
        for address in addresses {
            match tokio::time::timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // A failure costs latency only.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => fault = OriginFault::Connect(error.to_string()),
                Err(_) => fault = OriginFault::ConnectTimeout(within),
            }
        }
        Err(fault)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

async fn drive<Io>(io: Io) -> Result<Connection, OriginFault>
where
    Io: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let (sender, connection) = http1::Builder::new()
        .title_case_headers(true)
        .max_header_size(MAX_RESPONSE_HEAD)
        .handshake(TokioIo::new(io))
        .await
        .map_err(|error| OriginFault::Connect(chain(&error)))?;
    let driver = actix_rt::spawn(async move {
        // Errors reach whoever waits for the answer or reads the body.
        let _ = connection.await;
    });
    Ok(Connection { sender, _driver: Driver(driver) })
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How long an origin may take to answer and between packets.
pub(super) fn read_timeout(origin: &Origin) -> Duration {
    match origin {
        Origin::Custom(custom) => Duration::from_secs(custom.read_timeout.max(1).into()),
        Origin::S3(_) => BUCKET_READ_TIMEOUT,
    }
}

/// How long an idle connection to an origin is kept.
pub(super) fn keepalive(origin: &Origin) -> Duration {
    match origin {
        Origin::Custom(custom) => Duration::from_secs(custom.keepalive_timeout.into()),
        Origin::S3(_) => BUCKET_KEEPALIVE,
    }
}
