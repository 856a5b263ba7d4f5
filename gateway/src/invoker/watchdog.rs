//! The watchdog notices dead and silent workers, and a bus that is lost or silent. No answers will
//! come from them.
//!
//! Workers announce themselves every second. If an event is overdue, or a worker was not heard of
//! for long, the watchdog pings the workers:
//!
//! ```text
//!                      NATS: no subscriber
//!           ┌──────────────────────────────────────────▶ gone: its claimed events are lost
//!           │
//! heard ─▶ pinged ─ no answer, but other messages ─▶ silent: events go elsewhere
//!   ▲       │                                           │
//!   └───────┴────────────── any message ────────────────┘
//! ```
//!
//! While few messages come, it also sends messages to itself, to see whether the bus carries any:
//!
//! ```text
//!         few messages come             no message for 700 ms
//! carries ──────────────────▶ listening ─────────────────────▶ silent: events fail at once
//!    ▲                           │                                │
//!    └───────────────────────────┴────── any message, or Down ────┘
//! ```
//!
//! The connection's own state is separate: when the connection is lost, everything in flight fails.
//! After this process stood still, silence means nothing until the messages of the meantime are
//! read.
//!
//! One task owns all of this state. It shares two tables with the lanes and the receiver of
//! answers: [`Pending`] and [`Workers`]. Pings run as tasks of their own and report by a channel.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use brink_shared::bus::{Bus, BusError, Link, Requester};
use brink_shared::id::NodeId;
use brink_shared::status::{Abilities, PRESENCE_EVERY_MS, Presence};
use brink_shared::{subject, wire};

use super::pending::Pending;
use super::workers::Workers;

/// How often the table is scanned.
const TICK: Duration = Duration::from_millis(50);

/// An event in flight for this long makes the watchdog ping the workers.
const OVERDUE: Duration = Duration::from_millis(100);

/// By this age of an event, a living worker has claimed it if it still runs.
const CLAIM_GRACE: Duration = Duration::from_millis(200);

/// How long a worker may take to answer a ping. Only NATS's own answer means that it is dead.
const PING_WITHIN: Duration = Duration::from_millis(250);

/// A worker that has been silent for this long loses its claimed events, if they may run twice.
const LOST_AFTER: Duration = Duration::from_millis(300);

/// The bus counts as silent after this long without a message.
const BUS_WITHIN: Duration = Duration::from_millis(700);

/// Pause between two messages of this gateway to itself.
const ECHO_PAUSE: Duration = Duration::from_millis(250);

/// This long without a message is suspicious, because workers announce themselves.
const QUIET: Duration = Duration::from_millis(3 * PRESENCE_EVERY_MS / 2);

/// A tick that is later than this comes from a process that stood still.
const STOOD_STILL: Duration = Duration::from_millis(300);

/// How long it may then take to read the messages of the meantime.
const READ_WITHIN: Duration = Duration::from_millis(300);

/// Most announcements that wait to be read.
const PRESENCE_CAPACITY: usize = 1024;

/// Most ended pings that wait for the watchdog.
const PINGS_CAPACITY: usize = 64;

struct Watchdog {
    bus: Arc<dyn Bus>,
    pending: Arc<Pending>,
    workers: Arc<Workers>,
    requester: Arc<Requester>,
    pings: JoinSet<()>,
    pinged: mpsc::Sender<Pinged>,
    /// When a worker died. Unclaimed events may have died with it.
    death: Option<Instant>,
    /// The first message to itself without any message after it, and the last one.
    echoes: Option<(Instant, Instant)>,
    woke: Instant,
    /// Until then silence means nothing, because this process stood still.
    deaf_until: Instant,
}

/// How a ping ended.
struct Pinged {
    worker: NodeId,
    asked: Instant,
    answer: Result<(), BusError>,
}

/// Watches until `stop`.
pub(super) async fn run(
    bus: Arc<dyn Bus>,
    pending: Arc<Pending>,
    workers: Arc<Workers>,
    stop: CancellationToken,
) {
    let watching = watch(bus, pending, workers);
    tokio::select! {
        watched = watching => if let Err(error) = watched {
            tracing::error!(%error, "workers are not watched: events of a dead worker end only at their deadlines");
        },
        () = stop.cancelled() => {}
    }
}

