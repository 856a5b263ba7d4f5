//! One thread that serves connections of HTTP/3.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::Request;
use actix_rt::Arbiter;
use actix_service::{Service, ServiceFactory as _};
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::web;
use quinn::{Connecting, ConnectionError};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection;
use super::incoming::{Arriving, QUEUE};
use crate::edge::Edge;
use crate::https::{HANDSHAKE_WITHIN, count_handshake, session_of};
use crate::multiplexed::Peer;
use crate::origin::{OriginClient, OriginTls};
use crate::server::app;

/// The parts of a thread.
pub(super) struct Thread {
    pub(super) edge: Arc<Edge>,
    /// TLS towards origins.
    pub(super) origins: OriginTls,
    /// The lowest rate of viewers, in bytes a second.
    pub(super) min_rate: u32,
    /// Cancelled when the gateway stops.
    pub(super) stop: CancellationToken,
}

// === impl Thread ===

impl Thread {
    /// Starts the thread. Its work is one of the tasks. Returns the queue of its connections.
    pub(super) fn start(
        self,
        tasks: &TaskTracker,
    ) -> io::Result<(Arbiter, mpsc::Sender<Arriving>)> {
        let arbiter = Arbiter::try_new()?;
        let (queue, arriving) = mpsc::channel(QUEUE);
        let token = tasks.token();
        arbiter.spawn_fn(move || {
            actix_rt::spawn(async move {
                self.run(arriving).await;
                drop(token);
            });
        });
        Ok((arbiter, queue))
    }

    /// Serves connections until the gateway stops, and then until they have ended.
    async fn run(self, mut arriving: mpsc::Receiver<Arriving>) {
        let origins = web::Data::new(OriginClient::new(self.origins.clone()));
        let Ok(app) = app(&self.edge, &origins).new_service(()).await else {
            tracing::error!("cannot make the application for HTTP/3");
            return;
        };
        let app = Rc::new(app);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                next = arriving.recv() => {
                    let Some(next) = next else { break };
                    let (stop, app) = (self.stop.clone(), app.clone());
                    connections.spawn_local(serve(next, app, self.min_rate, stop));
                }
                Some(ended) = connections.join_next() => tell(ended),
                () = self.stop.cancelled() => break,
            }
        }
        while let Some(ended) = connections.join_next().await {
            tell(ended);
        }
    }
}

/// Serves one connection from its handshake on.
async fn serve<A>(arriving: Arriving, app: Rc<A>, min_rate: u32, stop: CancellationToken)
where
    A: Service<Request, Response = ServiceResponse<BoxBody>, Error = actix_web::Error> + 'static,
{
    let Arriving { incoming, peer, place: _place, turn } = arriving;
    let shaken = match incoming.accept() {
        Ok(connecting) => shake_hands(connecting).await,
        Err(error) => Some(Err(error)),
    };
    drop(turn);
    let quic = match shaken {
        Some(Ok(quic)) => quic,
        Some(Err(error)) => {
            count_handshake("failed");
            tracing::debug!(%error, "a QUIC handshake failed");
            return;
        }
        None => return count_handshake("timeout"),
    };
    let tls = Arc::new(session_of(&quic));
    count_handshake(if tls.is_resumed { "resumed" } else { "full" });
    // The address stays what it was when the viewer proved it, wherever the viewer goes.
    let peer = Peer { address: Some(peer), tls, min_rate };
    connection::serve(quic, app, peer, stop).await;
}

async fn shake_hands(connecting: Connecting) -> Option<Result<quinn::Connection, ConnectionError>> {
    tokio::time::timeout(HANDSHAKE_WITHIN, connecting).await.ok()
}

/// A fault of one connection ends that connection only.
fn tell(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection of HTTP/3 ended by a fault of the gateway");
    }
}
