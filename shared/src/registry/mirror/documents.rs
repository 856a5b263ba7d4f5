//! The entries of a mirror: each is the last readable copy of an entry of the registry.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::bus::Entry;
use crate::id::VersionId;
use crate::registry::distribution::DistributionRecord;
use crate::registry::document::{self, DocumentError};
use crate::registry::function::FunctionVersion;
use crate::registry::key::Key;
use crate::registry::store::Deletion;

/// Entries by key.
pub(super) type Documents = HashMap<String, EntryCopy>;

/// The last readable copy of an entry, and the reason if it is not the present one.
#[derive(Clone, Debug)]
pub(super) struct EntryCopy {
    pub(super) good: Option<Good>,
    pub(super) unreadable: Option<String>,
}

/// An entry that can be read. Its text is a copy, because the received bytes may be a part of a
/// large piece.
#[derive(Clone, Debug)]
pub(super) struct Good {
    pub(super) document: Document,
    pub(super) text: Arc<[u8]>,
}

/// An entry of the registry that a mirror shows.
#[derive(Clone, Debug)]
pub(super) enum Document {
    Version(Arc<FunctionVersion>),
    Distribution(Arc<DistributionRecord>),
}

// === impl EntryCopy ===

impl EntryCopy {
    /// Reads an entry. If that fails, the copy from `before` stays.
    pub(super) fn read(entry: &Entry, before: Option<Good>) -> Self {
        match Document::read(&entry.key, &entry.value) {
            Ok(document) => {
                let good = Good { document, text: entry.value.as_ref().into() };
                Self { good: Some(good), unreadable: None }
            }
            Err(error) => {
                let name = entry.key.replacen('.', " ", 1);
                let instead = before.as_ref().map(Good::instead);
                let instead = instead.unwrap_or_else(|| "it is left out".to_owned());
                let message = format!("{name} cannot be read: {error}; {instead}");
                tracing::error!(key = entry.key, "{message}");
                Self { good: before, unreadable: Some(message) }
            }
        }
    }

    /// The record of a deletion, if the entry is one and cannot be read. Nodes do not use other
    /// records.
    pub(super) fn unreadable_deletion(entry: &Entry) -> Option<Self> {
        let function = Key::deletion_of(&entry.key)?;
        let error = document::read::<Deletion>(&entry.value).err()?;
        let message = format!(
            "deletion {function} cannot be read: {error}; versions of {function} that are older \
             and not in use are neither used nor removed"
        );
        tracing::error!(key = entry.key, "{message}");
        Some(Self { good: None, unreadable: Some(message) })
    }
}

// === impl Good ===

impl Good {
    /// Describes this copy, which is used in place of an entry.
    fn instead(&self) -> String {
        match &self.document {
            Document::Distribution(record) => {
                format!("revision {} is served in its place", record.revision)
            }
            Document::Version(_) => "it runs as it was known before".to_owned(),
        }
    }

    /// A version that a distribution names and that is not among `versions`.
    fn lacks(&self, versions: &BTreeSet<VersionId>) -> Option<VersionId> {
        let Document::Distribution(record) = &self.document else { return None };
        let named = record.distribution.associations();
        let mut named = named.filter_map(|(_, _, association)| association.function.version());
        named.find(|version| !versions.contains(version))
    }
}

// === impl Document ===

impl Document {
    /// Whether a mirror shows entries with this key.
    pub(super) fn is_one(key: &str) -> bool {
        Key::is_version(key) || Key::is_distribution(key)
    }

    fn read(key: &str, text: &[u8]) -> Result<Self, DocumentError> {
        if Key::is_version(key) {
            Ok(Self::Version(Arc::new(document::read(text)?)))
        } else {
            Ok(Self::Distribution(Arc::new(document::read(text)?)))
        }
    }
}

/// The usable entries. A distribution that names a missing version is replaced by its earlier copy.
pub(super) fn usable(told: &Documents, before: &Documents) -> Documents {
    let versions = told.values().filter_map(|copy| match &copy.good.as_ref()?.document {
        Document::Version(version) => Some(version.version.clone()),
        Document::Distribution(_) => None,
    });
    let versions: BTreeSet<VersionId> = versions.collect();
    let mut documents = told.clone();
    for (key, copy) in &mut documents {
        let Some(missing) = copy.good.as_ref().and_then(|good| good.lacks(&versions)) else {
            continue;
        };
        let earlier = before.get(key).and_then(|copy| copy.good.clone());
        let Some(earlier) = earlier.filter(|good| good.lacks(&versions).is_none()) else {
            continue;
        };
        let name = key.replacen('.', " ", 1);
        let why = format!("it names {missing}, which cannot be run here");
        let message = format!("{name} cannot be served: {why}; {}", earlier.instead());
        *copy = EntryCopy { good: Some(earlier), unreadable: Some(message) };
    }
    documents
}
