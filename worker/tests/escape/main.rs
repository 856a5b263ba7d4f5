//! Native code in a sandbox, as if the engine had been taken over, can do nothing harmful.
//!
//! The supervisor's own code starts this program as a sandbox, with `inside ATTEMPT`. It confines
//! itself as a sandbox does, makes the attempt, and reports the kernel's answer. Each attempt is
//! made up to three times: confined, where seccomp must refuse it; confined without seccomp, where
//! the other layers must refuse it if the attempt is about them; and not confined at all, to show
//! that it is a real attempt.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod attempts;
mod inside;
mod system_calls;

use std::fs::File;
use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::process::{Child, Command, ExitCode};
use std::time::Duration;

use brink_shared::confinement::{Layer, LayerStatus};
use brink_worker::SandboxProgram;
use brink_worker::runtime::SandboxKind;
use futures_util::StreamExt;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde::{Deserialize, Serialize};

use attempts::{Attempt, Expected, Who};

/// Longest that an attempt may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How much a process that makes an attempt is confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Inside,
    WithoutSeccomp,
    Outside,
}

/// The outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Outcome {
    /// The kernel did it.
    Done(i64),
    /// The kernel refused, with this number.
    Refused(i32),
    /// The process ended.
    Ended(String),
}

/// The targets of attempts.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Scene {
    /// The supervisor.
    parent: u32,
    /// Another process of the supervisor's user.
    victim: u32,
    /// A folder with the file `file`, the folder `folder` and the listening socket `socket`.
    folder: String,
    /// The port with TCP and UDP listeners, on the loopback device.
    port: u16,
    /// An abstract Unix socket that is listened to.
    name: String,
}

/// The supervisor's side of a [`Scene`].
struct Stage {
    scene: Scene,
    victim: Child,
    folder: tempfile::TempDir,
    tcp: TcpListener,
    udp: UdpSocket,
    path: UnixListener,
    abstracted: UnixListener,
    /// Descriptors that children inherit.
    _leaks: [File; 2],
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(mode) = arguments.get(1).and_then(|word| Mode::parse(word)) {
        return inside::make_attempt(mode, &arguments[2], &arguments[3]);
    }
    let mut trials = Vec::new();
    for attempt in attempts::all() {
        trials.push(trial(attempt, Mode::Inside));
        if attempt.deep {
            trials.push(trial(attempt, Mode::WithoutSeccomp));
        }
        if attempt.control.is_some() {
            trials.push(trial(attempt, Mode::Outside));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(attempt: &'static Attempt, mode: Mode) -> Trial {
    let name = format!("{}::{}", attempt.name, mode.name());
    Trial::ignorable_test(name, move || {
        if mode == Mode::Outside && attempt.control == Some(Who::Root) && !is_root() {
            return Ok(Completion::ignored_with("takes root"));
        }
        let mut stage = Stage::set();
        let (layers, outcome) = run(attempt, mode, &stage.scene);
        let is_weak = |layer: &LayerStatus| attempt.recent && layer.why.is_some();
        let missing: Vec<_> =
            layers.iter().filter(|layer| !layer.in_force || is_weak(layer)).collect();
        match mode {
            Mode::Inside => {
                let seccomp = missing.iter().all(|status| status.layer != Layer::Seccomp);
                check(seccomp && !layers.is_empty(), format!("no seccomp: {layers:?}"))?;
                check(attempt.inside.is(&outcome), format!("{outcome:?}"))?;
                stage.is_untouched()?;
            }
            // If layers are missing, the outcome depends on the machine.
            Mode::WithoutSeccomp if !missing.is_empty() => {
                return Ok(Completion::ignored_with(format!("{missing:?}")));
            }
            Mode::WithoutSeccomp => {
                check(matches!(outcome, Outcome::Refused(_)), format!("{outcome:?}"))?;
                stage.is_untouched()?;
            }
            Mode::Outside => {
                let ended = Outcome::Ended("exit status 0".to_owned());
                let done = matches!(outcome, Outcome::Done(_)) || outcome == ended;
                check(done && !attempt.inside.is(&outcome), format!("{outcome:?}"))?;
            }
        }
        Ok(Completion::Completed)
    })
}

fn check(holds: bool, what: String) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(what.into()) }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Has a process make an attempt. Returns its layers of confinement and the outcome.
fn run(attempt: &Attempt, mode: Mode, scene: &Scene) -> (Vec<LayerStatus>, Outcome) {
    let scene = serde_json::to_string(scene).unwrap();
    let program = SandboxProgram::new(
        std::env::current_exe().unwrap(),
        vec![mode.name().to_owned(), attempt.name.to_owned(), scene],
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut blank = program.spawn(&SandboxKind::EMBEDDED).await.unwrap();
        let layers = blank.layers.clone();
        let outcome = match tokio::time::timeout(PATIENCE, blank.reader.next()).await.unwrap() {
            Some(Ok(bytes)) => serde_json::from_slice(&bytes).unwrap(),
            Some(Err(error)) => panic!("{error}"),
            None => Outcome::Ended(blank.process.exit().await.how),
        };
        (layers, outcome)
    })
}

// === impl Expected ===

impl Expected {
    fn is(self, outcome: &Outcome) -> bool {
        match (self, outcome) {
            (Self::Refused, Outcome::Refused(error)) => *error == libc::EPERM,
            (Self::Count(expected), Outcome::Done(count)) => expected == *count,
            (Self::Killed, Outcome::Ended(how)) => how.starts_with("signal 31"),
            _ => false,
        }
    }
}

// === impl Mode ===

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::WithoutSeccomp => "without_seccomp",
            Self::Outside => "outside",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Inside, Self::WithoutSeccomp, Self::Outside]
            .into_iter()
            .find(|mode| mode.name() == word)
    }
}

