//! The event loop: runs an environment's jobs in Node.js's order. After each timer, native
//! completion or immediate function it runs all ticks and microtasks.
//!
//! It never busy-waits. If its own code keeps the queues filled, it lets the other environments of
//! the thread run in between. It cannot interrupt code that does not return.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use boa_engine::{Context, JsError, JsResult, JsValue};
use brink_shared::wire::Failure;
use futures_util::StreamExt;
use futures_util::future::{FutureExt, LocalBoxFuture};
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};

use super::failure;
use super::jobs::Jobs;
use super::rejections::Rejection;

/// How long an environment may keep its thread while it has jobs.
const TURN: Duration = Duration::from_millis(5);

/// An environment's context, and the work under way in it.
///
/// Each step borrows the context. No wait does.
pub(super) struct EventLoop<'a, 'b> {
    /// The engine context.
    pub(super) context: &'a RefCell<&'b mut Context>,
    jobs: Rc<Jobs>,
    native: FuturesUnordered<LocalBoxFuture<'a, JsResult<JsValue>>>,
    turn_ends: Instant,
}

/// Why the loop broke off.
pub(super) enum LoopError {
    /// A function of a timer or a microtask threw, or the engine gave up.
    Uncaught(JsError),
    /// A promise was rejected and nobody handled it.
    Unhandled(Rejection),
}

// === impl EventLoop ===

impl<'a, 'b> EventLoop<'a, 'b> {
    /// A loop with nothing under way.
    pub(super) fn new(context: &'a RefCell<&'b mut Context>, jobs: Rc<Jobs>) -> Self {
        Self { context, jobs, native: FuturesUnordered::new(), turn_ends: Instant::now() }
    }

    /// Updates the loop's clock after a pause. Timers that are set from now on count from now.
    pub(super) fn wake(&self) {
        self.jobs.look_at_clock();
    }

    /// True if the handler's code was cut short.
    pub(super) fn was_cut_short(&self) -> bool {
        self.jobs.progress.was_cut_short()
    }

