//! The parent's side of a sandbox process: starts it, connects with it, and kills it.
//!
//! The process inherits only a socket, as its standard input. Its environment is empty, and its
//! directory is `/`. The standard output of the embedded engine goes nowhere, and a limited part of
//! its standard error, such as its last words, is logged. Of a program of the machine both belong to
//! the function's log ([`super::output`]). The process confines itself before it reports that it
//! is up (`brink_sandbox::confinement`).

mod clock;
mod cpu_times;
mod launched;
mod reserve;
mod tree;

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::StreamExt;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::ChildStderr;
use tokio::time::{Instant, timeout};
use tokio_util::codec::{FramedRead, FramedWrite};
use tokio_util::task::AbortOnDropHandle;

use brink_shared::confinement::{Layer, LayerStatus};
use brink_shared::wire;

pub use self::clock::CpuClock;
pub use self::cpu_times::CpuTimes;
use self::reserve::Reserve;
use super::dialect::{Dialect, FrameReader, FrameWriter, bootstrap};
use super::output::{self, LastWords, Output};
use crate::cgroup::{self, Cgroup};
use crate::runtime::{SandboxKind, SandboxProgram};
use crate::sandbox_folders::SandboxFolder;
use crate::settings::SPAWN_MAX;
use brink_frames::interpreter::{Descriptors, THREADS_MAX};
use brink_frames::network::{PROXIED, TRANSPARENT};
use brink_frames::{FromSandbox, THREAD_NAME};

/// Longest line of a sandbox's standard error that is kept, in bytes.
const STDERR_LINE_MAX: u64 = 1_024;

/// Most lines of standard error that are logged in [`STDERR_PERIOD`].
const STDERR_LINES_MAX: u32 = 20;

/// Threads and processes of a sandbox with an interpreter, without those that its function may
/// start: its threads, and the two processes around it.
const TASKS_MAX: u32 = THREADS_MAX + 2;

/// See [`STDERR_LINES_MAX`].
const STDERR_PERIOD: Duration = Duration::from_secs(10);

/// How long a process that closed its socket may take to end. After that it is killed.
const EXIT_GRACE: Duration = Duration::from_millis(100);

/// Signals that say that a process crashed: illegal instruction, abort, bus error, arithmetic
/// error, segmentation fault, CPU time limit, forbidden system call.
const OWN_SIGNALS: [i32; 7] = [4, 6, 7, 8, 11, 24, 31];

/// A blank sandbox: it is up, and has no version yet.
#[derive(Debug)]
pub struct Blank {
    /// The process.
    pub process: Process,
    /// The frames that it sends.
    pub reader: FrameReader,
    /// The frames that it gets.
    pub writer: FrameWriter,
    /// How it puts messages into frames.
    pub dialect: Dialect,
    /// Its layers of confinement. The report can be trusted, because no user code has run in the
    /// sandbox.
    pub layers: Vec<LayerStatus>,
    /// Where the supervisor accepts its connections, if it has a network.
    pub descriptors: Descriptors,
    /// Its folder, if it reads the function's files from there.
    pub folder: Option<SandboxFolder>,
    /// Its standard output and error, if they are the function's.
    pub output: Option<Output>,
}

/// A sandbox that came up, without its process.
struct Up {
    reader: FrameReader,
    writer: FrameWriter,
    dialect: Dialect,
    layers: Vec<LayerStatus>,
    descriptors: Descriptors,
    folder: Option<SandboxFolder>,
}

/// The process of a sandbox. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: tokio::process::Child,
    /// Its folder in `/proc`.
    proc: PathBuf,
    last_words: LastWords,
    /// True if its function may start processes.
    has_processes: bool,
    cgroup: Option<Cgroup>,
    /// Limits what it reserves; none for the embedded engine, which does that itself.
    reserve: Option<Reserve>,
    /// Its private `/tmp`, if that is in memory.
    tmp: Option<OwnedFd>,
    _stderr: Option<AbortOnDropHandle<()>>,
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

/// Why a sandbox could not be started. The machine or the installation is at fault, and not the
/// function.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The program cannot be started.
    #[error("cannot start the sandbox program {path}: {source}")]
    Start {
        /// Which program.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The program was started, but did not come up.
    #[error("the sandbox program {path} did not come up: {why}")]
    NotUp {
        /// Which program.
        path: PathBuf,
        /// The reason.
        why: String,
    },
}

