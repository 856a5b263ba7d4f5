//! Finds code in a function's files that the rewriter cannot make right for the embedded engine. So
//! the function's author hears of it before an event fails.
//!
//! It also checks files that are loaded later or never. It does not report files that are not
//! JavaScript at all, because loading such a file reports the error.

use std::fmt;

use brink_rewrite::{Goal, Rejection, rewrite};
use brink_shared::registry::Bundle;

use brink_boa::author_place;

/// The endings of files with code.
const ENDINGS: [&str; 3] = [".js", ".cjs", ".mjs"];

/// An ES module has at least one of these words.
const MODULE_WORDS: [&str; 2] = ["import", "export"];

/// Code that cannot be run, and its replacement.
#[derive(Debug, PartialEq, Eq)]
pub struct RejectedCode {
    file: String,
    line: u32,
    column: u32,
    message: String,
    advice: &'static str,
    /// True if it is in a package, and so may never run.
    pub is_packaged: bool,
}

/// The first such code in each file of a function, sorted by file.
pub(super) fn find(bundle: &Bundle) -> Vec<RejectedCode> {
    let code = |file: &&String| ENDINGS.iter().any(|ending| file.ends_with(ending));
    let files = bundle.files().iter().filter(|(file, _)| code(file));
    files
        .filter_map(|(file, bytes)| {
            let text = std::str::from_utf8(bytes).ok()?;
            let (rejection, advice) = in_text(file, text)?;
            let Rejection { line, column, message, .. } = rejection;
            let (author, line, column) = author_place(bundle, file, line, column);
            let is_packaged = file.split('/').any(|part| part == "node_modules");
            Some(RejectedCode { file: author, line, column, message, advice, is_packaged })
        })
        .collect()
}

/// The first such code in a text, which is read as an ES module or as CommonJS, whichever is
/// possible.
fn in_text(file: &str, text: &str) -> Option<(Rejection, &'static str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_likely_module =
        file.ends_with(".mjs") || MODULE_WORDS.iter().any(|word| text.contains(word));
    let goals: &[Goal] = match is_likely_module {
        _ if file.ends_with(".cjs") => &[Goal::CommonJs],
        _ if file.ends_with(".mjs") => &[Goal::EsModule],
        true => &[Goal::EsModule, Goal::CommonJs],
        false => &[Goal::CommonJs],
    };
    for goal in goals {
        match rewrite(text, *goal) {
            Ok(_) => return None,
            Err(rejection) => {
                // A rejection without advice is a syntax error.
                if let Some(advice) = rejection.advice {
                    return Some((rejection, advice));
                }
            }
        }
    }
    None
}

// === impl RejectedCode ===

impl RejectedCode {
    /// Where it is, as `file:line:column`.
    pub fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.line, self.column)
    }

    /// The fault, and what to write instead.
    pub fn problem(&self) -> String {
        format!("{}: {}", self.message, self.advice)
    }
}

impl fmt::Display for RejectedCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place(), self.problem())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;

    use super::*;

    fn told(files: &[(&str, &'static str)]) -> Vec<(String, bool)> {
        let files: BTreeMap<_, _> = files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), Bytes::from_static(text.as_bytes())))
            .collect();
        let found = find(&Bundle::new(files).unwrap());
        found.into_iter().map(|found| (found.to_string(), found.is_packaged)).collect()
    }

    #[test]
    fn every_file_is_looked_at_once() {
        let found = told(&[
            ("index.js", "exports.handler = async () => require('./lib/late');"),
            ("lib/late.js", "\n  const ℬ1 = 1;"),
            ("lib/page.mjs", "export const a = 1;\nexport const ℬ = 2;"),
            ("node_modules/p/index.js", "var ℬ;"),
            ("notes.txt", "var ℬ;"),
        ]);
        let places: Vec<_> = found
            .iter()
            .map(|(text, is_packaged)| (text.split(": ").next().unwrap(), *is_packaged))
            .collect();
        assert_eq!(
            places,
            [
                ("lib/late.js:2:9", false),
                ("lib/page.mjs:2:14", false),
                ("node_modules/p/index.js:1:5", true),
            ]
        );
        assert!(found.iter().all(|(text, _)| text.ends_with(": use another name")), "{found:?}");
    }

    #[test]
    fn unreadable_files_are_not_reported() {
        assert_eq!(told(&[("fixtures/broken.js", "const = ;"), ("a.mjs", "return 1")]), []);
    }
}
