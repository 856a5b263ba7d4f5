//! The handle to one execution environment.

use std::rc::Rc;
use std::sync::Arc;

use brink_frames::{Invoke, Load};
use brink_shared::wire::{Failure, FailureKind, Run};
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::answered::{Answered, State};
use super::host::Host;
use super::life::{self, Asked};
use super::warm_context::WarmContext;

/// The handle to one execution environment. Dropping it ends the environment.
#[derive(Debug)]
pub struct Environment {
    events: mpsc::Sender<Asked>,
    life: JoinHandle<()>,
    state: State,
    used: bool,
}

// === impl Environment ===

impl Environment {
    /// Makes an environment of a warm context: runs the version's modules in it until the
    /// handler is there.
    ///
    /// Must be called within a [`tokio::task::LocalSet`]. Has no deadline of its own: the modules
    /// may run forever.
    pub async fn start(
        warm_context: WarmContext,
        load: Arc<Load>,
        host: Rc<dyn Host>,
    ) -> Result<Self, Failure> {
        let (events, inbox) = mpsc::channel(1);
        let (ready, started) = oneshot::channel();
        let life = tokio::task::spawn_local(life::live(warm_context, load, host, ready, inbox));
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
    pub fn needs_recycling(&self) -> bool {
        self.state == State::Recycle
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.life.abort();
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
