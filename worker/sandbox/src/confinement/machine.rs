//! The files of the machine that the launcher needs after it has given up the machine's root folder.
//!
//! They are open as paths and close when the interpreter starts.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags};

/// Open paths of the machine.
#[derive(Debug)]
pub(super) struct Machine {
    /// `/proc`. Within it `self` is the process that asks.
    pub(super) proc: OwnedFd,
    /// `/dev/net/tun`; none if the machine has none.
    pub(super) tun: Option<OwnedFd>,
}

// === impl Machine ===

impl Machine {
    pub(super) fn open() -> io::Result<Self> {
        let path = OFlags::PATH | OFlags::CLOEXEC;
        let proc = rustix::fs::openat(CWD, "/proc", path | OFlags::DIRECTORY, Mode::empty())?;
        let tun = rustix::fs::openat(CWD, "/dev/net/tun", path, Mode::empty()).ok();
        Ok(Self { proc, tun })
    }

    /// Writes to a file of the process's own folder in `/proc`.
    pub(super) fn write_own(&self, file: &str, text: &str) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.proc, format!("self/{file}"), flags, Mode::empty())?;
        rustix::io::write(file, text.as_bytes())?;
        Ok(())
    }
}
