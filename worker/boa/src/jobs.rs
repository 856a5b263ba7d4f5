//! The queues of an environment's jobs.
//!
//! The engine's own executor spins while a timer or a call is pending. This one only keeps the
//! queues. `event_loop` takes jobs from them, and sleeps if there are none.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use boa_engine::job::{GenericJob, Job, JobExecutor, NativeAsyncJob, PromiseJob};
use boa_engine::object::builtins::JsFunction;
use boa_engine::{Context, JsResult, JsValue, js_error};
use tokio::time::Instant;

use super::progress::Progress;
use super::rejections::Rejections;

/// Shortest delay of a timer in milliseconds, as in Node.js. It keeps `setInterval(f, 0)` from spinning.
const DELAY_MIN: u64 = 1;

/// Longest delay of a timer, as in Node.js: 2^31 - 1 ms.
const DELAY_MAX: u64 = i32::MAX as u64;

/// Work for later, by kind.
pub(super) struct Jobs {
    promise: RefCell<VecDeque<PromiseJob>>,
    generic: RefCell<VecDeque<GenericJob>>,
    native: RefCell<Vec<NativeAsyncJob>>,
    /// `process.nextTick`.
    ticks: RefCell<VecDeque<Task>>,
    /// `setImmediate`: the functions of this round of the loop, and of the next.
    immediates: RefCell<(VecDeque<Immediate>, VecDeque<Immediate>)>,
    in_round: Cell<bool>,
    timers: RefCell<Timers>,
    serial: Cell<u64>,
    origin: Instant,
    /// The loop's time, which stands still while code runs, in milliseconds since `origin`.
    now: Cell<u64>,
    /// The frame that `AsyncLocalStorage` had where the code under way was queued.
    frame: RefCell<JsValue>,
    /// Promises that were rejected and not handled, or not in time.
    pub(super) rejections: Rejections,
    /// How far the handler's code is.
    pub(super) progress: Progress,
    /// The functions that are told what nobody caught.
    guard: RefCell<Option<Guard>>,
    /// The functions that hear of frames.
    watch: RefCell<Option<FrameWatch>>,
}

/// A function to call, in the frame in which it was queued.
pub(super) struct Task {
    callback: JsFunction,
    arguments: Vec<JsValue>,
    frame: JsValue,
}

type Immediate = (u64, Task);

/// The functions that are told what nobody caught.
#[derive(Clone)]
pub(super) struct Guard {
    /// Gets the thrown value, and for a rejected promise the promise and its number. Returns true
    /// if the loop shall go on.
    pub(super) uncaught: JsFunction,
    /// Gets a promise that was reported and is handled now.
    pub(super) handled: JsFunction,
}

/// The functions that hear when work with a frame begins and ends.
#[derive(Clone)]
pub(super) struct FrameWatch {
    /// Called with the frame before the work.
    pub(super) enter: JsFunction,
    /// Called with the frame after the work, unless it was a task that threw.
    pub(super) leave: JsFunction,
}

/// Timers by due time, then in the order in which they were set.
#[derive(Default)]
struct Timers {
    queue: BTreeMap<(u64, u64), (Task, bool)>,
    due: HashMap<u64, u64>,
    /// How many timers keep the loop going.
    held: usize,
}

// === impl Jobs ===

impl Default for Jobs {
    fn default() -> Self {
        Self {
            promise: RefCell::default(),
            generic: RefCell::default(),
            native: RefCell::default(),
            ticks: RefCell::default(),
            immediates: RefCell::default(),
            in_round: Cell::default(),
            timers: RefCell::default(),
            serial: Cell::default(),
            origin: Instant::now(),
            now: Cell::default(),
            frame: RefCell::default(),
            rejections: Rejections::default(),
            progress: Progress::default(),
            guard: RefCell::default(),
            watch: RefCell::default(),
        }
    }
}

impl Jobs {
    /// The next promise reaction or microtask.
    pub(super) fn next_promise_job(&self) -> Option<PromiseJob> {
        self.promise.borrow_mut().pop_front()
    }

