//! Asks a program for its version, its own path and the files that it reads.
//!
//! The program is the operator's, and it may be anything: it may not answer, answer without end, or
//! start other programs. So it has a deadline, its answer has a bound, and it ends with all that it
//! started.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde::Deserialize;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use brink_shared::registry::Runtime;

use super::Interpreter;
use super::candidates::Candidate;
use super::version::{BadVersion, Version};

/// Longest that a program may take to answer. On a busy machine a script that starts an interpreter
/// takes a second.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Most bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 256 * 1024;

/// Most folders and files that an interpreter may read.
const READABLE_MAX: usize = 64;

/// The code that makes an interpreter print its [`Answer`].
const NODE: &str = include_str!("node.js");
const PYTHON: &str = include_str!("python.py");

/// The folders of the system's libraries, which every sandbox with an interpreter may read.
const OF_SYSTEM: [&str; 4] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64"];

/// Variables that would change the interpreter's answer or stop it.
const CHANGING: [&str; 3] = ["NODE_OPTIONS", "PYTHONHOME", "PYTHONSTARTUP"];

/// Why a program is no interpreter.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    /// It cannot be started.
    #[error("{path} cannot be started: {source}")]
    Start {
        /// Which.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// It did not answer.
    #[error("{0} did not say its version within {ANSWER_MAX:?}")]
    Slow(PathBuf),
    /// It ended without an answer.
    #[error("{path} is no interpreter: asked for its version, it ended with {how}")]
    Ended {
        /// Which.
        path: PathBuf,
        /// How it ended.
        how: String,
    },
    /// Its answer cannot be read.
    #[error("{path} gave a version that cannot be read: {why}")]
    Answer {
        /// Which.
        path: PathBuf,
        /// Why not.
        why: String,
    },
}

/// An interpreter's answer about itself.
#[derive(Debug, Deserialize)]
struct Answer {
    version: String,
    program: PathBuf,
    /// The folders of its modules.
    readable: Vec<PathBuf>,
    /// The files that it has mapped into its memory: itself and its libraries.
    libraries: Vec<PathBuf>,
}

/// A process that ends, with all that it started, when this is dropped.
struct Asked(Child);

/// Asks a program. If its name promises no runtime, it is asked as `node`, and then as `python3`.
pub(super) async fn ask(candidate: &Candidate) -> Result<Interpreter, AskError> {
    let program = &candidate.program;
    match candidate.runtime {
        Some(runtime) => ask_as(program, runtime).await,
        None => match ask_as(program, Runtime::Nodejs).await {
            Err(AskError::Ended { .. } | AskError::Answer { .. }) => {
                ask_as(program, Runtime::Python).await
            }
            answer => answer,
        },
    }
}

async fn ask_as(path: &Path, runtime: Runtime) -> Result<Interpreter, AskError> {
    let answer = timeout(ANSWER_MAX, answer_of(path, runtime)).await;
    let answer = answer.map_err(|_| AskError::Slow(path.to_owned()))??;
    let unreadable = |why: String| AskError::Answer { path: path.to_owned(), why };
    let version = answer.version.parse::<Version>();
    let version = version.map_err(|error: BadVersion| unreadable(error.to_string()))?;
    if !answer.program.is_absolute() {
        return Err(unreadable(format!("its path is {:?}", answer.program)));
    }
    let readable = readable(&answer);
    Ok(Interpreter { runtime, version, program: answer.program, readable })
}

async fn answer_of(path: &Path, runtime: Runtime) -> Result<Answer, AskError> {
    let mut command = Command::new(path);
    match runtime {
        // Isolated from variables and from the user's own packages, as functions are.
        Runtime::Python => command.args(["-I", "-c", PYTHON]),
        _ => command.args(["-e", NODE]),
    };
    for name in CHANGING {
        command.env_remove(name);
    }
    command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true);
    let start = |source| AskError::Start { path: path.to_owned(), source };
    let mut asked = Asked(command.spawn().map_err(start)?);
    let mut text = Vec::new();
    if let Some(output) = asked.0.stdout.take() {
        output.take(ANSWER_BYTES_MAX).read_to_end(&mut text).await.map_err(start)?;
    }
    // A script may print something else before.
    let lines = text.rsplit(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    if let Some(answer) = lines.take(1).find_map(|line| serde_json::from_slice(line).ok()) {
        return Ok(answer);
    }
    let status = asked.0.wait().await.map_err(start)?;
    let how = if status.success() { "no answer".to_owned() } else { status.to_string() };
    Err(AskError::Ended { path: path.to_owned(), how })
}

/// The folders and files that an interpreter reads and that exist, without those within others.
fn readable(answer: &Answer) -> Vec<PathBuf> {
    let real = |path: &PathBuf| path.canonicalize().ok();
    let mut all: Vec<PathBuf> = answer
        .readable
        .iter()
        .chain([&answer.program])
        // The environment's own folder has links to the interpreter.
        .flat_map(|path| [Some(path.clone()).filter(|path| path.exists()), real(path)])
        .flatten()
        .chain(answer.libraries.iter().filter(|path| is_own_library(path)).cloned())
        .filter(|path| path.is_absolute() && path.parent().is_some())
        .collect();
    all.sort();
    let mut kept: Vec<PathBuf> = Vec::new();
    for path in all {
        let is_within = kept.iter().any(|above| path.starts_with(above));
        if !is_within && kept.len() < READABLE_MAX {
            kept.push(path);
        }
    }
    kept
}

fn is_own_library(path: &Path) -> bool {
    path.is_file() && !OF_SYSTEM.iter().any(|system| path.starts_with(system))
}

impl Drop for Asked {
    fn drop(&mut self) {
        let pid = self.0.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = pid.and_then(Pid::from_raw) {
            // It leads its own group. If the group is gone already, there is nothing to do.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
