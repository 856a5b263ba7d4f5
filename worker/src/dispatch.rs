//! From messages of the bus to events with an owner.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{self, Stream};
use metrics::counter;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use brink_shared::bus::{Message, Subscription};
use brink_shared::wire::{self, Batch, Invocation, UnixMillis, Verdict};

use crate::reply::{Outbox, Replies};
use crate::settings::BATCH_MAX;

/// Messages that wait at a subscription of events. Beyond it the bus drops, which a gateway
/// notices by its deadline only; the queues behind answer at once and so keep this empty.
pub const SUBSCRIPTION_CAPACITY: usize = 4_096;

/// Most messages that are taken from a subscription before others have their turn.
const MESSAGES_AT_ONCE: usize = 64;

/// At most one bad message is logged in this time; all are counted.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// Opens messages of events. Cheap to clone.
#[derive(Clone)]
pub struct Opener {
    outbox: Outbox,
    logged: Rc<Cell<Option<Instant>>>,
}

// === impl Opener ===

impl Opener {
    /// Answers to what it opens go to this outbox.
    pub fn new(outbox: Outbox) -> Self {
        Self { outbox, logged: Rc::default() }
    }

    /// The events of a message and where their answers go. A message that is none of ours is
    /// counted and dropped: there is nobody to answer to.
    pub fn open(&self, message: &Message) -> Option<(Vec<Invocation>, Rc<Replies>)> {
        match read(message) {
            Ok((events, to)) => {
                let slots = events.iter().map(|event| event.slot).collect();
                let until = events.iter().map(|event| event.deadline).max();
                let replies = self.outbox.replies(to, until.unwrap_or(UnixMillis(0)), slots);
                Some((events, replies))
            }
            Err(why) => {
                self.bad(&message.subject, &why);
                None
            }
        }
    }

    /// Gives every event of a message the same answer.
    pub fn answer_all(&self, message: &Message, verdict: &Verdict) {
        if let Some((events, replies)) = self.open(message) {
            for event in events {
                replies.answer(event.slot, verdict.clone());
            }
        }
    }

    /// Counts a message that is none of ours, and logs it now and then.
    pub fn bad(&self, subject: &str, why: &str) {
        counter!("brink_worker_bad_messages_total").increment(1);
        if self.logged.get().is_none_or(|at| at.elapsed() > LOG_EVERY) {
            self.logged.set(Some(Instant::now()));
            tracing::warn!(subject, why, "bad message");
        }
    }
}

fn read(message: &Message) -> Result<(Vec<Invocation>, String), String> {
    let batch: Batch = wire::decode(&message.payload).map_err(|error| error.to_string())?;
    let to = message.reply_to.clone().ok_or("no reply subject")?;
    if batch.invocations.len() > BATCH_MAX {
        return Err(format!("{} events in one message", batch.invocations.len()));
    }
    Ok((batch.invocations, to))
}

/// The messages of a subscription, several at a time. After `stop` they end with what was on its
/// way by then.
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
