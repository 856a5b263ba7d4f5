//! Counters of each version, for `brink status` and as metrics.
//!
//! The labels of the metrics are the version, the trigger and the outcome. None of them is chosen
//! by viewers, so there are few series.

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

/// The labels that all versions share that were not found.
static UNKNOWN: Labels = [
    ("function", SharedString::const_str("unknown")),
    ("version", SharedString::const_str("unknown")),
];

/// The counters of one version at this worker, since the worker started.
pub struct Meter {
    version: VersionId,
    /// The version as labels. The series is looked up each time: the recorder forgets series that
    /// are idle for long, and a kept handle would then count in vain.
    labels: Labels,
    /// True once the version was found. Anybody on the bus can name versions that do not exist, and
    /// these get no series of their own.
    known: Cell<bool>,
    sandboxes: Cell<u32>,
    busy: Cell<u32>,
    queued: Cell<u32>,
    invocations: Cell<u64>,
    errors: Cell<u64>,
    backing_off: RefCell<Option<back_off::BackingOff>>,
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
    /// Counters of a version, at zero.
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
            backing_off: RefCell::default(),
        }
    }

    /// The version.
    pub fn version(&self) -> &VersionId {
        &self.version
    }

    /// Notes that the version exists.
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

    /// Sets the number of sandboxes that run the version.
    pub fn sandboxes(&self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.sandboxes.set(count);
        gauge!("brink_worker_sandboxes", self.labels()).set(f64::from(count));
    }

    /// Sets the number of events that wait.
    pub fn queued(&self, count: usize) {
        self.queued.set(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// Counts an event that went to a sandbox after it had waited this long.
    pub fn dispatched(&self, waited: Duration) {
        self.busy.set(self.busy.get().saturating_add(1));
        histogram!("brink_worker_queue_seconds", self.labels()).record(waited.as_secs_f64());
    }

    /// Counts an event that came back from its sandbox, done or not.
    pub fn came_back(&self) {
        self.busy.set(self.busy.get().saturating_sub(1));
    }

    /// Sets the version's back-off; none if nothing is wrong with it.
    pub fn backing_off(&self, backing_off: Option<back_off::BackingOff>) {
        self.backing_off.replace(backing_off);
    }

    /// Counts a sandbox that got the version.
    pub fn cold_start(&self) {
        counter!("brink_worker_cold_starts_total", self.labels()).increment(1);
    }

    /// Counts an event that is answered, this long after it came.
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
            ailing: self.backing_off.borrow().as_ref().and_then(told),
        }
    }
}

/// The status of a version while it is in its back-off or not healthy again.
fn told(backing_off: &back_off::BackingOff) -> Option<Ailing> {
    let now = Instant::now();
    let retry_in = backing_off.retry.saturating_duration_since(now);
    (now < backing_off.healthy).then(|| Ailing {
        reason: format!("{}: {}", backing_off.last.error_type, backing_off.last.message),
        deaths: backing_off.deaths,
        retry_in_ms: u64::try_from(retry_in.as_millis()).unwrap_or(u64::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_were_not_found_have_no_series_of_their_own() {
        let meter = Meter::new("f:1".parse().unwrap());
        assert_eq!(&*meter.labels()[0].1, "unknown");
        meter.found();
        assert_eq!(&*meter.labels()[0].1, "f");
    }

    #[test]
    fn rejections_are_not_invocations_and_losses_are_errors() {
        let meter = Meter::new("f:1".parse().unwrap());
        for verdict in [Verdict::Busy, Verdict::Retired, Verdict::Claimed] {
            meter.ended(Trigger::ViewerRequest, &verdict, Duration::ZERO);
        }
        assert_eq!((meter.status().invocations, meter.status().errors), (0, 0));
        meter.ended(Trigger::ViewerResponse, &Verdict::Lost, Duration::ZERO);
        assert_eq!((meter.status().invocations, meter.status().errors), (1, 1));
    }
}
