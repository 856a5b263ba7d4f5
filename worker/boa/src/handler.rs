//! Calls a handler as Lambda's Node.js runtime does, and collects its one answer.
//!
//! A handler may return a promise, or call `callback`, `context.succeed`, `context.fail` or
//! `context.done`. The first of them counts. What `callback` is given is answered when nothing
//! is left to run, unless `callbackWaitsForEmptyEventLoop` is false. A handler that does none of
//! it answers null once nothing is left to run; what it returns without a promise is ignored.

use std::cell::{Cell, RefCell};

use boa_engine::object::builtins::{JsFunction, JsPromise};
use boa_engine::{Context, JsResult, JsValue, js_string};

use brink_shared::wire::Failure;

use super::context_object::ContextObject;
use super::failure;
use super::jobs;
use super::session::Session;

/// What a handler answers.
pub(super) type Settled = Result<JsValue, Failure>;

/// The answer to the event under way.
#[derive(Default)]
pub(super) struct Answer {
    /// Counts events, so that a function of an earlier one cannot answer a later one.
    serial: Cell<u64>,
    state: RefCell<State>,
    /// The handler returned a promise.
    promised: Cell<bool>,
}

#[derive(Default)]
enum State {
    /// Nothing yet.
    #[default]
    Open,
    /// Given, and held back until nothing is left to run.
    Waiting(Settled),
    /// Given.
    Final(Settled),
}

/// Calls the handler. Its answer is in the session's [`Answer`], now or after some jobs.
pub(super) fn call(
    handler: &JsFunction,
    event: JsValue,
    about: ContextObject,
    session: &Session,
    context: &mut Context,
) {
    if let Err(error) = try_call(handler, event, about, session, context) {
        let failure = failure::of_error(error, context);
        session.answer.settle(session.answer.serial(), Err(failure));
    }
}

fn try_call(
    handler: &JsFunction,
    event: JsValue,
    about: ContextObject,
    session: &Session,
    context: &mut Context,
) -> JsResult<()> {
    let arguments = [event, about.object.into(), about.callback.into()];
    let jobs = jobs::of(context)?;
    jobs.progress.begin(handler, context);
    let returned = handler.call(&JsValue::undefined(), &arguments, context);
    let own = returned.as_ref().ok().and_then(JsValue::as_object);
    jobs.progress.returned(own.and_then(|own| JsPromise::from_object(own).ok()));
    let returned = returned?;
    let Some(promise) = returned.as_object() else {
        return Ok(());
    };
    if let Some(then) = promise.get(js_string!("then"), context)?.as_callable() {
        session.answer.promised.set(true);
        let reactions = [about.succeed.into(), about.fail.into()];
        then.call(&returned, &reactions, context)?;
    }
    Ok(())
}

// === impl Answer ===

impl Answer {
    /// Turns to a new event.
    pub(super) fn open(&self) {
        self.serial.set(self.serial.get() + 1);
        self.state.replace(State::Open);
        self.promised.set(false);
    }

    /// Names the event that is open.
    pub(super) fn serial(&self) -> u64 {
        self.serial.get()
    }

    /// Gives the answer to event `serial`, unless it has one.
    pub(super) fn settle(&self, serial: u64, settled: Settled) {
        self.give(serial, State::Final(settled));
    }

    /// Gives the answer to event `serial`, unless it has one, and holds it back until nothing is
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

    /// True if none was given.
    pub(super) fn is_open(&self) -> bool {
        matches!(*self.state.borrow(), State::Open)
    }

    /// True if the handler returned a promise and none was given.
    pub(super) fn is_missing(&self) -> bool {
        self.is_open() && self.promised.get()
    }

    /// The answer, or undefined if none was given.
    pub(super) fn take(&self) -> Settled {
        match self.state.take() {
            State::Open => Ok(JsValue::undefined()),
            State::Waiting(settled) | State::Final(settled) => settled,
        }
    }
}
