//! Sockets in the network of a sandbox, which connect to its debugger one after another.

use std::io;
use std::net::{SocketAddr, TcpStream as StdTcpStream};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

/// How long a debugger may take until it listens. A Python function imports it first.
const LISTENS_WITHIN: Duration = Duration::from_secs(20);

/// Pause between two tries to connect.
const TRY_EVERY: Duration = Duration::from_millis(50);

/// The sockets that no connection uses.
#[derive(Debug)]
pub(super) struct Sockets(Mutex<Vec<OwnedFd>>);

/// A socket in use. It goes back when this is dropped.
pub(super) struct Lent {
    socket: Option<OwnedFd>,
    from: Arc<Sockets>,
}

// === impl Sockets ===

impl Sockets {
    pub(super) fn new(sockets: Vec<OwnedFd>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(sockets)))
    }

    /// A socket; none if all are in use.
    pub(super) fn lend(self: &Arc<Self>) -> Option<Lent> {
        let socket = self.0.lock().pop()?;
        Some(Lent { socket: Some(socket), from: self.clone() })
    }
}

// === impl Lent ===

impl Lent {
    /// Connects to an address of the sandbox. Tries again while nobody listens there.
    pub(super) async fn connect(&self, to: SocketAddr) -> io::Result<TcpStream> {
        let connected = async {
            loop {
                match self.socket()?.connect(to).await {
                    Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                        self.disconnect();
                        sleep(TRY_EVERY).await;
                    }
                    connected => return connected,
                }
            }
        };
        timeout(LISTENS_WITHIN, connected).await?
    }

    /// The same socket under a descriptor of its own.
    fn socket(&self) -> io::Result<TcpSocket> {
        let socket = self.socket.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        Ok(TcpSocket::from_std_stream(StdTcpStream::from(socket.try_clone()?)))
    }

    /// Ends its connection for both sides. It can be connected again afterwards.
    fn disconnect(&self) {
        if let Some(socket) = &self.socket {
            // Without a connection there is nothing to end.
            let _ = rustix::net::connect_unspec(socket);
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.disconnect();
        self.from.0.lock().extend(self.socket.take());
    }
}
