//! A line at the terminal about work that takes a while.
//!
//! The line is erased when the work ends. In a pipe or a file it does not appear at all.

use std::io::{self, IsTerminal, Write};

use brink_shared::limits::size;

use crate::printing;

/// Less work than this is done before anybody could read the line.
const BYTES_MIN: u64 = 4 * 1024 * 1024;

/// The same for files.
const FILES_MIN: usize = 500;

/// The line; it is erased when this is dropped.
pub(crate) struct Progress {
    is_shown: bool,
}

// === impl Progress ===

impl Progress {
    /// `reading 1,204 files, 84MB`, if that takes a while.
    pub(crate) fn of_bytes(verb: &str, files: usize, bytes: u64) -> Self {
        if bytes < BYTES_MIN && files < FILES_MIN {
            return Self { is_shown: false };
        }
        let files = printing::counted(files, "file");
        Self::of(&format!("{verb} {files}, {}", size::format(bytes)))
    }

    /// Any text.
    pub(crate) fn of(text: &str) -> Self {
        let mut error = io::stderr().lock();
        let is_shown = error.is_terminal();
        if is_shown {
            // The work goes on without the line.
            let _ = write!(error, "\r{} ...\x1b[K", printing::plain(text));
            let _ = error.flush();
        }
        Self { is_shown }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            let mut error = io::stderr().lock();
            let _ = write!(error, "\r\x1b[K");
            let _ = error.flush();
        }
    }
}
