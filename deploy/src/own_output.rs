//! Files that contain this process's own output: redirected, or written by another process that
//! reads it, such as `tee`.
//!
//! The tool's output may be in a folder of the project. Such a file is not a source of the project:
//! a change to it would print a line, which would change it again. The system knows where standard
//! output and error go. A file that another process writes is recognized by its end, which has a
//! line that was printed recently. From then on the file is known.

use std::collections::{BTreeSet, VecDeque};
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use parking_lot::Mutex;

/// Printed lines that are remembered. A pipe can have 64 KiB that its reader has not written yet.
const LINES_MAX: usize = 1024;

/// A shorter line could come from another program.
const LINE_MIN: usize = 16;

/// Beginning of a line that is remembered, in bytes.
const LINE_MAX: usize = 256;

/// Bytes at the end of a file that are read.
const TAIL: u64 = 8 * 1024;

/// Last lines of a file that are compared: the very last one may be incomplete.
const TAIL_LINES: usize = 2;

/// The lines that this process printed, and the files where they were found.
static OWN: LazyLock<Mutex<OwnOutput>> = LazyLock::new(Mutex::default);

/// Where standard output and error go, if these are files.
static STANDARD: LazyLock<Vec<FileId>> = LazyLock::new(|| {
    let (output, error) = (io::stdout(), io::stderr());
    let open = [output.as_fd(), error.as_fd()].map(|it| it.try_clone_to_owned());
    let about = open.into_iter().flatten().map(|file| File::from(file).metadata());
    about.flatten().filter_map(|about| FileId::of(&about)).collect()
});

/// A file by its device and number, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId(u64, u64);

#[derive(Default)]
struct OwnOutput {
    /// Beginnings of the lines that were printed last.
    lines: VecDeque<String>,
    /// Files to which other processes write these lines.
    files: BTreeSet<PathBuf>,
}

/// Remembers a printed text.
pub(crate) fn printed(text: &str) {
    OWN.lock().add(text);
}

/// True for a file that is known to have this process's output.
pub(crate) fn is_known(path: &Path) -> bool {
    is_standard(path) || OWN.lock().has_file(path)
}

/// The same for an unknown file: reads its end. From then on the file is known.
pub(crate) fn recognize(path: &Path) -> bool {
    let is_own = tail(path).is_some_and(|tail| OWN.lock().ends(&tail));
    if is_own {
        OWN.lock().add_file(path);
    }
    is_own
}

fn is_standard(path: &Path) -> bool {
    !STANDARD.is_empty()
        && fs::metadata(path)
            .is_ok_and(|about| FileId::of(&about).is_some_and(|file| STANDARD.contains(&file)))
}

/// The end of a regular file.
fn tail(path: &Path) -> Option<String> {
    // Opening other kinds of files may block.
    let size = fs::metadata(path).ok().filter(Metadata::is_file)?.len();
    let mut file = File::open(path).ok()?;
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL))).ok()?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail).ok()?;
    Some(String::from_utf8_lossy(&tail).into_owned())
}

// === impl OwnOutput ===

impl OwnOutput {
    fn add(&mut self, text: &str) {
        let Some(line) = text.lines().next_back().filter(|line| line.len() >= LINE_MIN) else {
            return;
        };
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        let end = line.floor_char_boundary(LINE_MAX);
        self.lines.push_back(line.get(..end).unwrap_or(line).to_owned());
    }

    /// Whether a text ends with a printed line. Other text may precede the line, the time for
    /// example.
    fn ends(&self, text: &str) -> bool {
        let last = text.lines().rev().filter(|line| !line.is_empty()).take(TAIL_LINES);
        last.into_iter().any(|line| self.lines.iter().any(|own| line.contains(own.as_str())))
    }

    fn add_file(&mut self, path: &Path) {
        self.files.insert(real(path));
    }

    fn has_file(&self, path: &Path) -> bool {
        !self.files.is_empty() && self.files.contains(&real(path))
    }
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

// === impl FileId ===

impl FileId {
    fn of(about: &Metadata) -> Option<Self> {
        about.is_file().then(|| Self(about.dev(), about.ino()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_ends_with_a_printed_line_is_recognized() {
        let mut own = OwnOutput::default();
        own.add("ready in 84 ms  http://127.0.0.1:8080");
        own.add("ok");
        for text in [
            "ready in 84 ms  http://127.0.0.1:8080\n",
            "older\n12:00:01 ready in 84 ms  http://127.0.0.1:8080\r\n\n",
            "ready in 84 ms  http://127.0.0.1:8080\nhalf a li",
        ] {
            assert!(own.ends(text), "{text:?}");
        }
        for text in
            ["", "ok\n", "# It says:\nready in 84 ms  http://127.0.0.1:8080\n## Then\nask it\n"]
        {
            assert!(!own.ends(text), "{text:?}");
        }
    }

    #[test]
    fn the_remembered_output_is_bounded() {
        let mut own = OwnOutput::default();
        for number in 0..2 * LINES_MAX {
            own.add(&format!("{number:020} {}", "é".repeat(LINE_MAX)));
        }
        assert_eq!(own.lines.len(), LINES_MAX);
        assert!(own.lines.iter().all(|line| line.len() <= LINE_MAX));
        assert!(own.ends(&format!("{:020} {}", 2 * LINES_MAX - 1, "é".repeat(LINE_MAX))));
    }

    #[test]
    fn a_file_that_was_recognized_stays_known() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::create_dir(path("sub")).unwrap();
        for name in ["log", "other"] {
            fs::write(path(name), "a line of this very test\n").unwrap();
        }
        assert!(!recognize(&path("log")));
        printed("a line of this very test");
        assert!(!is_known(&path("log")) && recognize(&path("log")));
        fs::write(path("log"), "somebody else's words\n").unwrap();
        assert!(is_known(&path("log")) && is_known(&path("sub/../log")));
        assert!(!is_known(&path("other")));
        assert!(!recognize(&path("sub")) && !recognize(&path("none")));
    }
}
