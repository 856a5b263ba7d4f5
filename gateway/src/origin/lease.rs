//! The connection that an answer occupies, until its body is read.
//!
//! ```text
//! idle in the pool --take--> lease --give_back--> idle in the pool
//!        new connection -----> lease --dropped----> closed
//! ```

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use super::MAX_UNDER_WAY;
use super::destination::Destination;
use super::idle_connections::Pool;
use super::origin_connection::Connection;
use super::origin_fault::OriginFault;

/// A connection that an answer occupies, and the pool that it goes back to.
#[derive(Debug)]
pub(super) struct Lease {
    connection: Connection,
    destination: Destination,
    keepalive: Duration,
    pool: Rc<RefCell<Pool>>,
    _slot: Slot,
}

/// How many requests of one client are running.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay(Rc<Cell<usize>>);

/// One of the running requests. Dropping it makes room for another.
#[derive(Debug)]
pub(super) struct Slot(Rc<Cell<usize>>);

// === impl Lease ===

impl Lease {
    /// Occupies a connection and one of the places for requests. `keepalive` is how long the
    /// connection is kept for the next request.
    pub(super) fn new(
        connection: Connection,
        destination: Destination,
        keepalive: Duration,
        pool: Rc<RefCell<Pool>>,
        slot: Slot,
    ) -> Self {
        Self { connection, destination, keepalive, pool, _slot: slot }
    }

    /// Lets the connection serve the next request.
    pub(super) fn give_back(self) {
        match self.connection {
            Connection::Http1(connection) => {
                self.pool.borrow_mut().put(self.destination, connection, self.keepalive);
            }
            Connection::Http2(stream) => stream.keep(self.keepalive),
        }
    }

    /// True if it is a stream of HTTP/2.
    pub(super) fn is_http2(&self) -> bool {
        matches!(self.connection, Connection::Http2(_))
    }

    /// Keeps further requests off a connection on which the origin is silent.
    pub(super) fn retire(&self) {
        self.connection.retire();
    }
}

// === impl UnderWay ===

impl UnderWay {
    /// A place for one more request, if there is room.
    pub(super) fn slot(&self) -> Result<Slot, OriginFault> {
        let under_way = self.0.get();
        if under_way >= MAX_UNDER_WAY {
            return Err(OriginFault::TooMany(under_way));
        }
        self.0.set(under_way + 1);
        Ok(Slot(self.0.clone()))
    }
}

// === impl Slot ===

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}
