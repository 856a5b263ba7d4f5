//! Resource limits of the kernel. Hard limits equal the soft ones: without privileges nobody can
//! raise them.

use std::io;

use rustix::process::{Resource, Rlimit};

use brink_frames::MEMORY_BASE_MB;

/// How much more than its limit a function may reserve. The supervisor looks at what is in use
/// and ends a sandbox over the limit with the right words; this is for what is asked for at once
/// and would fill the machine between two looks.
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

/// Lets the process reserve a multiple of what its function may use, and so many bytes for the
/// stacks of its threads. An allocation beyond it aborts the process.
pub fn limit_memory(memory_mb: u32, stacks: u64) -> io::Result<()> {
    let heap = u64::from(memory_mb.saturating_add(MEMORY_BASE_MB)) * 1024 * 1024 * RESERVE_FACTOR;
    set(Resource::Data, heap.saturating_add(stacks))
}

fn set(resource: Resource, limit: u64) -> io::Result<()> {
    let limit = Rlimit { current: Some(limit), maximum: Some(limit) };
    Ok(rustix::process::setrlimit(resource, limit)?)
}
