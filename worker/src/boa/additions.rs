//! Where a text has more than its author wrote, so that places can be told as the author sees them.

/// What was added to an author's text, in its order.
#[derive(Debug, Default)]
pub(super) struct Additions(Vec<Addition>);

/// One piece that was added.
#[derive(Debug)]
pub(super) struct Addition {
    /// Counted from 1.
    pub(super) line: u32,
    /// The column in the author's text before which there is more now; counted from 1.
    pub(super) column: u32,
    /// How many characters.
    pub(super) length: u32,
}

// === impl Additions ===

impl Additions {
    /// Notes a further one, which begins after all others.
    pub(super) fn push(&mut self, addition: Addition) {
        self.0.push(addition);
    }

    /// Notes that the text has this many characters more before it begins.
    pub(super) fn begin_with(&mut self, characters: usize) {
        let length = u32::try_from(characters).unwrap_or(u32::MAX);
        self.0.insert(0, Addition { line: 1, column: 1, length });
    }

    /// The author's column of a place in the text; all counted from 1.
    pub(super) fn author_column(&self, line: u32, column: u32) -> u32 {
        let mut column = column;
        for addition in self.0.iter().filter(|addition| addition.line == line) {
            if column <= addition.column {
                break;
            }
            column = column.saturating_sub(addition.length).max(addition.column);
        }
        column
    }
}
