//! The pool of idle connections of a version, which wait for the next call to the same place.

use std::time::Duration;

use tokio::time::Instant;

use super::call_connection::{Connection, Destination};

/// Most connections that are kept for one version.
const KEPT_MAX: usize = 16;

/// How long a connection is kept: not as long as most servers keep it.
const IDLE_MAX: Duration = Duration::from_secs(4);

/// Idle connections, the longest idle first.
#[derive(Default)]
pub(super) struct Pool(Vec<(Instant, Connection)>);

// === impl Pool ===

impl Pool {
    /// An open connection to this place, if there is one.
    pub(super) fn take(&mut self, destination: &Destination) -> Option<Connection> {
        self.sweep();
        let at = self.0.iter().rposition(|(_, kept)| kept.destination() == destination)?;
        Some(self.0.remove(at).1)
    }

    /// Keeps a connection whose answer was read to its end.
    pub(super) fn put(&mut self, connection: Connection) {
        self.sweep();
        if self.0.len() >= KEPT_MAX {
            self.0.remove(0);
        }
        self.0.push((Instant::now(), connection));
    }

    fn sweep(&mut self) {
        self.0.retain(|(since, kept)| since.elapsed() < IDLE_MAX && !kept.is_closed());
    }
}
