//! The memory that an interpreter may reserve (`RLIMIT_DATA`).
//!
//! The supervisor looks at the memory in use several times a second, and ends a sandbox over its limit
//! with the right message. This bound is for an allocation so large that it would fill the machine
//! between two looks. It is set from outside, because an interpreter starts before its version is
//! known, and cannot limit itself.

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, geteuid, prlimit};

use brink_frames::MEMORY_BASE_MB;
use brink_frames::interpreter::THREADS_MAX;

use crate::runtime::SandboxProgram;

/// How many times its limit a function may reserve.
const FACTOR: u64 = 2;

/// The stack of a thread, which is reserved as a whole, in bytes.
const STACK: u64 = 8 * 1024 * 1024;

/// The means to limit what a sandbox reserves.
#[derive(Debug)]
pub(super) struct Reserve {
    /// The sandbox program, and its arguments. It helps a worker that may not limit others.
    program: PathBuf,
    args: Vec<String>,
}

// === impl Reserve ===

impl Reserve {
    pub(super) fn new(program: &SandboxProgram) -> Self {
        Self { program: program.path.clone(), args: program.args().to_vec() }
    }

    /// Limits processes for a function with this memory limit. Nothing depends on it if that is not
    /// possible, because the looks bound the memory too.
    pub(super) fn limit(&self, processes: &[u32], memory_mb: u32) {
        let heap = u64::from(memory_mb.saturating_add(MEMORY_BASE_MB)) * 1024 * 1024 * FACTOR;
        let bytes = heap.saturating_add(STACK * u64::from(THREADS_MAX / 2));
        for process in processes.iter().copied() {
            match limit(process, bytes) {
                Ok(()) => {}
                // A root user without CAP_SYS_RESOURCE, as in many containers. The process's own
                // user may do it.
                Err(Errno::PERM) if geteuid().is_root() => self.have_limited(process, bytes),
                Err(error) => not_limited(process, &error.into()),
            }
        }
    }

    /// Has another process do it, which becomes the sandboxes' user. It takes a few milliseconds, and
    /// nothing waits for it.
    fn have_limited(&self, process: u32, bytes: u64) {
        let mut helper = Command::new(&self.program);
        helper.args(&self.args).args(["limit", &process.to_string(), &bytes.to_string()]);
        helper.env_clear().current_dir("/");
        helper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        tokio::task::spawn_blocking(move || match helper.status() {
            Ok(status) if status.success() => {}
            Ok(status) => not_limited(process, &io::Error::other(status.to_string())),
            Err(error) => not_limited(process, &error),
        });
    }
}

fn limit(process: u32, bytes: u64) -> rustix::io::Result<()> {
    // None would mean this process itself.
    let id = i32::try_from(process).ok().and_then(Pid::from_raw).ok_or(Errno::SRCH)?;
    let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
    prlimit(Some(id), Resource::Data, limit).map(drop)
}

fn not_limited(process: u32, error: &io::Error) {
    tracing::debug!(%error, process, "what a process of a sandbox reserves is not limited");
}
