//! Which environment on which thread runs an event, and what the main thread keeps meanwhile.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use tokio::sync::{Notify, oneshot};

use super::desk::Task;
use super::outbox::Report;
use super::threads::Thread;
use super::turns::Turns;
use crate::confinement;
use crate::sandbox::frame::{CallError, CallId, CallResult, FromSandbox, Invoke, Load};

/// Most outgoing calls that the functions of a sandbox may have open at a time.
const CALLS_MAX: usize = 256;

/// Where the answer to a call goes.
type Answer = oneshot::Sender<CallResult>;

/// A thread, and an environment on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Index of the thread.
    pub(super) thread: usize,
    /// Names the environment; never used twice.
    pub(super) environment: u64,
}

/// A thread of environments ended, which none ever should.
#[derive(Debug)]
pub(super) struct ThreadEnded;

/// The main thread's books.
pub(super) struct Dispatcher {
    threads: Vec<Thread>,
    /// Events under way on each thread.
    busy: Vec<usize>,
    /// Environments without an event, least recently used first.
    idle: Vec<Place>,
    /// Environments that are kept, idle or not.
    kept: usize,
    environments_max: usize,
    environments_made: u64,
    calls: HashMap<CallId, Answer>,
    calls_made: u64,
    begun: Arc<Notify>,
}

// === impl Dispatcher ===

impl Dispatcher {
    /// Limits the process's memory, and makes the first environment, which is the first thread's.
    /// Threads that are more than the version may have environments are let go.
    ///
    /// What becomes of it is reported as [`FromSandbox::Loaded`] or [`FromSandbox::Refused`].
    pub(super) fn start(load: Load, mut threads: Vec<Thread>) -> io::Result<Self> {
        let environments_max = usize::try_from(load.environments).unwrap_or(usize::MAX).max(1);
        confinement::limit_memory(load.memory_mb, threads.len())?;
        let load = Arc::new(load);
        let first = Place { thread: 0, environment: 0 };
        threads.truncate(environments_max);
        for (index, thread) in threads.iter_mut().enumerate() {
            let first = (index == first.thread).then_some(first);
            thread.begin(load.clone(), first);
        }
        Ok(Self {
            busy: vec![0; threads.len()],
            threads,
            idle: vec![first],
            kept: 1,
            environments_max,
            environments_made: 1,
            calls: HashMap::new(),
            calls_made: 0,
            begun: Arc::default(),
        })
    }

    /// What the threads note of whose code they run.
    pub(super) fn turns(&self) -> Vec<Arc<Turns>> {
        self.threads.iter().map(|thread| thread.turns.clone()).collect()
    }

