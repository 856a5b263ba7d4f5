//! The dispatcher: chooses the environment and the thread for each event, and keeps the main
//! thread's books.

use std::io;
use std::sync::Arc;

use brink_shared::limits::MEMORY;
use tokio::sync::Notify;

use super::desk::Task;
use super::memory::Memory;
use super::open_calls::Calls;
use super::outbox::{Left, Report};
use super::place::Place;
use super::threads::{Thread, ThreadEnded};
use super::turns::Turns;
use crate::confinement;
use brink_frames::MEMORY_BASE_MB;
use brink_frames::{EventId, FromSandbox, Invoke, Load, STARTER};

/// A place without an event.
#[derive(Clone, Copy, Debug)]
struct Idle {
    place: Place,
    /// True if its environment is known to exist, so an event can begin as soon as the thread is
    /// free.
    ready: bool,
    /// True if its environment has run an event.
    used: bool,
}

/// The dispatcher, with all counts of the main thread.
pub(super) struct Dispatcher {
    threads: Vec<Thread>,
    /// How many of the threads may have environments. The memory decides.
    threads_max: usize,
    /// The memory of the process before it had its version.
    before: Memory,
    /// The soft limit of the process's memory, in MB.
    memory_soft: u64,
    /// Number of events under way on each thread.
    busy: Vec<usize>,
    /// The places without an event, least recently used first.
    idle: Vec<Idle>,
    /// Events that have a place and were not handed over yet.
    leaving: Vec<Task>,
    /// Number of environments, idle or not.
    kept: usize,
    environments_max: usize,
    environments_made: u64,
    calls: Calls,
    begun: Arc<Notify>,
}

// === impl Dispatcher ===

impl Dispatcher {
    /// Limits the process's memory, and has the first thread make the first environment. Ends
    /// threads beyond the number of environments that the version may have.
    ///
    /// The thread reports the result as [`FromSandbox::Loaded`] or [`FromSandbox::StartFailed`].
    pub(super) fn start(
        load: Load,
        mut threads: Vec<Thread>,
        stack_size: usize,
    ) -> io::Result<Self> {
        let environments_max = usize::try_from(load.environments).unwrap_or(usize::MAX).max(1);
        let stacks = (threads.len() as u64).saturating_mul(stack_size as u64);
        confinement::limit_memory(load.memory_mb, stacks)?;
        let memory = load.memory_mb.into();
        let memory_soft = MEMORY.soft(memory).unwrap_or(memory);
        let before = Memory::read();
        let load = Arc::new(load);
        let first = Place { thread: STARTER as usize, environment: 0 };
        threads.truncate(environments_max);
        for (index, thread) in threads.iter_mut().enumerate() {
            let first = (index == first.thread).then_some(first);
            thread.begin(load.clone(), first);
        }
        Ok(Self {
            busy: vec![0; threads.len()],
            threads,
            threads_max: usize::MAX,
            before,
            memory_soft: memory_soft.saturating_add(MEMORY_BASE_MB.into()),
            idle: vec![Idle { place: first, ready: false, used: false }],
            leaving: Vec::new(),
            kept: 1,
            environments_max,
            environments_made: 1,
            calls: Calls::default(),
            begun: Arc::default(),
        })
    }

    /// The turns of all threads.
    pub(super) fn turns(&self) -> Vec<Arc<Turns>> {
        self.threads.iter().map(|thread| thread.turns.clone()).collect()
    }

