//! A function's files as they were found, and remarks about them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use bytes::Bytes;

/// Most names that a sentence lists.
const LISTED_MAX: usize = 5;

/// Files as they were found.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) files: BTreeMap<String, Bytes>,
    /// The single file that was given.
    pub(super) entry: Option<String>,
    pub(super) sources: BTreeSet<PathBuf>,
    /// The folders of linked packages.
    pub(super) linked: BTreeSet<PathBuf>,
    pub(super) remarks: Vec<String>,
}

/// Some names, and how many more.
pub(super) fn listed(names: &[&str]) -> String {
    let shown = if names.len() > LISTED_MAX { LISTED_MAX - 1 } else { names.len() };
    let mut text = names.get(..shown).unwrap_or(names).join(", ");
    if names.len() > shown {
        text.push_str(&format!(" and {} more", names.len() - shown));
    }
    text
}