    /// Runs until `done` returns true, or until nothing is left that could run.
    ///
    /// It calls `done` after every job. The remaining jobs stay for the next call.
    pub(super) async fn run(&mut self, done: impl Fn() -> bool) -> Result<(), LoopError> {
        self.turn_ends = Instant::now() + TURN;
        loop {
            match self.step(&done).await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error @ LoopError::Unhandled(_)) => return Err(error),
                Err(error @ LoopError::Uncaught(_)) => self.outlive(error)?,
            }
        }
    }

    /// All microtasks, then one task. False if the loop is over.
    async fn step(&mut self, done: &impl Fn() -> bool) -> Result<bool, LoopError> {
        if self.run_microtasks(done).await? {
            return Ok(false);
        }
        self.context.borrow_mut().clear_kept_objects();
        for job in self.jobs.take_native_jobs() {
            self.native.push(Box::pin(job.call(self.context)));
        }
        self.run_task().await
    }

    /// Goes on after an error if a listener of `process` took it. Fails with it otherwise.
    fn outlive(&self, error: LoopError) -> Result<(), LoopError> {
        let Some(guard) = self.jobs.guard() else { return Err(error) };
        let context = &mut self.context.borrow_mut();
        let arguments = match &error {
            LoopError::Unhandled(Rejection { number, reason, promise, .. }) => {
                [reason.clone(), promise.clone().into(), JsValue::from(*number)]
            }
            LoopError::Uncaught(uncaught) if uncaught.as_engine().is_some() => return Err(error),
            LoopError::Uncaught(uncaught) => match uncaught.clone().into_opaque(context) {
                Ok(thrown) => [thrown, JsValue::undefined(), JsValue::undefined()],
                Err(_) => return Err(error),
            },
        };
        let frame = match &error {
            LoopError::Unhandled(rejection) => rejection.frame.clone(),
            LoopError::Uncaught(_) => JsValue::undefined(),
        };
        let before = self.jobs.set_frame(frame);
        let taken = guard.uncaught.call(&JsValue::undefined(), &arguments, context);
        self.jobs.set_frame(before);
        if taken?.to_boolean() { Ok(()) } else { Err(error) }
    }

    /// Reports rejected promises to the listeners of `process`. False if there was nothing to
    /// report. Fails with the first promise that no listener took.
    fn tell_rejections(&self) -> Result<bool, LoopError> {
        let rejections = &self.jobs.rejections;
        let mut told = false;
        while let Some(promise) = rejections.next_late()? {
            if let Some(guard) = self.jobs.guard() {
                let context = &mut self.context.borrow_mut();
                guard.handled.call(&JsValue::undefined(), &[promise.into()], context)?;
                told = true;
            }
        }
        rejections.turn();
        while let Some(rejection) = rejections.next_due() {
            self.outlive(LoopError::Unhandled(rejection))?;
            told = true;
        }
        Ok(told)
    }

    /// Runs all microtasks, reports rejections, and starts again if that added microtasks. True if
    /// `done` is.
    async fn run_microtasks(&mut self, done: &impl Fn() -> bool) -> Result<bool, LoopError> {
        loop {
            if done() || self.drain_microtasks(done).await? {
                return Ok(true);
            }
            if !self.tell_rejections()? {
                return Ok(false);
            }
            self.end_turn_in_time().await;
        }
    }

    /// Runs all ticks, then all promise jobs, and starts again until there are none. True if `done`
    /// is.
    async fn drain_microtasks(&mut self, done: &impl Fn() -> bool) -> Result<bool, LoopError> {
        let mut ticks = true;
        loop {
            let tick = if ticks { self.jobs.next_tick() } else { None };
            if let Some(task) = tick {
                task.call(&self.jobs, &mut self.context.borrow_mut())?;
            } else if let Some(job) = self.jobs.next_promise_job() {
                ticks = false;
                job.call(&mut self.context.borrow_mut())?;
            } else if let Some(task) = self.jobs.next_tick() {
                ticks = true;
                task.call(&self.jobs, &mut self.context.borrow_mut())?;
            } else {
                return Ok(false);
            }
            if done() {
                return Ok(true);
            }
            self.end_turn_in_time().await;
        }
    }

    /// Runs one task that is not a microtask, and waits for one if there is none. False if none can
    /// come.
    async fn run_task(&mut self) -> Result<bool, LoopError> {
        self.end_turn_in_time().await;
        if let Some(job) = self.jobs.next_generic_job() {
            job.call(&mut self.context.borrow_mut())?;
            return Ok(true);
        }
        if let Some(task) = self.jobs.next_immediate() {
            task.call(&self.jobs, &mut self.context.borrow_mut())?;
            return Ok(true);
        }
        if let Some(task) = self.jobs.next_due_timer() {
            task.call(&self.jobs, &mut self.context.borrow_mut())?;
            return Ok(true);
        }
        if let Some(Some(done)) = self.native.next().now_or_never() {
            done?;
            return Ok(true);
        }
        if self.jobs.next_round() {
            return Ok(true);
        }
        self.jobs.look_at_clock();
        if let Some(task) = self.jobs.next_due_timer() {
            task.call(&self.jobs, &mut self.context.borrow_mut())?;
            return Ok(true);
        }
        if self.native.is_empty() && !self.jobs.has_held_timer() {
            return Ok(false);
        }
        let next_timer = self.jobs.next_timer_at();
        tokio::select! {
            biased;
            Some(done) = self.native.next() => { done?; }
            () = sleep_until(next_timer.unwrap_or_else(Instant::now)), if next_timer.is_some() => {}
        }
        Ok(true)
    }

    /// Once in each [`TURN`], lets other environments run, and polls the native work of this one.
    async fn end_turn_in_time(&mut self) {
        if Instant::now() >= self.turn_ends {
            tokio::task::yield_now().await;
            self.turn_ends = Instant::now() + TURN;
        }
    }
}

// === impl LoopError ===

impl LoopError {
    /// The failure of the code that was under way.
    pub(super) fn into_failure(self, context: &mut Context) -> Failure {
        match self {
            Self::Uncaught(error) => failure::of_error(error, context),
            Self::Unhandled(rejection) => {
                let cause = failure::of_thrown(&rejection.reason, context);
                let message = format!("{}: {}", cause.error_type, cause.message);
                Failure {
                    stack: cause.stack,
                    ..failure::execution("Runtime.UnhandledPromiseRejection", message)
                }
            }
        }
    }
}

impl From<JsError> for LoopError {
    fn from(error: JsError) -> Self {
        Self::Uncaught(error)
    }
}
