//! One sandbox process at work: its frames, the events in it, and its end.
//!
//! The actor takes events from its function's queue whenever an environment is free. It believes
//! nothing that the sandbox says without a look at [`Flights`]; a sandbox that lies is killed,
//! and so is one in which an event runs over its time, for nothing else stops a handler. What
//! then becomes of the events in it is decided here and nowhere else (see [`Cause`]).

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use actix::prelude::*;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::time::Instant;

use brink_shared::event::Trigger;
use brink_shared::id::VersionId;
use brink_shared::wire::{self, Failure, FailureKind, Run, Verdict, WireError};

use super::child::{Blank, Process};
use super::flights::{Flights, Lie};
use super::frame::{CallId, CallRequest, EventId, FromSandbox, Invoke, LogLevel, ToSandbox};
use super::writer;
use crate::egress::{CALLS_AT_ONCE_MAX, CALLS_MAX, Egress};
use crate::function::queue::Queue;
use crate::logs::LogSink;
use crate::pending::{self, Pending};
use crate::settings::{HANDOVERS_MAX, INIT_MAX, KILL_GRACE, SCALE_AFTER};

/// Most frames that are handled before other actors have their turn.
const FRAMES_AT_ONCE: usize = 64;

/// Most bytes that one event may log; the rest is dropped.
const LOG_BYTES_MAX: usize = 256 * 1024;

/// What a sandbox is to do.
pub struct Duty {
    /// The function as people know it: `ab-test:3`.
    pub name: String,
    /// How long an event may take, by the function's settings.
    pub timeout: Duration,
    /// How many events at a time.
    pub environments: usize,
    /// The encoded [`ToSandbox::Load`].
    pub load: Bytes,
    /// Performs its outgoing calls.
    pub egress: Egress,
    /// Where its log lines go, and as which version's; none in a trial.
    pub logs: Option<(LogSink, VersionId)>,
}

/// What the owner of a sandbox is told, besides what it sees in [`Vitals`].
#[derive(Debug)]
pub enum News {
    /// The version started, in so many microseconds.
    Loaded(u64),
    /// The version cannot start. The sandbox is gone.
    Refused(Failure),
    /// The sandbox died, or left after it was told to. Its events are answered or put back.
    Gone {
        /// True if it was told to leave.
        asked: bool,
    },
}

/// What the owner of a sandbox may look at.
pub struct Vitals {
    /// Events in it.
    pub in_flight: Cell<usize>,
    /// Events that it brought to their end.
    pub served: Cell<u64>,
    /// When an event last went in or came out.
    pub used: Cell<Instant>,
}

/// There may be something in the queue.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Feed;

/// Take no further event, and leave when those in hand are done.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave;

/// Leave now. Events in hand are lost.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Kill;

/// A sandbox process and what is in it.
pub struct SandboxActor {
    process: Option<Process>,
    frames: Option<super::child::FrameReader>,
    out: writer::Out,
    duty: Rc<Duty>,
    queue: Rc<RefCell<Queue>>,
    vitals: Rc<Vitals>,
    news: mpsc::Sender<News>,
    phase: Phase,
    flights: Flights,
    calls: Calls,
    timer: Option<(Instant, SpawnHandle)>,
    last_trigger: Trigger,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The version is being started.
    Loading,
    /// Events may come.
    Ready,
    /// No further events.
    Leaving,
    /// The process is being buried.
    Dead,
}

/// Outgoing calls under way, and those made while the version started.
#[derive(Default)]
struct Calls {
    open: HashSet<CallId>,
    at_start: u32,
    at_start_open: u32,
}

/// Why a sandbox ends, and with it:
///
/// | cause | events that ran | events that had not begun |
/// | --- | --- | --- |
/// | `Overrun` | the overrun one fails, the others are lost | back to the queue |
/// | `Died` | the only one fails; of several, none can be blamed and all are lost | back |
/// | `Killed` | lost | back |
enum Cause {
    /// This event ran over its time.
    Overrun(EventId),
    /// The process ended by itself, or lied.
    Died(String),
    /// The owner wants it so.
    Killed,
}

// === impl SandboxActor ===

