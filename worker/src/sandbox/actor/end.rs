//! When a sandbox must end, and what happens to the events in it.

use std::time::Duration;

use actix::prelude::*;
use tokio::time::Instant;

use brink_shared::limits::micros;
use brink_shared::wire::{Failure, Run, Verdict};

use super::cause::Cause;
use super::{Duty, News, Phase, SandboxActor};
use crate::event_failure;
use crate::pending::Pending;
use crate::sandbox::child::tasks_max;
use crate::settings::{HANDOVERS_MAX, KILL_GRACE};

impl SandboxActor {
    /// Sets the timer to the moment when the next event has used up its time and [`KILL_GRACE`].
    pub(super) fn arm(&mut self, ctx: &mut Context<Self>) {
        let Some(due) = self.in_flight.next_due().map(|due| due + KILL_GRACE) else {
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
        let stuck = self.in_flight.is_stuck(by);
        let late = self.in_flight.take_late(by);
        for event in late {
            event.meter().came_back();
            event.end(Verdict::Busy);
        }
        if let Some(id) = self.in_flight.guilty(by) {
            self.end(Cause::Overrun(id), ctx);
        } else if stuck {
            self.end(Cause::Died("it begins no event".to_owned()), ctx);
        } else {
            self.arm(ctx);
        }
    }

    /// Kills the process, and answers or puts back every event in it, as the table at [`Cause`]
    /// says.
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
        let unfinished = self.in_flight.take_unfinished();
        let alone = unfinished.started.len() == 1;
        let unheard = matches!(cause, Cause::Crashed(_))
            && unfinished.started.is_empty()
            && unfinished.waiting.len() == 1;
        let unclear = unfinished.started.len() > 1
            && matches!(
                cause,
                Cause::Died(_)
                    | Cause::Crashed(_)
                    | Cause::Memory(_)
                    | Cause::Tasks(_)
                    | Cause::Tmp(_)
            );
        let lost = unfinished.started.len();
        let mut why = self.reason(&cause, loading);
        for (id, in_flight) in unfinished.started {
            let Some(event) = in_flight.pending else { continue };
            event.meter().came_back();
            let blamed = match &cause {
                Cause::Overrun(guilty) | Cause::Cpu(guilty, _) => *guilty == id,
                Cause::Died(_)
                | Cause::Crashed(_)
                | Cause::Memory(_)
                | Cause::Tasks(_)
                | Cause::Tmp(_) => alone,
                Cause::Start(_)
                | Cause::Late(_)
                | Cause::Unwatched(_)
                | Cause::Unfit(_)
                | Cause::Killed => false,
            };
            if !blamed {
                event.end(Verdict::Lost);
                continue;
            }
            let ran = in_flight.started.map(|started| started.elapsed()).unwrap_or_default();
            if let Cause::Overrun(_) = cause {
                why = self.timed_out(&event, ran);
            }
            let run = Run { duration_us: micros(ran), cold: false };
            self.fail(event, why.clone(), run);
        }
        let mut back = Vec::new();
        for mut event in unfinished.waiting {
            event.meter().came_back();
            event.handovers += 1;
            if unheard || event.handovers > HANDOVERS_MAX {
                self.fail(event, why.clone(), Run::default());
            } else {
                back.push(event);
            }
        }
        self.queue.borrow_mut().put_back(back);
        if unclear {
            self.queue.borrow_mut().run_alone(lost);
        }
        self.vitals.in_flight.set(0);
        if let Cause::Killed = cause {
            self.tell(News::Gone { lost: None });
        } else if let Cause::Unfit(why) = cause {
            self.tell(News::Unfit(why));
        } else if loading {
            self.tell(News::StartFailed(why));
        } else {
            tracing::warn!(function = name, why = why.message, "a sandbox died");
            self.tell(News::Gone { lost: Some(why) });
        }
        ctx.stop();
    }

    /// The cause as a failure, with a message for the function's author.
    fn reason(&self, cause: &Cause, loading: bool) -> Failure {
        let Duty { name, timeout, memory_mb, limits, .. } = &*self.duty;
        match cause {
            Cause::Overrun(_) => {
                event_failure::timed_out(name, self.last_trigger, *timeout, *timeout)
            }
            Cause::Cpu(_, used) => event_failure::out_of_cpu(name, *used, self.cpu_hard()),
            Cause::Memory(used) => event_failure::out_of_memory(name, *used, *memory_mb),
            Cause::Tasks(had) => {
                event_failure::too_many_threads(name, *had, tasks_max(&self.duty.kind))
            }
            Cause::Tmp(what) => event_failure::too_much_in_tmp(name, what),
            Cause::Start(used) => event_failure::out_of_cpu_at_start(name, *used, limits),
            Cause::Late(used) => event_failure::too_slow(name, *used, limits),
            Cause::Died(how) | Cause::Crashed(how) | Cause::Unwatched(how) => match loading {
                true => event_failure::crashed_at_start(name, how),
                false => event_failure::crashed(name, how),
            },
            Cause::Unfit(why) => event_failure::platform(format!("{name} cannot be loaded: {why}")),
            Cause::Killed => event_failure::crashed(name, "its worker ended it"),
        }
    }

    pub(super) fn timed_out(&self, event: &Pending, ran: Duration) -> Failure {
        let allowed = self.duty.allows(event);
        event_failure::timed_out(&self.duty.name, event.trigger, ran, allowed)
    }

    pub(super) fn fail(&self, event: Pending, failure: Failure, run: Run) {
        if let Some((sink, version)) = &self.duty.logs {
            sink.failure(version, event.trigger, &event.request_id, &failure);
        }
        event.fail(failure, run);
    }
}
