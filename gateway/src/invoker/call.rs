//! One event to run, the value that its handler returned, and the reasons why there may be none.

use std::time::{Duration, Instant};

use bytes::Bytes;

use brink_shared::bus::BusError;
use brink_shared::event::Trigger;
use brink_shared::id::VersionId;
use brink_shared::large_payloads::{FetchError, KeepError};
use brink_shared::registry::RuntimeName;
use brink_shared::wire::{Failure, FailureKind, Run};

/// One event to run.
#[derive(Clone, Debug)]
pub struct Call {
    /// The function's version.
    pub version: VersionId,
    /// The runtime that it names.
    pub runtime: RuntimeName,
    /// The trigger.
    pub trigger: Trigger,
    /// The viewer request's id.
    pub request_id: String,
    /// When the gateway stops waiting for the answer.
    pub until: Instant,
    /// MessagePack of the event.
    pub event: Bytes,
    /// True if the function may run twice for this event: the viewer's method is safe.
    pub repeatable: bool,
}

/// A handler's value, not yet validated against the contract.
#[derive(Clone, Debug)]
pub struct Returned {
    /// MessagePack of the value.
    pub value: Bytes,
    /// The measurements of the run.
    pub run: Run,
}

/// Why there is no value.
#[derive(Clone, Debug, thiserror::Error)]
pub enum InvokeError {
    /// The function ran and failed.
    #[error("{}: {}", .0.error_type, .0.message)]
    Failed(Failure),
    /// No worker has capacity for it now.
    #[error("no worker has capacity for {0}")]
    NoCapacity(VersionId),
    /// No worker has its runtime.
    #[error(
        "no worker has the runtime {runtime} of {version}: install it at a worker, or name the \
         program in the worker's setting `interpreters`; `brink status` shows what workers have"
    )]
    NoRuntime {
        /// The version.
        version: VersionId,
        /// The runtime that it names.
        runtime: RuntimeName,
    },
    /// Its worker stands still, and no other worker may get it.
    #[error("no worker began the event for {0} in time")]
    NotBegun(VersionId),
    /// Its worker is gone.
    #[error("the worker that ran {0} was lost, and the event may not be repeated")]
    Lost(VersionId),
    /// No answer before the deadline.
    #[error("no answer for {0} before the deadline")]
    Deadline(VersionId),
    /// The bus did not carry it.
    #[error("cannot reach the workers: {0}")]
    Bus(#[from] BusError),
    /// The event cannot be serialized, which is a fault of Brink's own.
    #[error("cannot serialize the event: {0}")]
    Unwritable(String),
    /// The event is larger than the bus carries, and there is no room to keep it for a worker.
    #[error("cannot send the event: {0}")]
    Keep(#[from] KeepError),
    /// The value is larger than the bus carries, and could not be fetched.
    #[error("cannot fetch the returned value: {0}")]
    Fetch(#[from] FetchError),
}

// === impl Call ===

impl Call {
    /// How long the caller still waits for the answer.
    pub(super) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

// === impl InvokeError ===

impl InvokeError {
    /// The text for the viewer (`contract.md` 3.6).
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Failed(failure) => failure.kind,
            Self::NoCapacity(_) | Self::NotBegun(_) | Self::Deadline(_) | Self::Keep(_) => {
                FailureKind::Limit
            }
            Self::NoRuntime { .. }
            | Self::Lost(_)
            | Self::Bus(_)
            | Self::Unwritable(_)
            | Self::Fetch(_) => FailureKind::Execution,
        }
    }

    /// True if the viewer should try again soon.
    pub fn is_throttle(&self) -> bool {
        match self {
            Self::NoCapacity(_) | Self::NotBegun(_) | Self::Keep(KeepError::Full { .. }) => true,
            // A message that is too large for the bus will be too large later too.
            Self::Bus(error) => !matches!(error, BusError::TooLarge { .. }),
            _ => false,
        }
    }
}
