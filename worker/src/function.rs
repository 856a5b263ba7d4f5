//! One live version at this worker: its queue, its sandboxes, its coming and going.
//!
//! ```text
//!          version found        idle, replaced, or Drain              nothing is left
//! Finding ---------------> Live -------------------------> Draining ----------------> stopped
//!    |                                                        ^
//!    +------------------ not found, or Drain -----------------+
//! ```
//!
//! - `Finding`: the first event that no other worker took begins the actor. Events wait in the
//!   [`Queue`] while the version is looked up.
//! - `Live`: the actor subscribes to the version's own subject, so further events come straight to
//!   it. A warm sandbox gets the bundle. Sandboxes take events from the queue by themselves. The
//!   actor starts more of them when events wait, and replaces those that die. A version that
//!   kills one after the other waits longer and longer for the next ([`BackOff`]).
//! - `Draining`: the supervisor has forgotten the actor, so the next event begins a new one. It
//!   unsubscribes, sends events elsewhere that come now, and finishes those in hand. After the
//!   drain grace it kills the sandboxes. It stops when queue, sandboxes and subscription are gone.

mod arriving;
mod leaving;
mod sandboxes;
pub mod start;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use brink_shared::bus::{Bus, Message as BusMessage};
use brink_shared::id::VersionId;
use brink_shared::large_payloads::LargePayloads;
use brink_shared::registry::FunctionVersion;
use brink_shared::subject;
use brink_shared::wire::{Failure, Run, Verdict};

use crate::back_off::BackOff;
use crate::dispatch::{self, Opened, Opener};
use crate::library::Library;
use crate::logs::LogSink;
use crate::meter::Meter;
use crate::pending::{Ended, Event, Pending};
use crate::queue::Queue;
use crate::sandbox::actor::{Duty, Feed, SandboxActor, Vitals};
use crate::secrets::Keyring;
use crate::settings::{SCALE_AFTER, WorkerLimits};
use crate::warm_pool::WarmPool;
pub use leaving::Drain;
use start::StartError;

/// Messages that wait for a function's actor. The sender answers further ones `Busy`.
const MAILBOX: usize = 256;

/// How often the queue and the sandboxes are looked at while events wait.
const TICK: Duration = SCALE_AFTER;

/// What every function of a worker uses.
pub struct Shared {
    /// Where subjects are.
    pub bus: Arc<dyn Bus>,
    /// Where versions and bundles come from.
    pub library: Library,
    /// Opens the secrets of versions.
    pub secrets: Keyring,
    /// Where sandboxes come from.
    pub pool: WarmPool,
    /// Opens messages of events.
    pub opener: Opener,
    /// Fetches events that were too large to come in a message.
    pub large_payloads: Arc<LargePayloads>,
    /// Where log lines go.
    pub logs: LogSink,
    /// How much of everything.
    pub limits: WorkerLimits,
}

/// One live version.
pub struct FunctionActor {
    version: VersionId,
    shared: Rc<Shared>,
    supervisor: Recipient<Left>,
    meter: Rc<Meter>,
    queue: Rc<RefCell<Queue>>,
    /// Events that are being fetched.
    arriving: usize,
    phase: Phase,
    /// What sandboxes are to do; there once the version was found.
    duty: Option<Rc<Duty>>,
    /// Why it was not, or cannot be used. Then it leaves, and no event is kept waiting.
    unusable: Option<StartError>,
    sandboxes: Vec<Sandbox>,
    next_sandbox: u64,
    /// True while a warm sandbox is being fetched.
    fetching: bool,
    back_off: BackOff,
    /// When a worn sandbox was last replaced.
    replaced: Option<Instant>,
    /// Ends the subscription to the version's own subject.
    unsubscribe: CancellationToken,
    /// True while messages may come by it.
    subscribed: bool,
    ticking: bool,
    last_event: Instant,
    /// True once the drain grace is over.
    given_up: bool,
    /// Told when this has drained.
    waiting: Vec<oneshot::Sender<()>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The version is being found.
    Finding,
    /// Events are taken.
    Live,
    /// Events in hand are finished, further ones are sent elsewhere.
    Draining,
}

