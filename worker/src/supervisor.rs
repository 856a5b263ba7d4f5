//! The supervisor: takes the events for versions that no worker has loaded, keeps the table of the
//! versions at this worker, and announces the worker.
//!
//! ```text
//! start subject, direct subject          ping, status, presence
//!              |                                   |
//!              v                                   v
//!          Supervisor --- Incoming, RunHere ---> FunctionActor (one for each version)
//!              ^                                   |
//!              +----------------- Left ------------+
//! ```
//!
//! - A message on a start subject, or on the worker's direct subject, names its version. If the
//!   version is not in the table, the supervisor starts a function actor for it. If the table or
//!   the actor's mailbox is full, it answers `Busy`, and the gateway asks another worker.
//! - An actor whose version is no longer needed sends `Left`. The supervisor removes it from the
//!   table, and then the actor drains. A later event for the version begins a new actor, so for a
//!   while both exist.
//! - [`Worker::stop`] ends the subscriptions, waits until their last messages are here, and then
//!   drains all actors, also those that had already left.
//!
//! The supervisor never waits for an actor while it handles messages. So one version cannot delay
//! another.

mod announce;
mod confined;
mod inspected;
mod worker;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::StreamExt;
use futures_util::stream::{self, Stream, select, select_all};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use brink_shared::bus::{Bus, Message as BusMessage, Subscription};
use brink_shared::confinement::LayerStatus;
use brink_shared::id::{NodeId, VersionId};
use brink_shared::registry::Runtime;
use brink_shared::status::{FunctionStatus, PRESENCE_EVERY_MS, RegistryStatus, bounded};
use brink_shared::subject;
use brink_shared::wire::Verdict;

use crate::dispatch::{self, SUBSCRIPTION_CAPACITY};
use crate::function::{Drain, FunctionActor, Incoming, Left, RunHere, Shared};
use crate::interpreters::{InterpreterSearch, Interpreters};
use crate::meter::Meter;
use crate::pending::Ended;
use crate::reply::Outbox;
use crate::retry::retry;
use crate::run::{Run, Stopping};
use crate::settings::{CLAIM_AFTER, UNSUBSCRIBE_MAX};
pub use confined::Unconfined;
pub use worker::{Worker, WorkerError, WorkerOptions};

/// Most messages that wait for the supervisor.
const MAILBOX: usize = 1_024;

/// Most versions whose counters are kept, including versions that are no longer loaded. In its life
/// a worker may load any number of versions.
const METERS_MAX: usize = 10_000;

/// How long the first events wait until the bus's time is known. After that the worker goes by the
/// machine's clock.
const CLOCK_MAX: Duration = Duration::from_secs(2);

/// The table of live versions.
pub struct Supervisor {
    identity: Identity,
    shared: Rc<Shared>,
    outbox: Outbox,
    functions: HashMap<VersionId, Addr<FunctionActor>>,
    /// Actors that take no further events and finish those that they have.
    leaving: Vec<Addr<FunctionActor>>,
    meters: HashMap<VersionId, Rc<Meter>>,
    stop: CancellationToken,
    /// Cancelled when no further message can come through the subscriptions.
    unsubscribed: CancellationToken,
}

/// The worker as others see it.
struct Identity {
    node: NodeId,
    started: Instant,
    listens: Vec<String>,
    confinement: Vec<LayerStatus>,
    /// True if it carries out no admin requests.
    functions_only: bool,
}

/// Drain every function.
#[derive(Message)]
#[rtype(result = "()")]
struct Stop;

// === impl Supervisor ===

impl Supervisor {
    /// A supervisor. Once it is started, it takes events until `stop`.
    fn new(
        identity: Identity,
        shared: Rc<Shared>,
        outbox: Outbox,
        stop: CancellationToken,
    ) -> Self {
        Self {
            identity,
            shared,
            outbox,
            functions: HashMap::new(),
            leaving: Vec::new(),
            meters: HashMap::new(),
            stop,
            unsubscribed: CancellationToken::new(),
        }
    }

    /// The actor of a version. Starts one if there is none.
    fn function(&mut self, version: VersionId, ctx: &Context<Self>) -> Addr<FunctionActor> {
        if let Some(actor) = self.functions.get(&version)
            && actor.connected()
        {
            return actor.clone();
        }
        if self.meters.len() >= METERS_MAX {
            let functions = &self.functions;
            self.meters.retain(|version, _| functions.contains_key(version));
        }
        let meter = self.meters.entry(version.clone());
        let meter = meter.or_insert_with(|| Rc::new(Meter::new(version.clone())));
        let actor = FunctionActor::begin(
            version.clone(),
            self.shared.clone(),
            meter.clone(),
            ctx.address().recipient(),
        );
        self.functions.insert(version, actor.clone());
        actor
    }

