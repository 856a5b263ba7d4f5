//! The boundary between an environment and its sandbox process, which sends most of it on as frames.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::{CallRequest, CallResult, EventId, LogLevel};

/// The services that an environment needs from its process.
///
/// Every method is called on the environment's thread, often from inside user code.
pub trait Host {
    /// The function wrote to its log. `event` is none while the version starts.
    fn log(&self, event: Option<EventId>, level: LogLevel, text: String);
    /// The function calls an HTTP service. If the sender is dropped, the call failed. If the
    /// receiver is dropped, the call is given up.
    fn call(&self, event: Option<EventId>, request: CallRequest) -> oneshot::Receiver<CallResult>;
    /// From now on the event's code runs on the thread. So far the event used this much CPU time.
    fn takes_thread(&self, _event: EventId, _used: Duration) {}
    /// The event's code no longer runs.
    fn leaves_thread(&self) {}
    /// Bytes of memory that the process uses; 0 if that is not known.
    fn memory_used(&self) -> u64;
    /// The function asked for a platform module, for the first time or again.
    fn asked(&self, module: &'static str);
}