impl SandboxActor {
    /// Gives a blank sandbox its duty. Events are taken from the queue once it is loaded.
    pub fn begin(
        blank: Blank,
        duty: Rc<Duty>,
        queue: Rc<RefCell<Queue>>,
    ) -> (Addr<Self>, Rc<Vitals>, mpsc::Receiver<News>) {
        // Two pieces of news at most: loaded, and gone.
        let (news, told) = mpsc::channel(2);
        let vitals = Rc::new(Vitals {
            in_flight: Cell::new(0),
            served: Cell::new(0),
            used: Cell::new(Instant::now()),
        });
        let out = writer::start(blank.writer, duty.environments);
        let actor = Self {
            process: Some(blank.process),
            frames: Some(blank.reader),
            out,
            duty,
            queue,
            vitals: vitals.clone(),
            news,
            phase: Phase::Loading,
            flights: Flights::default(),
            calls: Calls::default(),
            timer: None,
            last_trigger: Trigger::ViewerRequest,
        };
        (actor.start(), vitals, told)
    }

    fn frame(&mut self, bytes: io::Result<BytesMut>, ctx: &mut Context<Self>) -> Result<(), Lie> {
        let bytes = bytes.map_err(|error| Lie(error.to_string()))?;
        let frame = wire::decode(&bytes).map_err(|error: WireError| Lie(error.to_string()))?;
        match frame {
            FromSandbox::Blank => Err(Lie("it is blank a second time".to_owned())),
            FromSandbox::Loaded { init_us } => self.loaded(init_us),
            FromSandbox::Refused(failure) => self.refused(failure, ctx),
            FromSandbox::Started(id) => self.started(id),
            FromSandbox::Done { id, result, run } => self.done(id, result, run),
            FromSandbox::Log { id, level, text } => self.log(id, level, text),
            FromSandbox::Call { call, id, request } => self.call(call, id, request, ctx),
        }
    }

    fn loaded(&mut self, init_us: u64) -> Result<(), Lie> {
        if self.phase != Phase::Loading {
            return Err(Lie("it loaded a second time".to_owned()));
        }
        self.phase = Phase::Ready;
        self.tell(News::Loaded(init_us));
        Ok(())
    }

    fn refused(&mut self, failure: Failure, ctx: &mut Context<Self>) -> Result<(), Lie> {
        if self.phase != Phase::Loading {
            return Err(Lie("it refuses what it loaded".to_owned()));
        }
        self.phase = Phase::Dead;
        self.tell(News::Refused(failure));
        ctx.stop();
        Ok(())
    }

    fn started(&mut self, id: EventId) -> Result<(), Lie> {
        let timeout = match &self.flights.get(id)?.pending {
            Some(pending) => pending.timeout(self.duty.timeout),
            None => self.duty.timeout,
        };
        self.flights.started(id, timeout)
    }

    fn done(&mut self, id: EventId, result: Result<Bytes, Failure>, run: Run) -> Result<(), Lie> {
        let flight = self.flights.done(id)?;
        self.vitals.served.set(self.vitals.served.get() + 1);
        let Some(pending) = flight.pending else {
            return Ok(());
        };
        pending.meter().came_back();
        match result {
            Ok(value) => pending.end(Verdict::Returned { value, run }),
            Err(failure) => self.fail(pending, failure, run),
        }
        Ok(())
    }

    fn log(&mut self, id: Option<EventId>, level: LogLevel, mut text: String) -> Result<(), Lie> {
        let mut request_id = String::new();
        let mut trigger = self.last_trigger;
        if let Some(id) = id {
            if !self.flights.was_sent(id) {
                return Err(Lie(format!("event {} is not in it", id.0)));
            }
            // Code that a handler left behind may log after its event is done.
            if let Some(flight) = self.flights.find(id) {
                let room = LOG_BYTES_MAX.saturating_sub(flight.logged);
                text.truncate(text.floor_char_boundary(room));
                flight.logged += text.len().max(1);
                if room == 0 {
                    return Ok(());
                }
                if let Some(pending) = &mut flight.pending {
                    pending.log(&text);
                    request_id.clone_from(&pending.request_id);
                    trigger = pending.trigger;
                }
            }
        }
        if let Some((sink, version)) = &self.duty.logs {
            sink.line(version, trigger, &request_id, level, text);
        }
        Ok(())
    }

