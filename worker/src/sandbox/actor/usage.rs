//! The watchdog's knowledge of a sandbox's CPU time and memory.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use brink_frames::EventId;

use crate::sandbox::child::{CpuClock, CpuTimes};

/// The watchdog's view of a sandbox.
#[derive(Default)]
pub(super) struct Watch {
    /// True while the next look is due.
    pub(super) looking: bool,
    /// Looks in a row that could not read its memory.
    pub(super) unseen: u32,
    /// True while another thread reads its folder for temporary files.
    pub(super) reading_tmp: bool,
    /// When that was last read.
    pub(super) tmp_read: Option<Instant>,
    /// The clock of the thread that starts the version, and its time before the start.
    pub(super) start: Option<(CpuTimes, CpuClock)>,
    /// In a sandbox that runs one event at a time: the one that runs, and the process's clock when
    /// it was first seen.
    pub(super) running: Option<(EventId, CpuClock, Duration)>,
    /// The events that keep a thread, by the thread's number.
    pub(super) kept: HashMap<u32, Kept>,
    /// True once the owner was told to recycle the sandbox.
    pub(super) recycle: bool,
}

/// An event that keeps a thread.
pub(super) struct Kept {
    /// The event.
    pub(super) event: EventId,
    /// CPU time of the event until its thread's clock stood at `since`.
    pub(super) before: Duration,
    /// The clock of its thread.
    pub(super) clock: CpuClock,
    /// See `before`.
    pub(super) since: Duration,
}
