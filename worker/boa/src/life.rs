//! The life of one environment: it runs the version's modules in its context, then one event after
//! the other.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsValue};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use brink_shared::event::{Event, ForFunction};
use brink_shared::wire::{self, Failure, Payload};

use super::answered::{Answered, State};
use super::context_object::{About, ContextObject};
use super::event_loop::EventLoop;
use super::modules::find_handler;
use super::session::Session;
use super::warm_context::WarmContext;
use super::{cpu, engine, failure, from_js, handler, to_js};
use brink_frames::Host;
use brink_frames::{Invoke, Load};

/// An event on its way into the environment.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) invoke: Invoke,
    pub(super) answer: oneshot::Sender<Answered>,
}

/// Runs the environment until its handle is dropped, or its state cannot be trusted any more.
pub(super) async fn live(
    warm_context: WarmContext,
    load: Arc<Load>,
    host: Rc<dyn Host>,
    ready: oneshot::Sender<Result<(), Failure>>,
    mut inbox: mpsc::Receiver<Asked>,
) {
    // The variable that is declared first is dropped last.
    let WarmContext { sweep: _sweep, mut context, jobs, .. } = warm_context;
    let session = match engine::bind(load, host, &mut context) {
        Ok(session) => session,
        Err(error) => {
            let failure = failure::execution("Runtime.ExitError", error.to_string());
            let _ = ready.send(Err(failure));
            return;
        }
    };
    let context = RefCell::new(&mut context);
    let mut event_loop = EventLoop::new(&context, jobs);
    event_loop.wake();
    let handler = match find_handler(&mut event_loop, &session).await {
        Ok(handler) => handler,
        Err(failure) => {
            let _ = ready.send(Err(failure));
            return;
        }
    };
    if ready.send(Ok(())).is_err() {
        return;
    }
    let about = About::new(&session.load);
    loop {
        // Requests that wait for this environment come first: the next event may be far away.
        tokio::task::yield_now().await;
        let object = ContextObject::for_next(&about, &session, &mut context.borrow_mut());
        let Some(Asked { invoke, answer }) = inbox.recv().await else {
            return;
        };
        let running = run_event(&mut event_loop, &session, &handler, object, &invoke);
        let answered = cpu::metered(&*session.host, invoke.id, &session.load, running).await;
        let state = answered.state;
        if answer.send(answered).is_err() || state == State::Spent {
            return;
        }
    }
}

async fn run_event(
    event_loop: &mut EventLoop<'_, '_>,
    session: &Session,
    handler: &JsFunction,
    object: ContextObject,
    invoke: &Invoke,
) -> Answered {
    let event = match read_event(&invoke.payload, &mut event_loop.context.borrow_mut()) {
        Ok(event) => event,
        Err(failure) => return Answered::failed(failure),
    };
    session.begin(invoke.id);
    let begun = Instant::now();
    event_loop.wake();
    object.begin(invoke);
    handler::call(handler, event, object, session, &mut event_loop.context.borrow_mut());
    // This cannot interrupt code that does not await.
    let ran = timeout(invoke.deadline.remaining(), event_loop.run(|| session.answer.is_final()));
    let ran = ran.await;
    let duration_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let context = &mut event_loop.context.borrow_mut();
    let cut_short = event_loop.was_cut_short() && session.exited.get().is_none();
    if session.answer.is_missing() && matches!(ran, Ok(Ok(()))) {
        // Nothing is left to do, but the code did not reach its end. The engine may have broken it
        // off without an error.
        session.recycling.leave_open();
    }
    let settled = match session.answer.is_open() && cut_short {
        true => {
            session.recycling.break_off();
            Err(failure::too_deep())
        }
        false => session.answer.take(),
    };
    let (result, usable) = match ran {
        Ok(Ok(())) => (settled.and_then(|value| from_js::value(value, session, context)), true),
        Ok(Err(error)) => (Err(error.into_failure(context)), false),
        Err(_) => (Err(brink_frames::given_up()), false),
    };
    match session.exited.get() {
        // After an `await` the engine may pass over the error by which `process.exit` ends the code.
        Some(code) => {
            let result = result.and(Err(failure::of_exit(code)));
            Answered { result, duration_us, state: State::Spent }
        }
        None => {
            let state = match usable {
                true if session.recycling.is_broken() => State::Spent,
                true if session.recycling.is_out() => State::Recycle,
                true => State::Good,
                false => State::Spent,
            };
            Answered { result, duration_us, state }
        }
    }
}

fn read_event(payload: &Payload, context: &mut Context) -> Result<JsValue, Failure> {
    let unreadable = |reason: String| failure::execution("Runtime.InvalidEvent", reason);
    match payload {
        Payload::Event(bytes) => {
            let event: Event =
                wire::decode_value(bytes).map_err(|error| unreadable(error.to_string()))?;
            to_js::value(&ForFunction(&event), context)
        }
        Payload::Json(text) => {
            let value: serde_json::Value =
                serde_json::from_slice(text).map_err(|error| unreadable(error.to_string()))?;
            to_js::value(&value, context)
        }
        Payload::ClaimCheck(_) => {
            return Err(unreadable("the event did not arrive whole".to_owned()));
        }
    }
    .map_err(|error| unreadable(error.to_string()))
}
