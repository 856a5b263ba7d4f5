//! Notices what no answer will come for: dead workers, and a bus that went away.
//!
//! Workers announce themselves every second. While an event is overdue the watchdog asks every
//! known worker whether it lives; NATS itself answers for one whose connection is gone. A
//! wedged worker still has its connection: its events end at their deadline.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use brink_shared::bus::{Bus, BusError, Link, Requester};
use brink_shared::id::NodeId;
use brink_shared::status::{PRESENCE_EVERY_MS, Presence};
use brink_shared::{subject, wire};

use super::pending::Pending;

/// How often the table is looked through.
const TICK: Duration = Duration::from_millis(100);

/// In flight for this long, an event makes the watchdog ask the workers.
const OVERDUE: Duration = Duration::from_millis(100);

/// A living worker has claimed what it still runs by this age of the event.
const CLAIM_GRACE: Duration = Duration::from_millis(200);

/// How long a worker may take to say that it lives. Only NATS's own answer counts as death.
const PING_WITHIN: Duration = Duration::from_millis(500);

/// A worker that was not heard of for this long is forgotten.
const FORGET_AFTER: Duration = Duration::from_millis(5 * PRESENCE_EVERY_MS);

/// Announcements that wait to be read at most.
const PRESENCE_CAPACITY: usize = 1024;

/// Deaths that wait to be told at most.
const DEATHS_CAPACITY: usize = 64;

/// Watches until told to stop.
pub(super) async fn run(bus: Arc<dyn Bus>, pending: Arc<Pending>, stop: CancellationToken) {
    let watching = watch(bus, pending);
    tokio::select! {
        watched = watching => if let Err(error) = watched {
            tracing::error!(%error, "workers are not watched: what dies with one ends at its deadline");
        },
        () = stop.cancelled() => {}
    }
}

async fn watch(bus: Arc<dyn Bus>, pending: Arc<Pending>) -> Result<(), BusError> {
    let requester = Arc::new(Requester::new(bus.clone()).await?);
    let mut presence = bus.subscribe(subject::PRESENCE_ALL, None, PRESENCE_CAPACITY).await?;
    let mut link = bus.link();
    let mut before = *link.borrow_and_update();
    let mut workers: HashMap<NodeId, Instant> = HashMap::new();
    let (death, mut deaths) = mpsc::channel(DEATHS_CAPACITY);
    let mut pings = tokio::task::JoinSet::new();
    let mut last_death: Option<Instant> = None;
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = presence.next() => {
                let Some(message) = message else { return Ok(()) };
                if let Ok(Presence { worker, leaving }) = wire::decode(&message.payload) {
                    if leaving {
                        workers.remove(&worker);
                    } else {
                        workers.insert(worker, Instant::now());
                    }
                }
            }
            dead = deaths.recv() => if let Some(dead) = dead
                && workers.remove(&dead).is_some()
            {
                tracing::warn!(worker = %dead, "a worker died with events in hand");
                metrics::counter!("brink_gateway_workers_lost_total").increment(1);
                let now = Instant::now();
                last_death = Some(now);
                pending.lose(Some(&dead), now, CLAIM_GRACE);
            },
            changed = link.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let now = *link.borrow_and_update();
                // `Up` after `Up` hides a `Down` that was too short to be seen.
                if now == Link::Down || before == Link::Up {
                    pending.fail_all(&BusError::Away("the connection was lost".to_owned()));
                }
                before = now;
            }
            _ = tick.tick() => {
                if let Some(death) = last_death {
                    pending.lose(None, death, CLAIM_GRACE);
                }
                workers.retain(|_, seen| seen.elapsed() < FORGET_AFTER);
                while pings.try_join_next().is_some() {}
                if pending.sweep(OVERDUE) && pings.is_empty() {
                    for worker in workers.keys() {
                        pings.spawn(ping(requester.clone(), worker.clone(), death.clone()));
                    }
                }
            }
        }
    }
}

async fn ping(requester: Arc<Requester>, worker: NodeId, death: mpsc::Sender<NodeId>) {
    let asked = requester.request(&subject::ping(&worker), Bytes::new(), PING_WITHIN).await;
    if matches!(asked, Err(BusError::NoResponders(_))) {
        // The receiver is gone only when the watchdog is.
        let _ = death.send(worker).await;
    }
}
