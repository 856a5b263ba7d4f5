//! Files that this process writes: its redirected output, and all others that it has open.
//!
//! Somebody may redirect the tool's output into the project's folder. Such a file is no source of
//! the project: a change to it would print a line, which would change it again.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Where Linux lists the open files of a process.
const OPEN_FILES: &str = "/proc/self/fd";

/// The files that this process has open for writing, by device and number.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnOutput(HashSet<(u64, u64)>);

// === impl OwnOutput ===

impl OwnOutput {
    /// The files that are open for writing now. If the system does not tell, standard output and
    /// error.
    pub(crate) fn now() -> Self {
        let Ok(open) = fs::read_dir(OPEN_FILES) else {
            let standard =
                ["/dev/stdout", "/dev/stderr"].iter().filter_map(|path| file(Path::new(path)));
            return Self(standard.collect());
        };
        let written = open.flatten().filter(|entry| {
            let number = entry.file_name();
            let about = Path::new("/proc/self/fdinfo").join(number);
            fs::read_to_string(about).is_ok_and(|about| is_written(&about))
        });
        Self(written.filter_map(|entry| file(&entry.path())).collect())
    }

    /// True if it is one of them, under any name.
    pub(crate) fn has(&self, path: &Path) -> bool {
        !self.0.is_empty() && file(path).is_some_and(|file| self.0.contains(&file))
    }
}

/// A regular file's device and number.
fn file(path: &Path) -> Option<(u64, u64)> {
    let about = fs::metadata(path).ok().filter(Metadata::is_file)?;
    Some((about.dev(), about.ino()))
}

/// Whether the flags in a text of `/proc/self/fdinfo` have a file written: the last octal digit is
/// the access mode, 0 for reading only.
fn is_written(about: &str) -> bool {
    let flags = about.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| flags & 0o3 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn what_is_open_for_writing_is_found_by_any_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for name in ["written", "read", "closed"] {
            fs::write(path(name), name).unwrap();
        }
        fs::hard_link(path("written"), path("link")).unwrap();
        let _written = File::options().append(true).open(path("written")).unwrap();
        let _read = File::open(path("read")).unwrap();
        let own = OwnOutput::now();
        assert!(own.has(&path("written")) && own.has(&path("link")));
        assert!(!own.has(&path("read")) && !own.has(&path("closed")) && !own.has(&path("none")));
    }
}