    fn start(&mut self, message: BusMessage, ctx: &Context<Self>) {
        let opener = &self.shared.opener;
        if self.stop.is_cancelled() {
            return opener.answer_all(&message, &Verdict::Retired);
        }
        let Some(version) = subject::version_of_start(&message.subject) else {
            return opener.bad(&message.subject, "the subject names no version");
        };
        let live = &self.functions;
        if live.len() >= self.shared.limits.versions_max && !live.contains_key(&version) {
            return opener.answer_all(&message, &Verdict::Busy);
        }
        if let Err(error) = self.function(version, ctx).try_send(Incoming(message)) {
            let (SendError::Full(Incoming(message)) | SendError::Closed(Incoming(message))) = error;
            self.shared.opener.answer_all(&message, &Verdict::Busy);
        }
    }

    fn status(&self) -> Vec<FunctionStatus> {
        let live = self.functions.keys();
        live.filter_map(|version| self.meters.get(version)).map(|meter| meter.status()).collect()
    }
}

impl Actor for Supervisor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        let bus = self.shared.bus.clone();
        let stop = self.stop.clone();
        let starts = {
            let (node, interpreters) =
                (self.identity.node.clone(), self.shared.interpreters().clone());
            subscribed(bus.clone(), node, interpreters, stop.clone())
        };
        ctx.spawn(starts.into_actor(self).map(|subscriptions, actor, ctx| match subscriptions {
            Some(subscriptions) => {
                let (bus, stop) = (actor.shared.bus.clone(), actor.stop.clone());
                let interpreters = actor.shared.interpreters().clone();
                let interpreted = interpreted(bus, interpreters, stop.clone());
                let first = merged(subscriptions, stop);
                ctx.add_stream(select(Box::pin(first), Box::pin(interpreted)));
            }
            None => actor.unsubscribed.cancel(),
        }));

        let ping = subject::ping(&self.identity.node);
        ctx.spawn(announce::answer_pings(bus.clone(), ping).into_actor(self));
        let questions = announce::questions(bus.clone());
        ctx.add_stream(questions);

        ctx.run_interval(CLAIM_AFTER / 2, |actor, _| {
            let now = Instant::now();
            actor.shared.opener.pulse().beat(now);
            actor.outbox.claim_overdue(now);
        });
        let node = self.identity.node.clone();
        let every = Duration::from_millis(PRESENCE_EVERY_MS);
        let interpreters = self.shared.interpreters().clone();
        ctx.spawn(announce::keep_present(bus, node, interpreters, every).into_actor(self));
    }
}

impl StreamHandler<Vec<BusMessage>> for Supervisor {
    fn handle(&mut self, messages: Vec<BusMessage>, ctx: &mut Self::Context) {
        for message in messages {
            self.start(message, ctx);
        }
    }

    fn finished(&mut self, _: &mut Self::Context) {
        self.unsubscribed.cancel();
    }
}

impl StreamHandler<announce::Question> for Supervisor {
    fn handle(&mut self, question: announce::Question, ctx: &mut Self::Context) {
        let clock = self.shared.bus.clock();
        let known = self.shared.library.known();
        let unreadable = known.unreadable.iter().map(|entry| entry.message.as_str());
        let mut warnings = bounded(unreadable);
        warnings.extend(self.shared.secrets.warning());
        warnings.extend(clock.warning());
        let interpreters = self.shared.interpreters().known();
        let problems = interpreters.map(Interpreters::problems).unwrap_or_default();
        warnings.extend(bounded(problems.iter().map(String::as_str)));
        warnings.extend(self.shared.interpreters().no_provided().map(|why| why.to_string()));
        let network = self.shared.network();
        let interpreters = interpreters.map(|found| found.status(network)).unwrap_or_default();
        let registry = RegistryStatus::new(&known, self.shared.library.is_current());
        let functions = self.status();
        let clock = clock.status();
        let status =
            announce::status(&self.identity, interpreters, clock, functions, warnings, registry);
        let answered = question.answer(self.shared.bus.clone(), status);
        ctx.spawn(answered.into_actor(self));
    }

    fn finished(&mut self, _: &mut Self::Context) {}
}

impl Handler<Left> for Supervisor {
    type Result = ();

