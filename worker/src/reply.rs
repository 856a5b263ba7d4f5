//! The outbox: sends answers back to gateways.
//!
//! A message brings many events, and their answers become ready one by one. The [`Outbox`] works
//! through the messages with ready answers, and sends all ready answers of a message together.
//! Under low load each answer leaves at once. Under load answers gather while the outbox sends
//! others. No timer delays an answer. If a value is larger than the bus carries, the outbox keeps
//! it and sends a claim check, with which the gateway fetches it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use metrics::counter;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use brink_shared::bus::Bus;
use brink_shared::id::NodeId;
use brink_shared::large_payloads::{KeepError, LargePayloads};
use brink_shared::wire::{self, Answer, Answers, Failure, FailureKind, Verdict};

use crate::settings::CLAIM_AFTER;

/// Most messages with answers that wait to be sent. This many wait only if the bus takes nothing.
/// Further answers are dropped and counted, and their gateways notice at the deadline.
const OUTBOX_MAX: usize = 16_384;

/// Most bytes that an answer takes beside its value.
const ANSWER_OVERHEAD: usize = 256;

/// To how many bytes an error's class and message are cut if they are too long.
const FAILURE_TEXT_MAX: usize = 256;

/// Sends answers. Cheap to clone.
#[derive(Clone)]
pub struct Outbox {
    post: mpsc::Sender<Post>,
    /// Messages in the order of arrival that may have unanswered events.
    unclaimed: Rc<RefCell<VecDeque<Arrival>>>,
    _task: Rc<AbortOnDropHandle<()>>,
}

type Arrival = (Instant, Weak<Replies>);

enum Post {
    /// This message has ready answers.
    Ready(Rc<Replies>),
    /// Report when everything before is sent.
    Flush(oneshot::Sender<()>),
}

/// A message of events, and its answers.
pub struct Replies {
    to: String,
    /// When an answer to the last of its events comes too late.
    until: Instant,
    /// When the gateway gives up waiting for a claim; none if it waits until the deadline.
    claim_by: Option<Instant>,
    /// True once a claim was sent in time.
    is_claimed: Cell<bool>,
    outbox: Outbox,
    state: RefCell<State>,
}

struct State {
    /// The slots without a final answer.
    open: Vec<u32>,
    /// The answers to be sent.
    ready: Vec<Answer>,
    /// True while this is in the outbox's queue.
    posted: bool,
}

// === impl Outbox ===

impl Outbox {
    /// Sends until the last clone of the outbox is gone.
    pub fn start(bus: Arc<dyn Bus>, worker: NodeId, large_payloads: Arc<LargePayloads>) -> Self {
        let (post, posts) = mpsc::channel(OUTBOX_MAX);
        let task = tokio::task::spawn_local(send(bus, worker, large_payloads, posts));
        Self { post, unclaimed: Rc::default(), _task: Rc::new(AbortOnDropHandle::new(task)) }
    }

    /// Registers a message. Its answers go to `to`, and are of use `until` then. A claim is of use
    /// until `claim_by`, if the gateway waits for one.
    pub fn replies(
        &self,
        to: String,
        until: Instant,
        claim_by: Option<Instant>,
        slots: Vec<u32>,
    ) -> Rc<Replies> {
        let replies = Rc::new(Replies {
            to,
            until,
            claim_by,
            is_claimed: Cell::new(false),
            outbox: self.clone(),
            state: RefCell::new(State { open: slots, ready: Vec::new(), posted: false }),
        });
        let mut unclaimed = self.unclaimed.borrow_mut();
        unclaimed.push_back((Instant::now(), Rc::downgrade(&replies)));
        replies
    }

    /// Sends a claim for every event that came [`CLAIM_AFTER`] ago and has no answer yet.
    pub fn claim_overdue(&self, now: Instant) {
        let mut unclaimed = self.unclaimed.borrow_mut();
        while let Some((arrived, replies)) = unclaimed.front() {
            if now.saturating_duration_since(*arrived) < CLAIM_AFTER {
                return;
            }
            if let Some(replies) = replies.upgrade() {
                replies.claim();
            }
            unclaimed.pop_front();
        }
    }

