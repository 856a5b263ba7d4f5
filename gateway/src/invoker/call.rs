//! One event to run, the value that its handler returned, and why there may be none.

use std::time::{Duration, Instant};

use bytes::Bytes;

use brink_shared::bus::BusError;
use brink_shared::event::Trigger;
use brink_shared::id::VersionId;
use brink_shared::large_payloads::{FetchError, KeepError};
use brink_shared::wire::{Failure, FailureKind, Run};

/// One event to run.
#[derive(Clone, Debug)]
pub struct Call {
    /// The function's version.
    pub version: VersionId,
    /// The trigger.
    pub trigger: Trigger,
    /// The viewer request's id.
    pub request_id: String,
    /// When the answer is of no use any more.
    pub until: Instant,
    /// MessagePack of the event.
    pub event: Bytes,
    /// True if the function may run twice for this event: the viewer's method is safe.
    pub repeatable: bool,
}

/// A handler's value, not yet checked against the contract.
#[derive(Clone, Debug)]
pub struct Returned {
    /// MessagePack of the value.
    pub value: Bytes,
    /// How it went.
    pub run: Run,
}

/// Why there is no value.
#[derive(Clone, Debug, thiserror::Error)]
pub enum InvokeError {
    /// The function ran and failed.
    #[error("{}: {}", .0.error_type, .0.message)]
    Failed(Failure),
    /// No worker can take it now.
    #[error("no worker has capacity for {0}")]
    NoCapacity(VersionId),
    /// The worker that got it stands still, and no other may have it.
    #[error("no worker began the event of {0} in time")]
    NotBegun(VersionId),
    /// The worker that had it is gone.
    #[error("the worker running {0} was lost, and the event may not be repeated")]
    Lost(VersionId),
    /// No answer before the deadline.
    #[error("no answer for {0} before the deadline")]
    Deadline(VersionId),
    /// The bus did not carry it.
    #[error("cannot reach the workers: {0}")]
    Bus(#[from] BusError),
    /// The event cannot be written, which is a fault of Brink's own.
    #[error("the event cannot be written: {0}")]
    Unwritable(String),
    /// The event is larger than the bus carries, and cannot be held for a worker to fetch.
    #[error("the event cannot be sent: {0}")]
    Hold(#[from] KeepError),
    /// The value is larger than the bus carries, and did not come.
    #[error("the returned value did not come: {0}")]
    Fetch(#[from] FetchError),
}

// === impl Call ===

impl Call {
    /// How long the answer is of use.
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
            Self::NoCapacity(_) | Self::NotBegun(_) | Self::Deadline(_) | Self::Hold(_) => {
                FailureKind::Limit
            }
            Self::Lost(_) | Self::Bus(_) | Self::Unwritable(_) | Self::Fetch(_) => {
                FailureKind::Execution
            }
        }
    }

    /// True if the viewer may well try again soon.
    pub fn is_throttle(&self) -> bool {
        match self {
            Self::NoCapacity(_) | Self::NotBegun(_) | Self::Hold(KeepError::Full { .. }) => true,
            // A message that is too large for the bus will not fit later either.
            Self::Bus(error) => !matches!(error, BusError::TooLarge { .. }),
            _ => false,
        }
    }
}
