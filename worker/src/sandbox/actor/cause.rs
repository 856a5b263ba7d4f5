//! The reasons for which a sandbox ends.

use std::time::Duration;

use brink_frames::EventId;

/// Why a sandbox ends, and with it:
///
/// | cause | events that ran | events that had not begun |
/// | --- | --- | --- |
/// | `Overrun` and `Cpu`, if it did not give the event up | the overrun one fails, the others are lost | back to the queue |
/// | `Died` | the only one fails; of several, none can be blamed: all are lost, and run alone next time | back |
/// | `Crashed` | the same | back, but for one that was all alone: its beginning was not heard |
/// | `Memory`, `Tasks` and `Tmp` | the same, with the limit as the reason | back |
/// | `Start` and `Late` | there are none | there are none |
/// | `Unfit` | there are none | there are none |
/// | `Unwatched` and `Killed` | lost | back |
pub(super) enum Cause {
    /// This event ran over its time.
    Overrun(EventId),
    /// The process ended, or broke the protocol.
    Died(String),
    /// The process ended itself: code in it aborted or crashed.
    Crashed(String),
    /// This event used this much CPU time, which is more than it may use.
    Cpu(EventId, Duration),
    /// The sandbox used more memory than it may: this many MB.
    Memory(u32),
    /// The sandbox had this many threads, of all its processes, which is more than it may have.
    Tasks(u32),
    /// There is more in its folder for temporary files than there may be: these words say what.
    Tmp(String),
    /// The start used this much CPU time, which is more than it may use.
    Start(Duration),
    /// The version did not start in time. It used this much CPU time, if that is known.
    Late(Option<Duration>),
    /// The worker cannot read how much memory the sandbox uses. The machine is at fault.
    Unwatched(String),
    /// The function's files cannot be given to it. The machine is at fault.
    Unfit(String),
    /// The owner ends the sandbox.
    Killed,
}
