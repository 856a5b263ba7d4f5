//! TLS handshakes with viewers, bounded in time and number.
//!
//! A handshake takes memory from the first byte of a viewer on. A viewer may be slow on purpose. If
//! there are too many handshakes on one server thread, the oldest one is given up: an honest viewer
//! needs some hundred milliseconds, so the oldest one is most likely not honest.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustls::{HandshakeKind, ProtocolVersion, ServerConnection};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::client_hello::Hello;
use super::recorded_stream::RecordedStream;
use super::security_policy::cipher_name;
use crate::viewer_tls::TlsSession;

/// How long a handshake may take.
const WITHIN: Duration = Duration::from_secs(10);

/// Most handshakes of one server thread at a time.
const RUNNING_MAX: usize = 1024;

/// A connection after its handshake.
pub(crate) type SecureStream<S> = TlsStream<RecordedStream<S>>;

/// The handshakes of one server thread.
pub(crate) struct Handshakes {
    acceptor: TlsAcceptor,
    running: Rc<Running>,
}

#[derive(Default)]
struct Running {
    next: Cell<u64>,
    /// Dropping a sender gives its handshake up.
    by_age: RefCell<BTreeMap<u64, oneshot::Sender<()>>>,
}

/// One running handshake.
struct Turn {
    number: u64,
    running: Rc<Running>,
}

// === impl Handshakes ===

impl Handshakes {
    pub(crate) fn new(config: Arc<rustls::ServerConfig>) -> Self {
        Self { acceptor: TlsAcceptor::from(config), running: Rc::default() }
    }

    /// Makes the handshake. With `fingerprints`, the session has the viewer's fingerprints.
    pub(crate) async fn accept<S>(
        &self,
        stream: S,
        fingerprints: bool,
    ) -> io::Result<(SecureStream<S>, TlsSession)>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (_turn, given_up) = Running::begin(&self.running);
        let stream = RecordedStream::new(stream, fingerprints);
        let accepted = tokio::select! {
            accepted = self.acceptor.accept(stream) => accepted,
            () = tokio::time::sleep(WITHIN) => Err(io::ErrorKind::TimedOut.into()),
            _ = given_up => Err(io::Error::other("there are too many handshakes")),
        };
        match accepted {
            Ok(mut stream) => {
                let (recorded, connection) = stream.get_mut();
                let session = session(connection, recorded.take_first());
                tell(if session.is_resumed { "resumed" } else { "full" });
                Ok((stream, session))
            }
            Err(error) => {
                tell(if error.kind() == io::ErrorKind::TimedOut { "timeout" } else { "failed" });
                Err(error)
            }
        }
    }
}

// === impl Running ===

impl Running {
    /// Enters a handshake. If there are too many then, the oldest one is given up.
    fn begin(running: &Rc<Self>) -> (Turn, oneshot::Receiver<()>) {
        let (keep, given_up) = oneshot::channel();
        let number = running.next.get();
        running.next.set(number + 1);
        let mut by_age = running.by_age.borrow_mut();
        if by_age.len() >= RUNNING_MAX {
            by_age.pop_first();
        }
        by_age.insert(number, keep);
        (Turn { number, running: running.clone() }, given_up)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running.by_age.borrow_mut().remove(&self.number);
    }
}

fn tell(outcome: &'static str) {
    metrics::counter!("brink_gateway_tls_handshakes_total", "outcome" => outcome).increment(1);
}

/// The facts about a session whose handshake is done.
fn session(connection: &ServerConnection, first: Option<Vec<u8>>) -> TlsSession {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
        _ => "TLSv1.3",
    };
    let cipher = connection.negotiated_cipher_suite().map(|suite| cipher_name(suite.suite()));
    let is_resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
    let session = TlsSession::new(version, cipher.unwrap_or("unknown"), is_resumed);
    match first.and_then(|first| Hello::read(&first)) {
        Some(hello) => session.fingerprinted(hello.ja3(), hello.ja4()),
        None => session,
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use brink_testing::certificates::Authority;

    use super::*;
    use crate::https::{HttpsSettings, ViewerCertificates};

    #[tokio::test(start_paused = true)]
    async fn a_viewer_has_ten_seconds() {
        let folder = tempfile::tempdir().unwrap();
        Authority::new().issue(&["shop.test"]).write(folder.path(), "shop");
        let certificates = Some(folder.path().to_owned());
        let settings = HttpsSettings { certificates, ..HttpsSettings::default() };
        let handshakes = ViewerCertificates::open(&settings).unwrap().handshakes();
        let (_viewer, ours) = tokio::io::duplex(1024);
        let began = Instant::now();
        let error = handshakes.accept(ours, false).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), 10);
        assert!(handshakes.running.by_age.borrow().is_empty());
    }

    #[test]
    fn the_oldest_handshake_makes_room_for_the_newest() {
        let running = Rc::<Running>::default();
        let mut turns: Vec<_> = (0..RUNNING_MAX).map(|_| Running::begin(&running)).collect();
        let is_given_up = |turn: &mut (Turn, oneshot::Receiver<()>)| {
            turn.1.try_recv() == Err(oneshot::error::TryRecvError::Closed)
        };
        assert!(!turns.iter_mut().any(is_given_up));
        turns.push(Running::begin(&running));
        assert_eq!(turns.iter_mut().filter_map(|t| is_given_up(t).then_some(())).count(), 1);
        assert!(is_given_up(&mut turns[0]));
        drop(turns);
        assert!(running.by_age.borrow().is_empty());
    }
}
