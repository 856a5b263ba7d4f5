//! Maps places in a rewritten text to the author's. Columns may differ; lines are the same.

/// How columns moved in a rewritten text.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// In the order of the text.
    moves: Vec<Move>,
    /// Characters that a wrapper puts before the first line.
    before: u32,
}

/// From this column on, columns are moved.
#[derive(Clone, Copy, Debug)]
struct Move {
    line: u32,
    /// In the rewritten text.
    column: u32,
    /// In the author's text.
    author: u32,
}

/// A place while a text is read from its beginning; lines and columns are counted from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) offset: usize,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Line and column of an offset in bytes, counted from 1.
#[must_use]
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..text.floor_char_boundary(offset)).unwrap_or(text);
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

// === impl Places ===

impl Places {
    /// Notes that a wrapper puts this many characters before the first line.
    pub fn begin_after(&mut self, characters: usize) {
        self.before = u32::try_from(characters).unwrap_or(u32::MAX);
    }

    /// The author's line of a place in the rewritten text.
    #[must_use]
    pub fn author_line(&self, line: u32) -> u32 {
        line
    }

    /// The author's column of a place in the rewritten text; all counted from 1. A place within an
    /// inserted text has the column of the text after it.
    #[must_use]
    pub fn author_column(&self, line: u32, column: u32) -> u32 {
        let column = match line {
            1 => column.saturating_sub(self.before).max(1),
            _ => column,
        };
        let next = self.moves.partition_point(|at| (at.line, at.column) <= (line, column));
        let before = next.checked_sub(1).and_then(|at| self.moves.get(at));
        let moved = match before.filter(|at| at.line == line) {
            Some(at) => at.author + (column - at.column),
            None => column,
        };
        match self.moves.get(next).filter(|at| at.line == line) {
            Some(after) if before.is_none_or(|at| at.author <= after.author) => {
                moved.min(after.author)
            }
            _ => moved,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.moves.len()
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        self.moves.truncate(length);
    }

    pub(crate) fn push(&mut self, written: Reading, author: Reading) {
        let Reading { line, column, .. } = written;
        // Within a line only changes of the distance matter.
        let last = self.moves.last().copied().filter(|at| at.line == line);
        if last.is_some_and(|at| at.column == column) {
            self.moves.pop();
        }
        let last = self.moves.last().copied().filter(|at| at.line == line);
        let (from, to) = last.map_or((1, 1), |at| (at.column, at.author));
        if column.wrapping_sub(from) != author.column.wrapping_sub(to) {
            self.moves.push(Move { line, column, author: author.column });
        }
    }
}

// === impl Reading ===

impl Reading {
    pub(crate) const START: Self = Self { offset: 0, line: 1, column: 1 };

    /// Reads on to an offset.
    pub(crate) fn advance(&mut self, text: &str, to: usize) {
        let passed = text.as_bytes().get(self.offset..to).unwrap_or_default();
        self.offset = to.max(self.offset);
        let mut bytes = passed.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            match byte {
                b'\n' => self.next_line(),
                b'\r' if bytes.peek() != Some(&b'\n') => self.next_line(),
                // The second and third byte of a character are no columns, unless they end U+2028
                // or U+2029, which end lines.
                0xE2 if bytes.peek() == Some(&0x80) => {
                    bytes.next();
                    match bytes.next() {
                        Some(0xA8 | 0xA9) => self.next_line(),
                        _ => self.column += 1,
                    }
                }
                0x80..=0xBF => {}
                _ => self.column += 1,
            }
        }
    }

    fn next_line(&mut self) {
        self.line += 1;
        self.column = 1;
    }
}