async fn watch(
    bus: Arc<dyn Bus>,
    pending: Arc<Pending>,
    workers: Arc<Workers>,
) -> Result<(), BusError> {
    let requester = Arc::new(Requester::new(bus.clone()).await?);
    let mut presence = bus.subscribe(subject::PRESENCE_ALL, None, PRESENCE_CAPACITY).await?;
    let mut link = bus.link();
    let mut before = *link.borrow_and_update();
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut watchdog, mut ends) = Watchdog::new(bus, pending, workers, requester);
    loop {
        tokio::select! {
            message = presence.next() => {
                let Some(message) = message else { return Ok(()) };
                watchdog.wake();
                watchdog.present(&message.payload);
            }
            end = ends.recv() => if let Some(end) = end {
                watchdog.wake();
                watchdog.pinged(end);
            },
            changed = link.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let now = *link.borrow_and_update();
                // `Up` after `Up` hides a `Down` that was too short to see.
                if now == Link::Down || before == Link::Up {
                    let lost = BusError::Away("the connection was lost".to_owned());
                    watchdog.pending.fail_all(&lost);
                }
                before = now;
            }
            _ = tick.tick() => {
                watchdog.wake();
                watchdog.look();
                watchdog.listen(before).await;
            }
        }
    }
}

// === impl Watchdog ===

impl Watchdog {
    /// The ends of its pings come by the channel, for [`pinged`](Self::pinged).
    fn new(
        bus: Arc<dyn Bus>,
        pending: Arc<Pending>,
        workers: Arc<Workers>,
        requester: Arc<Requester>,
    ) -> (Self, mpsc::Receiver<Pinged>) {
        let (pinged, ends) = mpsc::channel(PINGS_CAPACITY);
        let now = Instant::now();
        let watchdog = Self {
            bus,
            pending,
            workers,
            requester,
            pings: JoinSet::new(),
            pinged,
            death: None,
            echoes: None,
            woke: now,
            deaf_until: now,
        };
        (watchdog, ends)
    }

    /// Notices that this process stood still.
    fn wake(&mut self) {
        let now = Instant::now();
        if now.duration_since(self.woke) > STOOD_STILL {
            self.deaf_until = now + READ_WITHIN;
            self.echoes = None;
        }
        self.woke = now;
    }

    fn is_deaf(&self) -> bool {
        self.woke < self.deaf_until
    }

    fn present(&self, payload: &[u8]) {
        self.pending.hear();
        let read = wire::decode_with::<Presence, Abilities>(payload);
        let Ok((Presence { worker, leaving }, abilities)) = read else { return };
        if leaving {
            self.workers.gone(&worker);
        } else {
            self.workers.heard(&worker, Some(abilities));
        }
    }

    fn pinged(&mut self, Pinged { worker, asked, answer }: Pinged) {
        self.workers.answered_ping(&worker);
        match answer {
            Ok(()) => self.workers.heard(&worker, None),
            Err(BusError::NoResponders(_)) => self.died(&worker),
            // If no other message came either, the worker is not the cause.
            Err(BusError::Timeout { .. }) if !self.is_deaf() && self.pending.heard() > asked => {
                self.workers.silent(&worker);
            }
            Err(_) => {}
        }
    }

    fn died(&mut self, worker: &NodeId) {
        if !self.workers.gone(worker) {
            return;
        }
        tracing::warn!(%worker, "a worker died; its events are lost or sent again");
        metrics::counter!("brink_gateway_workers_lost_total").increment(1);
        let now = Instant::now();
        self.death = Some(now);
        self.pending.lose(Some(worker), now, CLAIM_GRACE);
    }

