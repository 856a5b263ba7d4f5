//! A pending event: it came, and has no answer yet.
//!
//! The owner of a [`Pending`] has to answer it. A `Pending` that is dropped answers by itself, so
//! after no fault does a gateway wait until its deadline.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use metrics::counter;
use tokio::sync::oneshot;
use tokio::time::Instant;

use brink_shared::event::Trigger;
use brink_shared::limits::{ORIGIN_TIMEOUT_MAX, VIEWER_TIMEOUT_MAX};
use brink_shared::wire::ClaimCheck;
use brink_shared::wire::{Failure, Invocation, Payload, Run, Verdict};

use crate::meter::Meter;
use crate::pulse::StartBy;
use crate::reply::Replies;

/// Most log text that is kept for one answer, in bytes.
const LOGS_KEPT_MAX: usize = 1024 * 1024;

/// An event, and where its answer goes.
pub struct Pending {
    /// The id of the viewer's request.
    pub request_id: String,
    /// Its trigger.
    pub trigger: Trigger,
    /// When the gateway stops waiting.
    pub deadline: Instant,
    /// Until when it may begin; none for any time before the deadline.
    start: Option<StartBy>,
    /// When it came.
    pub arrived: Instant,
    /// The event itself.
    pub payload: Payload,
    /// True to run it in an environment made for it alone.
    pub fresh: bool,
    /// How many sandboxes had it, and died before they began it.
    pub handovers: u8,
    timeout_max: Duration,
    meter: Rc<Meter>,
    answer: Option<AnswerTo>,
}

/// Where an answer goes.
pub enum AnswerTo {
    /// To a gateway, as an answer to the message that brought the event.
    Gateway(Rc<Replies>, u32),
    /// To a caller in this process, who also gets the log lines.
    Here(oneshot::Sender<Ended>, Vec<String>),
}

/// The end of an event that ran for a caller in this process.
#[derive(Debug)]
pub struct Ended {
    /// The answer.
    pub verdict: Verdict,
    /// The texts that it logged, at most 1 MiB.
    pub logs: Vec<String>,
}

// === impl Pending ===

impl Pending {
    /// An event of a gateway's message. Its time ends at `deadline`, and it must begin by `start`.
    pub fn from_gateway(
        event: Invocation,
        deadline: Instant,
        start: Option<StartBy>,
        replies: Rc<Replies>,
        meter: Rc<Meter>,
    ) -> Self {
        Self {
            request_id: event.request_id,
            trigger: event.trigger,
            deadline,
            start,
            arrived: Instant::now(),
            payload: event.payload,
            fresh: false,
            handovers: 0,
            timeout_max: trigger_max(event.trigger),
            meter,
            answer: Some(AnswerTo::Gateway(replies, event.slot)),
        }
    }

    /// An event of a caller in this process, who gets its end.
    pub fn from_here(event: Event, meter: Rc<Meter>) -> (Self, oneshot::Receiver<Ended>) {
        let (tell, told) = oneshot::channel();
        let now = Instant::now();
        let pending = Self {
            request_id: event.request_id,
            trigger: event.trigger,
            deadline: now + event.within,
            start: None,
            arrived: now,
            payload: event.payload,
            fresh: event.fresh,
            handovers: 0,
            timeout_max: event.timeout,
            meter,
            answer: Some(AnswerTo::Here(tell, Vec::new())),
        };
        (pending, told)
    }

    /// The claim check, if the event did not come whole.
    pub fn claim_check(&self) -> Option<&ClaimCheck> {
        match &self.payload {
            Payload::ClaimCheck(claim_check) => Some(claim_check),
            Payload::Event(_) | Payload::Json(_) => None,
        }
    }

    /// The event was fetched. Its time in this worker's queue counts from now.
    pub fn came(&mut self, event: Bytes) {
        self.payload = Payload::Event(event);
        self.arrived = Instant::now();
    }

    /// True if it may begin now.
    pub fn may_begin(&self, now: Instant) -> bool {
        self.deadline > now && self.start.as_ref().is_none_or(|start| start.holds(now))
    }

