//! Prints results on standard output: aligned columns for people, JSON for programs.

use std::fmt::Display;
use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;

use crate::own_output;

/// The form of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON document, or one per line if there are many.
    Json,
}

/// Columns of text, each as wide as its widest cell.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

// === impl Table ===

impl Table {
    /// A table with these headings.
    pub fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(ToString::to_string).collect()] }
    }

    /// Adds a row. Control characters are replaced, because names and texts come from other people.
    pub fn row(&mut self, cells: &[&dyn Display]) {
        self.rows.push(cells.iter().map(|cell| plain(&cell.to_string())).collect());
    }

    /// The rows as lines.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        self.rows.iter().map(move |row| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
    }
}

/// Prints a result: the table for people, the whole document for programs.
pub fn result(output: Output, document: &impl Serialize, table: &Table) -> io::Result<()> {
    match output {
        Output::Json => json(document),
        Output::Text => table.lines().try_for_each(line),
    }
}

/// Prints the result of an action: a sentence for people, the whole document for programs.
pub fn done(output: Output, document: &impl Serialize, sentence: impl Display) -> io::Result<()> {
    match output {
        Output::Json => json(document),
        Output::Text => line(sentence),
    }
}

/// Prints one line. If the reader has gone, that is not an error.
pub fn line(text: impl Display) -> io::Result<()> {
    let text = text.to_string();
    // First, because a file may show it at once.
    own_output::printed(&text);
    ignore_closed(writeln!(io::stdout().lock(), "{text}"))
}

/// Prints a document on one line.
pub fn json(document: &impl Serialize) -> io::Result<()> {
    line(serde_json::to_string(document)?)
}

/// Prints a document over many lines, for people.
pub fn pretty_json(document: &impl Serialize) -> io::Result<()> {
    line(serde_json::to_string_pretty(document)?)
}

/// Text without characters that control a terminal.
pub fn plain(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\t', "\u{fffd}")
}

/// `1 file`, `2 files`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Ignores the error of a reader that has gone.
pub fn ignore_closed(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["NAME", "N"]);
        table.row(&[&"ab-test", &1]);
        table.row(&[&"é\u{1b}[2J", &22]);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines, ["NAME     N", "ab-test  1", "é\u{fffd}[2J    22"]);
    }

    #[test]
    fn one_is_not_several() {
        assert_eq!(counted(1, "behavior"), "1 behavior");
        assert_eq!(counted(2, "behavior"), "2 behaviors");
    }
}
