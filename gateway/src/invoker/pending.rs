//! Events that were sent and not yet answered.
//!
//! Every message has a token, which is the last part of the subject that its answers come to.
//! An entry goes when all its events have ended, when nobody waits for them any more, or when
//! the bus is lost; so the table is as large as what is in flight.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use brink_shared::bus::{BusError, Message, Subscription};
use brink_shared::id::NodeId;
use brink_shared::wire::{self, Answers, Verdict};

/// Answers that wait to be read at most.
pub(super) const INBOX_CAPACITY: usize = 65_536;

/// Messages read in one turn.
const READ_MANY: usize = 128;

/// How an event ended, or did not begin.
#[derive(Debug)]
pub(super) enum Ended {
    /// A worker says so.
    Verdict(Verdict),
    /// The bus says that nobody subscribes.
    NoResponders,
    /// The bus did not carry it, or went away while it was under way.
    Bus(BusError),
}

/// The table.
pub(super) struct Pending {
    inbox: String,
    next: AtomicU64,
    sent: Mutex<HashMap<u64, Sent>>,
}

/// One message and its events.
struct Sent {
    at: Instant,
    slots: Vec<Option<Slot>>,
}

/// One event.
struct Slot {
    waiter: oneshot::Sender<Ended>,
    /// The worker that said it still runs this event.
    claimed_by: Option<NodeId>,
}

// === impl Pending ===

impl Pending {
    pub(super) fn new(inbox: String) -> Self {
        Self { inbox, next: AtomicU64::new(0), sent: Mutex::default() }
    }

    /// Adds a message about to be sent: its token, and the subject for its answers.
    pub(super) fn register(&self, waiters: Vec<oneshot::Sender<Ended>>) -> (u64, String) {
        let token = self.next.fetch_add(1, Ordering::Relaxed);
        let slot = |waiter| Some(Slot { waiter, claimed_by: None });
        let slots = waiters.into_iter().map(slot).collect();
        self.sent.lock().insert(token, Sent { at: Instant::now(), slots });
        (token, format!("{}.{token}", self.inbox))
    }

    /// Ends every event of a message that could not be sent.
    pub(super) fn fail(&self, token: u64, error: &BusError) {
        let Some(sent) = self.sent.lock().remove(&token) else {
            return;
        };
        for slot in sent.slots.into_iter().flatten() {
            let _ = slot.waiter.send(Ended::Bus(error.clone()));
        }
    }

    /// Ends everything in flight: the connection that answers would come by is gone.
    pub(super) fn fail_all(&self, error: &BusError) {
        let tokens: Vec<u64> = self.sent.lock().keys().copied().collect();
        for token in tokens {
            self.fail(token, error);
        }
    }

    /// Joins answers to their waiters until told to stop or the bus closes.
    pub(super) async fn receive(
        self: Arc<Self>,
        mut answers: Subscription,
        stop: CancellationToken,
    ) {
        let mut messages = Vec::with_capacity(READ_MANY);
        loop {
            let count = tokio::select! {
                count = answers.next_many(&mut messages, READ_MANY) => count,
                () = stop.cancelled() => return,
            };
            if count == 0 {
                return;
            }
            for message in messages.drain(..) {
                self.accept(&message);
            }
        }
    }

    fn accept(&self, message: &Message) {
        let token = message.subject.rsplit('.').next().and_then(|token| token.parse().ok());
        let Some(token) = token else { return };
        if message.no_responders {
            let Some(sent) = self.sent.lock().remove(&token) else {
                return;
            };
            for slot in sent.slots.into_iter().flatten() {
                let _ = slot.waiter.send(Ended::NoResponders);
            }
            return;
        }
        match wire::decode::<Answers>(&message.payload) {
            Ok(answers) => self.settle(token, answers),
            Err(error) => {
                metrics::counter!("brink_gateway_bad_answers_total").increment(1);
                tracing::warn!(%error, subject = message.subject, "an answer cannot be read");
            }
        }
    }

