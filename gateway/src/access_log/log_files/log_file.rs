//! One log file while it is written.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::fs::{FlockOperation, flock};

use super::file_name::{self, OPEN, is_ours, new_name};

/// A file with the ending `.part`. This process has a lock on it.
pub(super) struct LogFile {
    file: File,
    path: PathBuf,
    /// Bytes of whole members.
    len: u64,
    opened: Instant,
    hour: u64,
}

// === impl LogFile ===

impl LogFile {
    /// A new file, in a folder that is made if it is missing.
    pub(super) fn create(folder: &Path, stem: &str, header: &str) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let at = SystemTime::now();
        let path = folder.join(format!("{}{OPEN}", new_name(stem, at)));
        let file = OpenOptions::new().append(true).create_new(true).open(&path)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        let (opened, hour) = (Instant::now(), file_name::hour(at));
        let mut created = Self { file, path, len: 0, opened, hour };
        match created.append(header) {
            Ok(()) => Ok(created),
            Err(error) => {
                // On a full disk each try would leave an empty file.
                let _ = std::fs::remove_file(&created.path);
                Err(error)
            }
        }
    }

    /// Bytes on disk.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    /// The hour of its name.
    pub(super) fn hour(&self) -> u64 {
        self.hour
    }

    /// True if the file still has its name.
    pub(super) fn is_there(&self) -> bool {
        let named = std::fs::metadata(&self.path).map(|named| (named.dev(), named.ino()));
        let open = self.file.metadata().map(|open| (open.dev(), open.ino()));
        matches!((named, open), (Ok(named), Ok(open)) if named == open)
    }

    /// Adds whole lines as one member. If that fails, the file is as before.
    pub(super) fn append(&mut self, lines: &str) -> io::Result<()> {
        // A busy gateway needs its cores for requests, so it takes the fastest level.
        let mut member = GzEncoder::new(Vec::new(), Compression::fast());
        member.write_all(lines.as_bytes())?;
        let member = member.finish()?;
        if let Err(error) = self.file.write_all(&member) {
            self.file.set_len(self.len)?;
            return Err(error);
        }
        self.len += member.len() as u64;
        Ok(())
    }

    /// Gives the file its final name.
    pub(super) fn close(self) -> io::Result<()> {
        if self.is_there() { std::fs::rename(&self.path, closed(&self.path)) } else { Ok(()) }
    }
}

/// Closes the files that no process writes any more.
pub(super) fn close_abandoned(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(|name| is_ours(name, OPEN)) {
            continue;
        }
        let path = entry.path();
        let file = File::open(&path)?;
        // A process that lives has the lock.
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            std::fs::rename(&path, closed(&path))?;
        }
    }
    Ok(())
}

/// The path without `.part`.
fn closed(path: &Path) -> PathBuf {
    path.with_extension("")
}
