//! Outgoing calls that wait for the supervisor's answer.
//!
//! The environment that makes a call holds a receiver. When it drops it, nobody waits for the call
//! any more, and the supervisor is told so that it ends the call.

use std::collections::HashMap;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use brink_frames::{CallError, CallId, CallResult};

/// Most outgoing calls that the functions of a sandbox may have open at a time.
const CALLS_MAX: usize = 256;

/// Where the answer to a call goes.
type Answer = oneshot::Sender<CallResult>;

/// The calls of all environments.
#[derive(Default)]
pub(super) struct Calls {
    made: u64,
    open: HashMap<CallId, Answer>,
    /// One task for each open call, which ends with its id if it is given up.
    waiting: JoinSet<Option<CallId>>,
}

// === impl Calls ===

impl Calls {
    /// Takes note of a call; none if there are too many, which its function is told.
    pub(super) fn open(&mut self, answer: Answer) -> Option<CallId> {
        if self.open.len() >= CALLS_MAX {
            let why = format!("more than {CALLS_MAX} calls at a time");
            // The caller may be gone by now.
            let _ = answer.send(Err(CallError::new("EMFILE", why)));
            return None;
        }
        let call = CallId(self.made);
        self.made += 1;
        let (done, answered) = oneshot::channel();
        self.open.insert(call, done);
        self.waiting.spawn(wait(call, answered, answer));
        Some(call)
    }

    /// The supervisor answers a call. One that was given up meanwhile is not open any more.
    pub(super) fn done(&mut self, call: CallId, result: CallResult) {
        if let Some(done) = self.open.remove(&call) {
            let _ = done.send(result);
        }
    }

    /// The next call that was given up. With no call open it is pending, and wakes nobody when
    /// one is opened.
    pub(super) fn poll_given_up(&mut self, task: &mut Context<'_>) -> Poll<CallId> {
        while let Some(ended) = ready!(self.waiting.poll_join_next(task)) {
            // It is not open if its answer came in between.
            if let Ok(Some(call)) = ended
                && self.open.remove(&call).is_some()
            {
                return Poll::Ready(call);
            }
        }
        Poll::Pending
    }
}

/// Hands the answer to a call on; gives the call's id if nobody takes it.
async fn wait(
    call: CallId,
    answered: oneshot::Receiver<CallResult>,
    mut answer: Answer,
) -> Option<CallId> {
    tokio::select! {
        Ok(result) = answered => {
            let _ = answer.send(result);
            None
        }
        () = answer.closed() => Some(call),
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    fn rejection() -> CallResult {
        Err(CallError::new("EACCES", "not allowed"))
    }

    #[tokio::test]
    async fn a_call_that_nobody_waits_for_is_given_up_and_its_answer_dropped() {
        let mut calls = Calls::default();
        let (answer, answered) = oneshot::channel();
        let (other_answer, other_answered) = oneshot::channel();
        let call = calls.open(answer).unwrap();
        let other = calls.open(other_answer).unwrap();
        drop(answered);
        assert_eq!(poll_fn(|task| calls.poll_given_up(task)).await, call);
        calls.done(call, rejection());
        calls.done(other, rejection());
        assert_eq!(other_answered.await.unwrap(), rejection());
        let last = calls.waiting.join_next().await.unwrap().unwrap();
        assert_eq!((last, calls.open.len()), (None, 0));
    }

    #[tokio::test]
    async fn a_call_that_is_given_up_makes_room_for_another() {
        let mut calls = Calls::default();
        let mut waiting = Vec::new();
        for _ in 0..CALLS_MAX {
            let (answer, answered) = oneshot::channel();
            calls.open(answer).unwrap();
            waiting.push(answered);
        }
        let (answer, answered) = oneshot::channel();
        assert_eq!(calls.open(answer), None);
        assert_eq!(answered.await.unwrap().unwrap_err().code, "EMFILE");
        waiting.pop();
        poll_fn(|task| calls.poll_given_up(task)).await;
        let (answer, _answered) = oneshot::channel();
        assert!(calls.open(answer).is_some());
    }
}
