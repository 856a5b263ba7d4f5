//! How many WebSockets a gateway may have, and how it ends them all (`contract.md` 7.19).

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// The most WebSockets of one gateway.
const OPEN_MAX: usize = 4096;

/// The WebSockets of one gateway.
#[derive(Clone, Debug)]
pub struct WebSockets {
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

/// The place of one WebSocket. Dropping it gives the place up.
#[derive(Debug)]
pub(crate) struct Place {
    stop: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

// === impl WebSockets ===

impl Default for WebSockets {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(OPEN_MAX)), stop: CancellationToken::new() }
    }
}

impl WebSockets {
    /// Ends all WebSockets, also those that are opened later. Viewers have to connect to another
    /// gateway.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// A place for one more, if there is room.
    pub(crate) fn place(&self) -> Option<Place> {
        let permit = self.places.clone().try_acquire_owned().ok()?;
        Some(Place { stop: self.stop.clone(), _permit: permit })
    }
}

// === impl Place ===

impl Place {
    /// Waits until the gateway ends all WebSockets.
    pub(crate) async fn stopped(&self) {
        self.stop.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_are_open_than_may_be() {
        let sockets = WebSockets::default();
        let mut places: Vec<_> = (0..OPEN_MAX).map(|_| sockets.place().unwrap()).collect();
        assert!(sockets.place().is_none());
        places.pop();
        assert!(sockets.place().is_some());
    }
}