    /// Tells at any time whether an event that has begun may still have effects. It may if it was
    /// claimed in time, or if this process did not stand still since the event came. Otherwise the
    /// gateway may have told the viewer that the event was not begun.
    pub fn may_act(&self) -> impl Fn() -> bool + use<> {
        let start = self.start.clone();
        let replies = match &self.answer {
            Some(AnswerTo::Gateway(replies, _)) => Some(replies.clone()),
            Some(AnswerTo::Here(..)) | None => None,
        };
        move || {
            let is_claimed = replies.as_ref().is_some_and(|replies| replies.is_claimed());
            is_claimed || start.as_ref().is_none_or(|start| start.holds(Instant::now()))
        }
    }

    /// How long it may run: for its function's timeout, but no longer than its trigger allows.
    pub fn timeout(&self, of_function: Duration) -> Duration {
        of_function.min(self.timeout_max)
    }

    /// The counters of its version.
    pub fn meter(&self) -> &Rc<Meter> {
        &self.meter
    }

    /// Keeps a log line for the answer, if the caller wants log lines.
    pub fn log(&mut self, text: &str) {
        if let Some(AnswerTo::Here(_, logs)) = &mut self.answer {
            let kept: usize = logs.iter().map(String::len).sum();
            if kept + text.len() <= LOGS_KEPT_MAX {
                logs.push(text.to_owned());
            }
        }
    }

    /// Answers the event.
    pub fn end(mut self, verdict: Verdict) {
        self.tell(verdict);
    }

    /// Answers that the event did not begin and will not: the worker is too busy for its deadline,
    /// or the gateway no longer counts on this worker.
    pub fn end_late(self, now: Instant) {
        if self.deadline > now {
            counter!("brink_worker_late_events_total").increment(1);
            self.end(Verdict::Retired);
        } else {
            self.end(Verdict::Busy);
        }
    }

    /// Answers with a failure.
    pub fn fail(self, failure: Failure, run: Run) {
        self.end(Verdict::Failed { failure, run });
    }

    fn tell(&mut self, verdict: Verdict) {
        let Some(answer) = self.answer.take() else {
            return;
        };
        self.meter.ended(self.trigger, &verdict, self.arrived.elapsed());
        match answer {
            AnswerTo::Gateway(replies, slot) => replies.answer(slot, verdict),
            // If this fails, the caller no longer waits.
            AnswerTo::Here(tell, logs) => drop(tell.send(Ended { verdict, logs })),
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.tell(Verdict::Lost);
    }
}

/// An event that comes from no gateway: a trial, `brink run` or `brink function invoke`.
#[derive(Clone, Debug)]
pub struct Event {
    /// For `context.awsRequestId` and the log.
    pub request_id: String,
    /// Its trigger.
    pub trigger: Trigger,
    /// How long it may run, unless its function's own timeout is shorter.
    pub timeout: Duration,
    /// How long its caller waits.
    pub within: Duration,
    /// The event itself.
    pub payload: Payload,
    /// True to run it in an environment made for it alone.
    pub fresh: bool,
}

// === impl Event ===

impl Event {
    /// The trigger that an event names in its `config.eventType`. It is viewer-request for an event
    /// that names none, such as one that was written only to try a handler.
    pub fn trigger_of(event: &serde_json::Value) -> Trigger {
        let named = event.pointer("/Records/0/cf/config/eventType");
        let named = named.and_then(serde_json::Value::as_str);
        Trigger::ALL
            .into_iter()
            .find(|trigger| named == Some(trigger.as_str()))
            .unwrap_or(Trigger::ViewerRequest)
    }
}

/// Longest that a function may run at this trigger (`contract.md` 5.1).
pub fn trigger_max(trigger: Trigger) -> Duration {
    if trigger.is_viewer() { VIEWER_TIMEOUT_MAX } else { ORIGIN_TIMEOUT_MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_bounds_the_timeout_of_its_function() {
        for (trigger, max) in [
            (Trigger::ViewerRequest, 5),
            (Trigger::OriginRequest, 30),
            (Trigger::OriginResponse, 30),
            (Trigger::ViewerResponse, 5),
        ] {
            let (pending, _told) = Pending::from_here(
                Event {
                    request_id: String::new(),
                    trigger,
                    timeout: trigger_max(trigger),
                    within: Duration::from_secs(60),
                    payload: Payload::Json(Bytes::new()),
                    fresh: false,
                },
                Rc::new(Meter::new("f:1".parse().unwrap())),
            );
            for (own, runs) in [(60, max), (1, 1)] {
                let timeout = pending.timeout(Duration::from_secs(own));
                assert_eq!(timeout, Duration::from_secs(runs), "{trigger}");
            }
        }
    }
}
