//! The threads with environments. Every environment stays on its thread for life.
//!
//! A thread can exist before there is a version. It then prepares a warm context, and stops that as
//! soon as the version comes: modules that are not prepared by then are made when they are asked
//! for. Later warm contexts are prepared while the thread has nothing else to do.

use std::io;
use std::rc::Rc;
use std::sync::{Arc, Barrier};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

use super::desk::{Desk, Task};
use super::outbox::{Outbox, Report};
use super::place::Place;
use super::turns::Turns;
use crate::engine::{Engine, WarmContext};
use brink_shared::registry::Bundle;

use brink_frames::{FromSandbox, Load, THREAD_NAME};

/// Most events that wait for one thread. The supervisor sends at most one for each environment at a
/// time.
const TASKS_MAX: usize = 4096;

/// How long a thread without a version waits for it before it runs modules in its warm context. If
/// no blank sandbox was ready, the version comes at once, and the thread should be free.
const PREPARE_AFTER: Duration = Duration::from_millis(5);

/// How long a thread must be idle before it prepares the next warm context.
const IDLE_AFTER: Duration = Duration::from_millis(100);

/// The main thread's handle to one thread.
pub(super) struct Thread {
    /// Where its duty goes; none once it has one.
    duty: Option<oneshot::Sender<Duty>>,
    tasks: mpsc::Sender<Task>,
    /// The turns of the thread.
    pub(super) turns: Arc<Turns>,
    /// The thread is never joined, because user code on it may run until the process ends.
    _handle: JoinHandle<()>,
}

/// A thread with environments ended, which should not happen.
#[derive(Debug)]
pub(super) struct ThreadEnded;

/// The duty of a thread.
enum Duty {
    /// A version to run.
    Version {
        load: Arc<Load>,
        /// The place of the environment to make at once. The thread reports whether the version
        /// starts.
        first: Option<Place>,
    },
    /// A bundle to search for modules that cannot work. No environment is made.
    FindAbsent { bundle: Bundle, found: oneshot::Sender<Vec<String>> },
}

/// Starts threads and waits until all are up. After that, none of them needs the kernel to begin
/// its work. The first thread prepares a warm context before it has a version.
pub(super) fn start<E: Engine>(count: usize, outbox: &Outbox) -> io::Result<Vec<Thread>> {
    let up = Arc::new(Barrier::new(count + 1));
    let threads = (0..count)
        .map(|index| Thread::start::<E>(index, outbox.clone(), up.clone()))
        .collect::<io::Result<_>>()?;
    up.wait();
    Ok(threads)
}

// === impl Thread ===

impl Thread {
    fn start<E: Engine>(index: usize, outbox: Outbox, up: Arc<Barrier>) -> io::Result<Self> {
        let (tasks, queue) = mpsc::channel(TASKS_MAX);
        let (duty, told) = oneshot::channel();
        let turns = Arc::<Turns>::default();
        let noted = turns.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let handle = std::thread::Builder::new()
            .name(format!("{THREAD_NAME}{index}"))
            .stack_size(E::STACK_SIZE)
            .spawn(move || {
                up.wait();
                let work = async {
                    let engine = E::default();
                    let warm_context = (index == 0).then(|| engine.warm_context());
                    let mut warm_context = warm_context.and_then(Result::ok);
                    match wait::<E>(told, warm_context.as_mut()).await {
                        Some(Duty::Version { load, first }) => {
                            let desk = Desk::new(load, outbox.clone(), noted, warm_context, engine);
                            serve(Rc::new(desk), outbox, queue, first).await;
                        }
                        Some(Duty::FindAbsent { bundle, found }) => {
                            // The main thread waits for it, unless the supervisor hung up.
                            let _ = found.send(E::absent_modules(&bundle));
                        }
                        None => {}
                    }
                };
                LocalSet::new().block_on(&runtime, work);
            })?;
        Ok(Self { duty: Some(duty), tasks, turns, _handle: handle })
    }

    /// Gives the thread its version. With a `first` place the thread makes that environment at
    /// once, and reports whether the version starts.
    pub(super) fn begin(&mut self, load: Arc<Load>, first: Option<Place>) {
        self.give(Duty::Version { load, first });
    }

    /// Searches a bundle for modules that cannot work. The parser recurses into nested code, so it
    /// needs the large stack of a thread that runs environments.
    pub(super) async fn find_absent(&mut self, bundle: Bundle) -> Result<Vec<String>, ThreadEnded> {
        let (found, finds) = oneshot::channel();
        self.give(Duty::FindAbsent { bundle, found });
        finds.await.map_err(|_| ThreadEnded)
    }

    fn give(&mut self, duty: Duty) {
        if let Some(to) = self.duty.take() {
            // If the thread is gone, the next event fails.
            let _ = to.send(duty);
        }
    }

    /// Hands over an event. Fails if the thread is gone, or if the supervisor sent too many events.
    pub(super) fn send(&self, task: Task) -> Result<(), ThreadEnded> {
        self.tasks.try_send(task).map_err(|_| ThreadEnded)
    }
}

/// Waits for the duty, and prepares the warm context meanwhile. None if no duty will come.
async fn wait<E: Engine>(
    mut told: oneshot::Receiver<Duty>,
    mut warm_context: Option<&mut E::WarmContext>,
) -> Option<Duty> {
    if let Ok(duty) = timeout(PREPARE_AFTER, &mut told).await {
        return duty.ok();
    }
    while let Some(warm_context) =
        warm_context.as_mut().filter(|warm_context| !warm_context.is_prepared(E::USUAL))
    {
        warm_context.prepare(E::USUAL);
        match told.try_recv() {
            Ok(duty) => return Some(duty),
            Err(TryRecvError::Closed) => return None,
            Err(TryRecvError::Empty) => {}
        }
    }
    told.await.ok()
}

async fn serve<E: Engine>(
    desk: Rc<Desk<E>>,
    outbox: Outbox,
    mut queue: mpsc::Receiver<Task>,
    first: Option<Place>,
) {
    if let Some(place) = first {
        let begun = Instant::now();
        match desk.open(place).await {
            Ok(()) => {
                let init_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
                outbox.send(Report::Frame(FromSandbox::Loaded { init_us }));
            }
            Err(failure) => {
                outbox.send(Report::Frame(FromSandbox::StartFailed(failure)));
                return;
            }
        }
    }
    let mut running = JoinSet::new();
    loop {
        let may_prepare = running.is_empty() && desk.wants_warm_context();
        tokio::select! {
            biased;
            task = queue.recv() => match task {
                Some(task) => { running.spawn_local(desk.clone().run(task)); }
                None => return,
            },
            Some(_) = running.join_next() => {}
            () = sleep(IDLE_AFTER), if may_prepare => {
                while desk.wants_warm_context() && queue.is_empty() && desk.prepare_warm_context() {}
            }
        }
    }
}
