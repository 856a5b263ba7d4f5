//! Promises that were rejected without a handler, and those that got a handler after the rejection
//! was reported.
//!
//! The engine says when a promise is rejected without a handler, and when it gets one later.
//! `event_loop` reports this to the listeners of `process` after all microtasks have run, as
//! Node.js does.

use std::cell::RefCell;
use std::collections::VecDeque;

use boa_engine::builtins::promise::{OperationType, Promise, PromiseState};
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsPromise;
use boa_engine::{JsResult, JsValue};

/// The rejections that are not reported yet.
#[derive(Default)]
pub(super) struct Rejections(RefCell<Untold>);

#[derive(Default)]
struct Untold {
    /// Number of promises that were rejected without a handler since the context was made.
    count: u64,
    /// Promises that have no handler yet.
    unhandled: VecDeque<Noted>,
    /// Promises that are being reported, whether they are handled by now or not.
    due: VecDeque<Noted>,
    /// Promises that were reported, and have a handler now.
    late: VecDeque<JsObject<Promise>>,
}

/// A rejected promise with its number and the frame in which it was rejected.
struct Noted {
    number: u64,
    promise: JsObject<Promise>,
    frame: JsValue,
}

/// A promise that was rejected while nobody handled it.
pub(super) struct Rejection {
    /// Counts such promises from 1, as Node.js does.
    pub(super) number: u64,
    /// The reason of the rejection.
    pub(super) reason: JsValue,
    /// The promise.
    pub(super) promise: JsPromise,
    /// The frame of the code that rejected it.
    pub(super) frame: JsValue,
}

// === impl Rejections ===

impl Rejections {
    /// Notes what the engine says of a promise, with the frame of the code under way.
    pub(super) fn note(
        &self,
        promise: &JsObject<Promise>,
        operation: OperationType,
        frame: &JsValue,
    ) {
        let untold = &mut *self.0.borrow_mut();
        match operation {
            OperationType::Reject => {
                untold.count += 1;
                untold.unhandled.push_back(Noted {
                    number: untold.count,
                    promise: promise.clone(),
                    frame: frame.clone(),
                });
            }
            OperationType::Handle => {
                let of_promise = |other: &Noted| JsObject::equals(&other.promise, promise);
                // From the end: most are handled right after they were rejected.
                if let Some(at) = untold.unhandled.iter().rposition(of_promise) {
                    untold.unhandled.remove(at);
                } else if !untold.due.iter().any(of_promise) {
                    untold.late.push_back(promise.clone());
                }
            }
        }
    }

    /// The next promise that was reported before and has a handler now.
    pub(super) fn next_late(&self) -> JsResult<Option<JsPromise>> {
        let late = self.0.borrow_mut().late.pop_front();
        late.map(|promise| JsPromise::from_object(promise.upcast())).transpose()
    }

    /// Begins to report all promises that have no handler now.
    pub(super) fn turn(&self) {
        let untold = &mut *self.0.borrow_mut();
        untold.due = std::mem::take(&mut untold.unhandled);
    }

    /// The next promise to report.
    pub(super) fn next_due(&self) -> Option<Rejection> {
        let Noted { number, promise, frame } = self.0.borrow_mut().due.pop_front()?;
        let promise = JsPromise::from_object(promise.upcast()).ok()?;
        match promise.state() {
            PromiseState::Rejected(reason) => Some(Rejection { number, reason, promise, frame }),
            PromiseState::Pending | PromiseState::Fulfilled(_) => None,
        }
    }
}
