//! A connection: lookup, policy, TCP, TLS, and the task that runs HTTP on it.
//!
//! A name is looked up once for each connection. The policy checks its addresses, and the
//! connection goes to one of the checked addresses, without another lookup.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;

use super::call_error;
use super::lookup::Resolver;
use super::policy::Policy;
use super::target::{Target, TargetSlot, Targeted};
use brink_frames::CallError;

/// How long lookup, connecting and TLS may each take. It is undici's limit for all of them
/// together.
const STEP_MAX: Duration = Duration::from_secs(10);

/// Largest head of an answer, in bytes.
pub(super) const HEAD_MAX: usize = 64 * 1024;

/// Most header lines of an answer.
pub(super) const HEADERS_MAX: usize = 500;

/// The place that a connection leads to. The pool finds connections by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    /// The host as in the URL: an IPv6 address is in brackets.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) secure: bool,
}

/// An open connection. Dropping it closes it.
pub(super) struct Connection {
    destination: Destination,
    sender: SendRequest<Outgoing>,
    target: TargetSlot,
    _driver: AbortOnDropHandle<()>,
}

/// A request's body.
pub(super) struct Outgoing {
    pub(super) bytes: Option<Bytes>,
    /// True to send it without its length.
    pub(super) chunked: bool,
}

// === impl Connection ===

impl Connection {
    /// Connects to the first address that the policy allows and that answers, with TLS if there
    /// are settings for it.
    pub(super) async fn open(
        destination: &Destination,
        policy: &Policy,
        resolver: &Resolver,
        tls: Option<Arc<ClientConfig>>,
    ) -> Result<Self, CallError> {
        let tcp = open_tcp(destination, policy, resolver).await?;
        let target = TargetSlot::default();
        let (sender, driver) = if let Some(tls) = tls {
            let session = timeout(STEP_MAX, open_tls(destination, tls, tcp)).await;
            drive(
                session
                    .map_err(|_| call_error::no_answer(&destination.host, destination.port))??,
                &target,
            )
            .await
        } else {
            drive(tcp, &target).await
        }
        .map_err(|error| call_error::of_exchange(&error))?;
        Ok(Self { destination: destination.clone(), sender, target, _driver: driver })
    }

    /// The place that it leads to.
    pub(super) fn destination(&self) -> &Destination {
        &self.destination
    }

    /// True if the other side closed it.
    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Sends a request and waits for the head of the answer.
    pub(super) async fn exchange(
        &mut self,
        request: http::Request<Outgoing>,
    ) -> hyper::Result<http::Response<Incoming>> {
        self.sender.ready().await?;
        self.target.set(request.extensions().get::<Target>().cloned());
        self.sender.send_request(request).await
    }
}

/// Connects to the first address that the policy allows and that answers.
pub(super) async fn open_tcp(
    destination: &Destination,
    policy: &Policy,
    resolver: &Resolver,
) -> Result<TcpStream, CallError> {
    let Destination { host, port, .. } = destination;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found = match bare.parse() {
        Ok(ip) => Ok(vec![SocketAddr::new(ip, *port)]),
        Err(_) => timeout(STEP_MAX, resolver(bare.to_owned(), *port))
            .await
            .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())),
    };
    let found = found.map_err(|error| call_error::of_lookup(bare, Some(&error)))?;
    let addresses = policy.allowed(host, *port, found).map_err(|why| call_error::rejected(&why))?;
    let share = u32::try_from(addresses.len()).map_or(STEP_MAX, |n| STEP_MAX / n.max(1));
    let mut failed = None;
    for address in addresses {
        let why = match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // A failure only costs latency.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => call_error::of_connect(address, Some(&error)),
            Err(_) => call_error::of_connect(address, None),
        };
        failed.get_or_insert(why);
    }
    Err(failed.unwrap_or_else(|| call_error::of_lookup(bare, None)))
}

async fn open_tls(
    destination: &Destination,
    config: Arc<ClientConfig>,
    tcp: TcpStream,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, CallError> {
    let bare = destination.host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(bare.to_owned())
        .map_err(|error| CallError::new("ERR_INVALID_URL", error.to_string()))?;
    let session = TlsConnector::from(config).connect(name, tcp).await;
    session.map_err(|error| call_error::of_tls(bare, &error))
}

async fn drive<Io>(
    io: Io,
    target: &TargetSlot,
) -> hyper::Result<(SendRequest<Outgoing>, AbortOnDropHandle<()>)>
where
    Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = http1::Builder::new()
        .title_case_headers(true)
        .max_header_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .handshake(TokioIo::new(Targeted::new(io, target.clone())))
        .await?;
    let driver = tokio::spawn(async move {
        // The exchange under way gets errors of this task.
        let _ = connection.await;
    });
    Ok((sender, AbortOnDropHandle::new(driver)))
}

// === impl Outgoing ===

impl Body for Outgoing {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        if self.chunked { SizeHint::default() } else { SizeHint::with_exact(length) }
    }
}
