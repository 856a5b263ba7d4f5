//! The desk of a thread: its environments, and a warm context for the next one. The tasks of the
//! thread share it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::timeout;

use brink_shared::wire::{Failure, Run, UnixMillis};

use super::memory::{self, Memory};
use super::outbox::{Left, Outbox, Report};
use super::place::Place;
use super::turns::Turns;
use crate::engine::{Engine, Environment, WarmContext};
use brink_frames::{CallRequest, CallResult, EventId, FromSandbox, Host, Invoke, Load, LogLevel};

/// An event, and the place where it runs.
pub(super) struct Task {
    /// The event.
    pub(super) invoke: Invoke,
    /// The environment's place. The environment is made if it does not exist.
    pub(super) place: Place,
    /// How long its handler may take.
    pub(super) time: Duration,
    /// True if the supervisor knows already that it begins.
    pub(super) announced: bool,
}

/// The environments of a thread that has a version.
pub(super) struct Desk<E: Engine> {
    /// The engine, with the data that its environments share.
    engine: E,
    load: Arc<Load>,
    outbox: Outbox,
    host: Rc<ThreadHost>,
    idle: RefCell<HashMap<u64, Idle<E::Environment>>>,
    warm_context: RefCell<Option<E::WarmContext>>,
    /// True once the thread made an environment.
    used: Cell<bool>,
}

/// An environment without an event.
enum Idle<E> {
    Ready(E),
    /// An environment that is being made, in place of one that is due for recycling.
    Making(oneshot::Receiver<Result<E, Failure>>),
}

/// Reports the work of environments to the main thread.
struct ThreadHost {
    outbox: Outbox,
    turns: Arc<Turns>,
    /// The platform modules that the version asked for on this thread, in this order.
    asked: RefCell<Vec<&'static str>>,
}

// === impl Desk ===

impl<E: Engine> Desk<E> {
    /// No environments yet; the first is made of `warm_context`.
    pub(super) fn new(
        load: Arc<Load>,
        outbox: Outbox,
        turns: Arc<Turns>,
        warm_context: Option<E::WarmContext>,
        engine: E,
    ) -> Self {
        let host = ThreadHost { outbox: outbox.clone(), turns, asked: RefCell::default() };
        Self {
            engine,
            load,
            outbox,
            host: Rc::new(host),
            idle: RefCell::default(),
            warm_context: RefCell::new(warm_context),
            used: Cell::new(false),
        }
    }

    /// Makes the environment for a place before an event needs it.
    pub(super) async fn open(&self, place: Place) -> Result<(), Failure> {
        let environment = self.new_environment().await?;
        self.keep(place, Idle::Ready(environment));
        Ok(())
    }

    /// True if there is something to prepare for the next environment. It is false for a thread
    /// that never had an environment, because it may never need one.
    pub(super) fn wants_warm_context(&self) -> bool {
        match &*self.warm_context.borrow() {
            Some(warm_context) => !warm_context.is_prepared(&self.host.asked.borrow()),
            None => self.used.get(),
        }
    }

    /// Prepares a part of the next warm context. False if that is not possible now.
    pub(super) fn prepare_warm_context(&self) -> bool {
        let mut warm_context = self.warm_context.borrow_mut();
        match &mut *warm_context {
            Some(warm_context) => warm_context.prepare(&self.host.asked.borrow()),
            None => *warm_context = self.engine.warm_context().ok(),
        }
        warm_context.is_some()
    }

    /// Runs an event, and reports its end.
    pub(super) async fn run(self: Rc<Self>, task: Task) {
        let place = task.place;
        let (id, fresh) = (task.invoke.id, task.invoke.fresh);
        let (result, run, environment) = self.invoke(task).await;
        let environment = environment.filter(|environment| !fresh && !environment.is_spent());
        let mut successor = None;
        let left = match environment {
            Some(old) if old.needs_recycling() => {
                let (made, making) = oneshot::channel();
                self.keep(place, Idle::Making(making));
                successor = Some(made);
                Left::Successor
            }
            Some(environment) => {
                self.keep(place, Idle::Ready(environment));
                Left::Environment
            }
            None => Left::Nothing,
        };
        let frame = FromSandbox::Done { id, result, run };
        self.outbox.send(Report::Done { frame, place, left });
        if let Some(made) = successor {
            // If the thread ends, nobody takes it.
            let _ = made.send(self.in_time().await);
        }
    }

    fn keep(&self, place: Place, environment: Idle<E::Environment>) {
        self.idle.borrow_mut().insert(place.environment, environment);
    }

    async fn new_environment(&self) -> Result<E::Environment, Failure> {
        self.used.set(true);
        let warm_context = self.warm_context.take();
        let warm_context = warm_context.map_or_else(|| self.engine.warm_context(), Ok)?;
        let before = Memory::read();
        let started = self.engine.start(warm_context, self.load.clone(), self.host.clone()).await;
        memory::give_back(before);
        started
    }

    async fn in_time(&self) -> Result<E::Environment, Failure> {
        timeout(self.load.bounds.startup, self.new_environment())
            .await
            .unwrap_or_else(|_| Err(brink_frames::given_up()))
    }

    /// The environment at this place. Makes it if it does not exist.
    async fn environment(&self, place: Place) -> Result<E::Environment, Failure> {
        let warm = self.idle.borrow_mut().remove(&place.environment);
        match warm {
            Some(Idle::Ready(environment)) => return Ok(environment),
            Some(Idle::Making(making)) => {
                if let Ok(Ok(environment)) = making.await {
                    return Ok(environment);
                }
            }
            None => {}
        }
        self.in_time().await
    }

    async fn invoke(
        &self,
        Task { mut invoke, place, time, announced }: Task,
    ) -> (Result<Bytes, Failure>, Run, Option<E::Environment>) {
        let mut environment = match self.environment(place).await {
            Ok(environment) => environment,
            Err(failure) => return (Err(failure), Run { duration_us: 0, cold: true }, None),
        };
        if !announced {
            self.outbox.send(Report::Frame(FromSandbox::Started(invoke.id)));
        }
        // The handler's time begins here. The event's way to this thread and the start of the
        // environment do not count.
        invoke.deadline = UnixMillis::now().after(time);
        let (result, run) = environment.invoke(invoke).await;
        (result, run, Some(environment))
    }
}

// === impl ThreadHost ===

impl Host for ThreadHost {
    fn log(&self, id: Option<EventId>, level: LogLevel, text: String) {
        self.outbox.send(Report::Frame(FromSandbox::Log { id, level, text }));
    }

    fn call(&self, event: Option<EventId>, request: CallRequest) -> oneshot::Receiver<CallResult> {
        let (answer, answered) = oneshot::channel();
        self.outbox.send(Report::Call { event, request, answer });
        answered
    }

    fn memory_used(&self) -> u64 {
        memory::used()
    }

    fn asked(&self, module: &'static str) {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&module) {
            asked.push(module);
        }
    }

    fn takes_thread(&self, event: EventId, used: Duration) {
        self.turns.begin(event, used);
    }

    fn leaves_thread(&self) {
        self.turns.end();
    }
}
