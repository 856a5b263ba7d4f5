//! The state of the link to the NATS servers, the reason if it is down, and the pauses between
//! attempts to connect.
//!
//! ```text
//!       connected        disconnected, closed, or an error of the client
//! down ───────────▶ up ─────────────────────────────────────────────────▶ down
//! ```
//!
//! The client library tries to connect again by itself. Once this process begins to close the bus,
//! the link does not come up again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::{Event, ServerError};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::denial::Denial;
use crate::bus::{BusError, DROPPED_TOTAL, Link};

/// Longest pause between two attempts to connect.
const RECONNECT_MAX: Duration = Duration::from_secs(4);

/// Pause before the second attempt to connect; it doubles from there.
const RECONNECT_FIRST: Duration = Duration::from_millis(100);

/// The reason if the server does not accept the credentials, or wants some.
const NOT_ACCEPTED: &str = "the NATS server does not accept the credentials: they were revoked, have \
    expired, or are of another cluster";
const NONE_GIVEN: &str = "the NATS server lets only known identities in: give credentials with \
    --creds FILE (`brink bus user` makes them)";

/// The state of the link.
pub(super) struct Health {
    link: watch::Sender<Link>,
    /// Why it is down, in the library's words.
    reason: Mutex<String>,
    /// Why the server does not let this process in.
    not_accepted: &'static str,
    connected_before: AtomicBool,
    /// Told of each new connection, whose server is then looked at.
    pub(super) connected: Notify,
    /// Why the connected server cannot be used.
    unfit: Mutex<Option<String>>,
    /// The newest thing that the server did not allow.
    denied: watch::Sender<Option<Denial>>,
    closing: AtomicBool,
    /// Set when the library's task has ended.
    ended: CancellationToken,
}

// === impl Health ===

impl Health {
    /// `named` is true if this process has credentials.
    pub(super) fn new(servers: &[String], named: bool) -> Self {
        Self {
            link: watch::Sender::new(Link::Down),
            reason: Mutex::new(format!("not yet connected to {}", servers.join(", "))),
            not_accepted: if named { NOT_ACCEPTED } else { NONE_GIVEN },
            connected_before: AtomicBool::new(false),
            connected: Notify::new(),
            // With credentials nothing is sent before the server's version is known.
            unfit: Mutex::new(named.then(|| "its version is not known yet".to_owned())),
            denied: watch::Sender::new(None),
            closing: AtomicBool::new(false),
            ended: CancellationToken::new(),
        }
    }

    /// The state of the link, for watchers.
    pub(super) fn link(&self) -> watch::Receiver<Link> {
        self.link.subscribe()
    }

    /// The newest thing that the server did not allow, for watchers.
    pub(super) fn denied(&self) -> watch::Receiver<Option<Denial>> {
        self.denied.subscribe()
    }

    /// Says why the connected server cannot be used, if so.
    pub(super) fn judge(&self, unfit: Option<String>) {
        if let Some(reason) = &unfit {
            self.down(reason);
        }
        *self.unfit.lock() = unfit;
    }

    /// Whether the connected server can be used.
    pub(super) fn is_fit(&self) -> bool {
        self.unfit.lock().is_none()
    }

    /// Whether this process has begun to close the bus.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Begins to close; false if it has begun before.
    pub(super) fn begin_closing(&self) -> bool {
        !self.closing.swap(true, Ordering::AcqRel)
    }

    /// Waits until the library has closed the connection.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// The error for a caller that wants to send now.
    pub(super) fn away(&self) -> BusError {
        if self.is_closing() {
            BusError::closed()
        } else {
            BusError::Away(self.reason.lock().clone())
        }
    }

    /// Sets whether messages can be carried.
    pub(super) fn set(&self, up: bool) {
        let now = if up { Link::Up } else { Link::Down };
        self.link.send_if_modified(|link| std::mem::replace(link, now) != now);
    }

    /// Updates the state from an event of the library.
    pub(super) fn see(&self, event: Event) {
        match event {
            Event::Connected => {
                self.connected_before.store(true, Ordering::Relaxed);
                self.connected.notify_one();
                tracing::info!("connected to NATS");
            }
            Event::Disconnected => self.down("the connection was lost"),
            Event::Closed => {
                self.down("the connection was closed");
                self.ended.cancel();
            }
            Event::ClientError(error) => {
                let error = error.to_string();
                let rejected = error.to_ascii_lowercase().contains("authorization violation");
                self.down(if rejected { self.not_accepted } else { &error });
            }
            Event::LameDuckMode => tracing::warn!("the NATS server is going to stop"),
            Event::ServerError(ServerError::AuthorizationViolation) => self.down(self.not_accepted),
            Event::ServerError(error) => match Denial::read(&error) {
                Some(denial) => {
                    tracing::warn!("{denial}");
                    self.denied.send_replace(Some(denial));
                }
                None => tracing::warn!(%error, "the NATS server reports an error"),
            },
            Event::SlowConsumer(_) => metrics::counter!(DROPPED_TOTAL).increment(1),
            Event::Draining => {}
        }
    }

    fn down(&self, reason: &str) {
        self.set(false);
        let mut known = self.reason.lock();
        if *known != reason && !self.is_closing() {
            tracing::warn!(reason, "there is no connection to NATS; trying again");
            reason.clone_into(&mut known);
        }
    }

    /// Pause before an attempt to connect; attempts are counted from 1. Half of it is random, so
    /// that not all clients reconnect at the same moment.
    pub(super) fn pause_before(&self, attempt: usize) -> Duration {
        if attempt <= 1 && !self.connected_before.load(Ordering::Relaxed) {
            return Duration::ZERO;
        }
        let doublings = attempt.saturating_sub(1).min(16) as u32;
        let longest = RECONNECT_FIRST.saturating_mul(1 << doublings).min(RECONNECT_MAX);
        longest.mul_f64(rand::random_range(0.5..1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_chance_up_to_a_limit() {
        let health = Health::new(&[], false);
        assert_eq!(health.pause_before(1), Duration::ZERO);
        health.see(Event::Connected);
        for attempt in 1..40 {
            let pause = health.pause_before(attempt);
            assert!(pause >= RECONNECT_FIRST / 2, "attempt {attempt}: {pause:?}");
            assert!(pause <= RECONNECT_MAX, "attempt {attempt}: {pause:?}");
        }
        assert!(health.pause_before(40) >= RECONNECT_MAX / 2);
        let many: Vec<_> = (0..8).map(|_| health.pause_before(40)).collect();
        assert!(many.windows(2).any(|two| two[0] != two[1]), "no chance in {many:?}");
    }

    #[test]
    fn the_reason_is_the_newest() {
        let health = Health::new(&["nats://hub:4222".to_owned()], false);
        assert_eq!(*health.link().borrow(), Link::Down);
        assert!(health.away().to_string().contains("nats://hub:4222"));
        health.set(true);
        assert_eq!(*health.link().borrow(), Link::Up);
        health.see(Event::Disconnected);
        assert_eq!(*health.link().borrow(), Link::Down);
        assert!(health.away().to_string().contains("lost"));
    }
}
