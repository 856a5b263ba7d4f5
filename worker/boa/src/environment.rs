//! The handle to one execution environment.

use std::rc::Rc;
use std::sync::Arc;

use brink_frames::{Invoke, Load};
use brink_shared::wire::{Failure, FailureKind, Run};
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::answered::{Answered, State};
use super::life::{self, Asked};
use super::warm_context::WarmContext;
use brink_frames::Host;

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
    /// Makes an environment from a warm context: runs the version's modules in it, until the
    /// handler is there.
    ///
    /// Call it within a [`tokio::task::LocalSet`]. It has no deadline of its own: the modules may
    /// run forever.
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
    /// The value is MessagePack of a JSON value. The first event of an environment counts as cold,
    /// even if the environment was made before the event came.
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

    /// True once the environment must not be used again, because code outside of the handler's run
    /// failed, or the engine itself.
    pub fn is_spent(&self) -> bool {
        self.state == State::Spent
    }

    /// True once the environment should be recycled. Until another one is there, it may be used.
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
        message: "the JavaScript engine failed; the worker's log has its message".to_owned(),
        stack: Vec::new(),
    }
}
