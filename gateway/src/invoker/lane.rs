//! A lane: the queue of one version's events towards the bus.
//!
//! ```text
//!                      no event for the idle time                all was sent
//! open: gather, send ─────────────────────────────▶ closed: send ────────────▶ gone
//! ```
//!
//! Callers put events into the lane and never wait for it: a full lane gives the event back. Only
//! the flusher takes events out. It takes up to 64 events that gathered while it sent the last
//! ones, and sends them as one message, or as several if they are too large for one. So a single
//! event is sent at once.
//!
//! A lane that has been idle closes first, and then sends the events that came in between. A caller
//! that finds it closed makes a new one. So no event is left behind in a closed lane. If the
//! gateway stops, the flusher ends at once, and the callers of its events get an error.
//!
//! Before a message is sent, its events are in the table of events without an answer ([`Pending`]).
//! So an answer finds its waiter, however fast it comes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use brink_shared::bus::Bus;
use brink_shared::id::VersionId;
use brink_shared::large_payloads;
use brink_shared::registry::RuntimeName;
use brink_shared::subject;
use brink_shared::wire::ClaimCheck;
use brink_shared::wire::{self, Batch, Invocation, Payload, START_WITHIN, Terms, UnixMillis};

use super::call::Call;
use super::hedges::Hedges;
use super::pending::Pending;
use super::waiter::{Ended, Waiter};
use super::watchdog;
use super::workers::{Holders, Way, Workers};

/// Most events that wait for the flusher. One more fails as if workers were busy.
const LANE_CAPACITY: usize = 4096;

/// Most events in one message.
const BATCH_EVENTS: usize = 64;

/// Most bytes of the events in a message, unless the bus carries less.
const BATCH_BYTES: usize = 256 * 1024;

/// Most bytes of an event beside its payload.
const EVENT_OVERHEAD: usize = 256;

/// The entrance to a lane.
pub(super) struct Lane(mpsc::Sender<Outgoing>);

/// One event on its way, and the channel for its result.
pub(super) struct Outgoing {
    invocation: Invocation,
    /// When the caller stops waiting for the answer.
    until: Instant,
    cold: bool,
    waiter: Waiter,
}

/// The parts that all lanes of a gateway use to send.
#[derive(Clone)]
pub(super) struct Road {
    pub(super) bus: Arc<dyn Bus>,
    pub(super) pending: Arc<Pending>,
    pub(super) workers: Arc<Workers>,
    pub(super) hedges: Arc<Hedges>,
}

/// Why a lane rejects an event.
pub(super) enum Rejected {
    Full(Outgoing),
    Closed(Outgoing),
}

/// The task that empties a lane.
pub(super) struct Flusher {
    events: mpsc::Receiver<Outgoing>,
    version: VersionId,
    warm_subject: String,
    cold_subject: String,
    runtime: RuntimeName,
    road: Road,
    holders: Arc<Holders>,
}

// === impl Outgoing ===

impl Outgoing {
    /// A claim check is sent in place of the event.
    pub(super) fn new(
        call: &Call,
        claim_check: Option<&ClaimCheck>,
        cold: bool,
    ) -> (Self, oneshot::Receiver<Ended>) {
        let (waiter, ended) = Waiter::new(call.repeatable);
        let invocation = Invocation {
            slot: 0,
            request_id: call.request_id.clone(),
            trigger: call.trigger,
            // Written when it is sent, in the time of the bus.
            deadline: UnixMillis(0),
            payload: match claim_check {
                None => Payload::Event(call.event.clone()),
                Some(claim_check) => Payload::ClaimCheck(claim_check.clone()),
            },
        };
        (Self { invocation, until: call.until, cold, waiter }, ended)
    }

    fn size(&self) -> usize {
        let payload = match &self.invocation.payload {
            Payload::Event(bytes) | Payload::Json(bytes) => bytes.len(),
            Payload::ClaimCheck(_) => 0,
        };
        EVENT_OVERHEAD + payload
    }
}

// === impl Rejected ===

impl Rejected {
    pub(super) fn into_inner(self) -> Outgoing {
        match self {
            Self::Full(outgoing) | Self::Closed(outgoing) => outgoing,
        }
    }
}

// === impl Lane ===