    /// True while no event is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.busy.iter().all(|busy| *busy == 0)
    }

    /// Is notified of every event that comes.
    pub(super) fn begun(&self) -> Arc<Notify> {
        self.begun.clone()
    }

    /// Finds a place for an event. Returns the event's id if it begins as soon as it is handed
    /// over. The supervisor then hears of it before code of the event runs.
    pub(super) fn dispatch(&mut self, invoke: Invoke) -> Option<EventId> {
        let time = invoke.deadline.remaining();
        self.begun.notify_one();
        let chosen = if invoke.fresh { self.choose_fresh() } else { self.choose() };
        let Idle { place, ready, .. } = chosen;
        let mut announced = false;
        if let Some(busy) = self.busy.get_mut(place.thread) {
            announced = ready && *busy == 0;
            *busy += 1;
        }
        let begins = announced.then_some(invoke.id);
        self.leaving.push(Task { invoke, place, time, announced });
        begins
    }

    /// Hands the events that have a place to their threads.
    pub(super) fn hand_over(&mut self) -> Result<(), ThreadEnded> {
        let threads = &self.threads;
        self.leaving.drain(..).try_for_each(|task| {
            let thread = threads.get(task.place.thread);
            thread.and_then(|thread| thread.send(task).ok()).ok_or(ThreadEnded)
        })
    }

    /// Books a report, and makes a frame from it.
    pub(super) fn settle(&mut self, report: Report) -> Option<FromSandbox> {
        match report {
            Report::Frame(frame) => {
                if let FromSandbox::Loaded { .. } = frame {
                    self.threads_max = self.before.threads(Memory::read(), self.memory_soft);
                }
                Some(frame)
            }
            Report::Done { frame, place, left } => {
                if let Some(busy) = self.busy.get_mut(place.thread) {
                    *busy -= 1;
                }
                match left {
                    Left::Environment => {
                        self.idle.push(Idle { place, ready: true, used: true });
                    }
                    Left::Successor => {
                        self.idle.push(Idle { place, ready: false, used: false });
                    }
                    Left::Nothing => self.kept -= 1,
                }
                Some(frame)
            }
            Report::Call { event, request, answer } => {
                let call = self.calls.open(answer)?;
                Some(FromSandbox::Call { call, id: event, request })
            }
        }
    }

    /// The outgoing calls that wait for an answer.
    pub(super) fn calls(&mut self) -> &mut Calls {
        &mut self.calls
    }

    /// The place for an event: of the idle environments on the least busy thread, the one used
    /// last. If all idle environments are on busy threads and another thread has no work, that
    /// thread gets a new environment, so the event does not wait behind another one.
    fn choose(&mut self) -> Idle {
        let warm = (0..self.idle.len()).rev().min_by_key(|index| self.load_of(*index));
        let Some(warm) = warm else {
            return self.new_place();
        };
        let may_grow = self.kept < self.environments_max;
        let idle_thread = self.usable().any(|(_, busy)| busy == 0);
        if self.load_of(warm) > 0 && idle_thread && may_grow {
            return self.new_place();
        }
        self.idle.remove(warm)
    }

    /// The place for an event that wants an environment to itself: one that has run no event, or a
    /// new one. So the environment in which the version was started is used too.
    fn choose_fresh(&mut self) -> Idle {
        let unused = (0..self.idle.len())
            .filter(|index| self.idle.get(*index).is_some_and(|idle| !idle.used))
            .min_by_key(|index| self.load_of(*index));
        match unused {
            Some(unused) => self.idle.remove(unused),
            None => self.new_place(),
        }
    }

    /// Number of events under way on the thread of an idle environment.
    fn load_of(&self, idle: usize) -> usize {
        let thread = self.idle.get(idle).map(|idle| idle.place.thread);
        thread.and_then(|thread| self.busy.get(thread)).copied().unwrap_or(usize::MAX)
    }

    /// The threads that may have environments, with their numbers of events under way.
    fn usable(&self) -> impl Iterator<Item = (usize, usize)> {
        self.busy.iter().copied().enumerate().take(self.threads_max)
    }

    /// A place for a new environment, on the least busy thread.
    fn new_place(&mut self) -> Idle {
        let least = self.usable().min_by_key(|(_, busy)| *busy).map(|(thread, _)| thread);
        let place = Place { thread: least.unwrap_or(0), environment: self.environments_made };
        self.environments_made += 1;
        self.kept += 1;
        Idle { place, ready: false, used: false }
    }
}

#[cfg(test)]
mod tests {
    use brink_shared::wire::{Payload, UnixMillis};
    use bytes::Bytes;

    use super::*;

    fn ready(thread: usize, environment: u64) -> Idle {
        Idle { place: Place { thread, environment }, ready: true, used: true }
    }