    /// Scans the table, and pings workers.
    fn look(&mut self) {
        if let Some(death) = self.death {
            // Then all events from before the death are older than the grace.
            let last = death.elapsed() >= CLAIM_GRACE;
            self.pending.lose(None, death, CLAIM_GRACE);
            self.death = (!last).then_some(death);
        }
        if !self.is_deaf() {
            self.pending.give_up(self.woke);
            if self.workers.any_silent() {
                self.pending.lose_silent(LOST_AFTER);
            }
        }
        let swept = self.pending.sweep(OVERDUE);
        while self.pings.try_join_next().is_some() {}
        for worker in self.workers.to_ask(swept.overdue) {
            let (requester, pinged) = (self.requester.clone(), self.pinged.clone());
            self.pings.spawn(ping(requester, worker, pinged));
        }
        let heard = self.pending.heard();
        // While the bus counts as silent, only an echo shows that it is not.
        let asks = self.pending.is_silent()
            || swept.unclaimed
            || !self.pings.is_empty()
            || heard.elapsed() > QUIET;
        if asks && self.echoes.is_none() {
            self.echoes = Some((self.woke, self.woke - ECHO_PAUSE));
        }
    }

    /// Finds out whether the bus carries messages.
    async fn listen(&mut self, link: Link) {
        let Some((first, last)) = self.echoes else { return };
        if self.pending.heard() > first {
            self.echoes = None;
            if self.pending.set_silent(false) {
                tracing::warn!("the bus carries messages again");
            }
            return;
        }
        if link == Link::Down {
            // That is known, and reported elsewhere.
            self.echoes = None;
            self.pending.set_silent(false);
            return;
        }
        if first.elapsed() >= BUS_WITHIN && !self.is_deaf() {
            if !self.pending.set_silent(true) {
                metrics::counter!("brink_gateway_bus_silences_total").increment(1);
                tracing::warn!(
                    "no messages come from the bus: functions do not run until it carries messages again"
                );
            }
            self.pending.fail_all(&silent());
        }
        if last.elapsed() >= ECHO_PAUSE {
            self.echoes = Some((first, self.woke));
            let echo = self.pending.echo();
            // If it cannot be sent in time, the next one may be.
            let _ = timeout(TICK, self.bus.publish(&echo, None, Bytes::new())).await;
        }
    }
}

/// The error of events while no messages come from the bus.
pub(super) fn silent() -> BusError {
    BusError::Away("it carries no messages".to_owned())
}

async fn ping(requester: Arc<Requester>, worker: NodeId, pinged: mpsc::Sender<Pinged>) {
    let asked = Instant::now();
    let answer = requester.request(&subject::ping(&worker), Bytes::new(), PING_WITHIN).await;
    // The receiver is gone only together with the watchdog.
    let _ = pinged.send(Pinged { worker, asked, answer: answer.map(drop) }).await;
}

#[cfg(test)]
mod tests {
    use brink_shared::bus::EmbeddedBus;
    use brink_shared::wire::Verdict;

    use super::*;
    use crate::invoker::waiter::{Ended, Waiter};

    #[tokio::test]
    async fn a_death_is_looked_into_until_the_grace_is_over() {
        let bus = EmbeddedBus::new();
        let workers = Arc::new(Workers::new());
        let pending = Arc::new(Pending::new("in".to_owned(), workers.clone()));
        let requester = Arc::new(Requester::new(bus.clone()).await.unwrap());
        let (mut watchdog, _ends) = Watchdog::new(bus, pending.clone(), workers, requester);
        let worker: NodeId = "w1".parse().unwrap();
        watchdog.workers.heard(&worker, Some(Abilities::default()));
        let (waiter, mut told) = Waiter::new(true);
        pending.register(vec![waiter], None, Arc::default(), None);
        watchdog.died(&worker);
        watchdog.look();
        assert!(watchdog.death.is_some() && told.try_recv().is_err(), "another may claim it yet");
        tokio::time::sleep(CLAIM_GRACE).await;
        watchdog.look();
        assert!(matches!(told.try_recv(), Ok(Ended::Verdict(Verdict::Lost))));
        assert!(watchdog.death.is_none(), "nothing is left to look for");
        watchdog.died(&worker);
        assert!(watchdog.death.is_none(), "it died once");
    }
}
