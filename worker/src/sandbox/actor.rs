//! One sandbox process at work: its frames, the events in it, and its end.
//!
//! ```text
//!           Loaded            Leave               no event is in it
//! Loading ----------> Ready --------> Leaving ----------------------> Dead
//!    |                  |                |                             ^
//!    +-- Refused, end --+----- end ------+-----------------------------+
//! ```
//!
//! The actor shares the queue with its function's actor and the other sandboxes of the version.
//! It takes an event whenever an environment is free. It looks into the queue after it has
//! read frames and when it is told to ([`Feed`]). A [`Feed`] that finds a full mailbox is no loss.
//! Nobody waits with the queue borrowed: all of them are on one thread.
//!
//! An event in the sandbox belongs to [`Flights`] until the sandbox says that it is done. The
//! actor checks each frame against them, and kills a sandbox that breaks the protocol. It also
//! kills one that does not give an event up when its time is over, because nothing else stops a
//! handler that does not await. Every way to `Dead` that finds events goes through `end`, which
//! answers them or puts them back into the queue.
//!
//! The owner hears of it by [`News`]: `Loaded`, then `Worn` once at most, and `Gone` in the end. If
//! the version cannot start, it hears `Refused` and nothing else. It reads [`Vitals`] at any time.

mod calls;
mod end;
mod flood;
mod heard;
mod watch;

use std::cell::{Cell, RefCell};
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
use brink_shared::limits::Limits;
use brink_shared::registry::role::LogLevel;
use brink_shared::wire::{self, Failure, UnixMillis};

use calls::Calls;
use end::Cause;
pub use flood::Rate;
use flood::{Flood, gated};
use watch::Watch;

use super::child::{Blank, Exit, Process};
use super::flights::Flights;
use super::writer;
use crate::egress::Egress;
use crate::logs::LogSink;
use crate::pending::Pending;
use crate::queue::Queue;
use crate::settings::SCALE_AFTER;
use brink_frames::{Invoke, ToSandbox};

/// Most frames that are handled before other actors have their turn.
const FRAMES_AT_ONCE: usize = 64;

/// What a sandbox is to do.
pub struct Duty {
    /// The function as people know it: `ab-test:3`.
    pub name: String,
    /// How long an event may take, by the function's settings.
    pub timeout: Duration,
    /// How much memory the function may use, in MB.
    pub memory_mb: u32,
    /// Its other limits.
    pub limits: Limits,
    /// Lines of its log below this are dropped.
    pub log_level: LogLevel,
    /// What all its sandboxes log.
    pub log_rate: RefCell<Rate>,
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
    /// It is over a soft bound, and should be replaced.
    Worn,
    /// The sandbox is gone. Its events are answered or put back.
    Gone {
        /// Why it died; none if it was told to leave.
        lost: Option<Failure>,
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
    /// True if the event that was taken last has the sandbox to itself.
    alone: bool,
    calls: Calls,
    timer: Option<(Instant, SpawnHandle)>,
    watch: Watch,
    flood: Flood,
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

// === impl Duty ===

impl Duty {
    /// How many outgoing calls of an event may be under way at a time.
    fn connections(&self) -> usize {
        self.limits.connections as usize
    }
}

// === impl SandboxActor ===

impl SandboxActor {
    /// Gives a blank sandbox its duty. Events are taken from the queue once it is loaded.
    pub fn begin(
        blank: Blank,
        duty: Rc<Duty>,
        queue: Rc<RefCell<Queue>>,
    ) -> (Addr<Self>, Rc<Vitals>, mpsc::Receiver<News>) {
        // Three pieces of news at most: loaded, worn, and gone.
        let (news, told) = mpsc::channel(3);
        let vitals = Rc::new(Vitals {
            in_flight: Cell::new(0),
            served: Cell::new(0),
            used: Cell::new(Instant::now()),
        });
        if let Err(error) = blank.process.limit_memory(duty.memory_mb) {
            tracing::warn!(%error, function = duty.name, "only the worker bounds its memory");
        }
        let out = writer::start(blank.writer, duty.environments, duty.connections());
        let calls = Calls::new(&duty);
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
            alone: false,
            calls,
            timer: None,
            watch: Watch::default(),
            flood: Flood::default(),
            last_trigger: Trigger::ViewerRequest,
        };
        (actor.start(), vitals, told)
    }

    /// Takes from the queue what there are environments for.
    fn feed(&mut self, ctx: &mut Context<Self>) {
        let now = Instant::now();
        if self.phase == Phase::Ready && !self.flights.is_stalled(SCALE_AFTER, now) {
            let mut late = Vec::new();
            while self.phase == Phase::Ready && self.has_room() {
                self.alone = self.queue.borrow().next_runs_alone();
                let next = self.queue.borrow_mut().pop(now, &mut late);
                let Some(event) = next else { break };
                self.invoke(event, now, ctx);
            }
            late.into_iter().for_each(|event| event.end_late(now));
        }
        if self.phase == Phase::Leaving && self.flights.is_empty() {
            self.phase = Phase::Dead;
            self.tell(News::Gone { lost: None });
            ctx.stop();
        }
        let in_flight = self.flights.len();
        if self.vitals.in_flight.replace(in_flight) > 0 || in_flight > 0 {
            self.vitals.used.set(now);
        }
        self.arm(ctx);
        self.watch(ctx);
    }

    /// True if it may have another event: always if it has none, and not beside one that runs
    /// alone.
    fn has_room(&self) -> bool {
        let alone = self.alone || self.queue.borrow().next_runs_alone();
        self.flights.is_empty() || (!alone && self.flights.len() < self.duty.environments)
    }

    fn invoke(&mut self, event: Pending, now: Instant, ctx: &mut Context<Self>) {
        let ends = event.deadline.min(now + event.timeout(self.duty.timeout));
        event.meter().dispatched(now.saturating_duration_since(event.arrived));
        self.last_trigger = event.trigger;
        let (request_id, payload) = (event.request_id.clone(), event.payload.clone());
        let fresh = event.fresh;
        // Until it starts its own time does not run, only its gateway's.
        let until = event.deadline;
        let id = self.flights.send(event, until, self.duty.connections());
        let invoke = Invoke {
            id,
            request_id,
            deadline: UnixMillis::now().after(ends.saturating_duration_since(now)),
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

    fn tell(&self, news: News) {
        // There is room for all the news there can be; an owner that went away needs none.
        let _ = self.news.try_send(news);
    }
}

impl Actor for SandboxActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(frames) = self.frames.take() {
            let frames = frames.ready_chunks(FRAMES_AT_ONCE);
            ctx.add_stream(gated(frames, self.flood.gate()));
        }
        self.watch_start(ctx);
        if let Err(why) = self.out.send(self.duty.load.clone()) {
            self.end(Cause::Died(why), ctx);
        }
        self.watch(ctx);
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
