//! The watchdog of a sandbox: how much memory and CPU time does it use?
//!
//! The kernel's limits are not enough, because they do not exist on every machine, and cannot tell
//! which event used the time. So the actor looks at the process from outside, in `/proc`, every
//! [`WATCH_EVERY`] while a version starts or events are in the sandbox:
//!
//! ```text
//!                        looks at                        if it is over its limit
//! while the version      CPU time of its thread          end: Start
//! starts                 wall time                       end: Late
//! always                 memory, hard limit              end: Memory
//!                        memory, soft limit              News::Recycle, once
//!                        memory cannot be read           end: Unwatched, after a second
//!                        threads of an interpreter       end: Tasks
//!                        temporary files on a disk       end: Tmp
//! while an event         CPU time of that thread         end: Cpu
//! keeps a thread
//! ```
//!
//! Many events share a thread, so the CPU time of a thread says nothing about a single event. The
//! sandbox helps: it tells which event keeps which thread, and how much CPU time the event had used
//! before (a `Turn` frame, see `turns` in the sandbox process). From then on the actor measures the
//! thread's clock until the sandbox says that the thread came back. The actor need not trust the
//! sandbox for this: if the sandbox says nothing or something wrong, the event's timeout still ends
//! it.

use std::io;
use std::time::Duration;

use actix::prelude::*;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use brink_shared::limits::MEMORY;

use super::cause::Cause;
use super::usage::Kept;
use super::{News, Phase, SandboxActor};
use crate::sandbox::child::{CpuTimes, Usage, tasks_max};
use crate::sandbox::in_flight::ProtocolViolation;
use crate::sandbox_folders::{Contents, ENTRIES_MAX};
use crate::settings::{MEMORY_START_MB, WATCH_EVERY};
use brink_frames::MEMORY_BASE_MB;
use brink_frames::interpreter::TMP_SIZE;
use brink_frames::{Holder, STARTER};

/// How many looks in a row may fail to read the memory of a sandbox: those of about a second.
const UNSEEN_MAX: u32 = 20;

/// The pause after a folder for temporary files was read.
const TMP_EVERY: Duration = Duration::from_millis(250);

/// The words for a folder that has more in it than a private `/tmp` could have; none if it has not.
fn too_much(read: io::Result<Contents>, nameless_bytes: u64) -> Option<String> {
    let megabytes = |bytes: u64| bytes / (1024 * 1024);
    match read {
        Ok(Contents { bytes, .. }) if bytes.saturating_add(nameless_bytes) > TMP_SIZE => {
            let (had, max) = (megabytes(bytes.saturating_add(nameless_bytes)), megabytes(TMP_SIZE));
            Some(format!("{had} MB, over its limit of {max} MB,"))
        }
        Ok(Contents { entries, .. }) if entries > ENTRIES_MAX => {
            Some(format!("more than {ENTRIES_MAX} files and folders"))
        }
        Ok(_) => None,
        Err(error) => Some(format!("something that cannot be counted ({error})")),
    }
}

// === impl SandboxActor ===

