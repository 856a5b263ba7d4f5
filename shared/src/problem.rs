//! Mistakes in a document that a person wrote.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A problem in a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where: `behaviors[0].functions.viewer-request`.
    pub path: String,
    /// The problem, and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}