    fn handle(&mut self, Left(version, actor): Left, _: &mut Self::Context) {
        self.leaving.retain(Addr::connected);
        if self.functions.get(&version) == Some(&actor) {
            self.functions.remove(&version);
            self.leaving.push(actor);
            if self.meters.get(&version).is_some_and(|meter| !meter.is_known()) {
                self.meters.remove(&version);
            }
        }
    }
}

impl Handler<Run> for Supervisor {
    type Result = ResponseFuture<Result<oneshot::Receiver<Ended>, Stopping>>;

    fn handle(&mut self, Run(version, event): Run, ctx: &mut Self::Context) -> Self::Result {
        if self.stop.is_cancelled() {
            return Box::pin(async { Err(Stopping) });
        }
        let function = self.function(version, ctx);
        Box::pin(async move { function.send(RunHere(event)).await.map_err(|_| Stopping) })
    }
}

impl Handler<Stop> for Supervisor {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Stop, _: &mut Self::Context) -> Self::Result {
        let functions = self.functions.drain().map(|(_, actor)| actor);
        let functions: Vec<_> = functions.chain(self.leaving.drain(..)).collect();
        let unsubscribed = self.unsubscribed.clone();
        let drained = async move {
            // Without a bus the last message never comes.
            let _ = timeout(UNSUBSCRIBE_MAX, unsubscribed.cancelled()).await;
            let drains = functions.iter().map(|actor| actor.send(Drain));
            // An actor that has ended already has drained.
            drop(futures_util::future::join_all(drains).await);
        };
        Box::pin(drained.into_actor(self).map(|(), _, ctx| ctx.stop()))
    }
}

/// Subscribes to this worker's direct subject, and, as a member of the queue group of workers, to the
/// start subjects of the runtimes that need no interpreter and can run here. Tries again until it
/// succeeds or `stop` comes.
async fn subscribed(
    bus: Arc<dyn Bus>,
    node: NodeId,
    interpreters: InterpreterSearch,
    stop: CancellationToken,
) -> Option<Vec<Subscription>> {
    let direct = subject::direct_all(&node);
    let all = async {
        let direct = retry(|| bus.subscribe(&direct, None, SUBSCRIPTION_CAPACITY)).await;
        let offer = interpreters.offer();
        let offered = [Runtime::Boa, Runtime::Provided];
        let offered: Vec<_> = offered.into_iter().filter(|own| offer.has(*own)).collect();
        let mut all = starts(&*bus, &offered).await;
        all.push(direct);
        // With a wrong clock the first events would count as late, so they wait for the bus's time.
        bus.clock().wait_measured(CLOCK_MAX).await;
        all
    };
    stop.run_until_cancelled(all).await
}

/// The messages on the start subjects of the runtimes for which this machine has interpreters, once
/// they are found. Ends as [`dispatch::messages`] does.
fn interpreted(
    bus: Arc<dyn Bus>,
    interpreters: InterpreterSearch,
    stop: CancellationToken,
) -> impl Stream<Item = Vec<BusMessage>> {
    let until = stop.clone();
    let found = async move {
        let subscribed = async {
            interpreters.over().await;
            let offer = interpreters.offer();
            let offered = [Runtime::Nodejs, Runtime::Python];
            let offered: Vec<_> = offered.into_iter().filter(|own| offer.has(*own)).collect();
            starts(&*bus, &offered).await
        };
        until.run_until_cancelled(subscribed).await.unwrap_or_default()
    };
    stream::once(found).flat_map(move |subscriptions| merged(subscriptions, stop.clone()))
}

/// Subscribes to the start subjects of these runtimes.
async fn starts(bus: &dyn Bus, runtimes: &[Runtime]) -> Vec<Subscription> {
    let mut subscriptions = Vec::with_capacity(runtimes.len());
    for runtime in runtimes {
        let subject = subject::start_all_in(*runtime);
        let group = Some(subject::WORKERS);
        let subscribed = retry(|| bus.subscribe(&subject, group, SUBSCRIPTION_CAPACITY)).await;
        subscriptions.push(subscribed);
    }
    subscriptions
}

/// The messages of all subscriptions.
fn merged(
    subscriptions: Vec<Subscription>,
    stop: CancellationToken,
) -> impl Stream<Item = Vec<BusMessage>> {
    let each = subscriptions.into_iter();
    select_all(each.map(|each| Box::pin(dispatch::messages(each, stop.clone()))))
}

#[cfg(test)]
mod tests;
