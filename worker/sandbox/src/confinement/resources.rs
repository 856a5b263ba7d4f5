//! Resource limits of the kernel. Each hard limit equals its soft limit, so a process without
//! privileges cannot raise it.

use std::io;

use rustix::process::{Resource, Rlimit};

use brink_frames::MEMORY_BASE_MB;

/// How many times its limit a function may reserve. The supervisor checks the memory in use several
/// times a second, and ends a sandbox over the limit with the right message. This bound is for an
/// allocation so large that it would fill the machine between two checks.
const RESERVE_FACTOR: u64 = 2;

/// No core files, no locked memory, no message queues, no better priority.
pub(super) fn limit() -> io::Result<()> {
    let none =
        [Resource::Core, Resource::Memlock, Resource::Msgqueue, Resource::Nice, Resource::Rtprio];
    none.into_iter().try_for_each(|resource| set(resource, 0))
}

/// No further threads, processes or descriptors.
pub(super) fn allow_no_more() -> io::Result<()> {
    [Resource::Nproc, Resource::Nofile].into_iter().try_for_each(|resource| set(resource, 0))
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