    /// True while no event is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.busy.iter().all(|busy| *busy == 0)
    }

    /// Notified with every event that comes.
    pub(super) fn begun(&self) -> Arc<Notify> {
        self.begun.clone()
    }

    /// Gives an event to a thread.
    pub(super) fn dispatch(&mut self, invoke: Invoke) -> Result<(), ThreadEnded> {
        let time = invoke.deadline.remaining();
        self.begun.notify_one();
        let place = if invoke.fresh { self.new_place() } else { self.choose() };
        if let Some(busy) = self.busy.get_mut(place.thread) {
            *busy += 1;
        }
        self.threads
            .get(place.thread)
            .and_then(|thread| thread.send(Task { invoke, place, time }).ok())
            .ok_or(ThreadEnded)
    }

    /// Takes note of a report, and makes a frame of it.
    pub(super) fn settle(&mut self, report: Report) -> Option<FromSandbox> {
        match report {
            Report::Frame(frame) => Some(frame),
            Report::Done { frame, place, kept } => {
                if let Some(busy) = self.busy.get_mut(place.thread) {
                    *busy -= 1;
                }
                if kept {
                    self.idle.push(place);
                } else {
                    self.kept -= 1;
                }
                Some(frame)
            }
            Report::Call { event, request, answer } => {
                let call = self.open_call(answer)?;
                Some(FromSandbox::Call { call, id: event, request })
            }
        }
    }

    /// Gives the answer to a call to the function that waits for it.
    pub(super) fn call_done(&mut self, call: CallId, result: CallResult) {
        if let Some(answer) = self.calls.remove(&call) {
            // The environment may be gone by now.
            let _ = answer.send(result);
        }
    }

    /// Notes a call; none if there are too many, which its function is told.
    fn open_call(&mut self, answer: Answer) -> Option<CallId> {
        if self.calls.len() >= CALLS_MAX {
            self.calls.retain(|_, answer| !answer.is_closed());
        }
        if self.calls.len() >= CALLS_MAX {
            let why = format!("more than {CALLS_MAX} calls at a time");
            let _ = answer.send(Err(CallError::new("EMFILE", why)));
            return None;
        }
        let call = CallId(self.calls_made);
        self.calls_made += 1;
        self.calls.insert(call, answer);
        Some(call)
    }

    /// The environment for an event: an idle one on the least busy thread, the most recently used
    /// of those. A thread without work gets a new one rather than let the event wait behind
    /// another on a busy thread.
    fn choose(&mut self) -> Place {
        let warm = (0..self.idle.len()).rev().min_by_key(|index| self.load_of(*index));
        let Some(warm) = warm else {
            return self.new_place();
        };
        let may_grow = self.kept < self.environments_max;
        let idle_thread = self.busy.contains(&0);
        if self.load_of(warm) > 0 && idle_thread && may_grow {
            return self.new_place();
        }
        self.idle.remove(warm)
    }

    /// Events under way on the thread of an idle environment.
    fn load_of(&self, idle: usize) -> usize {
        let thread = self.idle.get(idle).map(|place| place.thread);
        thread.and_then(|thread| self.busy.get(thread)).copied().unwrap_or(usize::MAX)
    }

    /// A name for a new environment on the least busy thread.
    fn new_place(&mut self) -> Place {
        let least = (0..self.busy.len()).min_by_key(|thread| self.busy.get(*thread));
        let place = Place { thread: least.unwrap_or(0), environment: self.environments_made };
        self.environments_made += 1;
        self.kept += 1;
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dispatcher(busy: &[usize], idle: &[(usize, u64)], environments_max: usize) -> Dispatcher {
        let idle: Vec<_> =
            idle.iter().map(|&(thread, environment)| Place { thread, environment }).collect();
        Dispatcher {
            threads: Vec::new(),
            busy: busy.to_vec(),
            kept: idle.len() + busy.iter().sum::<usize>(),
            idle,
            environments_max,
            environments_made: 100,
            calls: HashMap::new(),
            calls_made: 0,
            begun: Arc::default(),
        }
    }

    #[test]
    fn the_most_recently_used_environment_of_the_least_busy_thread_is_chosen() {
        let chosen = dispatcher(&[0, 0], &[(0, 1), (1, 2), (1, 3)], 8).choose();
        assert_eq!(chosen, Place { thread: 1, environment: 3 });
        let chosen = dispatcher(&[0, 1], &[(0, 1), (1, 2)], 8).choose();
        assert_eq!(chosen, Place { thread: 0, environment: 1 });
    }

    #[test]
    fn a_thread_without_work_gets_an_environment_of_its_own() {
        let chosen = dispatcher(&[1, 0], &[(0, 1)], 8).choose();
        assert_eq!(chosen, Place { thread: 1, environment: 100 });
        let at_the_limit = dispatcher(&[1, 0], &[(0, 1)], 2).choose();
        assert_eq!(at_the_limit, Place { thread: 0, environment: 1 });
    }

    #[test]
    fn an_event_that_finds_nothing_idle_makes_an_environment_where_least_is_done() {
        let chosen = dispatcher(&[2, 1], &[], 8).choose();
        assert_eq!(chosen, Place { thread: 1, environment: 100 });
    }

    #[test]
    fn calls_are_bounded_and_given_up_ones_do_not_count() {
        let mut dispatcher = dispatcher(&[0], &[], 1);
        let waiting: Vec<_> = (0..CALLS_MAX)
            .map(|_| {
                let (answer, waiting) = oneshot::channel();
                assert!(dispatcher.open_call(answer).is_some());
                waiting
            })
            .collect();
        let (answer, mut refused) = oneshot::channel();
        assert_eq!(dispatcher.open_call(answer), None);
        assert!(refused.try_recv().unwrap().is_err());
        drop(waiting);
        let (answer, _waiting) = oneshot::channel();
        assert!(dispatcher.open_call(answer).is_some());
    }
}
