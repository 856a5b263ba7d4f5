//! Starts a NATS server for a cluster on one machine, and for tests.
//!
//! The server listens on the loopback interface only. Without a file of accounts it has no users, and
//! every process on the machine may connect to it. It ends when its [`NatsServer`] is dropped. If a process is killed, its
//! server may go on; it is stopped when its directory is used again.

pub mod program;

use std::fs::{self, File, TryLockError};
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// Largest payload in bytes unless the options say otherwise: the same as
/// `brink_shared::bus::MAX_PAYLOAD`, which a test of the bus checks.
pub const MAX_PAYLOAD: usize = 8 << 20;

/// Longest wait for the server to take connections. JetStream reads its files first.
const READY_DEADLINE: Duration = Duration::from_secs(30);

/// Longest wait for the server to stop of its own will.
const STOP_DEADLINE: Duration = Duration::from_secs(10);

/// Pause between two looks whether something has happened.
const LOOK_PAUSE: Duration = Duration::from_millis(10);

/// How much of the server's log an error quotes, in lines.
const QUOTED_LINES: usize = 5;

/// How to start a server.
#[derive(Clone, Debug, Default)]
pub struct NatsServerOptions {
    /// The program; without it [`program::find`] says which.
    pub program: Option<PathBuf>,
    /// Directory of its own for JetStream's files, its settings and its log. Made if missing.
    pub dir: PathBuf,
    /// Port on the loopback interface; 0 for a free one.
    pub port: u16,
    /// Largest payload in bytes; without it [`MAX_PAYLOAD`].
    pub max_payload: Option<usize>,
    /// Configuration of operator and accounts, which the server includes.
    pub accounts: Option<PathBuf>,
}

/// A running server, which is killed when this is dropped.
#[derive(Debug)]
pub struct NatsServer {
    program: PathBuf,
    dir: PathBuf,
    port: u16,
    settings: Settings,
    child: Child,
    /// Keeps others from the directory.
    _lock: File,
}

/// The text of its configuration.
#[derive(Clone, Debug)]
struct Settings {
    max_payload: usize,
    accounts: Option<PathBuf>,
}

/// Why there is no server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// The machine has none, and none could be fetched.
    #[error(
        "nats-server is not there and could not be fetched ({why}). Install version 2.12.6 or \
         newer from https://nats.io/download into a directory of PATH, or make python3 with pip \
         available"
    )]
    Missing {
        /// What went wrong.
        why: String,
    },
    /// The program is not a `nats-server` that is new enough.
    #[error("{program} is not nats-server 2.12.6 or newer: it says {said:?}", program = program.display())]
    TooOld {
        /// Which.
        program: PathBuf,
        /// Its answer to `--version`.
        said: String,
    },
    /// The program does not run, or not for long.
    #[error("{program} does not start: {why}", program = program.display())]
    Start {
        /// Which.
        program: PathBuf,
        /// What it or the system says.
        why: String,
    },
    /// Another process has a server in this directory.
    #[error("another process runs a NATS server in {dir}", dir = dir.display())]
    InUse {
        /// Which.
        dir: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{path}: {why}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
}

/// What the server writes into its ports file.
#[derive(Deserialize)]
struct Ports {
    nats: Vec<String>,
}

// === impl NatsServer ===

impl NatsServer {
    /// Starts a server and waits until it takes connections.
    pub async fn start(options: NatsServerOptions) -> Result<Self, ServerError> {
        let program = match options.program {
            Some(program) => {
                program::check(&program).await?;
                program
            }
            None => program::find().await?,
        };
        let made = fs::create_dir_all(&options.dir).and_then(|()| options.dir.canonicalize());
        let dir = made.map_err(|error| ServerError::file(&options.dir, &error))?;
        let lock = lock(&dir)?;
        stop_orphan(&dir).await;
        let max_payload = options.max_payload.unwrap_or(MAX_PAYLOAD);
        let settings = Settings { max_payload, accounts: options.accounts };
        let mut child = spawn(&program, &dir, options.port, &settings)?;
        let port = ready(&mut child, &program, &dir).await?;
        Ok(Self { program, dir, port, settings, child, _lock: lock })
    }

    /// Starts it again on the same port and with the same files, after it ended.
    pub async fn restart(&mut self) -> Result<(), ServerError> {
        self.kill().await;
        self.child = spawn(&self.program, &self.dir, self.port, &self.settings)?;
        ready(&mut self.child, &self.program, &self.dir).await?;
        Ok(())
    }

