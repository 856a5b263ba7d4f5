//! The function actor: one version at this worker, with its queue and its sandboxes.
//!
//! ```text
//!           version found        idle, replaced, or Drain         all is done or handed back
//! Finding ---------------> Live -------------------------> Draining ----------------> stopped
//!    |                                                        ^
//!    +------------------ not found, or Drain -----------------+
//! ```
//!
//! - `Finding`: the first event for the version at this worker began the actor. Events wait in the
//!   [`Queue`] while the actor looks the version up. If the version is not found or cannot be used,
//!   the actor answers them and drains.
//! - `Live`: the actor subscribes to the version's own subject, so further events come straight to
//!   it. It takes a blank sandbox from the warm pool and loads the bundle into it. From then on the
//!   sandbox takes events from the queue by itself. The actor starts more sandboxes while events
//!   wait too long, and replaces those that die or are due for recycling. If the sandboxes of a
//!   version go on dying, the version waits longer and longer for the next one ([`BackOff`]). Its
//!   events fail at once in the meantime, unless another sandbox is loaded.
//! - `Draining`: the supervisor has forgotten the actor, so the next event begins a new one. The
//!   actor unsubscribes, sends new events elsewhere, and finishes those that it has. After the
//!   drain grace it kills its sandboxes. It stops when no event, no sandbox and no subscription is
//!   left.
//!
//! The queue belongs to the actor and to the sandbox actors of the version. They all run on one
//! thread, and none of them awaits while it has the queue borrowed. The actor learns of its
//! sandboxes by [`News`](crate::sandbox::actor::News) and by their [`Vitals`]. It never waits for a
//! sandbox: it sends with `try_send`, and tries again at the next tick.

mod arriving;
mod leaving;
mod sandboxes;
pub mod start;

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::available_parallelism;
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
use crate::inspect::Inspectors;
use crate::interpreters::InterpreterSearch;
use crate::library::Library;
use crate::logs::LogSink;
use crate::meter::Meter;
use crate::pending::{Ended, Event, Pending};
use crate::queue::Queue;
use crate::sandbox::actor::{Duty, Feed, SandboxActor, Vitals};
use crate::secrets::Keyring;
use crate::settings::{SCALE_AFTER, WorkerLimits};
use crate::warm_pool::WarmPools;
pub use leaving::Drain;
use start::StartError;

/// Most messages that wait for a function actor. The supervisor answers further ones `Busy`.
const MAILBOX: usize = 256;

/// How often the actor looks at the queue and the sandboxes while events wait.
const TICK: Duration = SCALE_AFTER;

/// The parts that all function actors of a worker share.
pub struct Shared {
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// Finds versions and bundles.
    pub library: Library,
    /// Opens the secrets of versions.
    pub secrets: Keyring,
    /// Provides sandboxes.
    pub pools: WarmPools,
    /// Opens messages of events.
    pub opener: Opener,
    /// Fetches events that were too large to come in a message.
    pub large_payloads: Arc<LargePayloads>,
    /// Takes log lines.
    pub logs: LogSink,
    /// The limits of the worker.
    pub limits: WorkerLimits,
    /// The inspectors of functions; none if functions are not debugged.
    pub inspectors: Option<Inspectors>,
}

// === impl Shared ===

impl Shared {
    /// Finds the interpreters of this machine.
    pub fn interpreters(&self) -> &InterpreterSearch {
        self.pools.program().interpreters()
    }

    /// How the programs of this machine's sandboxes get out; none before the first one has started.
    pub fn network(&self) -> Option<&'static str> {
        self.pools.program().network()
    }
}

/// The actor of one version.
pub struct FunctionActor {
    version: VersionId,
    shared: Rc<Shared>,
    supervisor: Recipient<Left>,
    meter: Rc<Meter>,
    queue: Rc<RefCell<Queue>>,
    /// Number of events that are being fetched.
    arriving: usize,
    phase: Phase,
    /// The duty of the sandboxes; none until the version is found.
    duty: Option<Rc<Duty>>,
    /// Why the version was not found or cannot be used. The actor then leaves, and answers events
    /// at once.
    unusable: Option<StartError>,
    sandboxes: Vec<Sandbox>,
    next_sandbox: u64,
    /// Number of blank sandboxes for which the actor waits.
    fetching: usize,
    back_off: BackOff,
    /// When the actor last replaced a sandbox that was due for recycling.
    replaced: Option<Instant>,
    /// Ends the subscription to the version's own subject.
    unsubscribe: CancellationToken,
    /// True while messages may still come through it.
    subscribed: bool,
    ticking: bool,
    last_event: Instant,
    /// True once the drain grace is over.
    given_up: bool,
    /// Those who wait until the actor has drained.
    waiting: Vec<oneshot::Sender<()>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The actor looks the version up.
    Finding,
    /// The actor takes events.
    Live,
    /// The actor finishes the events that it has, and sends further ones elsewhere.
    Draining,
}

