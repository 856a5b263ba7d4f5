//! Outgoing calls that wait for the supervisor's answer.
//!
//! The environment that makes a call holds a receiver. If the environment drops it, the call is
//! given up, and the main thread tells the supervisor to cancel it.

use std::collections::HashMap;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use brink_frames::{CallError, CallId, CallResult};

/// Most outgoing calls that a sandbox may have open at a time.
const CALLS_MAX: usize = 256;

/// Where the answer to a call goes.
type Answer = oneshot::Sender<CallResult>;

/// The calls of all environments.
#[derive(Default)]
pub(super) struct Calls {
    made: u64,
    open: HashMap<CallId, Answer>,
    /// A task for each open call. It returns the call's id if the call is given up.
    waiting: JoinSet<Option<CallId>>,
}

// === impl Calls ===

impl Calls {
    /// Opens a call. If there are too many, it answers the call with an error and returns none.
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

    /// Passes on the supervisor's answer to a call. A call that was given up in the meantime is no
    /// longer open.
    pub(super) fn done(&mut self, call: CallId, result: CallResult) {
        if let Some(done) = self.open.remove(&call) {
            let _ = done.send(result);
        }
    }

    /// The next call that was given up. Without open calls it stays pending, and opening a call
    /// does not wake the task.
    pub(super) fn poll_given_up(&mut self, task: &mut Context<'_>) -> Poll<CallId> {
        while let Some(ended) = ready!(self.waiting.poll_join_next(task)) {
            // The call is not open if its answer came in between.
            if let Ok(Some(call)) = ended
                && self.open.remove(&call).is_some()
            {
                return Poll::Ready(call);
            }
        }
        Poll::Pending
    }
}

/// Passes on the answer to a call. Returns the call's id if the call was given up.
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
