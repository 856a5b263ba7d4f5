//! What a sandbox at work uses: its memory, the CPU time of its start, and that of an event that
//! keeps a thread.
//!
//! Looked at from outside, in `/proc`, for as long as user code may run. The sandbox says which
//! event keeps which thread; one that says nothing, or something wrong, is ended by the event's
//! timeout all the same.

use std::collections::HashMap;
use std::time::Duration;

use actix::prelude::*;
use tokio::time::Instant;

use brink_shared::limits::MEMORY;

use super::end::Cause;
use super::{News, Phase, SandboxActor};
use crate::sandbox::child::{ThreadClock, ThreadTimes};
use crate::sandbox::in_flight::ProtocolViolation;
use crate::settings::{MEMORY_START_MB, WATCH_EVERY};
use brink_frames::MEMORY_BASE_MB;
use brink_frames::{EventId, Holder, STARTER};

/// How many looks in a row may fail to see the memory that a sandbox uses: for about a second.
const UNSEEN_MAX: u32 = 20;

/// What was seen of a sandbox.
#[derive(Default)]
pub(super) struct Watch {
    /// True while it is looked at again and again.
    looking: bool,
    /// Looks in a row that did not see its memory.
    unseen: u32,
    /// The clock of the thread that starts the version, and where it stood before.
    start: Option<(ThreadTimes, ThreadClock)>,
    /// Events that keep a thread, by its number.
    kept: HashMap<u32, Kept>,
    /// True once it was said that it should be replaced.
    worn: bool,
}

struct Kept {
    event: EventId,
    /// CPU time of the event before its thread's clock stood at `since`.
    before: Duration,
    clock: ThreadClock,
    since: Duration,
}

// === impl SandboxActor ===

impl SandboxActor {
    /// Looks at the sandbox for as long as user code may run.
    pub(super) fn watch(&mut self, ctx: &mut Context<Self>) {
        let at_work = self.phase == Phase::Loading || !self.in_flight.is_empty();
        if self.watch.looking || !at_work {
            return;
        }
        self.watch.looking = true;
        ctx.run_later(WATCH_EVERY, |actor, ctx| {
            actor.watch.looking = false;
            match actor.overuse() {
                Some(cause) => actor.end(cause, ctx),
                None => actor.watch(ctx),
            }
        });
    }

    /// What it uses that is over a hard bound.
    fn overuse(&mut self) -> Option<Cause> {
        let used = match self.memory_mb() {
            Ok(used) => used,
            Err(unseen) => return unseen,
        };
        let hard = self.duty.memory_mb;
        let starting = if self.phase == Phase::Loading { MEMORY_START_MB } else { 0 };
        if used > hard.saturating_add(MEMORY_BASE_MB).saturating_add(starting) {
            return Some(Cause::Memory(used));
        }
        let soft = MEMORY.soft(hard.into()).unwrap_or(u64::MAX);
        if u64::from(used) > soft.saturating_add(MEMORY_BASE_MB.into()) {
            self.wear_out();
        }
        if self.phase == Phase::Loading {
            let used = self.start_times()?.used;
            return (used > self.duty.limits.startup_time).then_some(Cause::Start(used));
        }
        let hard = self.duty.limits.cpu_hard(self.duty.timeout)?;
        let in_flight = &mut self.in_flight;
        self.watch.kept.retain(|_, kept| in_flight.find(kept.event).is_some());
        self.watch.kept.values().find_map(|kept| {
            let used = kept.before + kept.clock.read()?.saturating_sub(kept.since);
            (used > hard).then_some(Cause::Cpu(kept.event, used))
        })
    }

    /// Begins to count the CPU time of the start, before the version is there.
    pub(super) fn watch_start(&mut self, ctx: &mut Context<Self>) {
        let clock = self.process.as_ref().and_then(|process| process.thread_clock(STARTER));
        self.watch.start = clock.and_then(|clock| Some((clock.times()?, clock)));
        self.end_start_after(self.duty.limits.startup_wall(), Instant::now(), ctx);
    }

    /// Ends a start that has waited for too long. When others have the cores it does not wait.
    fn end_start_after(&self, wait: Duration, begun: Instant, ctx: &mut Context<Self>) {
        ctx.run_later(wait, move |actor, ctx| {
            if actor.phase != Phase::Loading {
                return;
            }
            let (times, max) = (actor.start_times(), actor.duty.limits.startup_wall());
            let delayed = times.unwrap_or_default().delayed;
            let left = max.saturating_sub(begun.elapsed().saturating_sub(delayed));
            match left.is_zero() {
                true => actor.end(Cause::Late(times.map(|times| times.used)), ctx),
                false => actor.end_start_after(left, begun, ctx),
            }
        });
    }

    /// What the start took so far; none if the system does not tell, and then only its wall time
    /// is bounded.
    fn start_times(&self) -> Option<ThreadTimes> {
        let (before, clock) = self.watch.start.as_ref()?;
        Some(clock.times()?.since(*before))
    }

    /// The memory that it uses. A process whose memory stays out of sight is ended: nothing but
    /// these looks bounds it everywhere.
    fn memory_mb(&mut self) -> Result<u32, Option<Cause>> {
        // That it ended is heard where its frames are.
        let process = self.process.as_mut().ok_or(None)?;
        match process.memory_mb() {
            Ok(used) => {
                self.watch.unseen = 0;
                Ok(used)
            }
            Err(_) if !process.is_alive() => Err(None),
            Err(error) => {
                self.watch.unseen += 1;
                let why = format!("what memory it uses cannot be read: {error}");
                Err((self.watch.unseen >= UNSEEN_MAX).then_some(Cause::Unwatched(why)))
            }
        }
    }

    /// Has the owner replace it, once.
    fn wear_out(&mut self) {
        if self.phase == Phase::Ready && !std::mem::replace(&mut self.watch.worn, true) {
            self.tell(News::Worn);
        }
    }

    /// The hard bound of an event's CPU time.
    pub(super) fn cpu_hard(&self) -> Duration {
        self.duty.limits.cpu_hard(self.duty.timeout).unwrap_or(self.duty.timeout)
    }

    /// The sandbox says that an event keeps a thread, or that none does any more.
    pub(super) fn turn(
        &mut self,
        thread: u32,
        holder: Option<Holder>,
    ) -> Result<(), ProtocolViolation> {
        if thread as usize >= self.duty.environments {
            return Err(ProtocolViolation(format!("it has no thread {thread}")));
        }
        self.watch.kept.remove(&thread);
        let Some(Holder { id, used_us }) = holder else {
            return Ok(());
        };
        if !self.in_flight.was_sent(id) {
            return Err(ProtocolViolation(format!("event {} is not in it", id.0)));
        }
        if self.duty.limits.cpu_hard(self.duty.timeout).is_none() {
            return Ok(());
        }
        let clock = self.process.as_ref().and_then(|process| process.thread_clock(thread));
        let read = clock.and_then(|clock| Some((clock.read()?, clock)));
        if let Some((since, clock)) = read {
            let before = Duration::from_micros(used_us);
            self.watch.kept.insert(thread, Kept { event: id, before, clock, since });
        }
        Ok(())
    }
}
