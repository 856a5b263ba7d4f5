//! The outcome of an event, and the state of its environment afterwards.

use brink_shared::wire::Failure;
use bytes::Bytes;

/// Whether an environment may get another event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Good,
    /// Yes, but it should be recycled.
    Recycle,
    /// No.
    Spent,
}

/// The outcome of an event.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) result: Result<Bytes, Failure>,
    pub(super) duration_us: u64,
    pub(super) state: State,
}

// === impl Answered ===

impl Answered {
    /// An event that did not reach the handler.
    pub(super) fn failed(failure: Failure) -> Self {
        Self { result: Err(failure), duration_us: 0, state: State::Good }
    }
}
