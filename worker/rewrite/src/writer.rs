//! Writes a changed text from its beginning to its end: copies, inserts and leaves out, and keeps
//! every line break.

use crate::places::{Places, Reading};

/// The written part of a text.
#[derive(Debug)]
pub(crate) struct Writer<'t> {
    text: &'t str,
    /// How many bytes of the author's text are done.
    done: usize,
    out: String,
    places: Places,
    author: Reading,
    written: Reading,
}

// === impl Writer ===

impl<'t> Writer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            done: 0,
            out: String::with_capacity(text.len() + text.len() / 4 + 64),
            places: Places::default(),
            author: Reading::START,
            written: Reading::START,
        }
    }

    /// Copies the rest of the text before an offset.
    pub(crate) fn copy_to(&mut self, to: u32) {
        let to = to as usize;
        if let Some(copied) = self.text.get(self.done..to) {
            self.out.push_str(copied);
            self.done = to;
        }
    }

    /// Adds something that has no line break.
    pub(crate) fn insert(&mut self, text: &str) {
        self.out.push_str(text);
        self.note();
    }

    /// Marks the beginning of a text that `cut` will take out again.
    pub(crate) fn mark(&mut self) -> Mark {
        self.note();
        Mark { length: self.out.len(), written: self.written, places: self.places.len() }
    }

    /// Takes out the text that was written since a mark.
    pub(crate) fn cut(&mut self, mark: &Mark) -> String {
        self.places.truncate(mark.places);
        self.written = mark.written;
        self.out.split_off(mark.length)
    }

    /// Leaves out the rest of the text before an offset, except its line breaks.
    pub(crate) fn skip_to(&mut self, to: u32) {
        let to = to as usize;
        if let Some(left) = self.text.get(self.done..to) {
            self.out.extend(left.chars().filter(|&one| is_line_break(one)));
            self.done = to;
            self.note();
        }
    }

    /// The rest of the text before an offset.
    pub(crate) fn rest_to(&self, to: u32) -> &'t str {
        self.text.get(self.done..to as usize).unwrap_or_default()
    }

    /// How many bytes are written.
    pub(crate) fn position(&self) -> u32 {
        u32::try_from(self.out.len()).unwrap_or(u32::MAX)
    }

    fn note(&mut self) {
        self.author.advance(self.text, self.done);
        self.written.advance(&self.out, self.out.len());
        self.places.push(self.written, self.author);
    }

    pub(crate) fn finish(mut self) -> (String, Places) {
        self.copy_to(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        (self.out, self.places)
    }
}

/// A place in the written text.
#[derive(Debug)]
pub(crate) struct Mark {
    length: usize,
    written: Reading,
    places: usize,
}

/// A name that no author's text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name(pub(crate) u32);

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", crate::rewritten::NATIVES, self.0)
    }
}

fn is_line_break(one: char) -> bool {
    matches!(one, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}
