//! When a sandbox must end, and what then becomes of the events in it.

use actix::prelude::*;
use tokio::time::Instant;

use brink_shared::wire::{Failure, Run, Verdict};

use super::{News, Phase, SandboxActor};
use crate::failure;
use crate::pending::Pending;
use crate::sandbox::child::Process;
use crate::sandbox::frame::EventId;
use crate::settings::{HANDOVERS_MAX, KILL_GRACE, MEMORY_BASE_MB, MEMORY_EVERY};

/// Why a sandbox ends, and with it:
///
/// | cause | events that ran | events that had not begun |
/// | --- | --- | --- |
/// | `Overrun`, if it did not give the event up | the overrun one fails, the others are lost | back to the queue |
/// | `Died` | the only one fails; of several, none can be blamed and all are lost | back |
/// | `Memory` | the same, with the limit as the reason | back |
/// | `Killed` | lost | back |
pub(super) enum Cause {
    /// This event ran over its time.
    Overrun(EventId),
    /// The process ended by itself, or lied.
    Died(String),
    /// It used more memory than it may: so many MB.
    Memory(u32),
    /// The owner wants it so.
    Killed,
}

impl SandboxActor {
    /// Sets the timer to when the next event runs over its time.
    pub(super) fn arm(&mut self, ctx: &mut Context<Self>) {
        let Some(due) = self.flights.next_due().map(|due| due + KILL_GRACE) else {
            return;
        };
        if let Some((at, handle)) = self.timer {
            if at <= due {
                return;
            }
            ctx.cancel_future(handle);
        }
        let wait = due.saturating_duration_since(Instant::now());
        let handle = ctx.run_later(wait, |actor, ctx| {
            actor.timer = None;
            actor.check_time(ctx);
        });
        self.timer = Some((due, handle));
    }

    fn check_time(&mut self, ctx: &mut Context<Self>) {
        if self.phase == Phase::Dead {
            return;
        }
        let by = Instant::now() - KILL_GRACE;
        let stuck = self.flights.is_stuck(by);
        let late = self.flights.take_late(by);
        for event in late {
            event.meter().came_back();
            event.end(Verdict::Busy);
        }
        if let Some(id) = self.flights.guilty(by) {
            self.end(Cause::Overrun(id), ctx);
        } else if stuck {
            self.end(Cause::Died("it begins no event".to_owned()), ctx);
        } else {
            self.arm(ctx);
        }
    }

    /// Looks at the memory for as long as user code may run.
    pub(super) fn weigh(&mut self, ctx: &mut Context<Self>) {
        let at_work = self.phase == Phase::Loading || !self.flights.is_empty();
        if self.weighing || !at_work {
            return;
        }
        self.weighing = true;
        ctx.run_later(MEMORY_EVERY, |actor, ctx| {
            actor.weighing = false;
            let used = actor.process.as_ref().and_then(Process::memory_mb);
            let max = actor.duty.memory_mb.saturating_add(MEMORY_BASE_MB);
            match used {
                Some(used) if used > max => actor.end(Cause::Memory(used), ctx),
                _ => actor.weigh(ctx),
            }
        });
    }

    /// Kills the process and settles every event that is in it.
    pub(super) fn end(&mut self, cause: Cause, ctx: &mut Context<Self>) {
        if self.phase == Phase::Dead {
            return;
        }
        let loading = self.phase == Phase::Loading;
        self.phase = Phase::Dead;
        if let Some(process) = &mut self.process {
            process.kill();
        }
        let name = self.duty.name.clone();
        let wreck = self.flights.wreck();
        let alone = wreck.started.len() == 1;
        for (id, event) in wreck.started {
            event.meter().came_back();
            match &cause {
                Cause::Overrun(guilty) if *guilty == id => {
                    let why = self.timed_out(&event);
                    let after = event.timeout(self.duty.timeout);
                    let run = Run {
                        duration_us: u64::try_from(after.as_micros()).unwrap_or(u64::MAX),
                        cold: false,
                    };
                    self.fail(event, why, run);
                }
                Cause::Died(how) if alone => {
                    self.fail(event, failure::crashed(&name, how), Run::default());
                }
                Cause::Memory(used) if alone => {
                    let why = failure::out_of_memory(&name, *used, self.duty.memory_mb);
                    self.fail(event, why, Run::default());
                }
                Cause::Overrun(_) | Cause::Died(_) | Cause::Memory(_) | Cause::Killed => {
                    event.end(Verdict::Lost);
                }
            }
        }
        let mut back = Vec::new();
        for mut event in wreck.waiting {
            event.meter().came_back();
            event.handovers += 1;
            if event.handovers > HANDOVERS_MAX {
                let how = "and so did those that had it before".to_owned();
                self.fail(event, failure::crashed(&name, &how), Run::default());
            } else {
                back.push(event);
            }
        }
        self.queue.borrow_mut().put_back(back);
        self.vitals.in_flight.set(0);
        match cause {
            Cause::Died(how) if loading => {
                self.tell(News::Refused(failure::crashed_at_start(&name, &how)));
            }
            Cause::Memory(used) if loading => {
                let max = self.duty.memory_mb;
                self.tell(News::Refused(failure::out_of_memory(&name, used, max)));
            }
            Cause::Died(how) => {
                tracing::warn!(function = name, how, "sandbox died");
                self.tell(News::Gone { asked: false });
            }
            Cause::Overrun(_) | Cause::Memory(_) => self.tell(News::Gone { asked: false }),
            Cause::Killed => self.tell(News::Gone { asked: true }),
        }
        ctx.stop();
    }

    pub(super) fn timed_out(&self, event: &Pending) -> Failure {
        let after = event.timeout(self.duty.timeout);
        failure::timed_out(&self.duty.name, event.trigger, after)
    }

    pub(super) fn fail(&self, event: Pending, failure: Failure, run: Run) {
        if let Some((sink, version)) = &self.duty.logs {
            sink.failure(version, event.trigger, &event.request_id, &failure);
        }
        event.fail(failure, run);
    }
}
