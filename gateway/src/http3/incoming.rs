//! New connections by QUIC, which are given to threads, or refused if there are too many.

use std::net::SocketAddr;
use std::sync::Arc;

use quinn::{Endpoint, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::https::HANDSHAKES_MAX;
use crate::proxy_protocol::ProxyProtocolSettings;

/// Connections that wait for one thread.
pub(super) const QUEUE: usize = 256;

/// A connection before its handshake.
pub(super) struct Arriving {
    pub(super) incoming: Incoming,
    pub(super) peer: SocketAddr,
    /// Its place among all connections.
    pub(super) place: OwnedSemaphorePermit,
    /// Its place among all handshakes.
    pub(super) turn: OwnedSemaphorePermit,
}

/// All new connections of a gateway.
pub(super) struct Incomings {
    queues: Vec<mpsc::Sender<Arriving>>,
    next: usize,
    proxies: ProxyProtocolSettings,
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    /// If fewer turns than this are left, viewers must prove their addresses first.
    crowded: usize,
}

// === impl Incomings ===

impl Incomings {
    /// Connections for the threads behind these queues, `most` at a time.
    pub(super) fn new(
        queues: Vec<mpsc::Sender<Arriving>>,
        proxies: ProxyProtocolSettings,
        most: usize,
    ) -> Self {
        let turns = queues.len() * HANDSHAKES_MAX;
        Self {
            queues,
            next: 0,
            proxies,
            places: Arc::new(Semaphore::new(most)),
            turns: Arc::new(Semaphore::new(turns)),
            crowded: turns / 2,
        }
    }

    /// Gives new connections to the threads. After `stop` it refuses them, until the endpoint is
    /// closed.
    pub(super) async fn run(mut self, endpoint: Endpoint, stop: CancellationToken) {
        while let Some(incoming) = endpoint.accept().await {
            if stop.is_cancelled() {
                incoming.refuse();
            } else if let Some(refused) = self.take(incoming) {
                metrics::counter!("brink_gateway_http3_refused_total").increment(1);
                refused.refuse();
            }
        }
    }

    /// Gives a connection to a thread. Returns it if it must be refused.
    fn take(&mut self, incoming: Incoming) -> Option<Incoming> {
        let peer = incoming.remote_address();
        // A load balancer cannot tell the viewer's address over UDP.
        if self.proxies.is_balancer(peer) {
            return Some(incoming);
        }
        // Anybody can send a first packet from an address that is not its own.
        if self.turns.available_permits() < self.crowded && !incoming.remote_address_validated() {
            return incoming.retry().err().map(quinn::RetryError::into_incoming);
        }
        let place = self.places.clone().try_acquire_owned();
        let turn = self.turns.clone().try_acquire_owned();
        let (Ok(place), Ok(turn)) = (place, turn) else { return Some(incoming) };
        self.next = (self.next + 1) % self.queues.len().max(1);
        let Some(queue) = self.queues.get(self.next) else { return Some(incoming) };
        let sent = queue.try_send(Arriving { incoming, peer, place, turn });
        sent.err().map(|error| error.into_inner().incoming)
    }
}
