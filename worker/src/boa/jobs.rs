//! The queues into which the engine puts work for later.
//!
//! The engine's own executor spins while a timer or a call is pending. This one only keeps the
//! queues; `event_loop` takes from them and sleeps when there is nothing to take.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use boa_engine::builtins::promise::{OperationType, Promise, PromiseState};
use boa_engine::context::HostHooks;
use boa_engine::job::{
    GenericJob, IntervalJob, Job, JobExecutor, NativeAsyncJob, PromiseJob, TimeoutJob,
};
use boa_engine::object::JsObject;
use boa_engine::object::builtins::JsPromise;
use boa_engine::{Context, JsResult, JsValue};
use tokio::time::Instant;

/// Shortest delay of a timer, as in Node.js. It keeps `setInterval(f, 0)` from spinning.
const DELAY_MIN: Duration = Duration::from_millis(1);

/// Longest delay of a timer, as in Node.js: 2^31 - 1 ms.
const DELAY_MAX: Duration = Duration::from_millis(i32::MAX as u64);

/// Work for later, by kind.
#[derive(Default)]
pub(super) struct Jobs {
    promise: RefCell<VecDeque<PromiseJob>>,
    generic: RefCell<VecDeque<GenericJob>>,
    native: RefCell<Vec<NativeAsyncJob>>,
    /// By due time, then in the order in which they were set.
    timers: RefCell<BTreeMap<(Instant, u64), Timer>>,
    timers_set: Cell<u64>,
    /// Rejected promises that nobody has attached a handler to.
    rejected: RefCell<Vec<JsObject<Promise>>>,
}

/// A timer of either kind.
pub(super) enum Timer {
    /// `setTimeout`.
    Once(TimeoutJob),
    /// `setInterval`.
    Every(IntervalJob),
}

/// What the engine asks its embedder.
pub(super) struct Hooks {
    /// Where rejected promises are noted.
    pub(super) jobs: Rc<Jobs>,
    /// Largest `ArrayBuffer`, in bytes.
    pub(super) buffer_max: u64,
}

// === impl Jobs ===

impl Jobs {
    /// The next promise reaction or microtask.
    pub(super) fn next_promise_job(&self) -> Option<PromiseJob> {
        self.promise.borrow_mut().pop_front()
    }

    /// The next job without a time.
    pub(super) fn next_generic_job(&self) -> Option<GenericJob> {
        self.generic.borrow_mut().pop_front()
    }

    /// Native futures that nobody polls yet.
    pub(super) fn take_native_jobs(&self) -> Vec<NativeAsyncJob> {
        std::mem::take(&mut *self.native.borrow_mut())
    }

    /// The first timer that is due at `now`.
    pub(super) fn next_due_timer(&self, now: Instant) -> Option<Timer> {
        if self.next_timer_at()? > now {
            return None;
        }
        Some(self.timers.borrow_mut().pop_first()?.1)
    }

    /// When the first timer is due. Forgets canceled ones before it.
    pub(super) fn next_timer_at(&self) -> Option<Instant> {
        let mut timers = self.timers.borrow_mut();
        while let Some(first) = timers.first_entry() {
            if !first.get().is_canceled() {
                return Some(first.key().0);
            }
            first.remove();
        }
        None
    }

    /// Sets a timer to go off after its delay from now.
    pub(super) fn set_timer(&self, timer: Timer) {
        let at = Instant::now() + timer.delay().clamp(DELAY_MIN, DELAY_MAX);
        let serial = self.timers_set.get();
        self.timers_set.set(serial + 1);
        self.timers.borrow_mut().insert((at, serial), timer);
    }

    /// The reason of a promise that was rejected while nobody handled it; forgets all of them.
    pub(super) fn take_unhandled_rejection(&self) -> Option<JsValue> {
        let rejected = std::mem::take(&mut *self.rejected.borrow_mut());
        let first = rejected.into_iter().next()?;
        match JsPromise::from_object(first.upcast()).ok()?.state() {
            PromiseState::Rejected(reason) => Some(reason),
            PromiseState::Pending | PromiseState::Fulfilled(_) => None,
        }
    }
}

impl JobExecutor for Jobs {
    fn enqueue_job(self: Rc<Self>, job: Job, _: &mut Context) {
        match job {
            Job::PromiseJob(job) => self.promise.borrow_mut().push_back(job),
            Job::AsyncJob(job) => self.native.borrow_mut().push(job),
            Job::TimeoutJob(job) => self.set_timer(Timer::Once(job)),
            Job::IntervalJob(job) => self.set_timer(Timer::Every(job)),
            Job::GenericJob(job) => self.generic.borrow_mut().push_back(job),
            // Cleaning up after a `FinalizationRegistry` is optional.
            _ => {}
        }
    }

    /// Runs what can be run without waiting. Only engine functions that block ask for this.
    fn run_jobs(self: Rc<Self>, context: &mut Context) -> JsResult<()> {
        while let Some(job) = self.next_promise_job() {
            job.call(context)?;
        }
        Ok(())
    }
}

// === impl Timer ===

impl Timer {
    /// True if `clearTimeout` or `clearInterval` named it.
    pub(super) fn is_canceled(&self) -> bool {
        match self {
            Self::Once(job) => job.cancelled(),
            Self::Every(job) => job.cancelled(),
        }
    }

    fn delay(&self) -> Duration {
        let delay = match self {
            Self::Once(job) => job.timeout(),
            Self::Every(job) => job.interval(),
        };
        Duration::from_millis(delay.as_millis())
    }
}

// === impl Hooks ===

impl HostHooks for Hooks {
    fn promise_rejection_tracker(
        &self,
        promise: &JsObject<Promise>,
        operation: OperationType,
        _: &mut Context,
    ) {
        let mut rejected = self.jobs.rejected.borrow_mut();
        match operation {
            OperationType::Reject => rejected.push(promise.clone()),
            OperationType::Handle => rejected.retain(|other| !JsObject::equals(other, promise)),
        }
    }

    /// Functions see UTC, as on Lambda.
    fn local_timezone_offset_seconds(&self, _: i64) -> i32 {
        0
    }

    fn max_buffer_size(&self, _: &mut Context) -> u64 {
        self.buffer_max
    }
}
