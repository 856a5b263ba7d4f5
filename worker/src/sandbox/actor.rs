//! The sandbox actor: one sandbox process, the events in it, and its end.
//!
//! ```text
//!            Loaded           Leave              no event is in it
//! Loading ----------> Ready --------> Leaving ---------------------> Dead
//!    |                  |                |                            ^
//!    +-- StartFailed ---+----- end ------+----------------------------+
//!        Leave, end
//! ```
//!
//! - `Loading`: the sandbox starts the version. It gets no events.
//! - `Ready`: the sandbox takes events while it has a free environment.
//! - `Leaving`: it takes no further events, and finishes those that it has.
//! - `Dead`: the process is killed or has ended, and the actor stops.
//!
//! The actor shares the queue with its function's actor and the other sandboxes of the version. It
//! looks into the queue after it has read frames, and when it gets a [`Feed`]. If its mailbox is
//! full, a [`Feed`] may be dropped, because the actor will look into the queue anyway. All these
//! actors run on one thread, and none of them awaits while it has the queue borrowed.
//!
//! The actor enters each event that it sends in the table [`InFlight`], and removes it when the
//! sandbox reports that it is done. It checks each frame against this table, and kills a sandbox
//! that breaks the protocol. A sandbox gives an event up by itself when its time is over. If it
//! does not, the actor kills it, because nothing else stops a handler that never awaits. Each
//! transition to `Dead` with events in the table goes through `end`, which answers them or puts
//! them back into the queue.
//!
//! The actor reports to its owner by [`News`]: `Loaded`, then at most one `Recycle`, and `Gone` in
//! the end. If the version cannot start, the owner gets only `StartFailed`. If the owner ends the
//! sandbox while it loads, it gets only `Gone`. The owner can read [`Vitals`] at any time.

mod calls;
mod cause;
mod connections;
mod duty;
mod end;
mod flood;
mod heard;
mod inspected;
mod line;
mod loading;
mod outgoing_calls;
mod served;
mod usage;
mod watch;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use actix::prelude::*;
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::time::Instant;

use brink_shared::event::Trigger;
use brink_shared::wire::{Failure, Run, UnixMillis};

use calls::Calls;
use cause::Cause;
pub use duty::{Duty, Loading};
pub use flood::Rate;
use flood::{Flood, gated};
use line::Line;
use served::Connections;
use usage::Watch;

use super::child::{Blank, Exit, Process};
use super::dialect::{Dialect, Heard};
use super::in_flight::{InFlight, InFlightEvent, ProtocolViolation};
use super::output::{Output, Said};
use super::writer;
use crate::event_failure;
use crate::inspect::Attached;
use crate::pending::Pending;
use crate::queue::Queue;
use crate::runtime_api::RuntimeApi;
use crate::sandbox_folders::SandboxFolder;
use crate::settings::SCALE_AFTER;
use brink_frames::interpreter::Descriptors;
use brink_frames::{EventId, FromSandbox, Invoke, ToSandbox};

/// Most frames that are handled before other actors have their turn.
const FRAMES_AT_ONCE: usize = 64;

/// The news that a sandbox actor sends to its owner. The owner also reads [`Vitals`].
#[derive(Debug)]
pub enum News {
    /// The version started. It took this many microseconds.
    Loaded(u64),
    /// The version cannot start. The sandbox is gone.
    StartFailed(Failure),
    /// The version could not be given to the sandbox, which is gone. The machine is at fault.
    Unfit(String),
    /// The sandbox is over a soft limit, and should be recycled.
    Recycle,
    /// The sandbox is gone. Its events are answered or put back.
    Gone {
        /// Why it died; none if its owner told it to leave or killed it.
        lost: Option<Failure>,
    },
}

/// The state of a sandbox that its owner reads at any time.
pub struct Vitals {
    /// Number of events in the sandbox.
    pub in_flight: Cell<usize>,
    /// Number of events that it finished.
    pub served: Cell<u64>,
    /// When an event last went in or came out.
    pub used: Cell<Instant>,
    /// True in a sandbox that runs one event at a time, if all of the last events took less than a
    /// millisecond. Its events then wait for a core, not for anything outside.
    pub quick: Cell<bool>,
}

/// Look into the queue: there may be an event.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Feed;

/// Take no further event, and leave when the events in the sandbox are done.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave;

/// End now. The events in the sandbox are lost or put back.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Kill;

