//! The place where an event runs.

/// A thread, and an environment on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Index of the thread.
    pub(super) thread: usize,
    /// Names the environment; never used twice.
    pub(super) environment: u64,
}