/// A sandbox of this version.
struct Sandbox {
    id: u64,
    actor: Addr<SandboxActor>,
    vitals: Rc<Vitals>,
    loaded: bool,
    /// It is over a soft bound, and leaves as soon as there is another.
    worn: bool,
}

/// A message of the bus with events for this version.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Incoming(pub BusMessage);

/// An event of somebody in this process.
#[derive(Message)]
#[rtype(result = "oneshot::Receiver<Ended>")]
pub struct RunHere(pub Event);

/// A function's actor takes no further events.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Left(pub VersionId, pub Addr<FunctionActor>);

// === impl FunctionActor ===

impl FunctionActor {
    /// Begins to make the version live.
    pub fn begin(
        version: VersionId,
        shared: Rc<Shared>,
        meter: Rc<Meter>,
        supervisor: Recipient<Left>,
    ) -> Addr<Self> {
        let queue = Rc::new(RefCell::new(Queue::new(shared.limits.queue_max)));
        Self {
            version,
            shared,
            supervisor,
            meter,
            queue,
            arriving: 0,
            phase: Phase::Finding,
            duty: None,
            unusable: None,
            sandboxes: Vec::new(),
            next_sandbox: 0,
            fetching: false,
            back_off: BackOff::default(),
            replaced: None,
            unsubscribe: CancellationToken::new(),
            subscribed: false,
            ticking: false,
            last_event: Instant::now(),
            given_up: false,
            waiting: Vec::new(),
        }
        .start()
    }

    fn found(
        &mut self,
        found: Result<(FunctionVersion, Duty), StartError>,
        ctx: &mut Context<Self>,
    ) {
        let error = match found {
            Ok((version, duty)) => {
                self.meter.found();
                self.leave_if_replaced(version, ctx);
                self.duty = Some(Rc::new(duty));
                if self.phase == Phase::Finding {
                    self.phase = Phase::Live;
                    self.subscribe(ctx);
                }
                self.provide(ctx);
                return;
            }
            Err(error) => error,
        };
        tracing::warn!(version = %self.version, %error, "version does not start");
        let waiting = self.queue.borrow_mut().take_all();
        waiting.into_iter().for_each(|event| self.refuse(event, &error));
        self.unusable = Some(error);
        self.leave(ctx);
    }

    fn refuse(&self, event: Pending, why: &StartError) {
        match why.failure(&self.version) {
            Some(failure) => event.fail(failure, Run::default()),
            None => event.end(Verdict::Busy),
        }
    }

    fn subscribe(&mut self, ctx: &mut Context<Self>) {
        let bus = self.shared.bus.clone();
        let subject = subject::invoke(&self.version);
        let subscribed = async move {
            bus.subscribe(&subject, Some(subject::WORKERS), dispatch::SUBSCRIPTION_CAPACITY).await
        };
        ctx.spawn(subscribed.into_actor(self).map(|subscribed, actor, ctx| {
            match subscribed {
                Ok(subscription) => {
                    let stop = actor.unsubscribe.clone();
                    ctx.add_stream(dispatch::messages(subscription, stop));
                    actor.subscribed = true;
                }
                // Events go on coming by the start subject.
                Err(error) => tracing::warn!(version = %actor.version, %error, "not subscribed"),
            }
        }));
    }

    fn incoming(&mut self, message: &BusMessage, ctx: &mut Context<Self>) {
        let Some(Opened { events, replies, start }) = self.shared.opener.open(message) else {
            return;
        };
        for (event, deadline) in events {
            let (replies, meter) = (replies.clone(), self.meter.clone());
            let pending = Pending::from_gateway(event, deadline, start.clone(), replies, meter);
            if pending.claim_check().is_some() {
                self.fetch(pending, ctx);
            } else {
                self.admit(pending);
            }
        }
        self.provide(ctx);
    }

