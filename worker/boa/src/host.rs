//! The services that an environment needs from its process.

use std::time::Duration;

use brink_frames::{CallRequest, CallResult, EventId, LogLevel};
use tokio::sync::oneshot;

/// The services that an environment needs from its process.
///
/// Every method is called on the environment's thread, often from inside user code.
pub trait Host {
    /// The function wrote to its log; no event while it starts.
    fn log(&self, event: Option<EventId>, level: LogLevel, text: String);
    /// The function calls an HTTP service. A dropped sender counts as a failed call, a dropped
    /// receiver gives it up.
    fn call(&self, event: Option<EventId>, request: CallRequest) -> oneshot::Receiver<CallResult>;
    /// The event's code runs on the thread from now on. So far it used this much CPU time.
    fn takes_thread(&self, _event: EventId, _used: Duration) {}
    /// It does not any more.
    fn leaves_thread(&self) {}
    /// Bytes of memory that the process has in use; 0 if that is not known.
    fn memory_used(&self) -> u64;
    /// The function asked for a platform module, again or for the first time.
    fn asked(&self, module: &'static str);
}