impl Lane {
    pub(super) fn new(version: &VersionId, runtime: RuntimeName, road: Road) -> (Self, Flusher) {
        let (entrance, events) = mpsc::channel(LANE_CAPACITY);
        let flusher = Flusher {
            events,
            version: version.clone(),
            warm_subject: subject::invoke(version),
            cold_subject: subject::start_in(runtime.runtime, version),
            runtime,
            road,
            holders: Arc::default(),
        };
        (Self(entrance), flusher)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    pub(super) fn push(&self, outgoing: Outgoing) -> Result<(), Rejected> {
        self.0.try_send(outgoing).map_err(|error| match error {
            mpsc::error::TrySendError::Full(outgoing) => Rejected::Full(outgoing),
            mpsc::error::TrySendError::Closed(outgoing) => Rejected::Closed(outgoing),
        })
    }
}

// === impl Flusher ===

impl Flusher {
    /// Sends the gathered events, again and again, until the lane is idle or `stop`.
    pub(super) async fn run(mut self, idle: Duration, stop: CancellationToken) {
        let mut gathered = Vec::with_capacity(BATCH_EVENTS);
        loop {
            let received = self.events.recv_many(&mut gathered, BATCH_EVENTS);
            let count = tokio::select! {
                received = tokio::time::timeout(idle, received) => match received {
                    Ok(count) => count,
                    Err(_) => {
                        // From now on a caller that pushes finds the lane closed and makes a new
                        // one.
                        self.events.close();
                        continue;
                    }
                },
                () = stop.cancelled() => return,
            };
            if count == 0 {
                return;
            }
            self.flush(&mut gathered).await;
        }
    }

    async fn flush(&self, gathered: &mut Vec<Outgoing>) {
        let mut warm = Vec::with_capacity(gathered.len());
        let mut size = 0;
        let most = BATCH_BYTES.min(large_payloads::inline_max(&*self.road.bus));
        for outgoing in gathered.drain(..) {
            if outgoing.waiter.is_closed() {
                continue;
            }
            if outgoing.cold {
                self.send(true, vec![outgoing]).await;
                continue;
            }
            if size + outgoing.size() > most && !warm.is_empty() {
                self.send(false, std::mem::take(&mut warm)).await;
                size = 0;
            }
            size += outgoing.size();
            warm.push(outgoing);
        }
        if !warm.is_empty() {
            self.send(false, warm).await;
        }
    }

    async fn send(&self, cold: bool, events: Vec<Outgoing>) {
        let Road { bus, pending, workers, hedges } = &self.road;
        if pending.is_silent() {
            return end_all(events, || Ended::Bus(watchdog::silent()));
        }
        let direct;
        let (subject, to) = match workers.way(&self.holders, self.runtime, cold) {
            Way::Group if cold => (&self.cold_subject, None),
            Way::Group => (&self.warm_subject, None),
            Way::To(worker) => {
                direct = subject::direct(&worker, &self.version);
                (&direct, Some(worker))
            }
            Way::Nowhere => return end_all(events, || Ended::Nobody),
        };
        hedges.earn(events.len());
        metrics::histogram!("brink_gateway_batch_events").record(events.len() as f64);
        let clock = bus.clock();
        let (now, time) = (Instant::now(), clock.now());
        let mut waiters = Vec::with_capacity(events.len());
        let invocations = (0..).zip(events).map(|(slot, event)| {
            let deadline = time.after(event.until.saturating_duration_since(now));
            waiters.push(event.waiter);
            Invocation { slot, deadline, ..event.invocation }
        });
        let batch = Batch { invocations: invocations.collect() };
        // If the clock is not known well, its times would make events late that are not late.
        let error = clock.known_within(START_WITHIN / 4);
        let terms = Terms { start_by: error.map(|_| time.after(START_WITHIN)) };
        let message = match wire::encode_with(&batch, &terms) {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(%error, subject, "cannot serialize an event");
                let ended = || Ended::Unwritable(error.to_string());
                return waiters.into_iter().for_each(|waiter| waiter.end(ended()));
            }
        };
        let (token, reply_to) = pending.register(waiters, to, self.holders.clone(), error);
        if let Err(error) = bus.publish(subject, Some(&reply_to), message).await {
            pending.fail(token, &error);
        }
    }
}

fn end_all(events: Vec<Outgoing>, how: impl Fn() -> Ended) {
    events.into_iter().for_each(|event| event.waiter.end(how()));
}
