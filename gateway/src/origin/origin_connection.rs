//! One connection to an origin: name, TCP, TLS, and the task that drives HTTP on it.

use std::net::SocketAddr;
use std::time::Duration;

use actix_rt::task::JoinHandle;
use brink_shared::event::Origin;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::destination::Destination;
use super::http2_connections::{Http2Stream, Shared};
use super::origin_fault::{OriginFault, chain};
use super::tls::{HTTP2, OriginTls};
use super::upload::Upload;
use super::{BUCKET_KEEPALIVE, BUCKET_READ_TIMEOUT, MAX_RESPONSE_HEAD};

/// Most bytes of one origin that are read ahead.
const BUFFER_MAX: usize = 32 * 1024;

/// A connection, as one request uses it. Dropping it ends the request.
#[derive(Debug)]
pub(super) enum Connection {
    /// HTTP/1.1: a whole connection.
    Http1(Http1Connection),
    /// HTTP/2: a stream of a connection that others use too.
    Http2(Http2Stream),
}

/// A new connection.
pub(super) enum Opened {
    /// HTTP/1.1.
    Http1(Http1Connection),
    /// HTTP/2.
    Http2(Shared),
}

/// A new connection, and how long it took.
pub(super) struct Opening {
    pub(super) opened: Opened,
    /// The look-up of the name.
    pub(super) dns: Duration,
    /// The rest.
    pub(super) connect: Duration,
}

/// An open connection of HTTP/1.1. Dropping it closes it.
#[derive(Debug)]
pub(super) struct Http1Connection {
    pub(super) sender: SendRequest<Upload>,
    _driver: Driver,
}

/// The task that moves the bytes; it ends with its connection.
#[derive(Debug)]
struct Driver(JoinHandle<()>);

// === impl Destination ===

impl Destination {
    /// Opens a connection. `within` covers name, TCP and TLS; `keepalive` is how long a connection
    /// of HTTP/2 is kept without a request.
    pub(super) async fn connect(
        &self,
        tls: &OriginTls,
        within: Duration,
        keepalive: Duration,
    ) -> Result<Opening, OriginFault> {
        tokio::time::timeout(within, self.open(tls, within, keepalive))
            .await
            .unwrap_or(Err(OriginFault::ConnectTimeout(within)))
    }

    async fn open(
        &self,
        tls: &OriginTls,
        within: Duration,
        keepalive: Duration,
    ) -> Result<Opening, OriginFault> {
        let started = Instant::now();
        let addresses = self.addresses().await?;
        let dns = started.elapsed();
        let tcp = open_tcp(addresses, within).await?;
        let opened = self.speak(tcp, tls, keepalive).await?;
        Ok(Opening { opened, dns, connect: started.elapsed().saturating_sub(dns) })
    }

    /// Begins TLS, if the destination speaks it, and HTTP.
    async fn speak(
        &self,
        tcp: TcpStream,
        tls: &OriginTls,
        keepalive: Duration,
    ) -> Result<Opened, OriginFault> {
        let Some(session) = &self.tls else {
            return Http1Connection::open(tcp).await.map(Opened::Http1);
        };
        let config = tls.config(session).await?;
        let name = ServerName::try_from(self.host.clone())
            .map_err(|error| OriginFault::Tls(error.to_string()))?;
        let session = TlsConnector::from(config).connect(name, tcp).await;
        let session = session.map_err(|error| OriginFault::Tls(chain(&error)))?;
        if session.get_ref().1.alpn_protocol() == Some(HTTP2) {
            return Shared::open(session, keepalive).await.map(Opened::Http2);
        }
        Http1Connection::open(session).await.map(Opened::Http1)
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

// === impl Connection ===

impl Connection {
    /// Keeps further requests off a connection on which the origin is silent.
    pub(super) fn retire(&self) {
        match self {
            // It closes when it is dropped.
            Self::Http1(_) => {}
            Self::Http2(stream) => stream.retire(),
        }
    }
}

// === impl Http1Connection ===

impl Http1Connection {
    async fn open<Io>(io: Io) -> Result<Self, OriginFault>
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
        Ok(Self { sender, _driver: Driver(driver) })
    }
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
