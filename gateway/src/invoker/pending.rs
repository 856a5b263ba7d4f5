//! The table of events that were sent and not yet answered.
//!
//! ```text
//!         answer, no responders, bus lost,
//!         not claimed in time, a worker died
//!  sent ─────────────────────────────────────────────────▶ ended
//!    │                                                       ▲
//!    │ Claimed                                               │
//!    ▼                                                       │
//!  claimed ──────────────────────────────────────────────────┘
//!         answer, bus lost, its worker died,
//!         its worker is silent and the event may run twice
//! ```
//!
//! Every message has a token, which is the last part of the subject for its answers. One lock
//! protects the table. The task that takes an event out of the table notifies the waiter, so each
//! waiter is notified once. A message's entry goes when all its events have ended, when no caller
//! waits for them any more, or when the bus is lost. So the table is bounded by the events in
//! flight.
//!
//! A live worker answers an event or claims it within [`START_WITHIN`] plus [`CLAIMED_WITHIN`]
//! after it was sent. If nothing was heard by then, the event was not begun, and a worker that
//! finds it later drops it. So it is given up here, and its sender may try elsewhere.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use brink_shared::bus::{BusError, Message, SUBSCRIPTION_CAPACITY_MAX, Subscription};
use brink_shared::id::NodeId;
use brink_shared::wire::{self, Answers, CLAIMED_WITHIN, START_WITHIN, Verdict};

use super::waiter::{Ended, Waiter};
use super::workers::{Holders, Workers};

/// Most answers that wait to be read.
pub(super) const INBOX_CAPACITY: usize = SUBSCRIPTION_CAPACITY_MAX;

/// Messages read in one turn.
const READ_MANY: usize = 128;

/// The table.
pub(super) struct Pending {
    inbox: String,
    next: AtomicU64,
    sent: Mutex<HashMap<u64, Sent>>,
    workers: Arc<Workers>,
    began: Instant,
    /// When the last message came from the bus, in microseconds after `began`.
    heard: AtomicU64,
    /// True while no messages come from the bus.
    silent: AtomicBool,
}

/// One message and its events.
struct Sent {
    at: Instant,
    /// When its events are given up if no worker has claimed them; `None` if workers got no
    /// start-by time.
    give_up: Option<Instant>,
    /// The worker that it was sent to; `None` if NATS chose one.
    to: Option<NodeId>,
    holders: Arc<Holders>,
    slots: Vec<Option<Slot>>,
}

/// One event.
struct Slot {
    waiter: Waiter,
    /// The worker that claimed this event.
    claimed_by: Option<NodeId>,
}

/// The result of a scan of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Swept {
    /// An event has been in flight for long.
    pub(super) overdue: bool,
    /// An answer or a claim is overdue.
    pub(super) unclaimed: bool,
}

// === impl Pending ===

impl Pending {
    pub(super) fn new(inbox: String, workers: Arc<Workers>) -> Self {
        Self {
            inbox,
            next: AtomicU64::new(0),
            sent: Mutex::default(),
            workers,
            began: Instant::now(),
            heard: AtomicU64::new(0),
            silent: AtomicBool::new(false),
        }
    }

    /// Adds a message that will be sent now. Returns its token, and the subject for its answers.
    ///
    /// If `clock_error` is known, workers were told to take the message up within [`START_WITHIN`];
    /// it bounds the error of that time.
    pub(super) fn register(
        &self,
        waiters: Vec<Waiter>,
        to: Option<NodeId>,
        holders: Arc<Holders>,
        clock_error: Option<Duration>,
    ) -> (u64, String) {
        let token = self.next.fetch_add(1, Ordering::Relaxed);
        let slot = |waiter| Some(Slot { waiter, claimed_by: None });
        let slots = waiters.into_iter().map(slot).collect();
        let at = Instant::now();
        let give_up = clock_error.map(|error| at + START_WITHIN + CLAIMED_WITHIN + error);
        self.sent.lock().insert(token, Sent { at, give_up, to, holders, slots });
        (token, format!("{}.{token}", self.inbox))
    }

    /// A subject by which this gateway receives its own messages.
    pub(super) fn echo(&self) -> String {
        format!("{}.echo", self.inbox)
    }

    /// Notes that a message came from the bus.
    pub(super) fn hear(&self) {
        let now = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.heard.store(now, Ordering::Relaxed);
    }

    /// When the last message came from the bus.
    pub(super) fn heard(&self) -> Instant {
        self.began + Duration::from_micros(self.heard.load(Ordering::Relaxed))
    }

