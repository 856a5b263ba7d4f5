//! The place of one function: accepts debuggers, and leads them to the sandbox that has the place.
//!
//! One task accepts. Each connection is a task of its own, which waits for a sandbox if there is none,
//! and ends when another sandbox takes the place. All tasks end with the place.

use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener};
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use brink_frames::network::INSPECTOR;

use super::sockets::Sockets;

/// How long a debugger waits for a sandbox.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// Most connections that wait or are served.
const CONNECTIONS_MAX: usize = 64;

/// How long the answer to a debugger may take that has ended its side.
const LINGER: Duration = Duration::from_secs(1);

/// Pause after a connection could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where debuggers reach one function.
pub(super) struct Place {
    address: SocketAddr,
    taken: watch::Sender<Option<Taken>>,
    _accepting: AbortOnDropHandle<()>,
}

/// The sandbox that has a place.
#[derive(Clone)]
struct Taken {
    /// The number of its version.
    version: u32,
    sockets: Arc<Sockets>,
}

/// A sandbox has the place of its function until this is dropped.
pub struct Attached {
    place: Arc<Place>,
    sockets: Arc<Sockets>,
}

// === impl Place ===

impl Place {
    pub(super) fn open(listener: StdTcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let (taken, follow) = watch::channel(None);
        let accepting = AbortOnDropHandle::new(tokio::spawn(accept(listener, follow)));
        Ok(Self { address, taken, _accepting: accepting })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives the place to a sandbox, unless one of a newer version has it.
    pub(super) fn attach(
        place: &Arc<Self>,
        version: u32,
        sockets: Vec<OwnedFd>,
    ) -> Option<Attached> {
        let sockets = Sockets::new(sockets);
        let taken = Taken { version, sockets: sockets.clone() };
        let is_given = place.taken.send_if_modified(|before| {
            let is_older = before.as_ref().is_none_or(|before| before.version <= version);
            if is_older {
                *before = Some(taken);
            }
            is_older
        });
        is_given.then(|| Attached { place: place.clone(), sockets })
    }
}

// === impl Attached ===

impl Attached {
    /// Ends when another sandbox has the place.
    pub fn lost(&self) -> impl Future<Output = ()> + use<> {
        let (mut taken, sockets) = (self.place.taken.subscribe(), self.sockets.clone());
        async move {
            // An error means that the place is gone.
            let _ = taken.wait_for(|taken| !is_of(taken, &sockets)).await;
        }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.place.taken.send_if_modified(|taken| {
            let is_own = is_of(taken, &self.sockets);
            if is_own {
                *taken = None;
            }
            is_own
        });
    }
}

fn is_of(taken: &Option<Taken>, sockets: &Arc<Sockets>) -> bool {
    taken.as_ref().is_some_and(|taken| Arc::ptr_eq(&taken.sockets, sockets))
}

async fn accept(listener: TcpListener, taken: watch::Receiver<Option<Taken>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((debugger, _)) if connections.len() < CONNECTIONS_MAX => {
                    connections.spawn(serve(debugger, taken.clone()));
                }
                Ok(_) => tracing::warn!("too many connections to an inspector"),
                Err(error) => {
                    tracing::warn!(%error, "an inspector cannot accept a debugger");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            _ = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn serve(debugger: TcpStream, mut taken: watch::Receiver<Option<Taken>>) {
    let found = timeout(STARTS_WITHIN, taken.wait_for(Option::is_some)).await;
    // Otherwise there is no sandbox, or the place is gone.
    let Ok(Ok(found)) = found.map(|found| found.map(|found| found.clone())) else { return };
    let Some(Taken { sockets, .. }) = found else { return };
    let carried = async {
        let Some(lent) = sockets.lend() else {
            return Err(io::Error::other("as many as can be are there already"));
        };
        let inspector = lent.connect(INSPECTOR.into()).await?;
        carry(debugger, inspector).await
    };
    let carried = tokio::select! {
        carried = carried => carried,
        _ = taken.wait_for(|taken| !is_of(taken, &sockets)) => return,
    };
    if let Err(error) = carried {
        tracing::debug!(%error, "the connection of a debugger ended");
    }
}

/// Copies bytes in both directions until one side has gone. A debugger that leaves is soon gone for the
/// inspector too, so a handler at a breakpoint goes on.
async fn carry(mut debugger: TcpStream, mut inspector: TcpStream) -> io::Result<()> {
    let (mut from_debugger, mut to_debugger) = debugger.split();
    let (mut from_inspector, mut to_inspector) = inspector.split();
    let mut back = pin!(copy(&mut from_inspector, &mut to_debugger));
    let forth = async {
        copy(&mut from_debugger, &mut to_inspector).await?;
        to_inspector.shutdown().await
    };
    tokio::select! {
        ended = &mut back => drop(ended?),
        ended = forth => {
            ended?;
            if let Ok(ended) = timeout(LINGER, back).await {
                ended?;
            }
        }
    }
    Ok(())
}
