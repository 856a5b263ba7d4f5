//! The state of one sandbox's Runtime API. No input or output happens here.
//!
//! ```text
//!           next             an event comes           /response, /error        its body is read
//! Started --------> Ready ------------------> Running ------------------> Answering --------> Answered
//!    |                ^                       |     ^                                             |
//!    | /init/error    |                       +-----+ next                                        |
//!    v                |                    (the same event)                                       |
//! Failed              +----------------------------- next ----------------------------------------+
//! ```
//!
//! A request that its state does not allow is refused. A client whose request for an event was cut
//! off asks again. So the newest request gets the event, and a request while the event runs gets
//! the same event once more.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use rand::Rng;
use tokio::sync::mpsc;

use brink_frames::{EventId, FromSandbox, Invoke};
use brink_shared::event::{Event, ForFunction};
use brink_shared::limits::micros;
use brink_shared::wire::{self, Failure, FailureKind, Payload, Run, UnixMillis};

/// Most events that a sandbox may have, with the one that runs.
pub const EVENTS_MAX: usize = 16;

/// Most messages that wait for the actor: the start, and the begin and end of each event.
pub const MESSAGES_MAX: usize = 2 * EVENTS_MAX + 2;

/// More events than [`EVENTS_MAX`]; a fault of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox has {EVENTS_MAX} events already")]
pub struct TooManyEvents;

/// See the module.
pub(super) struct State {
    phase: Phase,
    waiting: VecDeque<Invoke>,
    /// The number of requests for an event. Only the newest one waits.
    requests: u64,
    begun: Instant,
    /// True once an event was handed out.
    used: bool,
    messages: mpsc::Sender<FromSandbox>,
}

enum Phase {
    Started,
    Failed,
    Ready,
    Running(Arc<Running>),
    Answering(Arc<Running>),
    Answered {
        /// The id of the event.
        request_id: String,
    },
}

/// An event that was handed out.
pub(super) struct Running {
    id: EventId,
    /// The id in the API's paths and headers.
    pub(super) request_id: String,
    /// `Lambda-Runtime-Trace-Id`: nothing is traced.
    pub(super) trace_id: String,
    /// When the event's time is over, by this machine's clock.
    pub(super) deadline: UnixMillis,
    /// The event.
    pub(super) json: Bytes,
    begun: Instant,
    cold: bool,
}

/// The answer to a request for an event.
pub(super) enum Next {
    /// This event.
    Event(Arc<Running>),
    /// None yet: ask again when something changed.
    Wait,
    /// A newer request waits instead.
    Replaced,
}

/// Why a request is refused: it does not fit the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// The request is not allowed in this state.
    #[error("{request} is not allowed in the state {state}")]
    State {
        /// The last part of its path.
        request: &'static str,
        /// The state's name.
        state: &'static str,
    },
    /// There is no such event, or not any more.
    #[error("Invalid request ID")]
    RequestId,
}

// === impl State ===

impl State {
    /// The state before the first request. Messages to the actor go into the channel, which has
    /// room for [`MESSAGES_MAX`].
    pub(super) fn new(messages: mpsc::Sender<FromSandbox>) -> Self {
        Self {
            phase: Phase::Started,
            waiting: VecDeque::new(),
            requests: 0,
            begun: Instant::now(),
            used: false,
            messages,
        }
    }

    /// Takes an event from the actor.
    pub(super) fn invoke(&mut self, invoke: Invoke) -> Result<(), TooManyEvents> {
        let running = matches!(self.phase, Phase::Running(_) | Phase::Answering(_));
        if self.waiting.len() + usize::from(running) >= EVENTS_MAX {
            return Err(TooManyEvents);
        }
        self.waiting.push_back(invoke);
        Ok(())
    }

    /// A new request for an event: its number for [`State::next`].
    pub(super) fn ask(&mut self) -> Result<u64, Refused> {
        match self.phase {
            Phase::Started => {
                self.phase = Phase::Ready;
                self.tell(FromSandbox::Loaded { init_us: micros(self.begun.elapsed()) });
            }
            Phase::Answered { .. } => self.phase = Phase::Ready,
            Phase::Ready | Phase::Running(_) => {}
            Phase::Failed | Phase::Answering(_) => return Err(self.refuse("next")),
        }
        self.requests += 1;
        Ok(self.requests)
    }

