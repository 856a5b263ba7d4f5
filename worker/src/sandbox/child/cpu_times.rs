//! How a process or a thread spent its time, from `/proc`.

use std::path::Path;
use std::time::Duration;

/// The ticks per second in which Linux tells CPU times, on all machines.
const USER_HZ: u64 = 100;

/// How a thread or a process spent the time in which it did not wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTimes {
    /// Time in which it had a core.
    pub used: Duration,
    /// Time in which it could have run, but others had the cores.
    pub delayed: Duration,
}

// === impl CpuTimes ===

impl CpuTimes {
    /// The times that were added since `before`.
    pub fn since(self, before: Self) -> Self {
        Self {
            used: self.used.saturating_sub(before.used),
            delayed: self.delayed.saturating_sub(before.delayed),
        }
    }
}

/// The times of a thread, from its `schedstat`.
pub(super) fn schedstat_times(path: &Path) -> Option<CpuTimes> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut times = text.split_whitespace();
    let mut next = || times.next()?.parse().ok().map(Duration::from_nanos);
    Some(CpuTimes { used: next()?, delayed: next()? })
}

/// The CPU time of a process and of the children that it waited for (`proc_pid_stat(5)`).
pub(super) fn process_time(proc: &Path) -> Option<Duration> {
    let text = std::fs::read_to_string(proc.join("stat")).ok()?;
    // The name of the program may have spaces and parentheses.
    let (_, fields) = text.rsplit_once(") ")?;
    // From `utime`, the 14th field, to `cstime`; the state after the name is the third.
    let ticks = fields.split(' ').skip(11).take(4).filter_map(|field| field.parse::<u64>().ok());
    Some(Duration::from_millis(ticks.sum::<u64>() * (1_000 / USER_HZ)))
}
