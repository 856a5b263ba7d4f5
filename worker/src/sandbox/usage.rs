//! The CPU time and memory of a sandbox, from `/proc`.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most processes of a sandbox that are looked at. It may have fewer.
const PROCESSES_MAX: usize = 128;

/// The ticks per second in which Linux tells CPU times, on all machines.
const USER_HZ: u64 = 100;

/// The CPU clock of one thread of a sandbox, or of its whole process.
#[derive(Debug)]
pub enum CpuClock {
    /// One thread: its `schedstat`.
    Thread(PathBuf),
    /// All threads of the process with this folder in `/proc`, also those that have ended.
    Process(PathBuf),
}

/// How a thread or a process spent the time in which it did not wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTimes {
    /// Time in which it had a core.
    pub used: Duration,
    /// Time in which it could have run, but others had the cores.
    pub delayed: Duration,
}

// === impl CpuClock ===

impl CpuClock {
    /// CPU time so far; none if the thread or process has ended.
    pub fn read(&self) -> Option<Duration> {
        self.times().map(|times| times.used)
    }

    /// The times so far; none if the thread or process has ended.
    pub fn times(&self) -> Option<CpuTimes> {
        match self {
            Self::Thread(schedstat) => schedstat_times(schedstat),
            Self::Process(proc) => {
                let tasks = std::fs::read_dir(proc.join("task")).ok()?;
                let delayed = tasks
                    .flatten()
                    .filter_map(|task| schedstat_times(&task.path().join("schedstat")))
                    .map(|times| times.delayed)
                    .sum();
                let others = below(proc);
                let others = others.iter().filter_map(|other| process_time(other));
                Some(CpuTimes { used: process_time(proc)? + others.sum::<Duration>(), delayed })
            }
        }
    }
}

fn schedstat_times(path: &Path) -> Option<CpuTimes> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut times = text.split_whitespace();
    let mut next = || times.next()?.parse().ok().map(Duration::from_nanos);
    Some(CpuTimes { used: next()?, delayed: next()? })
}

/// The CPU time of a process and of the children that it waited for (`proc_pid_stat(5)`).
fn process_time(proc: &Path) -> Option<Duration> {
    let text = std::fs::read_to_string(proc.join("stat")).ok()?;
    // The name of the program may have spaces and parentheses.
    let (_, fields) = text.rsplit_once(") ")?;
    // From `utime`, the 14th field, to `cstime`; the state after the name is the third.
    let ticks = fields.split(' ').skip(11).take(4).filter_map(|field| field.parse::<u64>().ok());
    Some(Duration::from_millis(ticks.sum::<u64>() * (1_000 / USER_HZ)))
}

impl CpuTimes {
    /// The times that were added since `before`.
    pub fn since(self, before: Self) -> Self {
        Self {
            used: self.used.saturating_sub(before.used),
            delayed: self.delayed.saturating_sub(before.delayed),
        }
    }
}

/// The memory that a process uses, in KB.
pub(super) fn memory_kb(proc: &Path) -> io::Result<u32> {
    let path = proc.join("status");
    let problem = |why: String| io::Error::other(format!("{}: {why}", path.display()));
    let status = std::fs::read_to_string(&path).map_err(|error| problem(error.to_string()))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = resident.and_then(|text| text.trim().strip_suffix("kB")?.trim().parse().ok());
    kilobytes.ok_or_else(|| problem("there is no VmRSS".to_owned()))
}

/// The processes that a process started, and those that they started.
pub(super) fn below(proc: &Path) -> Vec<PathBuf> {
    let mut found = children(proc);
    let mut at = 0;
    while let Some(next) = found.get(at).filter(|_| found.len() < PROCESSES_MAX) {
        let more = children(next);
        found.extend(more);
        at += 1;
    }
    found
}

/// The processes that a process started and that are still there.
fn children(proc: &Path) -> Vec<PathBuf> {
    let (Ok(tasks), Some(all)) = (std::fs::read_dir(proc.join("task")), proc.parent()) else {
        return Vec::new();
    };
    let lists = tasks
        .flatten()
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().map(|id| all.join(id)).collect::<Vec<_>>())
        .collect()
}
