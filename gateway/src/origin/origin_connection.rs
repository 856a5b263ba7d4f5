//! One connection to an origin: name, TCP, TLS, and the task that drives HTTP on it.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use actix_rt::task::JoinHandle;
use brink_shared::event::{Origin, OriginProtocol};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::origin_fault::{OriginFault, chain};
use super::request::OriginRequest;
use super::tls::OriginTls;
use super::upload::Upload;
use super::{BUCKET_KEEPALIVE, BUCKET_READ_TIMEOUT, MAX_RESPONSE_HEAD};

/// Most bytes of one origin that are read ahead.
const BUFFER_MAX: usize = 32 * 1024;

/// The destination of a request; connections are pooled by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Destination {
    host: String,
    port: u16,
    /// The settings for TLS; `None` for plain HTTP.
    tls: Option<Certificate>,
}

/// The names that a certificate may have beside the origin's own. A certificate that one request
/// accepts proves nothing for another request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Certificate {
    host: Option<String>,
}

/// An open connection. Dropping it closes it.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) sender: SendRequest<Upload>,
    _driver: Driver,
}

/// The task that moves the bytes; it ends with its connection.
#[derive(Debug)]
struct Driver(JoinHandle<()>);

// === impl Destination ===

impl Destination {
    /// The destination of a request. A bucket is reached over HTTPS unless its store has an
    /// endpoint.
    pub(super) fn of(request: &OriginRequest) -> Self {
        let (protocol, host, port) = match (&request.origin, &request.endpoint) {
            (Origin::Custom(custom), _) => (custom.protocol, &custom.domain_name, custom.port),
            (Origin::S3(_), Some(store)) => (store.protocol, &store.host, store.port),
            (Origin::S3(s3), None) => (OriginProtocol::Https, &s3.domain_name, 443),
        };
        // An IPv6 address is written in brackets in URLs only.
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let tls = (protocol == OriginProtocol::Https).then(|| {
            let named = request.headers.get("host").map(without_port);
            let other = named.filter(|named| !named.eq_ignore_ascii_case(bare));
            Certificate { host: other.map(str::to_ascii_lowercase) }
        });
        Self { host: bare.to_owned(), port, tls }
    }

    /// Opens a connection. `within` covers name, TCP and TLS. Returns how long the name took, and
    /// the rest.
    pub(super) async fn connect(
        &self,
        tls: &OriginTls,
        within: Duration,
    ) -> Result<(Connection, Duration, Duration), OriginFault> {
        tokio::time::timeout(within, self.open(tls, within))
            .await
            .unwrap_or(Err(OriginFault::ConnectTimeout(within)))
    }

    async fn open(
        &self,
        tls: &OriginTls,
        within: Duration,
    ) -> Result<(Connection, Duration, Duration), OriginFault> {
        let started = Instant::now();
        let addresses = self.addresses().await?;
        let dns = started.elapsed();
        let tcp = open_tcp(addresses, within).await?;
        let connection = self.secure(tcp, tls).await?;
        Ok((connection, dns, started.elapsed().saturating_sub(dns)))
    }

    /// Speaks TLS on a connection, if the destination does.
    async fn secure(&self, tcp: TcpStream, tls: &OriginTls) -> Result<Connection, OriginFault> {
        let Some(certificate) = &self.tls else {
            return drive(tcp).await;
        };
        let name = ServerName::try_from(self.host.clone())
            .map_err(|error| OriginFault::Tls(error.to_string()))?;
        let config = tls.config(certificate.host.as_deref());
        let session = TlsConnector::from(config).connect(name, tcp).await;
        drive(session.map_err(|error| OriginFault::Tls(chain(&error)))?).await
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, OriginFault> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        Ok(found.map_err(|error| OriginFault::Dns(error.to_string()))?.collect())
    }
}

/// Tries the addresses one after the other, each with its share of the time.
async fn open_tcp(addresses: Vec<SocketAddr>, within: Duration) -> Result<TcpStream, OriginFault> {
    let share = u32::try_from(addresses.len()).map_or(within, |n| within / n.max(1));
    let mut fault = OriginFault::Dns("no address".into());
    for address in addresses {
        match tokio::time::timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // If this fails, only latency is lost.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => fault = OriginFault::Connect(error.to_string()),
            Err(_) => fault = OriginFault::ConnectTimeout(within),
        }
    }
    Err(fault)
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

async fn drive<Io>(io: Io) -> Result<Connection, OriginFault>
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::Builder::new()
        .title_case_headers(true)
        .max_header_size(MAX_RESPONSE_HEAD)
        .max_buf_size(BUFFER_MAX)
        .handshake(TokioIo::new(io))
        .await
        .map_err(|error| OriginFault::Connect(chain(&error)))?;
    let driver = actix_rt::spawn(async move {
        // The waiting request or the reader of the body gets the errors.
        let _ = connection.with_upgrades().await;
    });
    Ok(Connection { sender, _driver: Driver(driver) })
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// `a.example` of `a.example:8443`.
fn without_port(host: &str) -> &str {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(host, _)| host)
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
