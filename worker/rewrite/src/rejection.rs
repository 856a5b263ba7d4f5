//! Reports of code that cannot be run.

use oxc_diagnostics::OxcDiagnostic;
use oxc_span::Span;

use crate::places::Reading;

/// Why a text cannot be run, with its place as the author sees it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Rejection {
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
    /// The fault.
    pub message: String,
    /// A replacement; none for a syntax error, which Node.js reports as well.
    pub advice: Option<&'static str>,
}

// === impl Rejection ===

impl Rejection {
    pub(crate) fn new(text: &str, at: u32, message: String, advice: Option<&'static str>) -> Self {
        let mut place = Reading::START;
        place.advance(text, text.len().min(at as usize));
        Self { line: place.line, column: place.column, message, advice }
    }

    pub(crate) fn syntax(text: &str, diagnostic: Option<&OxcDiagnostic>) -> Self {
        let place = diagnostic.and_then(|one| one.labels.first()).map(|label| label.offset());
        let at = place.unwrap_or_default();
        let message = match diagnostic {
            Some(diagnostic) => diagnostic.message.clone().into_owned(),
            None => "the text cannot be parsed".to_owned(),
        };
        Self::new(text, at, message, None)
    }

    pub(crate) fn construct(text: &str, at: Span, what: &str, advice: &'static str) -> Self {
        Self::new(text, at.start, format!("{what} cannot be run here"), Some(advice))
    }
}
