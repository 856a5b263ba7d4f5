//! Resource limits of the kernel. Each hard limit equals its soft limit, so a process without
//! privileges cannot raise it.

use std::io;

use rustix::process::{Pid, Resource, Rlimit};

use brink_frames::MEMORY_BASE_MB;
use brink_frames::interpreter::{THREADS_MAX, TMP_SIZE};

/// How many times its limit a function may reserve. The supervisor checks the memory in use several
/// times a second, and ends a sandbox over the limit with the right message. This bound is for an
/// allocation so large that it would fill the machine between two checks.
const RESERVE_FACTOR: u64 = 2;

/// Most open descriptors of an interpreter, as on Lambda.
const DESCRIPTORS_MAX: u64 = 1_024;

/// The limits with which the kernel writes no core file.
#[derive(Clone, Copy, Debug)]
pub(super) enum CoreFiles {
    /// For a process that hides its memory.
    None = 0,
    /// For an interpreter, which cannot hide its memory. The kernel does not start the machine's
    /// program for core files either, which it would do with 0.
    NoProgram = 1,
}

/// No core files, no locked memory, no message queues, no better priority.
pub(super) fn limit(core: CoreFiles) -> io::Result<()> {
    set(Resource::Core, core as u64)?;
    let none = [Resource::Memlock, Resource::Msgqueue, Resource::Nice, Resource::Rtprio];
    none.into_iter().try_for_each(|resource| set(resource, 0))
}

/// No further threads, processes or descriptors.
pub(super) fn allow_no_more() -> io::Result<()> {
    [Resource::Nproc, Resource::Nofile].into_iter().try_for_each(|resource| set(resource, 0))
}

/// The limits of an interpreter, and of the processes that it starts.
///
/// `RLIMIT_DATA` is not among them, because the version's memory limit is not known yet. The
/// supervisor sets it with `prlimit` when it loads the version.
pub(super) fn limit_interpreter(processes: u32, own_users: bool) -> io::Result<()> {
    set(Resource::Fsize, TMP_SIZE)?;
    if own_users && counts_by_namespace() {
        set(Resource::Nproc, u64::from(THREADS_MAX.saturating_add(processes)))?;
    }
    Ok(())
}

/// The limit of an interpreter's descriptors.
///
/// It comes after the launcher has sent its own ones. The kernel bounds the descriptors under way of
/// all sandboxes of a user together by this limit of the sender, so another sandbox could use it up.
pub(crate) fn limit_descriptors() -> io::Result<()> {
    set(Resource::Nofile, DESCRIPTORS_MAX.min(hard(Resource::Nofile)))
}

/// True if the kernel counts a user's processes in each user namespace by itself (Linux 5.14).
/// Otherwise the limit would be for all sandboxes together.
fn counts_by_namespace() -> bool {
    let Ok(names) = nix::sys::utsname::uname() else { return false };
    let release = names.release().to_string_lossy();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map_while(|n| n.parse().ok());
    let version: (Option<u32>, Option<u32>) = (numbers.next(), numbers.next());
    version >= (Some(5), Some(14))
}

/// Limits how much another process of the sandboxes' user reserves, in bytes.
pub(crate) fn limit_other(process: i32, bytes: u64) -> io::Result<()> {
    super::privileges::leave_root()?;
    let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
    rustix::process::prlimit(Pid::from_raw(process), Resource::Data, limit)?;
    Ok(())
}

fn hard(resource: Resource) -> u64 {
    rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX)
}

/// Lets the process reserve a multiple of its function's limit, and `stacks` bytes for the stacks
/// of its threads. A larger allocation aborts the process.
pub fn limit_memory(memory_mb: u32, stacks: u64) -> io::Result<()> {
    let heap = u64::from(memory_mb.saturating_add(MEMORY_BASE_MB)) * 1024 * 1024 * RESERVE_FACTOR;
    set(Resource::Data, heap.saturating_add(stacks))
}

fn set(resource: Resource, limit: u64) -> io::Result<()> {
    let limit = Rlimit { current: Some(limit), maximum: Some(limit) };
    Ok(rustix::process::setrlimit(resource, limit)?)
}
