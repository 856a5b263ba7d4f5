//! Counts what one connection has carried, and limits it.
//!
//! A connection is spent after a number of requests, or if the viewer gives most of them up: then
//! the viewer is told to open another connection. A viewer that resets its requests at once would
//! otherwise cause work without end, and never wait for an answer.
//!
//! Frames that carry nothing, such as PING, SETTINGS, PRIORITY and empty DATA, cost the gateway
//! time but no memory. So a connection may send only a certain number of bytes beyond its requests
//! and bodies. Honest viewers stay far below it.

use std::cell::Cell;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Bytes that a connection may send without any request.
const FREE: u64 = 1024 * 1024;

/// Bytes that a viewer may send for each request, as many as its head may have.
const FOR_REQUEST: u64 = 24 * 1024;

/// A viewer may send a byte for this many bytes that it gets. It answers data by frames that open
/// the window again: at most 26 bytes for each frame of data.
const FOR_SENT: u64 = 8;

/// Bytes that a viewer may send in each second. It keeps a long stream alive with PINGs.
const FOR_SECOND: u64 = 64;

/// Bytes that a viewer may send for each piece of a gRPC call, besides those of the piece. A call may
/// have many small messages, each with the head of its frame and an answer to a PING, or in HTTP/3 in
/// a packet of its own.
const FOR_PIECE: u64 = 64;

/// Most requests of a connection.
const REQUESTS_MAX: u64 = 10_000;

/// Requests that may come after that, while the viewer learns of it.
const REQUESTS_LATE: u64 = 1_000;

/// Most requests that a viewer may give up, if it gives up more than half of all.
const GIVEN_UP_MAX: u64 = 500;

/// The traffic of one connection.
pub(crate) struct Traffic {
    since: Instant,
    received: Cell<u64>,
    sent: Cell<u64>,
    /// Bytes of bodies that reached their handlers.
    uploaded: Cell<u64>,
    /// Pieces of gRPC calls that reached the handlers.
    pieces: Cell<u64>,
    requests: Cell<u64>,
    /// Requests whose answers the viewer did not take whole.
    given_up: Cell<u64>,
    /// Notified when the viewer should open another connection, and again if it does not.
    spent: Notify,
    /// Requests that are being answered.
    open: Cell<usize>,
    /// When the last request began or ended.
    last: Cell<Instant>,
    /// Notified when the last request that was being answered ends.
    quiet: Notify,
}

// === impl Traffic ===

impl Traffic {
    pub(crate) fn new() -> Self {
        Self {
            since: Instant::now(),
            pieces: Cell::new(0),
            received: Cell::new(0),
            sent: Cell::new(0),
            uploaded: Cell::new(0),
            requests: Cell::new(0),
            given_up: Cell::new(0),
            spent: Notify::new(),
            open: Cell::new(0),
            last: Cell::new(Instant::now()),
            quiet: Notify::new(),
        }
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.received.set(self.received.get() + bytes as u64);
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.sent.set(self.sent.get() + bytes as u64);
    }

    /// Bytes of the whole connection so far, where the transport counts them.
    pub(crate) fn carried(&self, received: u64, sent: u64) {
        self.received.set(received);
        self.sent.set(sent);
    }

    pub(crate) fn uploaded(&self, bytes: usize) {
        self.uploaded.set(self.uploaded.get() + bytes as u64);
    }

    /// A piece of a gRPC call reached its handler.
    pub(super) fn piece(&self) {
        self.pieces.set(self.pieces.get() + 1);
    }

    /// A request begins.
    pub(crate) fn begin(&self) {
        let requests = self.requests.get() + 1;
        self.requests.set(requests);
        self.open.set(self.open.get() + 1);
        self.last.set(Instant::now());
        if requests == REQUESTS_MAX || requests == REQUESTS_MAX + REQUESTS_LATE {
            self.spent.notify_one();
        }
    }