    fn invoke(id: u64, fresh: bool) -> Invoke {
        Invoke {
            id: EventId(id),
            request_id: String::new(),
            deadline: UnixMillis::now(),
            payload: Payload::Json(Bytes::new()),
            fresh,
        }
    }

    fn dispatcher(busy: &[usize], idle: &[(usize, u64)], environments_max: usize) -> Dispatcher {
        let idle: Vec<_> =
            idle.iter().map(|&(thread, environment)| ready(thread, environment)).collect();
        Dispatcher {
            threads: Vec::new(),
            threads_max: usize::MAX,
            before: Memory::default(),
            memory_soft: u64::MAX,
            busy: busy.to_vec(),
            kept: idle.len() + busy.iter().sum::<usize>(),
            idle,
            leaving: Vec::new(),
            environments_max,
            environments_made: 100,
            calls: Calls::default(),
            begun: Arc::default(),
        }
    }

    #[test]
    fn the_most_recently_used_environment_of_the_least_busy_thread_is_chosen() {
        let chosen = dispatcher(&[0, 0], &[(0, 1), (1, 2), (1, 3)], 8).choose().place;
        assert_eq!(chosen, Place { thread: 1, environment: 3 });
        let chosen = dispatcher(&[0, 1], &[(0, 1), (1, 2)], 8).choose().place;
        assert_eq!(chosen, Place { thread: 0, environment: 1 });
    }

    #[test]
    fn a_thread_without_work_gets_an_environment_of_its_own() {
        let chosen = dispatcher(&[1, 0], &[(0, 1)], 8).choose().place;
        assert_eq!(chosen, Place { thread: 1, environment: 100 });
        let at_the_limit = dispatcher(&[1, 0], &[(0, 1)], 2).choose().place;
        assert_eq!(at_the_limit, Place { thread: 0, environment: 1 });
    }

    #[test]
    fn threads_for_which_there_is_no_memory_get_no_environment() {
        let mut books = dispatcher(&[1, 0], &[(0, 1)], 8);
        books.memory_soft = 1;
        books.settle(Report::Frame(FromSandbox::Loaded { init_us: 1 }));
        assert_eq!(books.choose().place, Place { thread: 0, environment: 1 });
        assert_eq!(books.new_place().place, Place { thread: 0, environment: 100 });
    }

    #[test]
    fn an_event_that_finds_nothing_idle_makes_an_environment_where_least_is_done() {
        let chosen = dispatcher(&[2, 1], &[], 8).choose().place;
        assert_eq!(chosen, Place { thread: 1, environment: 100 });
    }

    #[test]
    fn an_event_that_wants_an_environment_to_itself_takes_one_that_saw_no_event() {
        let mut books = dispatcher(&[0, 0], &[(0, 1), (1, 2)], 8);
        assert_eq!(books.choose_fresh().place.environment, 100);
        let first = Idle { place: Place { thread: 1, environment: 7 }, ready: false, used: false };
        books.idle.push(first);
        assert_eq!(books.choose_fresh().place, first.place);
        assert_eq!(books.choose_fresh().place.environment, 101);
    }

    #[test]
    fn an_event_begins_at_once_where_nothing_is_under_way_and_an_environment_stands() {
        let mut books = dispatcher(&[0, 0], &[(0, 1)], 1);
        assert_eq!(books.dispatch(invoke(1, false)), Some(EventId(1)));
        assert_eq!(books.dispatch(invoke(2, false)), None, "the thread has to make an environment");
        assert_eq!(dispatcher(&[1], &[(0, 1)], 1).dispatch(invoke(3, false)), None);
        assert_eq!(dispatcher(&[0], &[(0, 1)], 1).dispatch(invoke(4, true)), None);
        for (left, begins) in [(Left::Environment, true), (Left::Successor, false)] {
            let mut books = dispatcher(&[1], &[], 1);
            let place = Place { thread: 0, environment: 1 };
            let frame = FromSandbox::Started(EventId(0));
            books.settle(Report::Done { frame, place, left });
            assert_eq!(books.dispatch(invoke(5, false)).is_some(), begins, "{left:?}");
        }
    }
}
