//! How many WebSockets and gRPC calls a gateway may have, and how it ends them (`contract.md` 7.19).
//!
//! Both may stay open for hours, so each kind has a number of places of its own. One client has at
//! most half of them, so that nobody can take the places of all others alone.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::Arc;

use brink_shared::network::subscriber;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// The most WebSockets of one gateway.
const WEB_SOCKETS_MAX: usize = 4096;

/// The most gRPC calls of one gateway. Calls take a part of the requests that a thread may have at
/// its origins, so they must leave room for others.
const CALLS_MAX: usize = 2048;

/// The places for one kind of stream.
#[derive(Clone, Debug)]
pub struct Places {
    most: usize,
    taken: Arc<Mutex<Taken>>,
    stop: CancellationToken,
}

/// The places that are taken. A client that has none is not in the table, so the table has at most
/// as many entries as there are places.
#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of_client: HashMap<IpAddr, usize>,
}

/// The place of one stream. Dropping it gives the place up.
#[derive(Debug)]
pub(crate) struct Place {
    client: IpAddr,
    taken: Arc<Mutex<Taken>>,
    stop: CancellationToken,
}

// === impl Places ===

impl Places {
    /// Places for WebSockets.
    pub fn for_web_sockets() -> Self {
        Self::new(WEB_SOCKETS_MAX)
    }

    /// Places for gRPC calls.
    pub fn for_calls() -> Self {
        Self::new(CALLS_MAX)
    }

    fn new(most: usize) -> Self {
        Self { most, taken: Arc::default(), stop: CancellationToken::new() }
    }

    /// Ends all streams that have a place, also those that get one later. Viewers have to connect to
    /// another gateway.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// A place for one more of the client at this address, if there is room.
    pub(crate) fn place(&self, address: IpAddr) -> Option<Place> {
        let client = subscriber(address);
        let mut taken = self.taken.lock();
        let of_client = taken.of_client.get(&client).copied().unwrap_or_default();
        if taken.all >= self.most || of_client >= self.most / 2 {
            return None;
        }
        taken.all += 1;
        taken.of_client.insert(client, of_client + 1);
        Some(Place { client, taken: self.taken.clone(), stop: self.stop.clone() })
    }
}

// === impl Place ===

impl Place {
    /// Waits until the gateway ends all streams of this kind.
    pub(crate) async fn stopped(&self) {
        self.stop.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock();
        taken.all -= 1;
        if let Entry::Occupied(mut of_client) = taken.of_client.entry(self.client) {
            *of_client.get_mut() -= 1;
            if *of_client.get() == 0 {
                of_client.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_are_open_than_may_be() {
        for (places, most) in
            [(Places::for_web_sockets(), WEB_SOCKETS_MAX), (Places::for_calls(), CALLS_MAX)]
        {
            let (one, other, third) = ("192.0.2.1", "2001:db8::1", "192.0.2.3");
            let place = |address: &str| places.place(address.parse().unwrap());
            let half = |address| (0..most / 2).map(|_| place(address).unwrap()).collect::<Vec<_>>();
            let mut taken = half(one);
            assert!(place(one).is_none());
            let others = half(other);
            assert!(place("2001:db8::2").is_none(), "the same client");
            assert!(place(third).is_none());
            taken.pop();
            assert!(place(third).is_some());
            assert!(place(one).is_some());
            drop((taken, others));
            assert!(places.taken.lock().of_client.is_empty());
            assert_eq!(places.taken.lock().all, 0);
        }
    }
}
