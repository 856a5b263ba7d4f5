//! The process of a sandbox: what it uses, how it is limited and killed, and how it ended.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::clock::CpuClock;
use super::reserve::Reserve;
use super::tree;
use crate::cgroup::Cgroup;
use crate::sandbox::output::LastWords;
use brink_frames::THREAD_NAME;

/// How long a process that closed its socket may take to end. After that it is killed.
const EXIT_GRACE: Duration = Duration::from_millis(100);

/// Strayed processes are looked for once in so many looks, because all processes of the machine are
/// looked at.
const STRAYS_EVERY: u32 = 8;

/// Signals that say that a process crashed: illegal instruction, abort, bus error, arithmetic
/// error, segmentation fault, CPU time limit, forbidden system call.
const OWN_SIGNALS: [i32; 7] = [4, 6, 7, 8, 11, 24, 31];

/// The process of a sandbox. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    pub(super) child: tokio::process::Child,
    /// Its folder in `/proc`.
    pub(super) proc: PathBuf,
    pub(super) last_words: LastWords,
    /// True if its function may start processes.
    pub(super) has_processes: bool,
    pub(super) cgroup: Option<Cgroup>,
    /// Limits what it reserves; none for the embedded engine, which does that itself.
    pub(super) reserve: Option<Reserve>,
    /// True if a process whose parent ends stays without a process of the sandbox above it. In a
    /// process namespace, the first process becomes its parent.
    pub(super) may_stray: bool,
    /// The processes that had strayed when they were last looked for.
    pub(super) strays: Vec<PathBuf>,
    /// How often its usage was looked at.
    pub(super) looks: u32,
    /// Its private `/tmp`, if that is in memory.
    pub(super) tmp: Option<OwnedFd>,
    /// Logs its standard error.
    pub(super) _stderr: Option<AbortOnDropHandle<()>>,
}

/// Memory and threads of a sandbox's processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Their memory and that of their `/tmp`, in MB.
    pub memory_mb: u32,
    /// Their threads; a process has at least one.
    pub threads: u32,
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The exit status or signal, and the last line of its standard error.
    pub how: String,
    /// True if its code aborted or crashed.
    pub crashed: bool,
    /// The memory limit, in MB, for which the kernel ended it; none if that is not the reason.
    pub overrun_mb: Option<u32>,
}

// === impl Process ===

impl Process {
    /// A process that does nothing, for tests of its owner.
    #[cfg(test)]
    pub(in crate::sandbox) fn idle() -> io::Result<Self> {
        let mut command = tokio::process::Command::new("sleep");
        let child = command.arg("60").process_group(0).kill_on_drop(true).spawn()?;
        let proc = proc_of(&child);
        let last_words = LastWords::default();
        let has_processes = false;
        Ok(Self {
            child,
            proc,
            last_words,
            has_processes,
            cgroup: None,
            reserve: None,
            may_stray: false,
            strays: Vec::new(),
            looks: 0,
            tmp: None,
            _stderr: None,
        })
    }

    /// The same, but the system tells nothing about it.
    #[cfg(test)]
    pub(in crate::sandbox) fn hidden() -> io::Result<Self> {
        let mut idle = Self::idle()?;
        idle.proc = PathBuf::from("/proc/nowhere");
        Ok(idle)
    }

    /// The same, in a group of its own.
    #[cfg(test)]
    pub(in crate::sandbox) fn grouped(cgroup: Cgroup) -> io::Result<Self> {
        let mut idle = Self::idle()?;
        idle.cgroup = Some(cgroup);
        Ok(idle)
    }

    /// True until it has ended.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its process id; none if it has ended.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Puts the processes that the launcher started into the sandbox's group. They may have begun
    /// before their parent was in it.
    pub(super) fn gather(&self) {
        let Some(cgroup) = self.cgroup.as_ref().filter(|_| self.has_processes) else { return };
        for id in tree::ids(&self.proc) {
            if let Err(error) = cgroup.add(id) {
                tracing::warn!(%error, "the kernel does not limit a process of a sandbox");
            }
        }
    }

    /// Has the kernel limit its memory for a function with this limit, if that is possible. The
    /// embedded engine limits by itself how much memory it reserves.
    pub fn limit_memory(&self, memory_mb: u32) -> io::Result<()> {
        if let Some((id, reserve)) = self.id().zip(self.reserve.as_ref()) {
            let all = if self.has_processes { tree::ids(&self.proc) } else { vec![id] };
            reserve.limit(&all, memory_mb);
        }
        self.cgroup.as_ref().map_or(Ok(()), |cgroup| cgroup.limit_memory(memory_mb))
    }

