//! Sends events to workers and waits for the answers. One call is one event for one version, which
//! is answered or fails before its deadline.
//!
//! Events for a version wait in its [`lane`] for the flusher. It sends all events that have
//! gathered as one message: a single event under low load, many under high load. No timer delays an
//! event. The table in [`pending`] joins answers to callers. The [`watchdog`] notices workers that
//! died with events, so no caller waits for a dead worker.
//!
//! If an event is larger than the bus carries, the gateway keeps it, and the worker fetches it
//! ([`LargePayloads`]). Workers do the same with answers.
//!
//! A call ends with the value, the failure of the handler, or an error. Some events are sent again:
//!
//! | end of an attempt | sent again |
//! | --- | --- |
//! | busy, or no worker subscribes | once, on the start subject of the version's runtime |
//! | retired: the worker is stopping, or was too late | `RETIRED_RETRIES` times, on the start subject |
//! | lost with its worker | `LOST_RETRIES` times, if the viewer's method may be repeated |
//! | not begun in time | `HEDGES_MAX` times, if the method may be repeated and [`hedges`] has budget |

mod call;
mod hedges;
mod lane;
mod pending;
mod waiter;
mod watchdog;
mod workers;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use brink_shared::bus::{Bus, BusError, Link};
use brink_shared::id::VersionId;
use brink_shared::large_payloads::{FetchError, KeepError, Kept, LargePayloads};
use brink_shared::registry::Runtime;
use brink_shared::wire::{ClaimCheck, Run, Verdict};

pub use call::{Call, InvokeError, Returned};
use hedges::Hedges;
use lane::{Lane, Outgoing, Road};
use pending::Pending;
use waiter::Ended;
use workers::Workers;

/// How often a lost event is sent again.
const LOST_RETRIES: usize = 2;

/// How often an event is sent again that was not begun because its worker was stopping or too late.
const RETIRED_RETRIES: usize = 3;

/// How often an event that was not begun is sent again.
const HEDGES_MAX: usize = 2;

/// How long the first events wait until the bus's time is known.
const CLOCK_MAX: Duration = Duration::from_secs(1);

/// A timer that is later than this comes from a process that stood still.
const STOOD_STILL: Duration = Duration::from_millis(200);

/// Time after the deadline in which an answer on its way may still arrive.
const ANSWER_SLACK: Duration = Duration::from_millis(100);

/// A lane without events for this long is removed.
const LANE_IDLE: Duration = Duration::from_secs(60);

/// Sends events to workers. One per gateway.
pub struct Invoker {
    road: Road,
    /// True once a wait for the bus's time was in vain.
    timeless: AtomicBool,
    /// Time for queueing and a cold start, beyond a function's own timeout.
    start_allowance: Duration,
    large_payloads: Arc<LargePayloads>,
    lanes: Mutex<HashMap<VersionId, Lane>>,
    /// Lanes live on the runtime of the bus, not on the thread that asks first.
    runtime: Handle,
    tasks: TaskTracker,
    stop: CancellationToken,
}

// === impl Invoker ===

impl Invoker {
    /// Starts on the current runtime. Calls [wait](Self::waits_until) this long beyond the timeouts of
    /// functions.
    pub async fn start(
        bus: Arc<dyn Bus>,
        start_allowance: Duration,
    ) -> Result<Arc<Self>, BusError> {
        let inbox = bus.new_inbox();
        let answers = bus.subscribe(&format!("{inbox}.*"), None, pending::INBOX_CAPACITY).await?;
        let workers = Arc::new(Workers::new());
        let pending = Arc::new(Pending::new(inbox, workers.clone()));
        let large_payloads = LargePayloads::start(bus.clone(), "gateway").await?;
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(pending.clone().receive(answers, stop.clone()));
        tasks.spawn(watchdog::run(bus.clone(), pending.clone(), workers.clone(), stop.clone()));
        let lanes = Mutex::default();
        let runtime = Handle::current();
        let road = Road { bus, pending, workers, hedges: Arc::new(Hedges::new()) };
        let timeless = AtomicBool::new(false);
        Ok(Arc::new(Self {
            road,
            timeless,
            start_allowance,
            large_payloads,
            lanes,
            runtime,
            tasks,
            stop,
        }))
    }

    /// Until when a call that begins now waits for a function with this timeout.
    pub fn waits_until(&self, timeout: Duration) -> Instant {
        Instant::now() + timeout + self.start_allowance
    }

    /// Runs one event, and sends it again where that is safe.
    pub async fn invoke(&self, call: &Call) -> Result<Returned, InvokeError> {
        if self.road.pending.is_silent() {
            return Err(watchdog::silent().into());
        }
        self.know_time().await;
        let kept = self.keep(call)?;
        let mut cold = false;
        let (mut losses, mut hedges, mut retired) = (0, 0, 0);
        loop {
            let Some(verdict) = self.attempt(call, kept.as_ref(), cold).await? else {
                if !call.repeatable || hedges == HEDGES_MAX || !self.may_hedge() {
                    return Err(InvokeError::NotBegun(call.version.clone()));
                }
                hedges += 1;
                continue;
            };
            match verdict {
                Verdict::Returned { value, run } => return Ok(Returned { value, run }),
                Verdict::Failed { failure, .. } => return Err(InvokeError::Failed(failure)),
                // No worker ran it. The start subject reaches any worker that has room. It is tried
                // once, and again if that worker had no time for it.
                Verdict::Busy if !cold => cold = true,
                Verdict::Retired if retired < RETIRED_RETRIES => {
                    cold = true;
                    retired += 1;
                }
                Verdict::Busy | Verdict::Retired => return Err(self.nobody_for(call)),
                Verdict::Lost if call.repeatable && losses < LOST_RETRIES => losses += 1,
                Verdict::Lost | Verdict::Claimed | Verdict::ClaimCheck { .. } => {
                    return Err(InvokeError::Lost(call.version.clone()));
                }
            }
        }
    }