    fn settle(&self, token: u64, Answers { worker, answers }: Answers) {
        let mut table = self.sent.lock();
        let Some(sent) = table.get_mut(&token) else {
            return;
        };
        for answer in answers {
            let index = usize::try_from(answer.slot).unwrap_or(usize::MAX);
            let Some(place) = sent.slots.get_mut(index) else {
                continue;
            };
            match (answer.verdict, place.as_mut()) {
                (Verdict::Claimed, Some(slot)) => slot.claimed_by = Some(worker.clone()),
                // The first answer wins; a waiter that left does not mind.
                (verdict, Some(_)) => {
                    if let Some(slot) = place.take() {
                        let _ = slot.waiter.send(Ended::Verdict(verdict));
                    }
                }
                (_, None) => {}
            }
        }
        if sent.slots.iter().all(Option::is_none) {
            table.remove(&token);
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.sent.lock().is_empty()
    }

    /// Forgets events for which nobody waits. True if one has been in flight for `overdue`.
    pub(super) fn sweep(&self, overdue: Duration) -> bool {
        let mut late = false;
        self.sent.lock().retain(|_, sent| {
            for place in &mut sent.slots {
                place.take_if(|slot| slot.waiter.is_closed());
            }
            let open = sent.slots.iter().any(Option::is_some);
            late |= open && sent.at.elapsed() >= overdue;
            open
        });
        late
    }

    /// Gives up the events that a dead worker claimed, and those sent before `death` that no
    /// living worker has claimed although `grace` has passed since they were sent.
    pub(super) fn lose(&self, dead: Option<&NodeId>, death: Instant, grace: Duration) {
        self.sent.lock().retain(|_, sent| {
            for place in &mut sent.slots {
                let lost = |slot: &mut Slot| match &slot.claimed_by {
                    Some(worker) => Some(worker) == dead,
                    None => sent.at <= death && sent.at.elapsed() >= grace,
                };
                if let Some(slot) = place.take_if(lost) {
                    let _ = slot.waiter.send(Ended::Verdict(Verdict::Lost));
                }
            }
            sent.slots.iter().any(Option::is_some)
        });
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use brink_shared::wire::Answer;

    use super::*;

    fn answer(pending: &Pending, token: u64, slot: u32, verdict: Verdict) {
        let worker = "w1".parse().unwrap();
        let payload = wire::encode(&Answers { worker, answers: vec![Answer { slot, verdict }] });
        pending.accept(&Message {
            subject: format!("in.{token}"),
            reply_to: None,
            payload: payload.unwrap(),
            no_responders: false,
        });
    }

    #[test]
    fn answers_reach_their_waiters_in_any_order() {
        let pending = Pending::new("in".into());
        let (one, mut first) = oneshot::channel();
        let (two, mut second) = oneshot::channel();
        let (token, subject) = pending.register(vec![one, two]);
        assert_eq!(subject, format!("in.{token}"));
        answer(&pending, token, 1, Verdict::Busy);
        assert!(matches!(second.try_recv(), Ok(Ended::Verdict(Verdict::Busy))));
        assert!(first.try_recv().is_err());
        answer(&pending, token, 0, Verdict::Retired);
        assert!(matches!(first.try_recv(), Ok(Ended::Verdict(Verdict::Retired))));
        assert!(pending.is_empty());
    }

    #[test]
    fn rubbish_and_unknown_slots_are_ignored() {
        let pending = Pending::new("in".into());
        let (one, mut first) = oneshot::channel();
        let (token, _) = pending.register(vec![one]);
        answer(&pending, token, 9, Verdict::Busy);
        answer(&pending, token + 1, 0, Verdict::Busy);
        for (subject, payload) in [(format!("in.{token}"), "{}"), ("in.x".to_owned(), "")] {
            let payload = Bytes::from_static(payload.as_bytes());
            pending.accept(&Message { subject, reply_to: None, payload, no_responders: false });
        }
        assert!(first.try_recv().is_err());
    }

    #[test]
    fn a_dead_worker_loses_what_it_claimed_and_what_nobody_claimed() {
        let pending = Pending::new("in".into());
        let (one, mut claimed) = oneshot::channel();
        let (two, mut unclaimed) = oneshot::channel();
        let (token, _) = pending.register(vec![one, two]);
        answer(&pending, token, 0, Verdict::Claimed);
        pending.lose(Some(&"w2".parse().unwrap()), Instant::now(), Duration::ZERO);
        assert!(claimed.try_recv().is_err());
        assert!(matches!(unclaimed.try_recv(), Ok(Ended::Verdict(Verdict::Lost))));
        pending.lose(Some(&"w1".parse().unwrap()), Instant::now(), Duration::ZERO);
        assert!(matches!(claimed.try_recv(), Ok(Ended::Verdict(Verdict::Lost))));
    }

    #[test]
    fn nothing_stays_for_waiters_that_left() {
        let pending = Pending::new("in".into());
        let (one, waiter) = oneshot::channel();
        pending.register(vec![one]);
        assert!(pending.sweep(Duration::ZERO));
        drop(waiter);
        assert!(!pending.sweep(Duration::ZERO));
        assert!(pending.is_empty());
    }
}