    /// The event for the request of this number.
    pub(super) fn next(&mut self, number: u64) -> Next {
        if self.requests != number {
            return Next::Replaced;
        }
        match &self.phase {
            Phase::Running(running) => return Next::Event(running.clone()),
            Phase::Ready => {}
            _ => return Next::Replaced,
        }
        while let Some(invoke) = self.waiting.pop_front() {
            match event_json(&invoke.payload) {
                Ok(json) => {
                    let running = Arc::new(self.begin(&invoke, json));
                    self.phase = Phase::Running(running.clone());
                    self.tell(FromSandbox::Started(invoke.id));
                    return Next::Event(running);
                }
                Err(failure) => self.tell(FromSandbox::Done {
                    id: invoke.id,
                    result: Err(failure),
                    run: Run::default(),
                }),
            }
        }
        Next::Wait
    }

    /// The function begins to answer the event of this id. [`State::answered`] must follow.
    pub(super) fn begin_answer(
        &mut self,
        request_id: &str,
        request: &'static str,
    ) -> Result<(), Refused> {
        match &self.phase {
            Phase::Running(running) if running.request_id == request_id => {
                self.phase = Phase::Answering(running.clone());
                Ok(())
            }
            Phase::Answering(running) if running.request_id == request_id => {
                Err(self.refuse(request))
            }
            Phase::Answered { request_id: last } if last == request_id => Err(self.refuse(request)),
            _ => Err(Refused::RequestId),
        }
    }

    /// The event that is being answered is done.
    pub(super) fn answered(&mut self, result: Result<Bytes, Failure>) {
        let Phase::Answering(running) = &self.phase else { return };
        let running = running.clone();
        let run = Run { duration_us: micros(running.begun.elapsed()), cold: running.cold };
        self.phase = Phase::Answered { request_id: running.request_id.clone() };
        self.tell(FromSandbox::Done { id: running.id, result, run });
    }

    /// The function says that it cannot start.
    pub(super) fn fail_start(&mut self, failure: Failure) -> Result<(), Refused> {
        self.can_fail_start()?;
        self.phase = Phase::Failed;
        self.tell(FromSandbox::StartFailed(failure));
        Ok(())
    }

    /// Whether the function may still say that it cannot start.
    pub(super) fn can_fail_start(&self) -> Result<(), Refused> {
        match self.phase {
            Phase::Started => Ok(()),
            _ => Err(self.refuse("init/error")),
        }
    }

    fn begin(&mut self, invoke: &Invoke, json: Bytes) -> Running {
        Running {
            id: invoke.id,
            request_id: path_id(invoke),
            trace_id: trace_id(),
            deadline: invoke.deadline,
            json,
            begun: Instant::now(),
            cold: !std::mem::replace(&mut self.used, true),
        }
    }

    fn refuse(&self, request: &'static str) -> Refused {
        let state = match self.phase {
            Phase::Started => "Started",
            Phase::Failed => "InitError",
            Phase::Ready => "Ready",
            Phase::Running(_) => "Running",
            Phase::Answering(_) => "InvocationResponse",
            Phase::Answered { .. } => "ResponseSent",
        };
        Refused::State { request, state }
    }

    fn tell(&self, message: FromSandbox) {
        // There is room for all messages that there can be. If the actor is gone, nobody needs them.
        let _ = self.messages.try_send(message);
    }
}

/// The event as JSON, written once from its typed form.
fn event_json(payload: &Payload) -> Result<Bytes, Failure> {
    let unreadable = |message: String| Failure {
        kind: FailureKind::Execution,
        error_type: "Runtime.InvalidEvent".to_owned(),
        message,
        stack: Vec::new(),
    };
    match payload {
        Payload::Event(bytes) => {
            let event: Event =
                wire::decode_value(bytes).map_err(|error| unreadable(error.to_string()))?;
            let json = serde_json::to_vec(&ForFunction(&event));
            json.map(Bytes::from).map_err(|error| unreadable(error.to_string()))
        }
        Payload::Json(text) => Ok(text.clone()),
        Payload::ClaimCheck(_) => Err(unreadable("the event did not arrive whole".to_owned())),
    }
}

/// The event's id in paths and headers: its request id, unless that may not stand there. Only
/// `brink function invoke` sends such ids.
fn path_id(invoke: &Invoke) -> String {
    let id = &invoke.request_id;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~=".contains(&byte);
    if !id.is_empty() && id.len() <= 256 && id.bytes().all(fits) {
        return id.clone();
    }
    format!("event-{}", invoke.id.0)
}

/// A trace id in the form of X-Ray, with the decision not to trace.
fn trace_id() -> String {
    let mut rng = rand::rng();
    let (low, high): (u64, u32) = rng.random();
    let seconds = UnixMillis::now().0 / 1_000;
    let parent: u64 = rng.random();
    format!("Root=1-{seconds:08x}-{high:08x}{low:016x};Parent={parent:016x};Sampled=0")
}