    /// The error for an event that no worker takes.
    fn nobody_for(&self, call: &Call) -> InvokeError {
        let (version, runtime) = (call.version.clone(), call.runtime);
        if runtime.runtime != Runtime::Boa && self.road.workers.none_can_run(runtime) {
            InvokeError::NoRuntime { version, runtime }
        } else {
            InvokeError::NoCapacity(version)
        }
    }

    /// Waits for the bus's time, but only once in vain: without JetStream the time stays unknown.
    async fn know_time(&self) {
        let bus = &self.road.bus;
        let known = bus.clock().is_measured() || self.timeless.load(Ordering::Relaxed);
        if !known && *bus.link().borrow() == Link::Up {
            bus.clock().wait_measured(CLOCK_MAX).await;
            self.timeless.store(!bus.clock().is_measured(), Ordering::Relaxed);
        }
    }

    /// Whether an event that was not begun may be sent again. Always while a worker is known to be
    /// silent. Otherwise only few events may, because then something else is wrong.
    fn may_hedge(&self) -> bool {
        let silent = self.road.workers.any_silent();
        let may = silent || self.road.hedges.spend();
        let why = match (may, silent) {
            (true, true) => "worker_silent",
            (true, false) => "not_begun",
            (false, _) => "over_budget",
        };
        metrics::counter!("brink_gateway_hedges_total", "why" => why).increment(1);
        may
    }

    /// Keeps an event that is too large to send.
    fn keep(&self, call: &Call) -> Result<Option<Kept>, KeepError> {
        if call.event.len() <= self.large_payloads.inline_max() {
            return Ok(None);
        }
        self.large_payloads.keep(call.event.clone(), call.left()).map(Some)
    }

    /// Sends the event, or the claim check for it, once and waits for its end; `None` if it was not
    /// begun.
    async fn attempt(
        &self,
        call: &Call,
        kept: Option<&Kept>,
        cold: bool,
    ) -> Result<Option<Verdict>, InvokeError> {
        let (outgoing, mut ended) = Outgoing::new(call, kept.map(Kept::claim_check), cold);
        if self.enqueue(call, outgoing).is_err() {
            return Ok(Some(Verdict::Busy));
        }
        let (asked, wait) = (Instant::now(), call.left() + ANSWER_SLACK);
        let mut answered = tokio::time::timeout(wait, &mut ended).await;
        if answered.is_err() && asked.elapsed() > wait + STOOD_STILL {
            // This process stood still. The messages that came in the meantime are being read.
            answered = tokio::time::timeout(2 * ANSWER_SLACK, ended).await;
        }
        match answered {
            Err(_) => Err(InvokeError::Deadline(call.version.clone())),
            // The lane ended because the gateway stops.
            Ok(Err(_)) => Ok(Some(Verdict::Busy)),
            Ok(Ok(Ended::Verdict(Verdict::ClaimCheck { claim_check, run }))) => {
                self.fetch(call, &claim_check, run).await.map(Some)
            }
            Ok(Ok(Ended::Verdict(verdict))) => Ok(Some(verdict)),
            Ok(Ok(Ended::NoResponders)) => Ok(Some(Verdict::Busy)),
            Ok(Ok(Ended::NotBegun)) => Ok(None),
            Ok(Ok(Ended::Nobody)) => Err(InvokeError::NotBegun(call.version.clone())),
            Ok(Ok(Ended::Bus(error))) => Err(error.into()),
            Ok(Ok(Ended::Unwritable(why))) => Err(InvokeError::Unwritable(why)),
        }
    }

    /// Fetches a value from its worker. If the worker is dead, the event was lost with it.
    async fn fetch(
        &self,
        call: &Call,
        claim_check: &ClaimCheck,
        run: Run,
    ) -> Result<Verdict, InvokeError> {
        match self.large_payloads.fetch(claim_check, call.left() + ANSWER_SLACK).await {
            Ok(value) => Ok(Verdict::Returned { value, run }),
            Err(FetchError::Gone { .. }) => Ok(Verdict::Lost),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts the event into the lane of its version, and makes the lane if there is none.
    fn enqueue(&self, call: &Call, outgoing: Outgoing) -> Result<(), Outgoing> {
        let version = &call.version;
        let mut lanes = self.lanes.lock();
        let outgoing = match lanes.get(version) {
            None => outgoing,
            Some(lane) => match lane.push(outgoing) {
                Ok(()) => return Ok(()),
                Err(lane::Rejected::Full(outgoing)) => return Err(outgoing),
                Err(lane::Rejected::Closed(outgoing)) => outgoing,
            },
        };
        // The flusher closed this lane because it was idle. Here its entry is removed as well.
        lanes.retain(|_, lane| !lane.is_closed());
        let (lane, flusher) = Lane::new(version, call.runtime, self.road.clone());
        let pushed = lane.push(outgoing);
        lanes.insert(version.clone(), lane);
        self.tasks.spawn_on(flusher.run(LANE_IDLE, self.stop.clone()), &self.runtime);
        pushed.map_err(lane::Rejected::into_inner)
    }

    /// Accepts no more events and waits for the tasks to end.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

#[cfg(test)]
mod tests;