// === impl SandboxProgram ===

impl SandboxProgram {
    /// Starts a sandbox of a kind, and waits at most [`SPAWN_MAX`] until it is up.
    pub async fn spawn(&self, kind: &SandboxKind) -> Result<Blank, SpawnError> {
        let path = || self.path.clone();
        let started = self.start(kind).await;
        let (mut process, socket, folder, output) =
            started.map_err(|source| SpawnError::Start { path: path(), source })?;
        let up = timeout(SPAWN_MAX, come_up(kind, socket, folder)).await;
        let why = match up {
            Ok(Ok(up)) => {
                let blank = up.with(process, output);
                self.saw_network(blank.network());
                return Ok(blank);
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                if let Some(output) = output {
                    output::hear_last_words(output).await;
                }
                process.exit().await.how
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it said nothing for {SPAWN_MAX:?}"),
        };
        Err(SpawnError::NotUp { path: path(), why })
    }

    async fn start(
        &self,
        kind: &SandboxKind,
    ) -> io::Result<(Process, UnixStream, Option<SandboxFolder>, Option<Output>)> {
        let (mut command, folder) = self.command(kind).await?;
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let mut child = command
            .env_clear()
            .current_dir("/")
            .stdin(OwnedFd::from(theirs))
            .stdout(if kind.is_embedded() { Stdio::null() } else { Stdio::piped() })
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let proc = proc_of(&child);
        let cgroup = cgroup::own().zip(child.id()).map(|(own, id)| own.sandbox(id)).transpose()?;
        let last_words = LastWords::default();
        let (mut output, mut logged) = (None, None);
        match (child.stdout.take(), child.stderr.take()) {
            (Some(stdout), Some(stderr)) => {
                let (stdout, stderr) = (Box::pin(stdout), Box::pin(stderr));
                output = Some(Output { stdout, stderr, last_words: last_words.clone() });
            }
            (_, Some(stderr)) => {
                let pid = child.id().unwrap_or_default();
                let task = log_stderr(stderr, pid, last_words.clone());
                logged = Some(AbortOnDropHandle::new(tokio::spawn(task)));
            }
            _ => {}
        }
        let has_processes = kind.processes() > 0;
        if let (Some(cgroup), false) = (&cgroup, kind.is_embedded()) {
            cgroup.limit_tasks(TASKS_MAX.saturating_add(kind.processes()))?;
        }
        let process = Process {
            child,
            proc,
            last_words,
            has_processes,
            cgroup,
            reserve: (!kind.is_embedded()).then(|| Reserve::new(self)),
            tmp: None,
            _stderr: logged,
        };
        Ok((process, UnixStream::from_std(ours)?, folder, output))
    }
}

/// Waits until a sandbox is ready for a version.
async fn come_up(
    kind: &SandboxKind,
    socket: UnixStream,
    folder: Option<SandboxFolder>,
) -> io::Result<Up> {
    if kind.is_embedded() {
        let (mut reader, writer) = framed(socket);
        let first = reader.next().await.ok_or(io::ErrorKind::UnexpectedEof)??;
        return match wire::decode(&first).map_err(io::Error::other)? {
            FromSandbox::Blank(layers) => Ok(Up {
                reader,
                writer,
                dialect: Dialect::Frames,
                layers,
                descriptors: Descriptors::default(),
                folder,
            }),
            _ => Err(io::Error::other("its first frame was not Blank")),
        };
    }
    let (layers, descriptors) = launched::report(&socket).await?;
    let (mut reader, writer) = framed(socket);
    if kind.interpreter().is_some() {
        let first = reader.next().await.ok_or(io::ErrorKind::UnexpectedEof)??;
        bootstrap::ready(&first).map_err(io::Error::other)?;
    }
    let dialect = if kind.is_provided() { Dialect::RuntimeApi } else { Dialect::Bootstrap };
    Ok(Up { reader, writer, dialect, layers, descriptors, folder })
}

fn framed(socket: UnixStream) -> (FrameReader, FrameWriter) {
    let (read, write) = socket.into_split();
    let (reader, writer) = (brink_frames::codec(), brink_frames::codec());
    (FramedRead::new(read, reader), FramedWrite::new(write, writer))
}

// === impl Blank ===

impl Blank {
    /// True if it sees its files where Lambda has them.
    pub fn has_own_root(&self) -> bool {
        self.layers.iter().any(|status| status.layer == Layer::Root && status.in_force)
    }

