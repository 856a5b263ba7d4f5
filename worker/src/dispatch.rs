//! Opens the bus's messages: a message becomes events, each with a deadline and a place for its
//! answer.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream};
use metrics::counter;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use brink_shared::bus::{Bus, Message, Subscription};
use brink_shared::wire::{self, Batch, Invocation, START_WITHIN, Terms, Verdict};

use crate::pulse::{Pulse, StartBy};
use crate::reply::{Outbox, Replies};
use crate::settings::{BATCH_MAX, CLAIM_AFTER};

/// Messages that wait at a subscription of events. The bus drops further ones, and the gateway
/// notices only at its deadline. This hardly happens, because the actors take messages at once and
/// answer those that they cannot run.
pub const SUBSCRIPTION_CAPACITY: usize = 4_096;

/// Most messages that are taken from a subscription before other work has its turn.
const MESSAGES_AT_ONCE: usize = 64;

/// At most one bad message is logged in this period. All are counted.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// Opens messages of events. Cheap to clone.
#[derive(Clone)]
pub struct Opener {
    bus: Arc<dyn Bus>,
    outbox: Outbox,
    pulse: Rc<Pulse>,
    logged: Rc<Cell<Option<Instant>>>,
}

/// An opened message.
pub struct Opened {
    /// The events, each with its deadline.
    pub events: Vec<(Invocation, Instant)>,
    /// Where their answers go.
    pub replies: Rc<Replies>,
    /// Until when the events may begin; none if their gateway does not say.
    pub start: Option<StartBy>,
}

// === impl Opener ===

impl Opener {
    /// An opener whose events are answered through this outbox.
    pub fn new(bus: Arc<dyn Bus>, outbox: Outbox) -> Self {
        Self { bus, outbox, pulse: Pulse::new(), logged: Rc::default() }
    }

    /// The pulse, which says whether this process stood still.
    pub fn pulse(&self) -> &Rc<Pulse> {
        &self.pulse
    }

    /// The events of a message, and where their answers go. If the message cannot be read, it is
    /// counted and dropped, because there is nobody to answer. If it is opened too late, for
    /// example because this process stood still, it is answered, and its events do not run.
    pub fn open(&self, message: &Message) -> Option<Opened> {
        let (opened, late) = self.read(message)?;
        if late {
            counter!("brink_worker_late_events_total").increment(opened.events.len() as u64);
            opened.answer_all(&Verdict::Retired);
            return None;
        }
        Some(opened)
    }

    /// Gives all events of a message the same answer.
    pub fn answer_all(&self, message: &Message, verdict: &Verdict) {
        if let Some((opened, _)) = self.read(message) {
            opened.answer_all(verdict);
        }
    }

    /// The opened message, and whether it is too late for its events.
    fn read(&self, message: &Message) -> Option<(Opened, bool)> {
        let (events, terms, to) = match read(message) {
            Ok(read) => read,
            Err(why) => {
                self.bad(&message.subject, &why);
                return None;
            }
        };
        let clock = self.bus.clock();
        let (now, time) = (Instant::now(), clock.now());
        let with_deadline = |event: Invocation| {
            let left = event.deadline.since(time);
            (event, now + left)
        };
        let slots = events.iter().map(|event| event.slot).collect();
        let events: Vec<_> = events.into_iter().map(with_deadline).collect();
        let until = events.iter().map(|(_, deadline)| *deadline).max();
        // The clock's possible error is subtracted here, and added where the gateway waits. With an
        // unsure clock, events that are in time could otherwise count as late.
        let error = clock.known_within(START_WITHIN / 4);
        let start_by = terms.start_by.zip(error);
        let left = start_by.map(|(by, error)| by.since(time).saturating_sub(error));
        let start = left.map(|left| self.pulse.start_by(now + left, now));
        let claim_by = start.as_ref().map(StartBy::claim_by);
        let replies = self.outbox.replies(to, until.unwrap_or(now), claim_by, slots);
        let late = left.is_some_and(|left| left.is_zero());
        if !late && left.is_some_and(|left| left <= CLAIM_AFTER) {
            // The gateway does not wait for the timer.
            replies.claim();
        }
        Some((Opened { events, replies, start }, late))
    }

    /// Counts a message that cannot be read, and logs one now and then.
    pub fn bad(&self, subject: &str, why: &str) {
        counter!("brink_worker_bad_messages_total").increment(1);
        if self.logged.get().is_none_or(|at| at.elapsed() > LOG_EVERY) {
            self.logged.set(Some(Instant::now()));
            tracing::warn!(subject, why, "bad message");
        }
    }
}

// === impl Opened ===

impl Opened {
    fn answer_all(self, verdict: &Verdict) {
        for (event, _) in self.events {
            self.replies.answer(event.slot, verdict.clone());
        }
    }
}

fn read(message: &Message) -> Result<(Vec<Invocation>, Terms, String), String> {
    let read = wire::decode_with(&message.payload);
    let (batch, terms): (Batch, Terms) = read.map_err(|error| error.to_string())?;
    let to = message.reply_to.clone().ok_or("it has no reply subject")?;
    if batch.invocations.len() > BATCH_MAX {
        return Err(format!("{} events in one message", batch.invocations.len()));
    }
    Ok((batch.invocations, terms, to))
}

/// The messages of a subscription, several at a time. After `stop`, the stream ends with the
/// messages that were on their way by then.
pub fn messages(
    subscription: Subscription,
    stop: CancellationToken,
) -> impl Stream<Item = Vec<Message>> {
    stream::unfold((subscription, stop), |(mut subscription, stop)| async move {
        let mut taken = Vec::new();
        let count = tokio::select! {
            count = subscription.next_many(&mut taken, MESSAGES_AT_ONCE) => count,
            () = stop.cancelled() => {
                subscription.drain();
                subscription.next_many(&mut taken, MESSAGES_AT_ONCE).await
            }
        };
        (count > 0).then_some((taken, (subscription, stop)))
    })
}