/// A sandbox of this version.
struct Sandbox {
    id: u64,
    actor: Addr<SandboxActor>,
    vitals: Rc<Vitals>,
    loaded: bool,
    /// It is over a soft limit, and leaves as soon as another sandbox is loaded.
    recycle: bool,
}

/// A message from the bus with events for this version.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Incoming(pub BusMessage);

/// An event of a caller in this process.
#[derive(Message)]
#[rtype(result = "oneshot::Receiver<Ended>")]
pub struct RunHere(pub Event);

/// The message by which a function actor has the supervisor forget it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Left(pub VersionId, pub Addr<FunctionActor>);

// === impl FunctionActor ===

impl FunctionActor {
    /// Starts the actor, which looks the version up.
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
            fetching: 0,
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
                    if self.is_inspected() {
                        // A debugger sets its breakpoints before the first event.
                        self.add_sandbox(ctx);
                    }
                }
                self.provide(ctx);
                return;
            }
            Err(error) => error,
        };
        tracing::warn!(version = %self.version, %error, "a version cannot be started");
        let waiting = self.queue.borrow_mut().take_all();
        waiting.into_iter().for_each(|event| self.reject(event, &error));
        self.unusable = Some(error);
        self.leave(ctx);
    }

    fn is_inspected(&self) -> bool {
        self.duty.as_ref().is_some_and(|duty| duty.inspector.is_some())
    }

    fn reject(&self, event: Pending, why: &StartError) {
        match why.failure(&self.version) {
            Some(failure) => event.fail(failure, Run::default()),
            None => event.end(why.verdict()),
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
                // Events still come through the start subject.
                Err(error) => tracing::warn!(version = %actor.version, %error, "cannot subscribe to the version's events; they come through the start subject"),
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

    /// Queues an event, or answers it at once.
    fn admit(&mut self, event: Pending) {
        let now = Instant::now();
        self.last_event = now;
        if let Some(why) = &self.unusable {
            self.reject(event, why);
        } else if self.phase == Phase::Draining {
            event.end(Verdict::Retired);
        } else if let Some(failure) = self.in_back_off(now) {
            self.fail(event, &failure);
        } else if let Some(event) = self.queue.borrow_mut().push(event, now) {
            event.end(Verdict::Busy);
        }
    }

    /// Makes sure that a sandbox takes the waiting events, now or soon.
    fn provide(&mut self, ctx: &mut Context<Self>) {
        if self.given_up {
            // Events come back from sandboxes that were killed.
            self.retire_waiting();
        }
        let mut waiting = self.queue.borrow().len();
        self.meter.queued(waiting);
        if waiting == 0 {
            return;
        }
        let environments = self.duty.as_ref().map_or(1, |duty| duty.environments);
        for sandbox in self.sandboxes.iter().filter(|sandbox| sandbox.loaded) {
            let free = environments.saturating_sub(sandbox.vitals.in_flight.get());
            if free > 0 {
                // If its mailbox is full, the sandbox looks into the queue anyway.
                let _ = sandbox.actor.try_send(Feed);
                waiting = waiting.saturating_sub(free);
            }
            if waiting == 0 {
                break;
            }
        }
        if self.sandboxes.is_empty() && self.fetching == 0 {
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
        if oldest.is_some_and(|oldest| oldest > SCALE_AFTER) {
            (0..self.sandboxes_to_add()).for_each(|_| self.add_sandbox(ctx));
        }
        self.provide(ctx);
        if self.phase == Phase::Draining {
            self.drain_on(ctx);
        }
    }

    /// How many sandboxes to add while events wait too long. If a sandbox runs one event at a time,
    /// their number doubles. If it runs many, there is one more. None is added while others start.
    fn sandboxes_to_add(&self) -> usize {
        let Some(duty) = &self.duty else { return 0 };
        let loaded = self.sandboxes.iter().filter(|sandbox| sandbox.loaded).count();
        if self.fetching > 0 || loaded < self.sandboxes.len() {
            return 0;
        }
        let cores = available_parallelism().map_or(1, NonZeroUsize::get);
        if loaded >= cores && self.sandboxes.iter().all(|sandbox| sandbox.vitals.quick.get()) {
            // They keep the cores busy, and further ones would only share them.
            return 0;
        }
        if self.is_inspected() {
            return 0;
        }
        let limits = &self.shared.limits;
        let most = duty.kind.sandboxes(limits.sandboxes_max, limits.environments);
        let wanted = if duty.environments > 1 { 1 } else { loaded.min(self.queue.borrow().len()) };
        wanted.max(1).min(most.saturating_sub(loaded))
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
        self.meter.backing_off(None);
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
