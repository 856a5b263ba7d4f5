//! Idle connections of HTTP/1.1 of one thread, by destination.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::destination::Destination;
use super::origin_connection::Http1Connection;
use super::{MAX_IDLE, MAX_IDLE_PER_ORIGIN};

/// Connections that wait for their next request.
#[derive(Debug, Default)]
pub(super) struct Pool {
    idle: HashMap<Destination, Vec<Idle>>,
}

#[derive(Debug)]
struct Idle {
    connection: Http1Connection,
    until: Instant,
}

// === impl Pool ===

impl Pool {
    /// The connection that was used last, if one is still good.
    pub(super) fn take(&mut self, destination: &Destination) -> Option<Http1Connection> {
        let now = Instant::now();
        let waiting = self.idle.get_mut(destination)?;
        let mut found = None;
        while let Some(idle) = waiting.pop() {
            if idle.is_good(now) && idle.connection.sender.is_ready() {
                found = Some(idle.connection);
                break;
            }
        }
        if waiting.is_empty() {
            self.idle.remove(destination);
        }
        found
    }

    /// Keeps a connection for its next request. If there are too many, the one that is idle for
    /// longest is closed.
    pub(super) fn put(
        &mut self,
        destination: Destination,
        connection: Http1Connection,
        keepalive: Duration,
    ) {
        if connection.sender.is_closed() || keepalive.is_zero() {
            return;
        }
        if self.len() >= MAX_IDLE {
            self.sweep();
        }
        if self.len() >= MAX_IDLE {
            return;
        }
        let waiting = self.idle.entry(destination).or_default();
        if waiting.len() >= MAX_IDLE_PER_ORIGIN {
            waiting.remove(0);
        }
        waiting.push(Idle { connection, until: Instant::now() + keepalive });
    }

    /// Closes the expired connections.
    pub(super) fn sweep(&mut self) {
        let now = Instant::now();
        self.idle.retain(|_, waiting| {
            waiting.retain(|idle| idle.is_good(now));
            !waiting.is_empty()
        });
    }

    pub(super) fn len(&self) -> usize {
        self.idle.values().map(Vec::len).sum()
    }
}

// === impl Idle ===

impl Idle {
    fn is_good(&self, now: Instant) -> bool {
        now < self.until && !self.connection.sender.is_closed()
    }
}
