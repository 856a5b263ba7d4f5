//! Runs a function in a single sandbox without a cluster, for `brink run` and for the trial of a
//! publication.
//!
//! A [`Runner`] has one sandbox at a time, and one event at a time. It uses the limits and the code
//! that workers use. It needs an actix system.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use actix::Addr;
use bytes::Bytes;
use tokio::sync::{Mutex, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use brink_shared::contract::{self, Strictness};
use brink_shared::event;
use brink_shared::event::Trigger;
use brink_shared::id::{FunctionName, VersionId};
use brink_shared::registry::Bundle;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::secret::Secrets;
use brink_shared::wire::{self, Failure, FailureKind, Payload, Run, Verdict};
use serde_json::Value;

use crate::event_failure::platform;
use crate::function::start::{Files, Function};
use crate::meter::Meter;
use crate::pending::{Ended, Event, Pending};
use crate::queue::Queue;
pub use crate::runtime::SandboxProgram;
use crate::sandbox::actor::{Duty, Feed, Leave, News, SandboxActor};
use crate::settings::INIT_MAX;

/// How long an event may wait for its execution environment, in addition to its timeout.
const SLACK: Duration = INIT_MAX;

/// How long a sandbox may take to leave before it is killed.
const LEAVE_MAX: Duration = Duration::from_secs(1);

/// A function in a sandbox of its own.
pub struct Runner {
    program: SandboxProgram,
    duty: Rc<Duty>,
    queue: Rc<RefCell<Queue>>,
    meter: Rc<Meter>,
    init_us: Cell<u64>,
    /// The sandbox; none after it died. The owner of the lock runs an event.
    sandbox: Mutex<Option<Live>>,
}

struct Live {
    actor: Addr<SandboxActor>,
    news: mpsc::Receiver<News>,
}

/// The end of an event.
#[derive(Clone, Debug)]
pub struct Invoked {
    /// MessagePack of the value that the handler returned, not validated against the contract.
    pub result: Result<Bytes, Failure>,
    /// How the run went.
    pub run: Run,
    /// The texts that the event logged.
    pub logs: Vec<String>,
}

// === impl Runner ===

impl Runner {
    /// Starts a sandbox and the function in it. The error says why the function cannot start, in
    /// its runtime's words. A syntax error names file, line and column.
    pub async fn start(
        program: &SandboxProgram,
        name: &str,
        settings: &FunctionSettings,
        secrets: Secrets,
        bundle: Bundle,
    ) -> Result<Self, Failure> {
        let (kind, _) =
            program.kind(settings).await.map_err(|error| platform(error.to_string()))?;
        let hashed = spawn_blocking(move || (bundle.digest(), bundle));
        let (digest, bundle) =
            hashed.await.map_err(|_| platform("this process is stopping".to_owned()))?;
        let digest = digest.map_err(|error| platform(error.to_string()))?;
        let function = Function { name, number: 0, secrets };
        let files = Files { digest, bundle };
        let duty = function.duty(program, kind, settings, files, 1, None).await;
        let duty = duty.map_err(|error| platform(error.to_string()))?;
        let runner = Self {
            program: program.clone(),
            duty: Rc::new(duty),
            queue: Rc::new(RefCell::new(Queue::new(1))),
            meter: Rc::new(Meter::new(unpublished(name)?)),
            init_us: Cell::new(0),
            sandbox: Mutex::new(None),
        };
        let live = runner.begin().await?;
        *runner.sandbox.lock().await = Some(live);
        Ok(runner)
    }

    /// How long the function took to start, in microseconds.
    pub fn init_us(&self) -> u64 {
        self.init_us.get()
    }

    /// Runs an event, in a new sandbox if the last one died. With `fresh` the event gets an
    /// execution environment of its own.
    pub async fn invoke(
        &self,
        payload: Payload,
        request_id: String,
        timeout: Duration,
        fresh: bool,
    ) -> Invoked {
        let mut sandbox = self.sandbox.lock().await;
        if fresh && !self.duty.kind.is_embedded() {
            // Its process is its environment.
            end(sandbox.take(), &self.duty.name).await;
        }
        let event = Event {
            request_id,
            trigger: trigger_of(&payload),
            timeout,
            within: timeout + SLACK,
            payload,
            fresh,
        };
        let (pending, mut ended) = Pending::from_here(event, self.meter.clone());
        let pushed = self.queue.borrow_mut().push(pending, tokio::time::Instant::now());
        if let Some(pending) = pushed {
            pending.end(Verdict::Busy);
        }
        loop {
            let mut live = match sandbox.take() {
                Some(live) if live.actor.connected() => live,
                _ => match self.begin().await {
                    Ok(live) => live,
                    Err(failure) => {
                        let waiting = self.queue.borrow_mut().take_all();
                        for pending in waiting {
                            pending.fail(failure.clone(), Run::default());
                        }
                        return told(ended.await.ok(), &self.duty.name);
                    }
                },
            };
            // If its mailbox is full, it looks into the queue all the same.
            let _ = live.actor.try_send(Feed);
            tokio::select! {
                biased;
                ended = &mut ended => {
                    *sandbox = Some(live);
                    return told(ended.ok(), &self.duty.name);
                }
                // If it is not only due for recycling, it died. An event that had not begun is in
                // the queue again.
                news = live.news.recv() => if let Some(News::Recycle) = news {
                    *sandbox = Some(live);
                }
            }
        }
    }

    /// Ends the sandbox.
    pub async fn stop(self) {
        end(self.sandbox.into_inner(), &self.duty.name).await;
    }

    async fn begin(&self) -> Result<Live, Failure> {
        let blank = self.program.spawn(&self.duty.kind).await;
        let blank = blank.map_err(|error| platform(error.to_string()))?;
        let (actor, _, mut news) =
            SandboxActor::begin(blank, self.duty.clone(), self.queue.clone());
        match news.recv().await {
            Some(News::Loaded(init_us)) => {
                self.init_us.set(init_us);
                Ok(Live { actor, news })
            }
            Some(News::StartFailed(failure)) => Err(failure),
            Some(News::Unfit(why)) => {
                Err(platform(format!("{} cannot be loaded: {why}", self.duty.name)))
            }
            Some(News::Recycle | News::Gone { .. }) | None => {
                Err(platform("the sandbox ended".to_owned()))
            }
        }
    }
}

// === impl Invoked ===

impl Invoked {
    /// The value that the handler returned. It is validated strictly against the contract, if the
    /// contract covers the event.
    pub fn value(&self, event: Option<&event::Event>) -> Result<Value, Failure> {
        let invalid = |error_type: &str, message: String| Failure {
            kind: FailureKind::Validation,
            error_type: error_type.to_owned(),
            message,
            stack: Vec::new(),
        };
        let value: Value = wire::decode_value(self.result.as_ref().map_err(Failure::clone)?)
            .map_err(|error| invalid("InvalidValue", format!("the value is not JSON: {error}")))?;
        if let Some(event) = event {
            contract::read(event, &value, Strictness::Strict)
                .map_err(|error| invalid("LambdaValidationError", error.to_string()))?;
        }
        Ok(value)
    }
}

/// Has a sandbox leave.
async fn end(sandbox: Option<Live>, function: &str) {
    let Some(mut live) = sandbox else { return };
    let left = async {
        if live.actor.send(Leave).await.is_ok() {
            // The channel ends when the sandbox is gone.
            while live.news.recv().await.is_some() {}
        }
    };
    if timeout(LEAVE_MAX, left).await.is_err() {
        tracing::debug!(function, "the sandbox does not leave");
    }
}

fn told(ended: Option<Ended>, name: &str) -> Invoked {
    let (verdict, logs) = ended.map_or((Verdict::Lost, Vec::new()), |e| (e.verdict, e.logs));
    let (result, run) = match verdict {
        Verdict::Returned { value, run } => (Ok(value), run),
        Verdict::Failed { failure, run } => (Err(failure), run),
        Verdict::Busy
        | Verdict::Retired
        | Verdict::Claimed
        | Verdict::Lost
        | Verdict::ClaimCheck { .. } => {
            let why = format!("function {name} was not run: its sandbox had no room or ended");
            (Err(platform(why)), Run::default())
        }
    };
    Invoked { result, run, logs }
}

fn unpublished(name: &str) -> Result<VersionId, Failure> {
    let function: FunctionName =
        name.parse().map_err(|error: brink_shared::id::NameError| platform(error.to_string()))?;
    Ok(VersionId { function, number: 0 })
}

/// The trigger that the event names.
fn trigger_of(payload: &Payload) -> Trigger {
    match payload {
        Payload::Event(bytes) => wire::decode_value::<event::Event>(bytes)
            .map_or(Trigger::ViewerRequest, |event| event.config.event_type),
        Payload::Json(text) => serde_json::from_slice(text)
            .map_or(Trigger::ViewerRequest, |event| Event::trigger_of(&event)),
        Payload::ClaimCheck(_) => Trigger::ViewerRequest,
    }
}