    /// Where to connect.
    pub fn url(&self) -> String {
        format!("nats://{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// Its process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// True once its process has ended, for whatever reason.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Makes it read its configuration again. Returns before it has.
    pub fn reload(&self) {
        if let Some(pid) = self.child.id().and_then(process) {
            // An error means that it has ended.
            let _ = kill_process(pid, Signal::HUP);
        }
    }

    /// Kills it as a crash would.
    pub async fn kill(&mut self) {
        // It may have ended already.
        let _ = self.child.kill().await;
    }

    /// Stops the server in order: it tells its clients and closes its files.
    pub async fn stop(mut self) {
        if let Some(pid) = self.child.id().and_then(process) {
            let _ = kill_process(pid, Signal::TERM);
        }
        if timeout(STOP_DEADLINE, self.child.wait()).await.is_err() {
            tracing::warn!("the NATS server does not stop; killing it");
            self.kill().await;
        }
        let _ = fs::remove_file(pid_file(&self.dir));
    }
}

// === impl ServerError ===

impl ServerError {
    fn start(program: &Path, why: &str) -> Self {
        Self::Start { program: program.to_owned(), why: why.to_owned() }
    }

    fn file(path: &Path, error: &io::Error) -> Self {
        Self::File { path: path.to_owned(), why: error.to_string() }
    }
}

fn lock(dir: &Path) -> Result<File, ServerError> {
    let path = dir.join("lock");
    let file = File::create(&path).map_err(|error| ServerError::file(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ServerError::InUse { dir: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(ServerError::file(&path, &error)),
    }
}

fn spawn(program: &Path, dir: &Path, port: u16, settings: &Settings) -> Result<Child, ServerError> {
    let Settings { max_payload, accounts } = settings;
    let settings = dir.join("nats-server.conf");
    let mut text = format!(
        "max_payload: {max_payload}\nlogfile_size_limit: 1MB\n\
         # What is acknowledged is on the disk, whatever happens to the machine.\n\
         jetstream {{ sync_interval: always }}\n"
    );
    if let Some(accounts) = accounts {
        // An included path is relative to the file that includes it.
        let copy = dir.join("accounts.conf");
        let _ = fs::remove_file(&copy);
        let linked = std::path::absolute(accounts).and_then(|own| symlink(own, &copy));
        linked.map_err(|error| ServerError::file(&copy, &error))?;
        text.push_str("include 'accounts.conf'\n");
    }
    fs::write(&settings, text).map_err(|error| ServerError::file(&settings, &error))?;
    let port = if port == 0 { "-1".to_owned() } else { port.to_string() };
    let mut command = Command::new(program);
    command
        .arg("--config")
        .arg(settings)
        .args(["--addr", &Ipv4Addr::LOCALHOST.to_string(), "--port", &port])
        .args(["--jetstream", "--store_dir"])
        .arg(dir)
        .arg("--ports_file_dir")
        .arg(dir)
        .arg("--pid")
        .arg(pid_file(dir))
        .arg("--log")
        .arg(dir.join("nats-server.log"))
        // It shares the machine with gateways and workers; one thread serves them faster.
        .env("GOMAXPROCS", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // An interrupt at the terminal is for its parent, which stops it last.
        .process_group(0)
        .kill_on_drop(true);
    command.spawn().map_err(|error| ServerError::start(program, &error.to_string()))
}

/// Waits until the server takes connections; its port.
async fn ready(child: &mut Child, program: &Path, dir: &Path) -> Result<u16, ServerError> {
    let failed = |what: &str| {
        let log = fs::read_to_string(dir.join("nats-server.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines.iter().skip(lines.len().saturating_sub(QUOTED_LINES));
        let quoted: Vec<&str> = last.copied().collect();
        ServerError::start(program, &format!("{what}; its log ends with:\n{}", quoted.join("\n")))
    };
    let Some(pid) = child.id() else {
        return Err(failed("it ended"));
    };
    let ports_file = dir.join(format!("nats-server_{pid}.ports"));
    let until = Instant::now() + READY_DEADLINE;
    while Instant::now() < until {
        if let Ok(Some(status)) = child.try_wait() {
            return Err(failed(&format!("it ended with {status}")));
        }
        if let Some(port) = read_port(&ports_file)
            && greets(port).await
        {
            // It has told what it had to; a killed server would leave it behind.
            let _ = fs::remove_file(&ports_file);
            return Ok(port);
        }
        sleep(LOOK_PAUSE).await;
    }
    Err(failed("it does not get ready"))
}

fn read_port(ports_file: &Path) -> Option<u16> {
    let ports: Ports = serde_json::from_slice(&fs::read(ports_file).ok()?).ok()?;
    ports.nats.first()?.rsplit_once(':')?.1.parse().ok()
}

/// Whether a NATS server answers at the port.
async fn greets(port: u16) -> bool {
    let greeting = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()?;
        let mut first = [0; 5];
        stream.read_exact(&mut first).await.ok()?;
        Some(first == *b"INFO ")
    };
    matches!(timeout(Duration::from_secs(1), greeting).await, Ok(Some(true)))
}

/// Stops a server of this directory whose parent was killed. The caller holds the lock, so that
/// no living process owns it.
async fn stop_orphan(dir: &Path) {
    let Ok(text) = fs::read_to_string(pid_file(dir)) else {
        return;
    };
    let Some(pid) = text.trim().parse().ok().and_then(process) else {
        return;
    };
    if !serves(pid, dir) {
        return;
    }
    tracing::warn!(pid = pid.as_raw_nonzero(), "stopping a NATS server that was left behind");
    let _ = kill_process(pid, Signal::TERM);
    let stopped = async {
        while serves(pid, dir) {
            sleep(LOOK_PAUSE).await;
        }
    };
    if timeout(STOP_DEADLINE, stopped).await.is_err() {
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// Whether the process is a server of this directory: its number may belong to another by now.
fn serves(pid: Pid, dir: &Path) -> bool {
    let arguments = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero()));
    let dir = dir.as_os_str().as_encoded_bytes();
    arguments.is_ok_and(|all| all.split(|byte| *byte == 0).any(|argument| argument == dir))
}

fn process(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

fn pid_file(dir: &Path) -> PathBuf {
    dir.join("nats-server.pid")
}