// === impl Stage ===

impl Stage {
    fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "untouched").unwrap();
        std::fs::create_dir(folder.path().join("folder")).unwrap();
        let victim = Command::new("sleep").arg("60").spawn().unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        let udp = UdpSocket::bind(("127.0.0.1", port)).unwrap();
        let path = UnixListener::bind(folder.path().join("socket")).unwrap();
        let name = format!("brink-escape-{}", victim.id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let abstracted = UnixListener::bind_addr(&address).unwrap();
        tcp.set_nonblocking(true).unwrap();
        udp.set_nonblocking(true).unwrap();
        path.set_nonblocking(true).unwrap();
        abstracted.set_nonblocking(true).unwrap();
        let leaks = [(); 2].map(|()| {
            let file = File::open("/etc/passwd").unwrap();
            rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
            file
        });
        let scene = Scene {
            parent: std::process::id(),
            victim: victim.id(),
            folder: folder.path().to_str().unwrap().to_owned(),
            port,
            name,
        };
        Self { scene, victim, folder, tcp, udp, path, abstracted, _leaks: leaks }
    }

    /// True if nothing of it was reached.
    fn is_untouched(&mut self) -> Result<(), Failed> {
        let nobody = |error: Option<std::io::Error>| {
            error.is_some_and(|error| error.kind() == ErrorKind::WouldBlock)
        };
        check(nobody(self.tcp.accept().err()), "somebody connected by TCP".to_owned())?;
        check(nobody(self.udp.recv(&mut [0]).err()), "somebody sent by UDP".to_owned())?;
        check(nobody(self.path.accept().err()), "somebody found the socket".to_owned())?;
        check(nobody(self.abstracted.accept().err()), "somebody knew the name".to_owned())?;
        let alive = self.victim.try_wait().unwrap().is_none();
        check(alive, "the other process is gone".to_owned())?;
        let mut names: Vec<_> = entries(self.folder.path());
        names.sort();
        check(names == ["file", "folder", "socket"], format!("{names:?}"))?;
        let file = std::fs::read_to_string(self.folder.path().join("file")).unwrap();
        check(file == "untouched", file)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