    /// Waits until the bus has taken every answer that is ready now.
    pub async fn flush(&self) {
        let (tell, told) = oneshot::channel();
        if self.post.send(Post::Flush(tell)).await.is_ok() {
            // The receiver lives as long as its task, and the task answers every flush.
            let _ = told.await;
        }
    }

    fn post(&self, replies: &Rc<Replies>) {
        if self.post.try_send(Post::Ready(replies.clone())).is_err() {
            let dropped = replies.drop_ready();
            counter!("brink_worker_answers_dropped_total").increment(dropped as u64);
        }
    }
}

// === impl Replies ===

impl Replies {
    /// Adds the final answer to one event. A second one for the same slot is not sent.
    pub fn answer(self: &Rc<Self>, slot: u32, verdict: Verdict) {
        let mut state = self.state.borrow_mut();
        let Some(at) = state.open.iter().position(|open| *open == slot) else {
            return;
        };
        state.open.swap_remove(at);
        state.ready.push(Answer { slot, verdict });
        let post = !std::mem::replace(&mut state.posted, true);
        drop(state);
        if post {
            self.outbox.post(self);
        }
    }

    /// Adds a claim for every event without an answer.
    pub fn claim(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        if state.open.is_empty() {
            return;
        }
        let State { open, ready, .. } = &mut *state;
        ready.extend(open.iter().map(|slot| Answer { slot: *slot, verdict: Verdict::Claimed }));
        let post = !std::mem::replace(&mut state.posted, true);
        drop(state);
        if post {
            self.outbox.post(self);
        }
    }

    /// True once a claim was sent before the gateway gave up waiting for it.
    pub fn is_claimed(&self) -> bool {
        self.is_claimed.get()
    }

    /// Notes that these answers were sent.
    fn sent(&self, answers: &[Answer]) {
        let has_claim = answers.iter().any(|answer| answer.verdict == Verdict::Claimed);
        if has_claim && self.claim_by.is_some_and(|by| Instant::now() <= by) {
            self.is_claimed.set(true);
        }
    }

    /// Drops the ready answers, because the outbox has no room, and returns their number. Later
    /// answers try again.
    fn drop_ready(&self) -> usize {
        let mut state = self.state.borrow_mut();
        state.posted = false;
        std::mem::take(&mut state.ready).len()
    }

    /// Takes answers of at most `max` bytes together; none if there are no more.
    fn take(&self, max: usize) -> Vec<Answer> {
        let mut state = self.state.borrow_mut();
        let mut size = 0;
        let fit = state
            .ready
            .iter()
            .take_while(|answer| {
                size += size_of(answer);
                size <= max
            })
            .count();
        // An answer that does not fit is taken alone, and the sender replaces it.
        let count = fit.max(1).min(state.ready.len());
        let taken: Vec<_> = state.ready.drain(..count).collect();
        state.posted = !taken.is_empty();
        taken
    }
}

async fn send(
    bus: Arc<dyn Bus>,
    worker: NodeId,
    large_payloads: Arc<LargePayloads>,
    mut posts: mpsc::Receiver<Post>,
) {
    while let Some(post) = posts.recv().await {
        match post {
            Post::Ready(replies) => send_ready(&*bus, &worker, &large_payloads, &replies).await,
            // The caller may have stopped waiting.
            Post::Flush(tell) => drop(tell.send(())),
        }
    }
}