    fn call(
        &mut self,
        call: CallId,
        id: Option<EventId>,
        request: CallRequest,
        ctx: &mut Context<Self>,
    ) -> Result<(), Lie> {
        if !self.calls.open.insert(call) {
            return Err(Lie(format!("call {} is made twice", call.0)));
        }
        let (made, open, until) = match id.and_then(|id| self.flights.find(id)) {
            Some(flight) => (&mut flight.calls, &mut flight.calls_open, flight.until),
            None => {
                let until = Instant::now() + self.duty.timeout;
                (
                    &mut self.calls.at_start,
                    &mut self.calls.at_start_open,
                    until,
                )
            }
        };
        let refused = if *made >= CALLS_MAX {
            Some(format!("more than {CALLS_MAX} calls in one event"))
        } else if *open >= CALLS_AT_ONCE_MAX {
            Some(format!(
                "more than {CALLS_AT_ONCE_MAX} calls at a time in one event"
            ))
        } else {
            None
        };
        if let Some(why) = refused {
            self.calls.open.remove(&call);
            self.say(
                &ToSandbox::CallDone {
                    call,
                    result: Err(why),
                },
                ctx,
            );
            return Ok(());
        }
        *made += 1;
        *open += 1;
        let egress = self.duty.egress.clone();
        let performed = async move { egress.call(request, until).await };
        ctx.spawn(performed.into_actor(self).map(move |result, actor, ctx| {
            actor.calls.open.remove(&call);
            match id.map(|id| actor.flights.find(id)) {
                Some(Some(flight)) => flight.calls_open = flight.calls_open.saturating_sub(1),
                Some(None) => {}
                None => actor.calls.at_start_open = actor.calls.at_start_open.saturating_sub(1),
            }
            actor.say(&ToSandbox::CallDone { call, result }, ctx);
        }));
        Ok(())
    }

    /// Takes from the queue what there are environments for.
    fn feed(&mut self, ctx: &mut Context<Self>) {
        let now = Instant::now();
        if self.phase == Phase::Ready && !self.flights.is_stalled(SCALE_AFTER, now) {
            let mut late = Vec::new();
            while self.phase == Phase::Ready && self.flights.len() < self.duty.environments {
                let next = self.queue.borrow_mut().pop(now, &mut late);
                let Some(event) = next else { break };
                self.invoke(event, now, ctx);
            }
            late.into_iter().for_each(|event| event.end(Verdict::Busy));
        }
        if self.phase == Phase::Leaving && self.flights.is_empty() {
            self.phase = Phase::Dead;
            self.tell(News::Gone { asked: true });
            ctx.stop();
        }
        let in_flight = self.flights.len();
        if self.vitals.in_flight.replace(in_flight) > 0 || in_flight > 0 {
            self.vitals.used.set(now);
        }
        self.arm(ctx);
    }

    fn invoke(&mut self, event: Pending, now: Instant, ctx: &mut Context<Self>) {
        let ends = event.deadline.min(now + event.timeout(self.duty.timeout));
        event
            .meter()
            .dispatched(now.saturating_duration_since(event.arrived));
        self.last_trigger = event.trigger;
        let (request_id, payload) = (event.request_id.clone(), event.payload.clone());
        let fresh = event.fresh;
        // Until it starts its own time does not run, only its gateway's.
        let until = event.deadline;
        let id = self.flights.send(event, until);
        let invoke = Invoke {
            id,
            request_id,
            deadline: Pending::unix(ends),
            payload,
            fresh,
        };
        self.say(&ToSandbox::Invoke(invoke), ctx);
    }

    fn say(&mut self, frame: &ToSandbox, ctx: &mut Context<Self>) {
        if self.phase == Phase::Dead {
            return;
        }
        let said = wire::encode(frame).map_err(|error| error.to_string());
        if let Err(why) = said.and_then(|bytes| self.out.send(bytes)) {
            self.end(Cause::Died(why), ctx);
        }
    }