    /// Sets whether the bus is silent. Returns whether it was.
    pub(super) fn set_silent(&self, silent: bool) -> bool {
        self.silent.swap(silent, Ordering::Relaxed)
    }

    /// True while no messages come from the bus.
    pub(super) fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    /// Ends every event of a message that could not be sent.
    pub(super) fn fail(&self, token: u64, error: &BusError) {
        let Some(sent) = self.sent.lock().remove(&token) else {
            return;
        };
        for slot in sent.slots.into_iter().flatten() {
            slot.waiter.end(Ended::Bus(error.clone()));
        }
    }

    /// Ends everything in flight, because the connection for the answers is gone.
    pub(super) fn fail_all(&self, error: &BusError) {
        let tokens: Vec<u64> = self.sent.lock().keys().copied().collect();
        for token in tokens {
            self.fail(token, error);
        }
    }

    /// Joins answers to their waiters until `stop` or until the bus closes.
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
            self.hear();
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
            if let Some(worker) = &sent.to {
                self.workers.not_direct(worker);
            }
            for slot in sent.slots.into_iter().flatten() {
                slot.waiter.end(Ended::NoResponders);
            }
            return;
        }
        match wire::decode::<Answers>(&message.payload) {
            Ok(answers) => self.settle(token, answers),
            Err(error) => {
                metrics::counter!("brink_gateway_bad_answers_total").increment(1);
                tracing::warn!(%error, subject = message.subject, "cannot read an answer");
            }
        }
    }

    fn settle(&self, token: u64, Answers { worker, answers }: Answers) {
        if self.workers.any_silent() {
            self.workers.heard(&worker, None);
        }
        let mut table = self.sent.lock();
        let Some(sent) = table.get_mut(&token) else {
            return;
        };
        if answers.iter().any(|answer| shows_holder(&answer.verdict)) {
            sent.holders.answered(&worker);
        }
        for answer in answers {
            let index = usize::try_from(answer.slot).unwrap_or(usize::MAX);
            let Some(place) = sent.slots.get_mut(index) else {
                continue;
            };
            match (answer.verdict, place.as_mut()) {
                (Verdict::Claimed, Some(slot)) => slot.claimed_by = Some(worker.clone()),
                // The first answer counts. A waiter that has gone ignores it.
                (verdict, Some(_)) => {
                    if let Some(slot) = place.take() {
                        slot.waiter.end(Ended::Verdict(verdict));
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

    /// Removes events without a waiter, and reports events that have been in flight for `overdue`.
    pub(super) fn sweep(&self, overdue: Duration) -> Swept {
        let mut swept = Swept::default();
        self.sent.lock().retain(|_, sent| {
            for place in &mut sent.slots {
                place.take_if(|slot| slot.waiter.is_closed());
            }
            let open = sent.slots.iter().any(Option::is_some);
            if open && sent.at.elapsed() >= overdue {
                swept.overdue = true;
                let unclaimed = |slot: &Slot| slot.claimed_by.is_none();
                swept.unclaimed |= sent.slots.iter().flatten().any(unclaimed);
            }
            open
        });
        swept
    }

    /// Gives up the events of which nothing was heard in time: they were not begun.
    pub(super) fn give_up(&self, now: Instant) {
        self.end_where(Ended::not_begun, |sent, slot| {
            slot.claimed_by.is_none() && sent.give_up.is_some_and(|at| at <= now)
        });
    }

    /// Gives up the repeatable events of workers that are silent for this long: they may have
    /// begun, and may run again.
    pub(super) fn lose_silent(&self, long: Duration) {
        self.end_where(Ended::lost, |_, slot| {
            let claimed = slot.claimed_by.as_ref();
            slot.waiter.repeatable
                && claimed.is_some_and(|worker| self.workers.is_silent(worker, long))
        });
    }

    /// Gives up the events that a dead worker claimed, and the events from before `death` that no
    /// living worker has claimed although `grace` has passed since they were sent.
    pub(super) fn lose(&self, dead: Option<&NodeId>, death: Instant, grace: Duration) {
        self.end_where(Ended::lost, |sent, slot| match &slot.claimed_by {
            Some(worker) => Some(worker) == dead,
            None => sent.at <= death && sent.at.elapsed() >= grace,
        });
    }

    fn end_where(&self, how: impl Fn() -> Ended, ends: impl Fn(&Sent, &Slot) -> bool) {
        self.sent.lock().retain(|_, sent| {
            let mut slots = std::mem::take(&mut sent.slots);
            for place in &mut slots {
                if let Some(slot) = place.take_if(|slot| ends(sent, slot)) {
                    slot.waiter.end(how());
                }
            }
            sent.slots = slots;
            sent.slots.iter().any(Option::is_some)
        });
    }
}

/// Whether only a worker that has loaded the version sends this.
fn shows_holder(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Returned { .. }
        | Verdict::ClaimCheck { .. }
        | Verdict::Failed { .. }
        | Verdict::Lost
        | Verdict::Claimed => true,
        Verdict::Busy | Verdict::Retired => false,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::sync::oneshot;

    use brink_shared::wire::Answer;

    use super::*;

    type Told = oneshot::Receiver<Ended>;

    fn table() -> Pending {
        Pending::new("in".into(), Arc::new(Workers::new()))
    }

    fn register<const N: usize>(pending: &Pending, repeatable: bool) -> (u64, String, [Told; N]) {
        let mut waiters = Vec::new();
        let told = std::array::from_fn(|_| {
            let (waiter, told) = Waiter::new(repeatable);
            waiters.push(waiter);
            told
        });
        let (token, subject) =
            pending.register(waiters, None, Arc::default(), Some(Duration::ZERO));
        (token, subject, told)
    }

    fn answer(pending: &Pending, token: u64, slot: u32, verdict: Verdict) {
        let worker = "w1".parse().unwrap();
        let payload = wire::encode(&Answers { worker, answers: vec![Answer { slot, verdict }] });
        pending.accept(&Message {
            subject: format!("in.{token}"),
            reply_to: None,
            payload: payload.unwrap(),
            no_responders: false,
            sender: None,
        });
    }

    #[test]
    fn answers_reach_their_waiters_in_any_order() {
        let pending = table();
        let (token, subject, [mut first, mut second]) = register(&pending, true);
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
        let pending = table();
        let (token, _, [mut first]) = register(&pending, true);
        answer(&pending, token, 9, Verdict::Busy);
        answer(&pending, token + 1, 0, Verdict::Busy);
        for (subject, payload) in [(format!("in.{token}"), "{}"), ("in.x".to_owned(), "")] {
            let payload = Bytes::from_static(payload.as_bytes());
            pending.accept(&Message {
                subject,
                reply_to: None,
                payload,
                no_responders: false,
                sender: None,
            });
        }
        assert!(first.try_recv().is_err());
    }

    #[test]
    fn a_dead_worker_loses_its_claimed_and_all_unclaimed_events() {
        let pending = table();
        let (token, _, [mut claimed, mut unclaimed]) = register(&pending, false);
        answer(&pending, token, 0, Verdict::Claimed);
        pending.lose(Some(&"w2".parse().unwrap()), Instant::now(), Duration::ZERO);
        assert!(claimed.try_recv().is_err());
        assert!(matches!(unclaimed.try_recv(), Ok(Ended::Verdict(Verdict::Lost))));
        pending.lose(Some(&"w1".parse().unwrap()), Instant::now(), Duration::ZERO);
        assert!(matches!(claimed.try_recv(), Ok(Ended::Verdict(Verdict::Lost))));
    }

    #[test]
    fn an_unclaimed_event_was_not_begun() {
        let pending = table();
        let (token, _, [mut claimed, mut unclaimed]) = register(&pending, true);
        answer(&pending, token, 0, Verdict::Claimed);
        let sent = Instant::now();
        pending.give_up(sent + START_WITHIN);
        assert!(unclaimed.try_recv().is_err(), "its worker may yet take it up, and say so");
        pending.give_up(sent + START_WITHIN + CLAIMED_WITHIN);
        assert!(matches!(unclaimed.try_recv(), Ok(Ended::NotBegun)));
        assert!(claimed.try_recv().is_err(), "it has begun");
    }

    #[test]
    fn a_silent_worker_loses_events_that_may_run_twice() {
        for repeatable in [true, false] {
            let pending = table();
            let (token, _, [mut claimed]) = register(&pending, repeatable);
            answer(&pending, token, 0, Verdict::Claimed);
            let worker = "w1".parse().unwrap();
            pending.workers.heard(&worker, None);
            pending.lose_silent(Duration::ZERO);
            assert!(claimed.try_recv().is_err());
            pending.workers.silent(&worker);
            pending.lose_silent(Duration::ZERO);
            assert_eq!(claimed.try_recv().is_ok(), repeatable);
        }
    }

    #[test]
    fn nothing_stays_for_waiters_that_left() {
        let pending = table();
        let (_, _, [waiter]) = register(&pending, true);
        let swept = pending.sweep(Duration::ZERO);
        assert_eq!(swept, Swept { overdue: true, unclaimed: true });
        drop(waiter);
        assert_eq!(pending.sweep(Duration::ZERO), Swept::default());
        assert!(pending.is_empty());
    }
}
