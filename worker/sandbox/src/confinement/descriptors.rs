//! The files that a sandbox has open: its socket, its standard error, and its own status.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, RawFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;

use nix::errno::Errno;

/// The last descriptor that every process has: standard error.
const LAST: RawFd = 2;

/// Longest `/proc/self/status` that is read, in bytes.
const STATUS_MAX: usize = 4_096;

/// The status file, which the process opens before it gives up its files. It says nothing of other
/// processes.
static OWN_STATUS: OnceLock<File> = OnceLock::new();

/// Closes every descriptor but standard input, output and error. A supervisor may have inherited
/// others from its own parent. Call this before the process opens anything.
pub(super) fn close_inherited() -> io::Result<()> {
    let names = std::fs::read_dir("/proc/self/fd")?
        .map(|entry| Ok(entry?.file_name()))
        .collect::<io::Result<Vec<_>>>()?;
    let open = names.iter().filter_map(|name| name.to_str()?.parse().ok());
    for descriptor in open.filter(|descriptor: &RawFd| *descriptor > LAST) {
        match nix::unistd::close(descriptor) {
            // The listing contains its own descriptor, which is closed by now.
            Ok(()) | Err(Errno::EBADF) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Takes the socket from standard input, which is empty from then on.
pub(super) fn take_socket() -> io::Result<UnixStream> {
    let stdin = io::stdin();
    // Checks that it is a socket before anything is read from it.
    rustix::net::sockopt::socket_domain(stdin.as_fd())?;
    let socket = UnixStream::from(rustix::io::fcntl_dupfd_cloexec(stdin.as_fd(), LAST + 1)?);
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(socket)
}

/// Opens what [`own_status`] reads.
pub(super) fn open_own_status() -> io::Result<()> {
    let file = File::open("/proc/self/status")?;
    OWN_STATUS.get_or_init(|| file);
    Ok(())
}

/// The text of `/proc/self/status`, which says what this process uses. It works in a confined
/// process too, although that can open no file.
pub fn own_status() -> io::Result<String> {
    let Some(file) = OWN_STATUS.get() else {
        return std::fs::read_to_string("/proc/self/status");
    };
    let mut bytes = vec![0; STATUS_MAX];
    let length = file.read_at(&mut bytes, 0)?;
    bytes.truncate(length);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