    /// Sets the timer to when the next event runs over its time.
    fn arm(&mut self, ctx: &mut Context<Self>) {
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
        let late = self.flights.take_late(by);
        let stuck = !late.is_empty() && !self.flights.any_started();
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

    /// Kills the process and settles every event that is in it.
    fn end(&mut self, cause: Cause, ctx: &mut Context<Self>) {
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
                    let after = event.timeout(self.duty.timeout);
                    let failure = pending::timed_out(&name, event.trigger, after);
                    let run = Run {
                        duration_us: u64::try_from(after.as_micros()).unwrap_or(u64::MAX),
                        cold: false,
                    };
                    self.fail(event, failure, run);
                }
                Cause::Died(how) if alone => {
                    self.fail(event, pending::crashed(&name, how), Run::default());
                }
                Cause::Overrun(_) | Cause::Died(_) | Cause::Killed => event.end(Verdict::Lost),
            }
        }
        let mut back = Vec::new();
        for mut event in wreck.waiting {
            event.meter().came_back();
            event.handovers += 1;
            if event.handovers > HANDOVERS_MAX {
                let how = "and so did those that had it before".to_owned();
                self.fail(event, pending::crashed(&name, &how), Run::default());
            } else {
                back.push(event);
            }
        }
        self.queue.borrow_mut().put_back(back);
        self.vitals.in_flight.set(0);
        match cause {
            Cause::Died(how) if loading => self.tell(News::Refused(Failure {
                kind: FailureKind::Execution,
                error_type: "Runtime.ExitError".to_owned(),
                message: format!("the sandbox of function {name} died while it started: {how}"),
                stack: Vec::new(),
            })),
            Cause::Died(how) => {
                tracing::warn!(function = name, how, "sandbox died");
                self.tell(News::Gone { asked: false });
            }
            Cause::Overrun(_) => self.tell(News::Gone { asked: false }),
            Cause::Killed => self.tell(News::Gone { asked: true }),
        }
        ctx.stop();
    }

    fn fail(&self, event: Pending, failure: Failure, run: Run) {
        if let Some((sink, version)) = &self.duty.logs {
            sink.failure(version, event.trigger, &event.request_id, &failure);
        }
        event.fail(failure, run);
    }

    fn tell(&self, news: News) {
        // There is room for all the news there can be; an owner that went away needs none.
        let _ = self.news.try_send(news);
    }
}

impl Actor for SandboxActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(frames) = self.frames.take() {
            ctx.add_stream(frames.ready_chunks(FRAMES_AT_ONCE));
        }
        if let Err(why) = self.out.send(self.duty.load.clone()) {
            self.end(Cause::Died(why), ctx);
        }
        ctx.run_later(INIT_MAX, |actor, ctx| {
            if actor.phase == Phase::Loading {
                actor.phase = Phase::Dead;
                let failure = too_slow(&actor.duty.name);
                actor.tell(News::Refused(failure));
                ctx.stop();
            }
        });
    }
}

impl StreamHandler<Vec<io::Result<BytesMut>>> for SandboxActor {
    fn handle(&mut self, frames: Vec<io::Result<BytesMut>>, ctx: &mut Self::Context) {
        for frame in frames {
            if self.phase == Phase::Dead {
                return;
            }
            if let Err(lie) = self.frame(frame, ctx) {
                self.end(Cause::Died(lie.to_string()), ctx);
                return;
            }
        }
        self.feed(ctx);
    }

    /// The sandbox hung up: its process ends or is about to.
    fn finished(&mut self, ctx: &mut Self::Context) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        let exit = async move { process.exit().await };
        ctx.wait(exit.into_actor(self).map(|how, actor, ctx| {
            actor.end(Cause::Died(how), ctx);
        }));
    }
}

impl Handler<Feed> for SandboxActor {
    type Result = ();

    fn handle(&mut self, _: Feed, ctx: &mut Self::Context) {
        self.feed(ctx);
    }
}

impl Handler<Leave> for SandboxActor {
    type Result = ();

    fn handle(&mut self, _: Leave, ctx: &mut Self::Context) {
        if matches!(self.phase, Phase::Loading | Phase::Ready) {
            self.phase = Phase::Leaving;
        }
        self.feed(ctx);
    }
}

impl Handler<Kill> for SandboxActor {
    type Result = ();

    fn handle(&mut self, _: Kill, ctx: &mut Self::Context) {
        self.end(Cause::Killed, ctx);
    }
}

fn too_slow(name: &str) -> Failure {
    Failure {
        kind: FailureKind::Limit,
        error_type: "Sandbox.Timedout".to_owned(),
        message: format!("function {name} did not start within {INIT_MAX:?}"),
        stack: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