    /// The promise reaction or microtask that was queued last.
    pub(super) fn take_newest_promise_job(&self) -> Option<PromiseJob> {
        self.promise.borrow_mut().pop_back()
    }

    /// The next job without a time.
    pub(super) fn next_generic_job(&self) -> Option<GenericJob> {
        self.generic.borrow_mut().pop_front()
    }

    /// Native futures that are not polled yet.
    pub(super) fn take_native_jobs(&self) -> Vec<NativeAsyncJob> {
        std::mem::take(&mut *self.native.borrow_mut())
    }

    /// Sets the loop's clock to the real time.
    pub(super) fn look_at_clock(&self) {
        self.now.set(u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX));
    }

    /// A function to call with these arguments, in the present frame.
    pub(super) fn task(&self, callback: JsFunction, arguments: Vec<JsValue>) -> Task {
        Task { callback, arguments, frame: self.frame.borrow().clone() }
    }

    /// Queues a function for the end of the code under way.
    pub(super) fn tick(&self, task: Task) {
        self.ticks.borrow_mut().push_back(task);
    }

    /// The next function of `process.nextTick`.
    pub(super) fn next_tick(&self) -> Option<Task> {
        self.ticks.borrow_mut().pop_front()
    }

    /// Queues a function for the next round of the loop.
    pub(super) fn set_immediate(&self, task: Task) -> u64 {
        let serial = self.next_serial();
        self.immediates.borrow_mut().1.push_back((serial, task));
        serial
    }

    /// Removes the function, if it did not run yet.
    pub(super) fn clear_immediate(&self, serial: u64) {
        let (round, next) = &mut *self.immediates.borrow_mut();
        for queue in [round, next] {
            if let Ok(at) = queue.binary_search_by_key(&serial, |(serial, _)| *serial) {
                queue.remove(at);
            }
        }
    }

    /// The next function of this round. At the end of a round the clock is updated.
    pub(super) fn next_immediate(&self) -> Option<Task> {
        let next = self.immediates.borrow_mut().0.pop_front();
        if next.is_none() && self.in_round.replace(false) {
            self.look_at_clock();
        }
        Some(next?.1)
    }

    /// Begins the next round of the loop. False if it has no immediate functions.
    pub(super) fn next_round(&self) -> bool {
        let (round, next) = &mut *self.immediates.borrow_mut();
        round.append(next);
        self.in_round.set(!round.is_empty());
        !round.is_empty()
    }

    /// Sets a timer to go off after a delay in milliseconds from the loop's time.
    pub(super) fn set_timer(&self, task: Task, delay: u64, holds: bool) -> u64 {
        let serial = self.next_serial();
        let due = self.now.get().saturating_add(delay.clamp(DELAY_MIN, DELAY_MAX));
        let timers = &mut *self.timers.borrow_mut();
        timers.queue.insert((due, serial), (task, holds));
        timers.due.insert(serial, due);
        timers.held += usize::from(holds);
        serial
    }

    /// Number of timers that did not go off yet.
    pub(super) fn timers(&self) -> usize {
        self.timers.borrow().queue.len()
    }

    /// Removes a timer, if it did not go off yet.
    pub(super) fn clear_timer(&self, serial: u64) {
        let timers = &mut *self.timers.borrow_mut();
        let Some(due) = timers.due.remove(&serial) else { return };
        if let Some((_, holds)) = timers.queue.remove(&(due, serial)) {
            timers.held -= usize::from(holds);
        }
    }

    /// Sets whether a timer keeps the loop going.
    pub(super) fn hold_timer(&self, serial: u64, hold: bool) {
        let timers = &mut *self.timers.borrow_mut();
        let Some(due) = timers.due.get(&serial) else { return };
        if let Some((_, holds)) = timers.queue.get_mut(&(*due, serial)) {
            timers.held = timers.held + usize::from(hold) - usize::from(*holds);
            *holds = hold;
        }
    }

    /// The first timer that is due.
    pub(super) fn next_due_timer(&self) -> Option<Task> {
        let timers = &mut *self.timers.borrow_mut();
        let first = timers.queue.first_entry().filter(|first| first.key().0 <= self.now.get())?;
        let ((_, serial), (task, holds)) = first.remove_entry();
        timers.due.remove(&serial);
        timers.held -= usize::from(holds);
        Some(task)
    }

    /// When the first timer is due.
    pub(super) fn next_timer_at(&self) -> Option<Instant> {
        let due = self.timers.borrow().queue.first_key_value()?.0.0;
        Some(self.origin + Duration::from_millis(due))
    }

    /// True if a timer keeps the loop going.
    pub(super) fn has_held_timer(&self) -> bool {
        self.timers.borrow().held > 0
    }

    /// The frame of the code under way.
    pub(super) fn frame(&self) -> JsValue {
        self.frame.borrow().clone()
    }

    /// Sets the frame of the code under way, and returns the previous one.
    pub(super) fn set_frame(&self, frame: JsValue) -> JsValue {
        self.frame.replace(frame)
    }

    fn next_serial(&self) -> u64 {
        let serial = self.serial.get() + 1;
        self.serial.set(serial);
        serial
    }

    /// Sets the functions that hear of uncaught errors.
    pub(super) fn set_guard(&self, guard: Guard) {
        *self.guard.borrow_mut() = Some(guard);
    }

    /// The functions that hear of uncaught errors, if they are set.
    pub(super) fn guard(&self) -> Option<Guard> {
        self.guard.borrow().clone()
    }

    /// Sets the functions that hear of frames.
    pub(super) fn watch_frames(&self, watch: FrameWatch) {
        *self.watch.borrow_mut() = Some(watch);
    }

    /// The functions that hear of frames, if they are set and there is a frame.
    pub(super) fn watch_of(&self, frame: &JsValue) -> Option<FrameWatch> {
        if frame.is_undefined() { None } else { self.watch.borrow().clone() }
    }
}

