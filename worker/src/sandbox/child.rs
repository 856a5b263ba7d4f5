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
mod process;
mod reserve;
mod stderr;
mod tree;

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;
use std::process::Stdio;

use futures_util::StreamExt;
use tokio::net::UnixStream;
use tokio::time::timeout;
use tokio_util::codec::{FramedRead, FramedWrite};
use tokio_util::task::AbortOnDropHandle;

use brink_shared::confinement::{Layer, LayerStatus};
use brink_shared::wire;

pub use self::clock::CpuClock;
pub use self::cpu_times::CpuTimes;
use self::process::proc_of;
pub use self::process::{Exit, Process, Usage};
use self::reserve::Reserve;
use super::dialect::{Dialect, FrameReader, FrameWriter, bootstrap};
use super::output::{self, LastWords, Output};
use crate::cgroup;
use crate::runtime::{SandboxKind, SandboxProgram};
use crate::sandbox_folders::SandboxFolder;
use crate::settings::SPAWN_MAX;
use brink_frames::FromSandbox;
use brink_frames::interpreter::{Descriptors, THREADS_MAX};
use brink_frames::network::{PROXIED, TRANSPARENT};

/// Threads and processes of a sandbox with an interpreter, without those that its function may
/// start: its threads, and the two processes around it.
const TASKS_MAX: u32 = THREADS_MAX + 2;

/// Most threads of all processes of a sandbox of this kind.
pub(super) fn tasks_max(kind: &SandboxKind) -> u32 {
    TASKS_MAX.saturating_add(kind.processes())
}

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
                if let Some(lacking) = self.lacking(&up.layers) {
                    let why = lacking.why.as_deref().unwrap_or("it does not exist here");
                    let layer = lacking.layer;
                    let why = format!(
                        "`sandbox.require` names the layer {layer}, which is missing: {why}"
                    );
                    return Err(SpawnError::NotUp { path: path(), why });
                }
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
                let task = stderr::log(stderr, pid, last_words.clone());
                logged = Some(AbortOnDropHandle::new(tokio::spawn(task)));
            }
            _ => {}
        }
        let has_processes = kind.processes() > 0;
        if let (Some(cgroup), false) = (&cgroup, kind.is_embedded()) {
            cgroup.limit_tasks(tasks_max(kind))?;
        }
        let process = Process {
            child,
            proc,
            last_words,
            has_processes,
            cgroup,
            reserve: (!kind.is_embedded()).then(|| Reserve::new(self)),
            may_stray: false,
            strays: Vec::new(),
            looks: 0,
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
        let has_namespaces =
            |status: &LayerStatus| status.layer == Layer::Namespaces && status.in_force;
        process.may_stray = !layers.iter().any(has_namespaces);
        process.gather();
        Blank { process, reader, writer, dialect, layers, descriptors, folder, output }
    }
}
