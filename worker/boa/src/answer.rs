//! The answer to an event. There is only one.
//!
//! Of a handler's promise, `callback`, `context.succeed`, `context.fail` and `context.done`, the
//! first one counts. An answer by `callback` waits until nothing is left to run, unless
//! `callbackWaitsForEmptyEventLoop` is false.

use std::cell::{Cell, RefCell};

use boa_engine::JsValue;
use brink_shared::wire::Failure;

/// A handler's answer.
pub(super) type Settled = Result<JsValue, Failure>;

/// The answer to the event under way.
#[derive(Default)]
pub(super) struct Answer {
    /// The number of the event, so a function of an earlier event cannot answer a later one.
    serial: Cell<u64>,
    state: RefCell<State>,
    /// The handler returned a promise.
    promised: Cell<bool>,
}

#[derive(Default)]
enum State {
    /// There is no answer yet.
    #[default]
    Open,
    /// There is an answer, which waits until nothing is left to run.
    Waiting(Settled),
    /// There is an answer.
    Final(Settled),
}

// === impl Answer ===

impl Answer {
    /// Begins a new event.
    pub(super) fn open(&self) {
        self.serial.set(self.serial.get() + 1);
        self.state.replace(State::Open);
        self.promised.set(false);
    }

    /// The number of the event under way.
    pub(super) fn serial(&self) -> u64 {
        self.serial.get()
    }

    /// Gives the answer to event `serial`, unless it has one.
    pub(super) fn settle(&self, serial: u64, settled: Settled) {
        self.give(serial, State::Final(settled));
    }

    /// Gives the answer to event `serial`, unless it has one. The answer waits until nothing is
    /// left to run.
    pub(super) fn settle_when_idle(&self, serial: u64, settled: Settled) {
        self.give(serial, State::Waiting(settled));
    }

    fn give(&self, serial: u64, answer: State) {
        let mut state = self.state.borrow_mut();
        if self.serial.get() == serial && matches!(*state, State::Open) {
            *state = answer;
        }
    }

    /// True if the answer can be taken without waiting for more jobs.
    pub(super) fn is_final(&self) -> bool {
        matches!(*self.state.borrow(), State::Final(_))
    }

    /// True if there is no answer.
    pub(super) fn is_open(&self) -> bool {
        matches!(*self.state.borrow(), State::Open)
    }

    /// Notes that the handler returned a promise.
    pub(super) fn promise(&self) {
        self.promised.set(true);
    }

    /// True if the handler returned a promise, and there is no answer.
    pub(super) fn is_missing(&self) -> bool {
        self.is_open() && self.promised.get()
    }

    /// The answer, or undefined if there is none.
    pub(super) fn take(&self) -> Settled {
        match self.state.take() {
            State::Open => Ok(JsValue::undefined()),
            State::Waiting(settled) | State::Final(settled) => settled,
        }
    }
}
