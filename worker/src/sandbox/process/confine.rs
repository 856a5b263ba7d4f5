//! What the process gives up before it sees any user code.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use rustix::process::{Resource, Rlimit, Signal};

use crate::boa::STACK_SIZE;
use crate::settings::MEMORY_BASE_MB;

/// How much more than its limit a function may reserve. The supervisor looks at what is in use
/// and ends a sandbox over the limit with the right words; this is for what is asked for at once
/// and would fill the machine between two looks.
const RESERVE_FACTOR: u64 = 2;

/// Takes the supervisor's socket from standard input and confines the process.
///
/// The process dies with its parent, sits in the root folder, leaves no core file, and has
/// nothing to read on standard input.
pub(super) fn take_socket() -> io::Result<UnixStream> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::process::chdir("/")?;
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    rustix::process::setrlimit(Resource::Core, none)?;
    let stdin = io::stdin();
    // Checks that it is a Unix stream socket before anything is read from it.
    rustix::net::sockopt::socket_domain(stdin.as_fd())?;
    let socket = UnixStream::from(rustix::io::fcntl_dupfd_cloexec(stdin.as_fd(), 3)?);
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Lets the process, with so many threads of environments, reserve a multiple of what its
/// function may use. An allocation beyond it aborts the process.
pub(super) fn limit_memory(memory_mb: u32, threads: usize) -> io::Result<()> {
    let heap = u64::from(memory_mb.saturating_add(MEMORY_BASE_MB)) * 1024 * 1024 * RESERVE_FACTOR;
    let stacks = (threads as u64).saturating_mul(STACK_SIZE as u64);
    let max = Some(heap.saturating_add(stacks));
    Ok(rustix::process::setrlimit(Resource::Data, Rlimit { current: max, maximum: max })?)
}