impl JobExecutor for Jobs {
    fn enqueue_job(self: Rc<Self>, job: Job, _: &mut Context) {
        self.progress.queued();
        match job {
            Job::PromiseJob(job) => self.promise.borrow_mut().push_back(job),
            Job::AsyncJob(job) => self.native.borrow_mut().push(job),
            Job::GenericJob(job) => self.generic.borrow_mut().push_back(job),
            // Timers are ours; cleaning up after a `FinalizationRegistry` is optional.
            _ => {}
        }
    }

    /// Runs all jobs that can run without waiting. Only engine functions that block call this.
    fn run_jobs(self: Rc<Self>, context: &mut Context) -> JsResult<()> {
        while let Some(job) = self.next_promise_job() {
            job.call(context)?;
        }
        Ok(())
    }
}

// === impl Task ===

impl Task {
    /// Calls the function.
    pub(super) fn call(self, jobs: &Jobs, context: &mut Context) -> JsResult<JsValue> {
        let watch = jobs.watch_of(&self.frame);
        let before = jobs.set_frame(self.frame.clone());
        let called = match watch {
            None => self.callback.call(&JsValue::undefined(), &self.arguments, context),
            Some(watch) => self.call_watched(&watch, context),
        };
        jobs.set_frame(before);
        called
    }

    fn call_watched(&self, watch: &FrameWatch, context: &mut Context) -> JsResult<JsValue> {
        let frame = std::slice::from_ref(&self.frame);
        watch.enter.call(&JsValue::undefined(), frame, context)?;
        let value = self.callback.call(&JsValue::undefined(), &self.arguments, context)?;
        watch.leave.call(&JsValue::undefined(), frame, context)?;
        Ok(value)
    }
}

/// The queues of this engine context.
pub(super) fn of(context: &Context) -> JsResult<Rc<Jobs>> {
    let jobs = context.downcast_job_executor::<Jobs>();
    jobs.ok_or_else(|| js_error!(Error: "this context has no event loop"))
}
