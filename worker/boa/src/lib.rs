//! The embedded JavaScript runtime: execution environments on the Boa engine.
//!
//! An [`Environment`] is one engine context with a version's code in it. It handles one event at
//! a time and keeps its globals between events, and what a handler left running is frozen with
//! the answer and goes on with the next event, as on Lambda. A context cannot leave its thread,
//! and native jobs borrow it for as long as they run; so each environment is a task of its own
//! that owns its context, and [`Environment`] is the handle to that task.
//!
//! The engine has no interrupt and no heap limit. Nothing here tries to add them: a function
//! that does not stop is stopped with its process (`sandbox`).

mod compiled;
mod console;
mod context_object;
mod cpu;
mod engine;
mod event_loop;
mod failure;
mod from_js;
mod handler;
mod jobs;
mod json;
mod life;
mod modules;
mod natives;
mod plain;
mod platform;
mod progress;
mod rejections;
mod session;
mod spare;
mod text;
mod to_js;
mod wear;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use brink_shared::wire::{Failure, FailureKind, Run};

use brink_frames::{CallRequest, CallResult, EventId, Invoke, Load, LogLevel};

pub use compiled::Compiled;
pub use engine::STACK_SIZE;
pub use failure::given_up;
pub use from_js::{DEPTH_MAX, NODES_MAX};
pub use modules::author_place;
pub use platform::absent_module;
pub use spare::{Spare, USUAL};
pub use wear::ENVIRONMENT_SOURCE_MAX;

/// The services that an environment needs from its process.
///
/// Every method is called on the environment's thread, often from inside user code.
pub trait Host {
    /// The function wrote to its log; no event while it starts.
    fn log(&self, event: Option<EventId>, level: LogLevel, text: String);
    /// The function calls an HTTP service. A dropped sender counts as a failed call, a dropped
    /// receiver gives it up.
    fn call(&self, event: Option<EventId>, request: CallRequest) -> oneshot::Receiver<CallResult>;
    /// The event's code runs on the thread from now on. So far it used this much CPU time.
    fn takes_thread(&self, _event: EventId, _used: Duration) {}
    /// It does not any more.
    fn leaves_thread(&self) {}
    /// Bytes of memory that the process has in use; 0 if that is not known.
    fn memory_used(&self) -> u64;
    /// The function asked for a platform module, again or for the first time.
    fn asked(&self, module: &'static str);
}

/// The handle to one execution environment. Dropping it ends the environment.
#[derive(Debug)]
pub struct Environment {
    events: mpsc::Sender<Asked>,
    life: JoinHandle<()>,
    state: State,
    used: bool,
}

/// Whether an environment may see another event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Good,
    /// Yes, but another should take its place.
    Worn,
    /// No.
    Spent,
}

/// Collects what was left unreachable on this thread, when it is dropped: a dropped context is
/// garbage to the engine until then, and the engine does not see how much.
#[derive(Debug)]
struct Sweep;

/// An event on its way into the environment.
#[derive(Debug)]
struct Asked {
    invoke: Invoke,
    answer: oneshot::Sender<Answered>,
}

/// What became of it.
#[derive(Debug)]
struct Answered {
    result: Result<Bytes, Failure>,
    duration_us: u64,
    state: State,
}

// === impl Environment ===

impl Environment {
    /// Makes an environment of a spare context: runs the version's modules in it until the
    /// handler is there.
    ///
    /// Must be called within a [`tokio::task::LocalSet`]. Has no deadline of its own: the modules
    /// may run forever.
    pub async fn start(spare: Spare, load: Arc<Load>, host: Rc<dyn Host>) -> Result<Self, Failure> {
        let (events, inbox) = mpsc::channel(1);
        let (ready, started) = oneshot::channel();
        let life = tokio::task::spawn_local(life::live(spare, load, host, ready, inbox));
        let environment = Self { events, life, state: State::Good, used: false };
        started.await.unwrap_or_else(|_| Err(engine_failed()))?;
        Ok(environment)
    }

    /// Runs the handler for one event, to its answer.
    ///
    /// The value is MessagePack with the shape of JSON. The first event of an environment counts
    /// as cold, whether the environment was made for it or beforehand.
    pub async fn invoke(&mut self, invoke: Invoke) -> (Result<Bytes, Failure>, Run) {
        let cold = !std::mem::replace(&mut self.used, true);
        let (answer, answered) = oneshot::channel();
        // A closed channel drops `answer`, which the next line sees.
        let _ = self.events.send(Asked { invoke, answer }).await;
        let Answered { result, duration_us, state } = answered.await.unwrap_or_else(|_| Answered {
            result: Err(engine_failed()),
            duration_us: 0,
            state: State::Spent,
        });
        self.state = state;
        (result, Run { duration_us, cold })
    }

    /// True once the environment must not be used again: code in it failed outside of any
    /// handler's reach, or the engine itself did.
    pub fn is_spent(&self) -> bool {
        self.state == State::Spent
    }

    /// True once another environment should take its place. Until there is one it may be used.
    pub fn is_worn(&self) -> bool {
        self.state == State::Worn
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.life.abort();
    }
}

impl Drop for Sweep {
    fn drop(&mut self) {
        boa_gc::force_collect();
    }
}

fn engine_failed() -> Failure {
    Failure {
        kind: FailureKind::Execution,
        error_type: "Runtime.ExitError".to_owned(),
        message: "the JavaScript engine failed; its own words are in the worker's log".to_owned(),
        stack: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