    /// Its present use. It is an error if the process has ended, or if the system does not tell.
    /// Other processes count if the function may start them.
    pub fn usage(&mut self) -> io::Result<Usage> {
        self.id().ok_or_else(|| io::Error::other("it ended"))?;
        let tmp_mb = self.tmp_mb()?;
        if self.has_processes {
            if self.may_stray {
                self.looks = self.looks.wrapping_add(1);
                if self.looks.is_multiple_of(STRAYS_EVERY) {
                    self.strays = tree::strays(&self.proc);
                }
            }
            let all = tree::together(&self.proc, &self.strays)?;
            let megabytes = u32::try_from(all.memory_kb / 1_024).unwrap_or(u32::MAX);
            return Ok(Usage { memory_mb: megabytes.saturating_add(tmp_mb), threads: all.threads });
        }
        let path = self.proc.join("status");
        let problem = |why: String| io::Error::other(format!("{}: {why}", path.display()));
        let status = std::fs::read_to_string(&path).map_err(|error| problem(error.to_string()))?;
        let field = |name: &str| {
            let text = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let number = text?.trim().trim_end_matches("kB").trim();
            number.parse::<u32>().ok()
        };
        let kilobytes = field("VmRSS").ok_or_else(|| problem("there is no VmRSS".to_owned()))?;
        let threads = field("Threads").unwrap_or(1);
        Ok(Usage { memory_mb: (kilobytes / 1_024).saturating_add(tmp_mb), threads })
    }

    /// The memory of its `/tmp`, in MB.
    fn tmp_mb(&self) -> io::Result<u32> {
        let Some(tmp) = &self.tmp else { return Ok(0) };
        let tmp = rustix::fs::fstatvfs(tmp)?;
        let bytes = tmp.f_blocks.saturating_sub(tmp.f_bfree).saturating_mul(tmp.f_frsize);
        Ok(u32::try_from(bytes / (1024 * 1024)).unwrap_or(u32::MAX))
    }

    /// A reader of the bytes that its files without a name take on disks. It may take a while, and
    /// keeps nothing of the process.
    pub fn nameless_bytes(&self) -> impl FnOnce() -> u64 + Send + use<> {
        let proc = self.proc.clone();
        move || tree::nameless_bytes(&proc)
    }

    /// The CPU clock of a thread with environments; none if there is no such thread, or if the
    /// system does not tell.
    pub fn thread_clock(&self, number: u32) -> Option<CpuClock> {
        let name = format!("{THREAD_NAME}{number}");
        self.id()?;
        let tasks = std::fs::read_dir(self.proc.join("task")).ok()?;
        tasks.flatten().map(|task| task.path()).find_map(|task| {
            let comm = std::fs::read_to_string(task.join("comm")).ok()?;
            (comm.trim_end() == name).then(|| CpuClock::Thread(task.join("schedstat")))
        })
    }

    /// The CPU clock of the whole sandbox; none if it has ended.
    pub fn clock(&self) -> Option<CpuClock> {
        let proc = self.proc.clone();
        let clock = if self.has_processes { CpuClock::Tree } else { CpuClock::Process };
        self.id().map(|_| clock(proc))
    }

    /// Kills it and all processes that it started. Returns at once.
    pub fn kill(&mut self) {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = pid.and_then(Pid::from_raw) {
            // It leads its own session, and so its own group. If the group is gone already, there
            // is nothing to do.
            let _ = kill_process_group(group, Signal::KILL);
        }
        if let Err(error) = self.child.start_kill() {
            tracing::debug!(%error, "a sandbox had ended before it was killed");
        }
    }

    /// Waits for its end. Kills it if that takes too long.
    pub async fn exit(&mut self) -> Exit {
        let status = match timeout(EXIT_GRACE, self.child.wait()).await {
            Ok(status) => status,
            Err(_) => {
                self.kill();
                self.child.wait().await
            }
        };
        let crashed = status.as_ref().is_ok_and(|status| {
            status.signal().is_some_and(|signal| OWN_SIGNALS.contains(&signal))
        });
        let how = status.map_or_else(|error| error.to_string(), describe);
        // The reader of standard error may be a moment behind the end of the process.
        tokio::task::yield_now().await;
        let words = self.last_words.lock();
        let how = if words.is_empty() { how } else { format!("{how}: {words}") };
        Exit { how, crashed, overrun_mb: self.cgroup.as_ref().and_then(Cgroup::overrun_mb) }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // `kill_on_drop` ends the process. This ends the processes that it started.
        self.kill();
    }
}

/// The folder of a process in `/proc`.
pub(super) fn proc_of(child: &tokio::process::Child) -> PathBuf {
    // A process without an id has ended already.
    Path::new("/proc").join(child.id().unwrap_or_default().to_string())
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (_, Some(6)) => "signal 6 (abort)".to_owned(),
        (_, Some(9)) => "signal 9 (killed)".to_owned(),
        (_, Some(11)) => "signal 11 (segmentation fault)".to_owned(),
        (_, Some(24)) => "signal 24 (CPU time limit)".to_owned(),
        (_, Some(31)) => "signal 31 (forbidden system call)".to_owned(),
        (_, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown exit status".to_owned(),
    }
}
