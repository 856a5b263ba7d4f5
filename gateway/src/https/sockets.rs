//! The sockets for HTTPS: TCP for HTTP/1.1 and HTTP/2, and UDP on the same port for HTTP/3.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};

use super::https_error::HttpsError;

/// How many ports are tried if the system chooses the port.
const PORTS_TRIED: usize = 8;

/// The sockets for HTTPS.
#[derive(Debug)]
pub(crate) struct HttpsSockets {
    /// For HTTP/1.1 and HTTP/2.
    pub(crate) tcp: TcpListener,
    /// For HTTP/3, if it is on.
    pub(crate) udp: Option<UdpSocket>,
}

// === impl HttpsSockets ===

impl HttpsSockets {
    /// Listens. HTTP/3 has the port of TCP.
    pub(super) fn open(listen: SocketAddr, http3: bool) -> Result<Self, HttpsError> {
        let mut opened = Self::bind(listen, http3);
        for _ in 1..PORTS_TRIED {
            match &opened {
                // The system chose a port that is free for TCP, but not for UDP.
                Err(HttpsError::ListenUdp { source, .. })
                    if listen.port() == 0 && source.kind() == io::ErrorKind::AddrInUse =>
                {
                    opened = Self::bind(listen, http3);
                }
                _ => break,
            }
        }
        opened
    }

    fn bind(listen: SocketAddr, http3: bool) -> Result<Self, HttpsError> {
        let at = |source| HttpsError::Listen { address: listen, source };
        let tcp = TcpListener::bind(listen).map_err(at)?;
        let address = tcp.local_addr().map_err(at)?;
        let udp = http3.then(|| UdpSocket::bind(address)).transpose();
        let udp = udp.map_err(|source| HttpsError::ListenUdp { address, source })?;
        Ok(Self { tcp, udp })
    }
}
