//! The front end for HTTP/3, which h3 speaks (RFC 9114), over QUIC by quinn (RFC 9000).
//!
//! One endpoint has the socket, because the packets of a viewer may come from another address at
//! any time. It hands each new connection to one of several threads, which have an application
//! each. [`connection`] serves a connection there, and [`exchange`] one request. quinn and h3 bound
//! the streams and the frames; [`crate::multiplexed`] and [`transport`] bound the rest.

mod connection;
mod exchange;
mod incoming;
mod request_body;
mod thread;
mod traffic;
mod transport;

use std::io;
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use actix_rt::Arbiter;
use quinn::{Endpoint, EndpointConfig, TokioRuntime, TransportConfig, VarInt};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::edge::Edge;
use crate::https::ViewerCertificates;
use crate::multiplexed::{CONNECTION_WINDOW, STREAM_WINDOW, STREAMS_MAX};
use crate::origin::OriginTls;
use crate::proxy_protocol::ProxyProtocolSettings;
use crate::server::{CONNECTIONS_MAX, DRAIN_S};
use incoming::Incomings;
use thread::Thread;

/// Streams of a viewer that carry no request. HTTP/3 has three: for control, and for QPACK two.
const CONTROL_STREAMS_MAX: u32 = 8;

/// Bytes of all answers of a connection that wait for the viewer or its confirmation.
const SEND_WINDOW: u64 = 512 * 1024;

/// How long a connection may be silent.
const SILENT_MAX_MS: u32 = 60_000;

/// How often the gateway asks a silent viewer whether it is there. Devices on the way forget a
/// connection over UDP after about half a minute.
const ASK_EVERY: Duration = Duration::from_secs(20);

/// How long the last packets may take when the gateway stops.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// HTTP/3 of a running gateway.
pub(crate) struct Http3 {
    endpoint: Endpoint,
    stop: CancellationToken,
    _accepting: AbortOnDropHandle<()>,
    threads: TaskTracker,
    arbiters: Vec<Arbiter>,
}

/// The settings and parts that HTTP/3 needs.
pub(crate) struct Http3Parts {
    pub(crate) edge: Arc<Edge>,
    /// TLS towards origins.
    pub(crate) origins: OriginTls,
    pub(crate) certificates: Arc<ViewerCertificates>,
    /// Threads that serve viewers; `None` means one per core.
    pub(crate) threads: Option<usize>,
    /// The lowest rate of viewers, in bytes a second.
    pub(crate) min_rate: u32,
    pub(crate) proxies: ProxyProtocolSettings,
}

// === impl Http3 ===

impl Http3 {
    /// Starts serving on a socket. Must run in an actix system.
    pub(crate) fn start(socket: UdpSocket, parts: Http3Parts) -> io::Result<Self> {
        let Http3Parts { edge, origins, certificates, threads, min_rate, proxies } = parts;
        let of_edge = edge.clone();
        let fingerprints = Arc::new(move || of_edge.routes.load().want_fingerprints());
        let mut config = certificates.quic(fingerprints).map_err(io::Error::other)?;
        config.transport_config(Arc::new(transport()));
        let runtime = Arc::new(TokioRuntime);
        let endpoint = Endpoint::new(EndpointConfig::default(), Some(config), socket, runtime)?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let threads = threads.map_or_else(cores, Ok)?;
        let (mut arbiters, mut queues) = (Vec::new(), Vec::new());
        for _ in 0..threads {
            let (edge, origins) = (edge.clone(), origins.clone());
            let thread = Thread { edge, origins, min_rate, stop: stop.clone() };
            let (arbiter, queue) = thread.start(&tasks)?;
            arbiters.push(arbiter);
            queues.push(queue);
        }
        let incomings = Incomings::new(queues, proxies, threads * CONNECTIONS_MAX);
        let accepting = tokio::spawn(incomings.run(endpoint.clone(), stop.clone()));
        let accepting = AbortOnDropHandle::new(accepting);
        Ok(Self { endpoint, stop, _accepting: accepting, threads: tasks, arbiters })
    }

    /// Takes no new connections, finishes running requests, and stops.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.threads.close();
        let drain = Duration::from_secs(DRAIN_S);
        if tokio::time::timeout(drain, self.threads.wait()).await.is_err() {
            tracing::warn!("the gateway stops while answers over HTTP/3 are running");
        }
        self.endpoint.close(VarInt::from_u32(0), b"");
        // If this takes too long, viewers learn of the end later.
        let _ = tokio::time::timeout(CLOSE_WITHIN, self.endpoint.wait_idle()).await;
        for arbiter in self.arbiters {
            arbiter.stop();
        }
    }
}

fn cores() -> io::Result<usize> {
    std::thread::available_parallelism().map(std::num::NonZero::get)
}

fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(STREAMS_MAX))
        .max_concurrent_uni_streams(VarInt::from_u32(CONTROL_STREAMS_MAX))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(CONNECTION_WINDOW))
        .send_window(SEND_WINDOW)
        .datagram_receive_buffer_size(None)
        .keep_alive_interval(Some(ASK_EVERY))
        .max_idle_timeout(Some(VarInt::from_u32(SILENT_MAX_MS).into()));
    transport
}
