//! Threads that run environments. Every environment stays on its thread for life.
//!
//! A thread may exist before there is a version. It then prepares a warm context, and stops
//! with that as soon as the version comes: what is not prepared by then is made when it is asked
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
use brink_boa::{Compiled, STACK_SIZE, USUAL, WarmContext};
use brink_frames::{FromSandbox, Load, THREAD_NAME};

/// Most events that wait for one thread. The supervisor sends one per environment at a time.
const TASKS_MAX: usize = 4096;

/// How long a thread without a version waits for it before it prepares more than a context. Where
/// no blank sandbox was ready the version comes at once, and should not find the thread at work.
const PREPARE_AFTER: Duration = Duration::from_millis(5);

/// How long a thread must have had nothing to do before it prepares the next warm context.
const IDLE_AFTER: Duration = Duration::from_millis(100);

/// The main thread's handle to one thread.
pub(super) struct Thread {
    /// Where its version goes; none once it has one.
    version: Option<oneshot::Sender<Version>>,
    tasks: mpsc::Sender<Task>,
    /// What it notes of whose code it runs.
    pub(super) turns: Arc<Turns>,
    /// Never joined: user code on it may run until the process ends.
    _handle: JoinHandle<()>,
}

/// A thread of environments ended, which none ever should.
#[derive(Debug)]
pub(super) struct ThreadEnded;

/// What a thread is to run.
struct Version {
    load: Arc<Load>,
    /// The environment to make at once, reporting whether the version starts.
    first: Option<Place>,
}

/// Starts threads and waits until all are up, so that none of them needs to ask the kernel for
/// anything more to begin its work. The first prepares a warm context before it has a version.
pub(super) fn start(count: usize, outbox: &Outbox) -> io::Result<Vec<Thread>> {
    let up = Arc::new(Barrier::new(count + 1));
    let threads = (0..count)
        .map(|index| Thread::start(index, outbox.clone(), up.clone()))
        .collect::<io::Result<_>>()?;
    up.wait();
    Ok(threads)
}

// === impl Thread ===

impl Thread {
    fn start(index: usize, outbox: Outbox, up: Arc<Barrier>) -> io::Result<Self> {
        let (tasks, queue) = mpsc::channel(TASKS_MAX);
        let (version, told) = oneshot::channel();
        let turns = Arc::<Turns>::default();
        let noted = turns.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let handle = std::thread::Builder::new()
            .name(format!("{THREAD_NAME}{index}"))
            .stack_size(STACK_SIZE)
            .spawn(move || {
                up.wait();
                let work = async {
                    let compiled = Rc::<Compiled>::default();
                    let warm_context = (index == 0).then(|| WarmContext::new(compiled.clone()));
                    let mut warm_context = warm_context.and_then(Result::ok);
                    if let Some(Version { load, first }) = wait(told, warm_context.as_mut()).await {
                        let desk = Desk::new(load, outbox.clone(), noted, warm_context, compiled);
                        serve(Rc::new(desk), outbox, queue, first).await;
                    }
                };
                LocalSet::new().block_on(&runtime, work);
            })?;
        Ok(Self { version: Some(version), tasks, turns, _handle: handle })
    }

    /// Gives the thread its version. With a `first` place it makes that environment at once and
    /// reports whether the version starts.
    pub(super) fn begin(&mut self, load: Arc<Load>, first: Option<Place>) {
        if let Some(version) = self.version.take() {
            // If the thread is gone, the next event will tell.
            let _ = version.send(Version { load, first });
        }
    }

    /// Hands over an event. Fails if the thread is gone, or if the supervisor sent more events
    /// than there are environments.
    pub(super) fn send(&self, task: Task) -> Result<(), ThreadEnded> {
        self.tasks.try_send(task).map_err(|_| ThreadEnded)
    }
}

/// Waits for the version, and prepares the warm context meanwhile. None if there will be no version.
async fn wait(
    mut told: oneshot::Receiver<Version>,
    mut warm_context: Option<&mut WarmContext>,
) -> Option<Version> {
    if let Ok(version) = timeout(PREPARE_AFTER, &mut told).await {
        return version.ok();
    }
    while let Some(warm_context) =
        warm_context.as_mut().filter(|warm_context| !warm_context.is_prepared(USUAL))
    {
        warm_context.prepare(USUAL);
        match told.try_recv() {
            Ok(version) => return Some(version),
            Err(TryRecvError::Closed) => return None,
            Err(TryRecvError::Empty) => {}
        }
    }
    told.await.ok()
}

async fn serve(
    desk: Rc<Desk>,
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
