//! `.brinkignore`: what an author leaves out of a function, in the syntax of `.gitignore`.
//!
//! The file counts at the top of the function's folder. Its patterns are about the names in the
//! bundle, so they also hold for packages from the folders above. `!name` takes a file that is left
//! out by default, such as `!.venv/`.

use std::path::Path;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::bundle_files_error::BundleFilesError;

/// The file's name.
pub(super) const IGNORE_FILE: &str = ".brinkignore";

/// The patterns; none if there is no file.
pub(super) struct IgnoreFile(Gitignore);

// === impl IgnoreFile ===

impl IgnoreFile {
    /// Leaves out nothing.
    pub(super) fn none() -> Self {
        Self(Gitignore::empty())
    }

    /// Reads the file in a function's folder, if it is there.
    pub(super) fn of(folder: &Path) -> Result<Self, BundleFilesError> {
        let path = folder.join(IGNORE_FILE);
        if !path.is_file() {
            return Ok(Self::none());
        }
        let failed = |error: ignore::Error| BundleFilesError::IgnoreFile {
            path: path.clone(),
            why: error.to_string(),
        };
        let mut patterns = GitignoreBuilder::new("");
        if let Some(error) = patterns.add(&path) {
            return Err(failed(error));
        }
        patterns.build().map(Self).map_err(failed)
    }

    /// Whether a file or folder is left out by its name in the bundle; none if no pattern says so.
    /// The folders above it were asked before.
    pub(super) fn leaves_out(&self, name: &str, is_folder: bool) -> Option<bool> {
        match self.0.matched(name, is_folder) {
            Match::None => None,
            Match::Ignore(_) => Some(true),
            Match::Whitelist(_) => Some(false),
        }
    }

    /// True if a folder or one of the folders above it is left out.
    pub(super) fn leaves_out_below(&self, folder: &str) -> bool {
        self.0.matched_path_or_any_parents(folder, true).is_ignore()
    }
}
