//! Threads that run environments. Every environment stays on its thread for life.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::timeout;

use brink_shared::wire::{Failure, Run, UnixMillis};

use super::dispatcher::{Place, ThreadEnded};
use super::outbox::{Outbox, Report};
use super::turns::Turns;
use crate::boa::{self, Environment, Host, STACK_SIZE};
use crate::sandbox::frame::{
    CallRequest, CallResult, EventId, FromSandbox, Invoke, Load, LogLevel, THREAD_NAME,
};

/// The main thread's handle to one thread.
pub(super) struct Thread {
    tasks: mpsc::Sender<Task>,
    /// What it notes of whose code it runs.
    pub(super) turns: Arc<Turns>,
    /// Never joined: user code on it may run until the process ends.
    _handle: JoinHandle<()>,
}

/// An event, and where it is to run.
pub(super) struct Task {
    /// The event.
    pub(super) invoke: Invoke,
    /// The environment; made if it is not there.
    pub(super) place: Place,
    /// How long its handler may take.
    pub(super) time: Duration,
}

/// What the tasks of one thread share.
struct Desk {
    load: Arc<Load>,
    outbox: Outbox,
    host: Rc<ThreadHost>,
    idle: RefCell<HashMap<u64, Environment>>,
}

/// Reports what environments do.
struct ThreadHost {
    outbox: Outbox,
    turns: Arc<Turns>,
}

// === impl Thread ===

impl Thread {
    /// Starts a thread. With a `first` place it makes that environment at once and reports
    /// whether the version starts.
    pub(super) fn start(
        load: Arc<Load>,
        outbox: Outbox,
        index: usize,
        first: Option<Place>,
    ) -> io::Result<Self> {
        let noted = Arc::<Turns>::default();
        let turns = noted.clone();
        // The supervisor sends at most one event per environment at a time.
        let capacity = usize::try_from(load.environments).unwrap_or(usize::MAX);
        let (tasks, queue) = mpsc::channel(capacity.clamp(1, 4096));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let handle = std::thread::Builder::new()
            .name(format!("{THREAD_NAME}{index}"))
            .stack_size(STACK_SIZE)
            .spawn(move || {
                let desk = Rc::new(Desk {
                    load,
                    host: Rc::new(ThreadHost { outbox: outbox.clone(), turns }),
                    outbox,
                    idle: RefCell::default(),
                });
                LocalSet::new().block_on(&runtime, serve(desk, queue, first));
            })?;
        Ok(Self { tasks, turns: noted, _handle: handle })
    }

    /// Hands over an event. Fails if the thread is gone, or if the supervisor sent more events
    /// than there are environments.
    pub(super) fn send(&self, task: Task) -> Result<(), ThreadEnded> {
        self.tasks.try_send(task).map_err(|_| ThreadEnded)
    }
}

async fn serve(desk: Rc<Desk>, mut queue: mpsc::Receiver<Task>, first: Option<Place>) {
    if let Some(place) = first {
        let begun = Instant::now();
        match desk.new_environment().await {
            Ok(environment) => {
                desk.idle.borrow_mut().insert(place.environment, environment);
                let init_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
                desk.outbox.send(Report::Frame(FromSandbox::Loaded { init_us }));
            }
            Err(failure) => {
                desk.outbox.send(Report::Frame(FromSandbox::Refused(failure)));
                return;
            }
        }
    }
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            task = queue.recv() => match task {
                Some(task) => { running.spawn_local(desk.clone().run(task)); }
                None => return,
            },
            Some(_) = running.join_next() => {}
        }
    }
}

// === impl Desk ===

impl Desk {
    async fn new_environment(&self) -> Result<Environment, Failure> {
        Environment::new(self.load.clone(), self.host.clone()).await
    }

    /// The environment at this place, made if it is not there.
    async fn environment(&self, place: Place) -> Result<Environment, Failure> {
        let warm = self.idle.borrow_mut().remove(&place.environment);
        match warm {
            Some(environment) => Ok(environment),
            None => timeout(self.load.bounds.startup, self.new_environment())
                .await
                .unwrap_or_else(|_| Err(boa::given_up())),
        }
    }

    async fn run(self: Rc<Self>, task: Task) {
        let place = task.place;
        let (id, fresh) = (task.invoke.id, task.invoke.fresh);
        let (result, run, environment) = self.invoke(task).await;
        let environment = environment.filter(|environment| !fresh && !environment.is_spent());
        let kept = environment.is_some();
        if let Some(environment) = environment {
            self.idle.borrow_mut().insert(place.environment, environment);
        }
        let frame = FromSandbox::Done { id, result, run };
        self.outbox.send(Report::Done { frame, place, kept });
    }

    async fn invoke(
        &self,
        Task { mut invoke, place, time }: Task,
    ) -> (Result<Bytes, Failure>, Run, Option<Environment>) {
        let mut environment = match self.environment(place).await {
            Ok(environment) => environment,
            Err(failure) => return (Err(failure), Run { duration_us: 0, cold: true }, None),
        };
        // Neither the way here nor the making of the environment is the handler's time.
        invoke.deadline = UnixMillis::now().after(time);
        let (result, run) = environment.invoke(invoke).await;
        (result, run, Some(environment))
    }
}

// === impl ThreadHost ===

impl Host for ThreadHost {
    fn started(&self, event: EventId) {
        self.outbox.send(Report::Frame(FromSandbox::Started(event)));
    }

    fn log(&self, id: Option<EventId>, level: LogLevel, text: String) {
        self.outbox.send(Report::Frame(FromSandbox::Log { id, level, text }));
    }

    fn call(&self, event: Option<EventId>, request: CallRequest) -> oneshot::Receiver<CallResult> {
        let (answer, answered) = oneshot::channel();
        self.outbox.send(Report::Call { event, request, answer });
        answered
    }

    fn takes_thread(&self, event: EventId, used: Duration) {
        self.turns.begin(event, used);
    }

    fn leaves_thread(&self) {
        self.turns.end();
    }
}
