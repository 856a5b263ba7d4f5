//! Counts how much an event may still write to the log.

use std::cell::Cell;

use super::text::cut;

/// Longest line, in bytes. The rest of a longer line is cut off.
const LINE_MAX: usize = 64 * 1024;

/// The cost of a line in addition to its text, in bytes: empty lines are not free.
const LINE_COST: usize = 64;

/// The log of an environment, with its limit.
#[derive(Debug)]
pub(super) struct Log {
    /// Most bytes that an event may log.
    max: usize,
    /// Bytes that the current event may still log.
    left: Cell<usize>,
    exhausted: Cell<bool>,
    /// Columns by which `console.group` indents.
    indent: Cell<usize>,
}

/// Whether a line may be logged.
pub(super) enum Verdict {
    Write,
    /// No, and it is the first line that is dropped.
    WriteNotice,
    Drop,
}

// === impl Log ===

impl Log {
    /// A log that takes this many bytes from each event.
    pub(super) fn new(max: u64) -> Self {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        Self { max, left: Cell::new(max), exhausted: Cell::default(), indent: Cell::default() }
    }

    /// Begins a new event.
    pub(super) fn refill(&self) {
        self.left.set(self.max);
        self.exhausted.set(false);
    }

    /// Indents lines by this many columns more, or less.
    pub(super) fn indent(&self, by: i32) {
        let indent = self.indent.get().saturating_add_signed(by as isize);
        self.indent.set(indent.min(1000));
    }

    /// A line as it is written: indented, and cut off if it is too long.
    pub(super) fn line(&self, text: String) -> String {
        let indent = self.indent.get();
        let text = cut(text, LINE_MAX);
        if indent == 0 {
            return text;
        }
        let margin = " ".repeat(indent);
        cut(format!("{margin}{}", text.replace('\n', &format!("\n{margin}"))), LINE_MAX)
    }

    /// Counts a line of this many bytes.
    pub(super) fn take(&self, bytes: usize) -> Verdict {
        match self.left.get().checked_sub(bytes + LINE_COST) {
            Some(left) => {
                self.left.set(left);
                Verdict::Write
            }
            None if self.exhausted.replace(true) => Verdict::Drop,
            None => Verdict::WriteNotice,
        }
    }
}
