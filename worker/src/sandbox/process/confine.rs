//! What the process gives up before it sees any user code.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use rustix::process::{Resource, Rlimit, Signal};

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
