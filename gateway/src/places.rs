//! How many WebSockets and gRPC calls a gateway may have, and how it ends them (`contract.md` 7.19).
//!
//! Both may stay open for hours, so each kind has a number of places of its own.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// The most WebSockets of one gateway.
const WEB_SOCKETS_MAX: usize = 4096;

/// The most gRPC calls of one gateway. Calls take a part of the requests that a thread may have at
/// its origins, so they must leave room for others.
const CALLS_MAX: usize = 2048;

/// The places for one kind of stream.
#[derive(Clone, Debug)]
pub struct Places {
    most: Arc<Semaphore>,
    stop: CancellationToken,
}

/// The place of one stream. Dropping it gives the place up.
#[derive(Debug)]
pub(crate) struct Place {
    stop: CancellationToken,
    _permit: OwnedSemaphorePermit,
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
        Self { most: Arc::new(Semaphore::new(most)), stop: CancellationToken::new() }
    }

    /// Ends all streams that have a place, also those that get one later. Viewers have to connect to
    /// another gateway.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// A place for one more, if there is room.
    pub(crate) fn place(&self) -> Option<Place> {
        let permit = self.most.clone().try_acquire_owned().ok()?;
        Some(Place { stop: self.stop.clone(), _permit: permit })
    }
}

// === impl Place ===

impl Place {
    /// Waits until the gateway ends all streams of this kind.
    pub(crate) async fn stopped(&self) {
        self.stop.cancelled().await;
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
            let mut taken: Vec<_> = (0..most).map(|_| places.place().unwrap()).collect();
            assert!(places.place().is_none());
            taken.pop();
            assert!(places.place().is_some());
        }
    }
}
