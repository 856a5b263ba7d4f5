//! The way of one version's events to the bus.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use brink_shared::bus::Bus;
use brink_shared::id::VersionId;
use brink_shared::parcel::{self, Ticket};
use brink_shared::subject;
use brink_shared::wire::{self, Batch, Invocation, Payload};

use super::Call;
use super::pending::{Ended, Pending};

/// Events that wait for the flusher at most; one more is answered as if workers were busy.
const LANE_CAPACITY: usize = 4096;

/// Most events in one message.
const BATCH_EVENTS: usize = 64;

/// A message is closed when its events reach this many bytes, or what the bus carries if that is
/// less.
const BATCH_BYTES: usize = 256 * 1024;

/// What an event takes beside its payload, at most, in bytes.
const EVENT_OVERHEAD: usize = 256;

/// The entrance to a lane.
pub(super) struct Lane(mpsc::Sender<Outgoing>);

/// One event on its way, and the channel for its result.
pub(super) struct Outgoing {
    invocation: Invocation,
    cold: bool,
    waiter: oneshot::Sender<Ended>,
}

/// Why an event could not enter.
pub(super) enum Refused {
    Full(Outgoing),
    Closed(Outgoing),
}

/// The task that empties a lane.
pub(super) struct Flusher {
    events: mpsc::Receiver<Outgoing>,
    warm_subject: String,
    cold_subject: String,
    bus: Arc<dyn Bus>,
    pending: Arc<Pending>,
}

// === impl Outgoing ===

impl Outgoing {
    /// With a ticket, that travels in place of the event.
    pub(super) fn new(
        call: &Call,
        ticket: Option<&Ticket>,
        cold: bool,
    ) -> (Self, oneshot::Receiver<Ended>) {
        let (waiter, ended) = oneshot::channel();
        let invocation = Invocation {
            slot: 0,
            request_id: call.request_id.clone(),
            trigger: call.trigger,
            deadline: call.deadline,
            payload: match ticket {
                None => Payload::Event(call.event.clone()),
                Some(ticket) => Payload::Parcel(ticket.clone()),
            },
        };
        (Self { invocation, cold, waiter }, ended)
    }

    fn size(&self) -> usize {
        let payload = match &self.invocation.payload {
            Payload::Event(bytes) | Payload::Json(bytes) => bytes.len(),
            Payload::Parcel(_) => 0,
        };
        EVENT_OVERHEAD + payload
    }
}

// === impl Refused ===

impl Refused {
    pub(super) fn into_inner(self) -> Outgoing {
        match self {
            Self::Full(outgoing) | Self::Closed(outgoing) => outgoing,
        }
    }
}

// === impl Lane ===

impl Lane {
    pub(super) fn new(
        version: &VersionId,
        bus: Arc<dyn Bus>,
        pending: Arc<Pending>,
    ) -> (Self, Flusher) {
        let (entrance, events) = mpsc::channel(LANE_CAPACITY);
        let flusher = Flusher {
            events,
            warm_subject: subject::invoke(version),
            cold_subject: subject::start(version),
            bus,
            pending,
        };
        (Self(entrance), flusher)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    pub(super) fn push(&self, outgoing: Outgoing) -> Result<(), Refused> {
        self.0.try_send(outgoing).map_err(|error| match error {
            mpsc::error::TrySendError::Full(outgoing) => Refused::Full(outgoing),
            mpsc::error::TrySendError::Closed(outgoing) => Refused::Closed(outgoing),
        })
    }
}

// === impl Flusher ===

impl Flusher {
    /// Sends what has gathered, again and again, until idle or told to stop.
    pub(super) async fn run(mut self, idle: Duration, stop: CancellationToken) {
        let mut gathered = Vec::with_capacity(BATCH_EVENTS);
        loop {
            let received = self.events.recv_many(&mut gathered, BATCH_EVENTS);
            let count = tokio::select! {
                received = tokio::time::timeout(idle, received) => match received {
                    Ok(count) => count,
                    Err(_) => {
                        // A caller that pushes from now on finds the lane closed and makes a new
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
        let most = BATCH_BYTES.min(parcel::inline_max(&*self.bus));
        for outgoing in gathered.drain(..) {
            if outgoing.waiter.is_closed() {
                continue;
            }
            if outgoing.cold {
                self.send(&self.cold_subject, vec![outgoing]).await;
                continue;
            }
            if size + outgoing.size() > most && !warm.is_empty() {
                self.send(&self.warm_subject, std::mem::take(&mut warm)).await;
                size = 0;
            }
            size += outgoing.size();
            warm.push(outgoing);
        }
        if !warm.is_empty() {
            self.send(&self.warm_subject, warm).await;
        }
    }

    async fn send(&self, subject: &str, events: Vec<Outgoing>) {
        let (mut invocations, waiters): (Vec<_>, Vec<_>) =
            events.into_iter().map(|event| (event.invocation, event.waiter)).unzip();
        for (slot, invocation) in (0..).zip(&mut invocations) {
            invocation.slot = slot;
        }
        metrics::histogram!("brink_gateway_batch_events").record(invocations.len() as f64);
        let message = match wire::encode(&Batch { invocations }) {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(%error, subject, "an event cannot be written");
                return;
            }
        };
        let (token, reply_to) = self.pending.register(waiters);
        if let Err(error) = self.bus.publish(subject, Some(&reply_to), message).await {
            self.pending.fail(token, &error);
        }
    }
}