/// A sandbox process, and the events and calls in it.
pub struct SandboxActor {
    process: Option<Process>,
    folder: Option<SandboxFolder>,
    /// True if it sees the bundle where Lambda has it.
    has_own_root: bool,
    /// How its program gets out: [`Blank::network`].
    network: Option<&'static str>,
    descriptors: Descriptors,
    /// Where it asks for events; only a function with a program of its own does.
    runtime_api: Option<RuntimeApi>,
    heard: Option<Heard>,
    /// Its standard output and error, if they are the function's.
    output: Option<Output>,
    out: writer::Out,
    dialect: Dialect,
    duty: Rc<Duty>,
    queue: Rc<RefCell<Queue>>,
    vitals: Rc<Vitals>,
    news: mpsc::Sender<News>,
    phase: Phase,
    /// Why the process ends after its event, if it said that it does.
    ending: Option<Failure>,
    /// The event that it named last as begun, if it runs them one by one.
    said_started: Option<EventId>,
    in_flight: InFlight,
    /// True if the event taken last has the sandbox to itself.
    alone: bool,
    calls: Calls,
    connections: Option<Connections>,
    /// Debuggers reach it.
    inspected: Option<Attached>,
    timer: Option<(Instant, SpawnHandle)>,
    watch: Watch,
    flood: Flood,
    line: Line,
    last_trigger: Trigger,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The version is being started.
    Loading,
    /// The sandbox takes events.
    Ready,
    /// The sandbox takes no further events.
    Leaving,
    /// The process is killed or has ended. The actor stops.
    Dead,
}

// === impl SandboxActor ===

impl SandboxActor {
    /// Gives a blank sandbox its duty. It takes events from the queue once it is loaded.
    pub fn begin(
        blank: Blank,
        duty: Rc<Duty>,
        queue: Rc<RefCell<Queue>>,
    ) -> (Addr<Self>, Rc<Vitals>, mpsc::Receiver<News>) {
        // At most three pieces of news: `Loaded`, `Recycle` and `Gone`.
        let (news, told) = mpsc::channel(3);
        let vitals = Rc::new(Vitals {
            in_flight: Cell::new(0),
            served: Cell::new(0),
            used: Cell::new(Instant::now()),
            quick: Cell::new(false),
        });
        if let Err(error) = blank.process.limit_memory(duty.memory_mb) {
            tracing::warn!(%error, function = duty.name, "the kernel does not limit the memory of a sandbox, only the worker does");
        }
        let (has_own_root, network) = (blank.has_own_root(), blank.network());
        let out = writer::start(blank.writer, duty.environments, duty.connections());
        let calls = Calls::new(duty.connections().saturating_mul(duty.environments));
        let actor = Self {
            process: Some(blank.process),
            folder: blank.folder,
            has_own_root,
            network,
            descriptors: blank.descriptors,
            runtime_api: None,
            heard: Some(blank.dialect.hear(blank.reader)),
            output: blank.output,
            out,
            dialect: blank.dialect,
            duty,
            queue,
            vitals: vitals.clone(),
            news,
            phase: Phase::Loading,
            ending: None,
            said_started: None,
            in_flight: InFlight::default(),
            alone: false,
            calls,
            connections: None,
            inspected: None,
            timer: None,
            watch: Watch::default(),
            flood: Flood::default(),
            line: Line::default(),
            last_trigger: Trigger::ViewerRequest,
        };
        (actor.start(), vitals, told)
    }

    /// Takes events from the queue, as many as there are free environments.
    fn feed(&mut self, ctx: &mut Context<Self>) {
        let now = Instant::now();
        if self.phase == Phase::Ready && !self.in_flight.is_stalled(SCALE_AFTER, now) {
            let mut late = Vec::new();
            while self.phase == Phase::Ready && self.has_room() {
                self.alone = self.queue.borrow().next_runs_alone();
                let next = self.queue.borrow_mut().pop(now, &mut late);
                let Some(event) = next else { break };
                self.invoke(event, now, ctx);
            }
            late.into_iter().for_each(|event| event.end_late(now));
        }
        if self.phase == Phase::Leaving && self.in_flight.is_empty() {
            self.phase = Phase::Dead;
            let lost = self.ending.take();
            self.tell(News::Gone { lost });
            ctx.stop();
        }
        let in_flight = self.in_flight.len();
        if self.vitals.in_flight.replace(in_flight) > 0 || in_flight > 0 {
            self.vitals.used.set(now);
        }
        self.arm(ctx);
        self.watch(ctx);
    }

    /// True if the sandbox may get another event: always if it has none, and never beside an event
    /// that has it to itself.
    fn has_room(&self) -> bool {
        let alone = self.alone || self.queue.borrow().next_runs_alone();
        let most =
            if self.dialect.is_one_by_one() { self.line.length() } else { self.duty.environments };
        self.in_flight.is_empty() || (!alone && self.in_flight.len() < most)
    }