impl SandboxActor {
    /// Looks at the sandbox at regular intervals, as long as user code may run.
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
                None => {
                    actor.watch_tmp(ctx);
                    actor.watch(ctx);
                }
            }
        });
    }

    /// Has another thread read the folder for temporary files, if the sandbox has one on a disk.
    /// The files in a private `/tmp` count as memory already.
    fn watch_tmp(&mut self, ctx: &mut Context<Self>) {
        let (Some(folder), Some(process)) = (&self.folder, &self.process) else { return };
        let was_read = self.watch.tmp_read.is_some_and(|at| at.elapsed() < TMP_EVERY);
        if self.has_own_root || self.watch.reading_tmp || was_read {
            return;
        }
        self.watch.reading_tmp = true;
        let (folder, nameless) = (folder.clone(), process.nameless_bytes());
        let read = spawn_blocking(move || too_much(folder.tmp(), nameless()));
        ctx.spawn(read.into_actor(self).map(|read, actor, ctx| {
            actor.watch.reading_tmp = false;
            actor.watch.tmp_read = Some(Instant::now());
            if let Ok(Some(what)) = read {
                actor.end(Cause::Tmp(what), ctx);
            }
        }));
    }

    /// The reason to end the sandbox, if it uses more than a hard limit.
    fn overuse(&mut self) -> Option<Cause> {
        let Usage { memory_mb: used, threads } = match self.usage() {
            Ok(usage) => usage,
            Err(unseen) => return unseen,
        };
        let is_embedded = self.duty.kind.is_embedded();
        if !is_embedded && threads > tasks_max(&self.duty.kind) {
            return Some(Cause::Tasks(threads));
        }
        let hard = self.duty.memory_mb;
        let starting = if self.phase == Phase::Loading { MEMORY_START_MB } else { 0 };
        if used > hard.saturating_add(MEMORY_BASE_MB).saturating_add(starting) {
            return Some(Cause::Memory(used));
        }
        let soft = MEMORY.soft(hard.into()).unwrap_or(u64::MAX);
        if u64::from(used) > soft.saturating_add(MEMORY_BASE_MB.into()) {
            self.ask_for_recycling();
        }
        if self.phase == Phase::Loading {
            let used = self.start_times()?.used;
            return (used > self.duty.limits.startup_time).then_some(Cause::Start(used));
        }
        if !is_embedded {
            return self.overuse_of_running();
        }
        let hard = self.duty.limits.cpu_hard(self.duty.timeout)?;
        let in_flight = &mut self.in_flight;
        self.watch.kept.retain(|_, kept| in_flight.find(kept.event).is_some());
        self.watch.kept.values().find_map(|kept| {
            let used = kept.before + kept.clock.read()?.saturating_sub(kept.since);
            (used > hard).then_some(Cause::Cpu(kept.event, used))
        })
    }

    /// The same for a sandbox that runs one event at a time. The time of an event counts from the
    /// first look at it.
    fn overuse_of_running(&mut self) -> Option<Cause> {
        let oldest = self.in_flight.oldest()?;
        let running = self.watch.running.as_ref().filter(|(id, ..)| *id == oldest);
        let Some((_, clock, since)) = running else {
            let clock = self.process.as_ref()?.clock()?;
            let since = clock.read()?;
            self.watch.running = Some((oldest, clock, since));
            return None;
        };
        let used = clock.read()?.saturating_sub(*since);
        let limits = &self.duty.limits;
        if limits.cpu_hard(self.duty.timeout).is_some_and(|hard| used > hard) {
            return Some(Cause::Cpu(oldest, used));
        }
        if used > limits.cpu_soft(self.duty.timeout) {
            self.ask_for_recycling();
        }
        None
    }

    /// Begins to measure the start, before the sandbox gets the version.
    pub(super) fn watch_start(&mut self, ctx: &mut Context<Self>) {
        let is_embedded = self.duty.kind.is_embedded();
        let clock = self.process.as_ref().and_then(|process| match is_embedded {
            true => process.thread_clock(STARTER),
            false => process.clock(),
        });
        self.watch.start = clock.and_then(|clock| Some((clock.times()?, clock)));
        self.end_start_after(self.duty.limits.startup_wall(), Instant::now(), ctx);
    }

    /// Ends a start that takes too long. The time in which others had the cores does not count.
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

    /// The time of the start so far; none if the system does not tell. Then only its wall time is
    /// limited.
    fn start_times(&self) -> Option<CpuTimes> {
        let (before, clock) = self.watch.start.as_ref()?;
        Some(clock.times()?.since(*before))
    }

    /// Memory and threads of the sandbox. If that cannot be read for a while, the sandbox ends, because on some
    /// machines only these looks limit it.
    fn usage(&mut self) -> Result<Usage, Option<Cause>> {
        // The stream of frames tells that the process ended.
        let process = self.process.as_mut().ok_or(None)?;
        match process.usage() {
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

    /// Tells the owner once to recycle the sandbox. A debugger would lose it.
    fn ask_for_recycling(&mut self) {
        let may = self.phase == Phase::Ready && self.duty.inspector.is_none();
        if may && !std::mem::replace(&mut self.watch.recycle, true) {
            self.tell(News::Recycle);
        }
    }

    /// The hard limit of an event's CPU time.
    pub(super) fn cpu_hard(&self) -> Duration {
        self.duty.limits.cpu_hard(self.duty.timeout).unwrap_or(self.duty.timeout)
    }

    /// Handles the frame that an event keeps a thread, or that the thread came back.
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
