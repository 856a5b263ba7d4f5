//! What is counted of each version: for `brink status`, and as metrics.
//!
//! Metric labels are the version, the trigger and the outcome, never anything that a viewer
//! chooses, so that their number stays small.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use metrics::{SharedString, counter, gauge, histogram};

use brink_shared::event::Trigger;
use brink_shared::id::VersionId;
use brink_shared::status::{Ailing, FunctionStatus};
use brink_shared::wire::{FailureKind, Verdict};
use tokio::time::Instant;

use crate::back_off;

type Labels = [(&'static str, SharedString); 2];

/// Labels of versions that were not found, all together.
static UNKNOWN: Labels = [
    ("function", SharedString::const_str("unknown")),
    ("version", SharedString::const_str("unknown")),
];

/// Counters of one version at this worker, since the worker started.
pub struct Meter {
    version: VersionId,
    /// The version as labels. Series are looked up each time, because the recorder forgets those
    /// that are idle for long and a kept handle would count unseen.
    labels: Labels,
    /// True once the version was found. Anybody on the bus may name one that does not exist,
    /// and none of those gets a series.
    known: Cell<bool>,
    sandboxes: Cell<u32>,
    busy: Cell<u32>,
    queued: Cell<u32>,
    invocations: Cell<u64>,
    errors: Cell<u64>,
    ailing: RefCell<Option<back_off::BackingOff>>,
}

/// The `outcome` label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Returned,
    Error,
    Limit,
    Invalid,
    Busy,
    Retired,
    Lost,
}

// === impl Outcome ===

impl Outcome {
    fn of(verdict: &Verdict) -> Option<Self> {
        Some(match verdict {
            Verdict::Returned { .. } | Verdict::ClaimCheck { .. } => Self::Returned,
            Verdict::Failed { failure, .. } => match failure.kind {
                FailureKind::Execution => Self::Error,
                FailureKind::Limit => Self::Limit,
                FailureKind::Validation => Self::Invalid,
            },
            Verdict::Busy => Self::Busy,
            Verdict::Retired => Self::Retired,
            Verdict::Lost => Self::Lost,
            Verdict::Claimed => return None,
        })
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Returned => "returned",
            Self::Error => "error",
            Self::Limit => "limit",
            Self::Invalid => "invalid",
            Self::Busy => "busy",
            Self::Retired => "retired",
            Self::Lost => "lost",
        }
    }
}

// === impl Meter ===

impl Meter {
    /// Nothing counted yet.
    pub fn new(version: VersionId) -> Self {
        let text = |text: String| SharedString::from_shared(Arc::from(text));
        Self {
            labels: [
                ("function", text(version.function.to_string())),
                ("version", text(version.number.to_string())),
            ],
            version,
            known: Cell::new(false),
            sandboxes: Cell::new(0),
            busy: Cell::new(0),
            queued: Cell::new(0),
            invocations: Cell::new(0),
            errors: Cell::new(0),
            ailing: RefCell::default(),
        }
    }

    /// The version that is counted.
    pub fn version(&self) -> &VersionId {
        &self.version
    }

    /// The version exists.
    pub fn found(&self) {
        self.known.set(true);
    }

    /// True if the version was found.
    pub fn is_known(&self) -> bool {
        self.known.get()
    }

    fn labels(&self) -> &Labels {
        if self.known.get() { &self.labels } else { &UNKNOWN }
    }

    /// This many sandboxes hold the version.
    pub fn sandboxes(&self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.sandboxes.set(count);
        gauge!("brink_worker_sandboxes", self.labels()).set(f64::from(count));
    }

    /// This many events wait.
    pub fn queued(&self, count: usize) {
        self.queued.set(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// An event went to a sandbox after it had waited this long.
    pub fn dispatched(&self, waited: Duration) {
        self.busy.set(self.busy.get().saturating_add(1));
        histogram!("brink_worker_queue_seconds", self.labels()).record(waited.as_secs_f64());
    }

    /// An event came back from its sandbox, done or not.
    pub fn came_back(&self) {
        self.busy.set(self.busy.get().saturating_sub(1));
    }

    /// The version kills its sandboxes and waits for the next; or nothing is wrong with it.
    pub fn ailing(&self, ailing: Option<back_off::BackingOff>) {
        self.ailing.replace(ailing);
    }

    /// A sandbox was given the version.
    pub fn cold_start(&self) {
        counter!("brink_worker_cold_starts_total", self.labels()).increment(1);
    }

    /// An event is answered, this long after it came.
    pub fn ended(&self, trigger: Trigger, verdict: &Verdict, took: Duration) {
        let Some(outcome) = Outcome::of(verdict) else {
            return;
        };
        match outcome {
            Outcome::Busy | Outcome::Retired => {}
            Outcome::Returned => self.invocations.set(self.invocations.get() + 1),
            Outcome::Error | Outcome::Limit | Outcome::Invalid | Outcome::Lost => {
                self.invocations.set(self.invocations.get() + 1);
                self.errors.set(self.errors.get() + 1);
            }
        }
        histogram!("brink_worker_invocation_seconds", self.labels()).record(took.as_secs_f64());
        let [function, version] = self.labels();
        counter!(
            "brink_worker_invocations_total",
            "function" => function.1.clone(),
            "version" => version.1.clone(),
            "trigger" => trigger.as_str(),
            "outcome" => outcome.as_str(),
        )
        .increment(1);
    }

    /// The answer to `brink.status`.
    pub fn status(&self) -> FunctionStatus {
        FunctionStatus {
            version: self.version.clone(),
            sandboxes: self.sandboxes.get(),
            busy: self.busy.get(),
            queued: self.queued.get(),
            invocations: self.invocations.get(),
            errors: self.errors.get(),
            ailing: self.ailing.borrow().as_ref().and_then(told),
        }
    }
}

/// What is told of a version that ails, while it does.
fn told(ailing: &back_off::BackingOff) -> Option<Ailing> {
    let now = Instant::now();
    let retry_in = ailing.retry.saturating_duration_since(now);
    (now < ailing.healthy).then(|| Ailing {
        reason: format!("{}: {}", ailing.last.error_type, ailing.last.message),
        deaths: ailing.deaths,
        retry_in_ms: u64::try_from(retry_in.as_millis()).unwrap_or(u64::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_found_has_no_series_of_its_own() {
        let meter = Meter::new("f:1".parse().unwrap());
        assert_eq!(&*meter.labels()[0].1, "unknown");
        meter.found();
        assert_eq!(&*meter.labels()[0].1, "f");
    }

    #[test]
    fn refusals_are_not_invocations_and_losses_are_errors() {
        let meter = Meter::new("f:1".parse().unwrap());
        for verdict in [Verdict::Busy, Verdict::Retired, Verdict::Claimed] {
            meter.ended(Trigger::ViewerRequest, &verdict, Duration::ZERO);
        }
        assert_eq!((meter.status().invocations, meter.status().errors), (0, 0));
        meter.ended(Trigger::ViewerResponse, &Verdict::Lost, Duration::ZERO);
        assert_eq!((meter.status().invocations, meter.status().errors), (1, 1));
    }
}