    /// A request ends. `is_whole` is false if its answer was not sent to its end.
    pub(crate) fn end(&self, is_whole: bool) {
        self.open.set(self.open.get().saturating_sub(1));
        self.last.set(Instant::now());
        if self.open.get() == 0 {
            self.quiet.notify_one();
        }
        if is_whole {
            return;
        }
        let given_up = self.given_up.get() + 1;
        self.given_up.set(given_up);
        if given_up.is_multiple_of(GIVEN_UP_MAX) && given_up > self.requests.get() / 2 {
            self.spent.notify_one();
        }
    }

    /// Waits until the viewer should open another connection.
    pub(crate) async fn spent(&self) {
        self.spent.notified().await;
    }

    /// Waits until no request is being answered.
    pub(crate) async fn quiet(&self) {
        while self.open.get() > 0 {
            self.quiet.notified().await;
        }
    }

    /// When the last request began or ended; `None` while requests are being answered.
    pub(crate) fn quiet_since(&self) -> Option<Instant> {
        (self.open.get() == 0).then(|| self.last.get())
    }

    /// Bytes that were sent so far.
    pub(crate) fn sent_bytes(&self) -> u64 {
        self.sent.get()
    }

    /// True if the viewer sends far more than its requests and bodies need.
    pub(crate) fn is_flood(&self) -> bool {
        let requests = self.requests.get().saturating_mul(FOR_REQUEST);
        let bodies = self.uploaded.get().saturating_mul(2);
        let pieces = self.pieces.get().saturating_mul(FOR_PIECE);
        let lasted = self.since.elapsed().as_secs().saturating_mul(FOR_SECOND);
        let allowed = FREE + requests + bodies + pieces + lasted + self.sent.get() / FOR_SENT;
        self.received.get() > allowed
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;

    use super::*;

    /// True if the viewer was told to open another connection.
    fn is_spent(traffic: &Traffic) -> bool {
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        std::pin::pin!(traffic.spent()).poll(&mut cx).is_ready()
    }

    #[test]
    fn a_connection_is_spent_after_many_requests_or_if_most_are_given_up() {
        let traffic = Traffic::new();
        for _ in 1..REQUESTS_MAX {
            traffic.begin();
            traffic.end(true);
        }
        assert!(!is_spent(&traffic));
        traffic.begin();
        assert!(is_spent(&traffic) && !is_spent(&traffic));
        (0..REQUESTS_LATE).for_each(|_| traffic.begin());
        assert!(is_spent(&traffic));
        let traffic = Traffic::new();
        for _ in 1..GIVEN_UP_MAX {
            traffic.begin();
            traffic.end(false);
        }
        assert!(!is_spent(&traffic));
        traffic.begin();
        traffic.end(false);
        assert!(is_spent(&traffic));
    }

    #[test]
    fn bytes_without_meaning_are_a_flood_and_bodies_are_not() {
        let traffic = Traffic::new();
        traffic.received(1024 * 1024);
        assert!(!traffic.is_flood());
        traffic.received(1);
        assert!(traffic.is_flood());
        traffic.begin();
        assert!(!traffic.is_flood());
        for _ in 0..10_000 {
            traffic.received(16 * 1024 + 9);
            traffic.uploaded(16 * 1024);
            assert!(!traffic.is_flood());
        }
        // A viewer that reads in small windows.
        for _ in 0..100_000 {
            traffic.sent(1024);
            traffic.received(26);
            assert!(!traffic.is_flood());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn small_messages_and_a_long_life_are_no_flood() {
        let traffic = Traffic::new();
        traffic.begin();
        for _ in 0..1_000_000 {
            // An empty message, and an answer to a PING; in HTTP/3 a packet, and one that confirms.
            for bytes in [9 + 5 + 17, 47] {
                traffic.received(bytes);
                traffic.uploaded(5);
                traffic.piece();
            }
            assert!(!traffic.is_flood());
        }
        for _ in 0..100_000 {
            tokio::time::advance(std::time::Duration::from_secs(1)).await;
            traffic.received(17);
            assert!(!traffic.is_flood());
        }
        traffic.received(1 << 28);
        assert!(traffic.is_flood());
    }
}