    /// In a sandbox that runs one event at a time, the oldest event begins when no other runs.
    fn begin_next(&mut self) {
        if !self.dialect.is_one_by_one() || self.in_flight.any_started() {
            return;
        }
        if let Some(id) = self.in_flight.oldest() {
            // It is in the table, and has not begun.
            let _ = self.event_started(id);
        }
    }

    /// An event whose payload cannot be read.
    fn unreadable(&mut self, id: EventId, why: String) {
        let Ok(InFlightEvent { pending: Some(pending), .. }) = self.in_flight.done(id) else {
            return;
        };
        pending.meter().came_back();
        self.fail(pending, event_failure::invalid_event(why), Run::default());
    }

    fn invoke(&mut self, event: Pending, now: Instant, ctx: &mut Context<Self>) {
        let ends = event.deadline.min(now + self.duty.allows(&event));
        event.meter().dispatched(now.saturating_duration_since(event.arrived));
        self.last_trigger = event.trigger;
        let (request_id, payload) = (event.request_id.clone(), event.payload.clone());
        let fresh = event.fresh;
        // The event's own time begins with its start. Until then only the gateway's deadline
        // counts.
        let until = event.deadline;
        let id = self.in_flight.send(event, until, self.duty.connections());
        let invoke = Invoke {
            id,
            request_id,
            deadline: UnixMillis::now().after(ends.saturating_duration_since(now)),
            payload,
            fresh,
        };
        if let Some(api) = &self.runtime_api {
            if let Err(error) = api.invoke(invoke) {
                self.end(Cause::Died(error.to_string()), ctx);
            }
            return;
        }
        match self.dialect.frame(&ToSandbox::Invoke(invoke)) {
            Ok(frame) => self.send(frame, ctx),
            Err(why) => self.unreadable(id, why),
        }
        self.begin_next();
    }

    fn say(&mut self, frame: &ToSandbox, ctx: &mut Context<Self>) {
        if self.phase == Phase::Dead {
            return;
        }
        match self.dialect.frame(frame) {
            Ok(bytes) => self.send(bytes, ctx),
            Err(why) => self.end(Cause::Died(why), ctx),
        }
    }

    fn send(&mut self, frame: Bytes, ctx: &mut Context<Self>) {
        if let Err(why) = self.out.send(frame) {
            self.end(Cause::Died(why), ctx);
        }
    }

    fn tell(&self, news: News) {
        // There is room for all news that there can be. If the owner is gone, nobody needs them.
        let _ = self.news.try_send(news);
    }
}

impl Actor for SandboxActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Err(error) = self.serve_runtime_api() {
            self.end(Cause::Unfit(format!("the Runtime API cannot be served: {error}")), ctx);
        }
        if let Some(mut heard) = self.heard.take() {
            if let Some(output) = self.output.take() {
                heard = Box::pin(Said::new(heard, output));
            }
            let heard = heard.ready_chunks(FRAMES_AT_ONCE);
            ctx.add_stream(gated(heard, self.flood.gate()));
        }
        self.open_inspector(ctx);
        self.watch_start(ctx);
        match self.serve_connections(ctx) {
            Ok(()) => self.load(ctx),
            Err(error) => {
                self.end(Cause::Unfit(format!("its connections cannot be served: {error}")), ctx);
            }
        }
        self.watch(ctx);
    }
}

impl StreamHandler<Vec<Result<FromSandbox, ProtocolViolation>>> for SandboxActor {
    fn handle(
        &mut self,
        heard: Vec<Result<FromSandbox, ProtocolViolation>>,
        ctx: &mut Self::Context,
    ) {
        for message in heard {
            if self.phase == Phase::Dead {
                return;
            }
            if let Err(violation) = message.and_then(|message| self.message(message, ctx)) {
                self.end(Cause::Died(violation.to_string()), ctx);
                return;
            }
        }
        self.feed(ctx);
    }

    /// The sandbox closed its socket: its process has ended or is about to end.
    fn finished(&mut self, ctx: &mut Self::Context) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        let exit = async move { process.exit().await };
        ctx.wait(exit.into_actor(self).map(|Exit { how, crashed, overrun_mb }, actor, ctx| {
            let cause = match overrun_mb {
                Some(used) => Cause::Memory(used),
                None if crashed => Cause::Crashed(how),
                None => Cause::Died(how),
            };
            actor.end(cause, ctx);
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

#[cfg(test)]
mod tests;
