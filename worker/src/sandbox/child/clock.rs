//! The CPU clocks of a sandbox.

use std::path::PathBuf;
use std::time::Duration;

use super::cpu_times::{CpuTimes, process_time, schedstat_times};
use super::tree;

/// The CPU clock of one thread of a sandbox, of its process, or of all its processes.
#[derive(Debug)]
pub enum CpuClock {
    /// One thread: its `schedstat`.
    Thread(PathBuf),
    /// All threads of the process with this folder in `/proc`, also those that have ended.
    Process(PathBuf),
    /// All processes of the sandbox whose first process has this folder in `/proc`.
    Tree(PathBuf),
}

// === impl CpuClock ===

impl CpuClock {
    /// CPU time so far; none if the thread or process has ended.
    pub fn read(&self) -> Option<Duration> {
        match self {
            Self::Thread(schedstat) => schedstat_times(schedstat).map(|times| times.used),
            Self::Process(proc) => process_time(proc),
            Self::Tree(proc) => tree::used(proc),
        }
    }

    /// The times so far; none if the thread or process has ended.
    pub fn times(&self) -> Option<CpuTimes> {
        match self {
            Self::Thread(schedstat) => schedstat_times(schedstat),
            Self::Process(proc) => {
                Some(CpuTimes { used: process_time(proc)?, delayed: tree::delayed(proc) })
            }
            Self::Tree(proc) => {
                Some(CpuTimes { used: tree::used(proc)?, delayed: tree::all_delayed(proc) })
            }
        }
    }
}