    /// Takes an event in, or answers it at once.
    fn admit(&mut self, event: Pending) {
        let now = Instant::now();
        self.last_event = now;
        if let Some(why) = &self.unusable {
            self.refuse(event, why);
        } else if self.phase == Phase::Draining {
            event.end(Verdict::Retired);
        } else if let Some(failure) = self.ailing(now) {
            self.fail(event, &failure);
        } else if let Some(event) = self.queue.borrow_mut().push(event, now) {
            event.end(Verdict::Busy);
        }
    }

    /// Sees to it that what waits is taken by a sandbox now or soon.
    fn provide(&mut self, ctx: &mut Context<Self>) {
        if self.given_up {
            // They come back from sandboxes that were killed.
            self.retire_waiting();
        }
        let mut waiting = self.queue.borrow().len();
        self.meter.queued(waiting);
        if waiting == 0 {
            return;
        }
        let environments = self.shared.limits.environments.max(1);
        for sandbox in self.sandboxes.iter().filter(|sandbox| sandbox.loaded) {
            let free = environments.saturating_sub(sandbox.vitals.in_flight.get());
            if free > 0 {
                // A sandbox whose mailbox is full looks into the queue all the same.
                let _ = sandbox.actor.try_send(Feed);
                waiting = waiting.saturating_sub(free);
            }
            if waiting == 0 {
                break;
            }
        }
        if self.sandboxes.is_empty() {
            self.add_sandbox(ctx);
        }
        self.tick_soon(ctx);
    }

    fn tick_soon(&mut self, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.ticking, true) {
            ctx.run_later(TICK, |actor, ctx| {
                actor.ticking = false;
                actor.tick(ctx);
            });
        }
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        let now = Instant::now();
        let (late, oldest) = {
            let mut queue = self.queue.borrow_mut();
            queue.observe(TICK);
            (queue.expire(now + TICK), queue.oldest(now))
        };
        late.into_iter().for_each(|event| event.end(Verdict::Busy));
        let all_loaded = self.sandboxes.iter().all(|sandbox| sandbox.loaded);
        if oldest.is_some_and(|oldest| oldest > SCALE_AFTER)
            && all_loaded
            && self.sandboxes.len() < self.shared.limits.sandboxes_max.max(1)
        {
            self.add_sandbox(ctx);
        }
        self.provide(ctx);
        if self.phase == Phase::Draining {
            self.drain_on(ctx);
        }
    }

    fn fail(&self, event: Pending, failure: &Failure) {
        let (trigger, request_id) = (event.trigger, &event.request_id);
        self.shared.logs.failure(&self.version, trigger, request_id, failure);
        event.fail(failure.clone(), Run::default());
    }
}

impl Actor for FunctionActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        let found = start::find(self.shared.clone(), self.version.clone());
        ctx.spawn(found.into_actor(self).map(|found, actor, ctx| actor.found(found, ctx)));
        let limits = &self.shared.limits;
        let look = (limits.idle_stop.min(limits.unnamed_stop) / 4).max(TICK);
        ctx.run_interval(look, |actor, ctx| actor.look_for_idleness(ctx));
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.retire_waiting();
        self.meter.queued(0);
        self.meter.sandboxes(0);
        self.meter.ailing(None);
    }
}

impl Handler<Incoming> for FunctionActor {
    type Result = ();

    fn handle(&mut self, Incoming(message): Incoming, ctx: &mut Self::Context) {
        self.incoming(&message, ctx);
    }
}

impl StreamHandler<Vec<BusMessage>> for FunctionActor {
    fn handle(&mut self, messages: Vec<BusMessage>, ctx: &mut Self::Context) {
        for message in &messages {
            self.incoming(message, ctx);
        }
    }

    fn finished(&mut self, _: &mut Self::Context) {
        self.subscribed = false;
    }
}

impl Handler<RunHere> for FunctionActor {
    type Result = MessageResult<RunHere>;

    fn handle(&mut self, RunHere(event): RunHere, ctx: &mut Self::Context) -> Self::Result {
        let (pending, ended) = Pending::from_here(event, self.meter.clone());
        self.admit(pending);
        self.provide(ctx);
        MessageResult(ended)
    }
}

#[cfg(test)]
pub(crate) mod tests;
