//! Changes of a text.

use oxc_ast::ast::Directive;

use super::super::additions::{Addition, Additions};

/// Makes the engine keep a function's environment.
pub(super) const KEEP: &str = "new.target;";

/// One change: `length` bytes at `at` become `text`.
#[derive(Debug)]
pub(in super::super) struct Edit {
    pub(in super::super) at: usize,
    pub(in super::super) length: usize,
    pub(in super::super) text: String,
}

/// The start of names that the text has nowhere.
pub(in super::super) fn unused_name(text: &str) -> String {
    let mut mark = "$".to_owned();
    while text.contains(&mark) {
        mark.push('_');
    }
    mark
}

/// The text with these changes, and what it has more.
pub(in super::super) fn apply(text: &str, mut edits: Vec<Edit>) -> (String, Additions) {
    edits.sort_by_key(|edit| edit.at);
    let (mut rewritten, mut additions) =
        (String::with_capacity(text.len() + 64), Additions::default());
    let (mut done, mut seen, mut line, mut column) = (0, 0, 1, 1);
    for edit in edits {
        // Offsets are a parser's, between characters and in order.
        let Some(before) = text.get(done..edit.at) else { continue };
        rewritten.push_str(before);
        rewritten.push_str(&edit.text);
        let passed = text.get(seen..edit.at).unwrap_or_default();
        seen = edit.at;
        line += passed.matches('\n').count();
        column = match passed.rsplit_once('\n') {
            Some((_, last)) => last.chars().count() + 1,
            None => column + passed.chars().count(),
        };
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        additions.push(Addition {
            line: number(line),
            column: number(column),
            length: number(edit.text.len().saturating_sub(edit.length)),
        });
        done = edit.at + edit.length;
    }
    rewritten.push_str(text.get(done..).unwrap_or_default());
    (rewritten, additions)
}

/// Where the last of a function's directives ends.
pub(super) fn end_of(directives: &[Directive<'_>]) -> Option<u32> {
    directives.last().map(|last| last.span.end)
}

// === impl Edit ===

impl Edit {
    /// The name of a function for `import`, as a call of it at `at` begins.
    pub(in super::super) fn of_import(at: u32, name: &str) -> Self {
        Self { at: at as usize, length: "import".len(), text: name.to_owned() }
    }
}