    /// How its program gets out, in the words of [`brink_frames::network`]. None if it has no
    /// network of its own.
    pub fn network(&self) -> Option<&'static str> {
        let Descriptors { proxy, tun, .. } = &self.descriptors;
        // With the machine's root folder it would ask the machine's name server.
        match tun {
            Some(_) if self.has_own_root() => Some(TRANSPARENT),
            _ => proxy.as_ref().map(|_| PROXIED),
        }
    }
}

// === impl Up ===

impl Up {
    fn with(self, mut process: Process, output: Option<Output>) -> Blank {
        let Self { reader, writer, dialect, layers, mut descriptors, folder } = self;
        process.tmp = descriptors.tmp.take();
        process.gather();
        Blank { process, reader, writer, dialect, layers, descriptors, folder, output }
    }
}

// === impl Process ===

impl Process {
    /// A process that does nothing, for tests of its owner.
    #[cfg(test)]
    pub(super) fn idle() -> io::Result<Self> {
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
            tmp: None,
            _stderr: None,
        })
    }

    /// The same, but the system tells nothing about it.
    #[cfg(test)]
    pub(super) fn hidden() -> io::Result<Self> {
        let mut idle = Self::idle()?;
        idle.proc = PathBuf::from("/proc/nowhere");
        Ok(idle)
    }

    /// The same, in a group of its own.
    #[cfg(test)]
    pub(super) fn grouped(cgroup: Cgroup) -> io::Result<Self> {
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
    fn gather(&self) {
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

    /// The memory that it uses now, in MB. It is an error if the process has ended, or if the
    /// system does not tell. Other processes count if the function may start them.
    pub fn memory_mb(&self) -> io::Result<u32> {
        self.id().ok_or_else(|| io::Error::other("it ended"))?;
        if self.has_processes {
            let megabytes = tree::memory_kb(&self.proc)? / 1_024;
            return Ok(u32::try_from(megabytes).unwrap_or(u32::MAX).saturating_add(self.tmp_mb()?));
        }
        let path = self.proc.join("status");
        let problem = |why: String| io::Error::other(format!("{}: {why}", path.display()));
        let status = std::fs::read_to_string(&path).map_err(|error| problem(error.to_string()))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            resident.and_then(|text| text.trim().strip_suffix("kB")?.trim().parse().ok());
        let kilobytes: u32 = kilobytes.ok_or_else(|| problem("there is no VmRSS".to_owned()))?;
        Ok(kilobytes / 1_024 + self.tmp_mb()?)
    }

    /// The memory of its `/tmp`, in MB.
    fn tmp_mb(&self) -> io::Result<u32> {
        let Some(tmp) = &self.tmp else { return Ok(0) };
        let tmp = rustix::fs::fstatvfs(tmp)?;
        let bytes = tmp.f_blocks.saturating_sub(tmp.f_bfree).saturating_mul(tmp.f_frsize);
        Ok(u32::try_from(bytes / (1024 * 1024)).unwrap_or(u32::MAX))
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

fn proc_of(child: &tokio::process::Child) -> PathBuf {
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

/// Logs the lines that the process writes, until it ends. Keeps the last one for the reason of its
/// end.
async fn log_stderr(stderr: ChildStderr, pid: u32, last_words: LastWords) {
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    let mut period = Instant::now();
    let mut lines = 0;
    loop {
        line.clear();
        match (&mut reader).take(STDERR_LINE_MAX).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if text.is_empty() {
            continue;
        }
        // After the last words, a runtime may write a hint for its own developers.
        if !text.starts_with("note: ") {
            text.clone_into(&mut last_words.lock());
        }
        if period.elapsed() > STDERR_PERIOD {
            period = Instant::now();
            lines = 0;
        }
        lines += 1;
        match lines {
            1..=STDERR_LINES_MAX => tracing::warn!(pid, "sandbox: {text}"),
            n if n == STDERR_LINES_MAX + 1 => tracing::warn!(
                pid,
                "a sandbox writes too many lines to standard error; some are not logged"
            ),
            _ => {}
        }
    }
}