async fn send_ready(
    bus: &dyn Bus,
    worker: &NodeId,
    large_payloads: &LargePayloads,
    replies: &Replies,
) {
    loop {
        let max = large_payloads.inline_max();
        let mut answers = replies.take(max);
        if answers.is_empty() {
            return;
        }
        if let [answer] = answers.as_mut_slice()
            && size_of(answer) > max
        {
            let verdict = std::mem::replace(&mut answer.verdict, Verdict::Lost);
            answer.verdict = kept(verdict, large_payloads, replies.until);
        }
        let message = Answers { worker: worker.clone(), answers };
        let sent = match wire::encode(&message) {
            Ok(bytes) => {
                bus.publish(&replies.to, None, bytes).await.map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        match sent {
            Ok(()) => replies.sent(&message.answers),
            Err(error) => {
                let lost = message.answers.len();
                counter!("brink_worker_answers_dropped_total").increment(lost as u64);
                tracing::warn!(%error, lost, "answers could not be sent");
            }
        }
    }
}

fn size_of(answer: &Answer) -> usize {
    ANSWER_OVERHEAD
        + match &answer.verdict {
            Verdict::Returned { value, .. } => value.len(),
            Verdict::Failed { failure, .. } => {
                let stack: usize = failure.stack.iter().map(|line| line.len() + 5).sum();
                failure.error_type.len() + failure.message.len() + stack
            }
            Verdict::ClaimCheck { .. }
            | Verdict::Busy
            | Verdict::Retired
            | Verdict::Lost
            | Verdict::Claimed => 0,
        }
}

/// The verdict in place of one that is larger than the bus carries.
fn kept(verdict: Verdict, large_payloads: &LargePayloads, until: Instant) -> Verdict {
    let left = until.saturating_duration_since(Instant::now());
    let (result, run) = match verdict {
        Verdict::Returned { value, run } => (large_payloads.keep_until_fetched(value, left), run),
        Verdict::Failed { mut failure, run } => {
            failure.stack.clear();
            for text in [&mut failure.error_type, &mut failure.message] {
                text.truncate(text.floor_char_boundary(FAILURE_TEXT_MAX));
            }
            return Verdict::Failed { failure, run };
        }
        small => return small,
    };
    let (error, error_type) = match result {
        Ok(claim_check) => return Verdict::ClaimCheck { claim_check, run },
        Err(error @ KeepError::TooLarge { .. }) => (error, "Function.ResponseSizeTooLarge"),
        Err(error @ KeepError::Full { .. }) => (error, "TooManyRequestsException"),
    };
    let failure = Failure {
        kind: FailureKind::Limit,
        error_type: error_type.to_owned(),
        message: format!("the function's answer cannot be sent: {error}"),
        stack: Vec::new(),
    };
    Verdict::Failed { failure, run }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use brink_shared::bus::EmbeddedBus;

    use super::*;

    #[tokio::test]
    async fn an_answer_that_finds_no_room_does_not_keep_later_ones() {
        tokio::task::LocalSet::new()
            .run_until(async {
                let (post, mut posts) = mpsc::channel(1);
                let task = tokio::task::spawn_local(std::future::pending());
                let outbox = Outbox {
                    post,
                    unclaimed: Rc::default(),
                    _task: Rc::new(AbortOnDropHandle::new(task)),
                };
                let message =
                    |slots: Vec<u32>| outbox.replies("to".to_owned(), Instant::now(), None, slots);
                let (first, second) = (message(vec![0]), message(vec![0, 1]));
                first.answer(0, Verdict::Busy);
                second.answer(0, Verdict::Busy);
                assert!(matches!(posts.try_recv(), Ok(Post::Ready(_))));
                second.answer(1, Verdict::Retired);
                let Ok(Post::Ready(ready)) = posts.try_recv() else { panic!("nothing is posted") };
                let answers = ready.take(usize::MAX);
                assert_eq!(answers, [Answer { slot: 1, verdict: Verdict::Retired }]);
            })
            .await;
    }
    #[tokio::test(start_paused = true)]
    async fn only_a_claim_that_was_sent_in_time_counts() {
        let bus = EmbeddedBus::new();
        let large_payloads = LargePayloads::start(bus.clone(), "worker").await.unwrap();
        tokio::task::LocalSet::new()
            .run_until(async {
                let outbox = Outbox::start(bus, "w1".parse().unwrap(), large_payloads);
                let limit = Duration::from_millis(600);
                for (waited, counts) in [(CLAIM_AFTER, true), (limit, true), (2 * limit, false)] {
                    let now = Instant::now();
                    let by = Some(now + limit);
                    let replies = outbox.replies("to".to_owned(), now + 9 * limit, by, vec![0]);
                    tokio::time::advance(waited).await;
                    outbox.claim_overdue(Instant::now());
                    assert!(!replies.is_claimed(), "it is not sent yet");
                    outbox.flush().await;
                    assert_eq!(replies.is_claimed(), counts, "{waited:?}");
                }
            })
            .await;
    }
}
