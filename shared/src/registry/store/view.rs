//! The whole registry at one moment. Pure: no I/O.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::StoreError;
use crate::bus::{Entry, Moment};
use crate::id::{DistributionId, FunctionName, VersionId};
use crate::registry::distribution::DistributionRecord;
use crate::registry::document;
use crate::registry::function::FunctionVersion;
use crate::registry::key::Key;
use crate::wire::UnixMillis;

/// Takes the place of a deleted distribution's newest revision when that revision is pruned. Its
/// key keeps the highest number, so numbers go on from there if a distribution of this name comes
/// again: for nodes and people, a number means one document. To earlier releases it is a revision
/// that they cannot read, and they leave it alone.
pub(super) const NUMBER_ONLY: &[u8] = b"{}";

/// Every entry, by key.
pub(super) struct View {
    entries: BTreeMap<String, Entry>,
    /// When each entry was written, by the bus's clock. Entries written since this view are
    /// missing.
    written: HashMap<String, UnixMillis>,
    /// The removed keys, each with the revision of its removal.
    removed: BTreeMap<String, u64>,
    /// Revision of the newest write.
    last: u64,
}

/// Versions of one function that are being deleted together. They count as gone.
///
/// A newer release may write this record in another form. Then it is not known which of the
/// function's versions are gone. A version that was published later is not gone. Neither is one
/// that a distribution names, because versions in use are not deleted. Each other version may be
/// gone: no distribution can start to use it, and this release does not remove it either.
#[derive(Serialize, Deserialize)]
pub(in crate::registry) struct Deletion {
    pub(super) versions: BTreeSet<u32>,
}

// === impl View ===

impl View {
    pub(super) fn new(moment: Moment) -> Self {
        let entries = moment.entries.into_iter().map(|entry| (entry.key.clone(), entry));
        Self {
            entries: entries.collect(),
            written: moment.written,
            removed: moment.removed.into_iter().collect(),
            last: moment.last,
        }
    }

    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn removed(&self) -> &BTreeMap<String, u64> {
        &self.removed
    }

    /// Moves the view on to the revision of a write that directly followed it.
    pub(super) fn wrote(&mut self, key: &str, value: Option<Bytes>, revision: u64) {
        self.last = revision;
        self.written.remove(key);
        match value {
            Some(value) => {
                self.removed.remove(key);
                let entry = Entry { key: key.to_owned(), value, revision };
                self.entries.insert(key.to_owned(), entry);
            }
            None => {
                self.entries.remove(key);
                self.removed.insert(key.to_owned(), revision);
            }
        }
    }

    /// Whether the write with this revision is in the view, as the last one of its key.
    pub(super) fn has_write(&self, revision: u64) -> bool {
        self.entries.values().any(|entry| entry.revision == revision)
            || self.removed.values().any(|removed| *removed == revision)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// When the entry was written; `None` if that was after the view.
    pub(super) fn written(&self, entry: &Entry) -> Option<UnixMillis> {
        self.written.get(&entry.key).copied()
    }

    pub(super) fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        self.get(key).map(read).transpose()
    }

    /// Entries whose keys begin like this.
    fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Entry> {
        let from = self.entries.range(prefix.to_owned()..);
        from.map(|(_, entry)| entry).take_while(move |entry| entry.key.starts_with(prefix))
    }

    /// Every version that is not being deleted, readable or not.
    pub(super) fn version_entries(&self) -> impl Iterator<Item = (VersionId, &Entry)> {
        let deletions = self.deletions();
        let all = self.below("version.");
        all.filter_map(move |entry| {
            let id = Key::version_of(&entry.key)?;
            let goes = deletions.get(&id.function).is_some_and(|d| d.versions.contains(&id.number));
            (!goes).then_some((id, entry))
        })
    }

    /// Every version that is not being deleted and can be read, by name and number.
    pub(super) fn versions(&self) -> Vec<FunctionVersion> {
        let readable = self.version_entries().filter_map(|(_, entry)| readable(entry));
        let mut versions: Vec<FunctionVersion> = readable.collect();
        versions.sort_by(|a, b| a.version.cmp(&b.version));
        versions
    }

    /// The deletions in progress, by function. If one cannot be read, it is ignored here; see
    /// [`may_be_deleted`](Self::may_be_deleted).
    pub(super) fn deletions(&self) -> BTreeMap<FunctionName, Deletion> {
        let all = self.below("deletion.");
        all.filter_map(|entry| Some((Key::deletion_of(&entry.key)?, readable(entry)?))).collect()
    }

    /// Why it is not known whether this version is being deleted; `None` if that is known.
    pub(super) fn may_be_deleted(&self, id: &VersionId) -> Option<StoreError> {
        let deletion = self.get(&Key::deletion(&id.function))?;
        let error = read::<Deletion>(deletion).err()?;
        let version = self.get(&Key::version(id))?;
        let is_older = version.revision < deletion.revision;
        (is_older && !self.is_named(id)).then_some(error)
    }

    /// Why it is not known which versions of the function are being deleted.
    pub(super) fn unreadable_deletion(&self, function: &FunctionName) -> Option<StoreError> {
        read::<Deletion>(self.get(&Key::deletion(function))?).err()
    }

    fn is_named(&self, id: &VersionId) -> bool {
        let mut readable = self.distribution_entries().filter_map(|(_, entry)| readable(entry));
        readable.any(|record: DistributionRecord| record.distribution.uses(id))
    }

    /// Every distribution, readable or not.
    pub(super) fn distribution_entries(&self) -> impl Iterator<Item = (DistributionId, &Entry)> {
        let all = self.below("distribution.");
        all.filter_map(|entry| Some((Key::distribution_of(&entry.key)?, entry)))
    }

    /// Every distribution that can be read, by id.
    pub(super) fn distributions(&self) -> Vec<DistributionRecord> {
        let readable = self.distribution_entries().filter_map(|(_, entry)| readable(entry));
        let mut records: Vec<DistributionRecord> = readable.collect();
        records.sort_by(|a, b| a.distribution.id.cmp(&b.distribution.id));
        records
    }

    /// The number of the present revision, even if the rest cannot be read; 0 for none.
    pub(super) fn present_revision(&self, id: &DistributionId) -> u64 {
        let Some(entry) = self.get(&Key::distribution(id)) else { return 0 };
        let told = json_of(entry).and_then(|json| json.get("revision")?.as_u64());
        told.unwrap_or_else(|| self.newest_revision(id))
    }

    /// The highest number that a revision has or had; 0 for none.
    pub(super) fn newest_revision(&self, id: &DistributionId) -> u64 {
        let kept = self.revision_entries(id).last_key_value().map(|(revision, _)| *revision);
        let kept = kept.into_iter().chain(self.numbers_only(id));
        kept.max().unwrap_or(0)
    }

    /// The numbers of revisions whose documents were pruned, if those numbers are still kept.
    pub(super) fn numbers_only(&self, id: &DistributionId) -> impl Iterator<Item = u64> {
        self.revision_keys(id).filter_map(|(number, entry)| is_number_only(entry).then_some(number))
    }

    fn revision_keys(&self, id: &DistributionId) -> impl Iterator<Item = (u64, &Entry)> {
        let prefix = format!("revision.{id}.");
        let kept = self.entries.range(prefix.clone()..).map(|(_, entry)| entry);
        let kept = kept.take_while(move |entry| entry.key.starts_with(&prefix));
        kept.filter_map(|entry| Some((Key::revision_of(&entry.key)?.1, entry)))
    }

    /// The kept revisions of a distribution, readable or not. The present one is among them, even
    /// if its writer did not come to keep a copy.
    pub(super) fn revision_entries(&self, id: &DistributionId) -> BTreeMap<u64, &Entry> {
        let kept = self.revision_keys(id).filter(|(_, entry)| !is_number_only(entry));
        let mut revisions: BTreeMap<u64, &Entry> = kept.collect();
        if let Some(entry) = self.get(&Key::distribution(id)) {
            let told = json_of(entry).and_then(|json| json.get("revision")?.as_u64());
            if let Some(revision) = told {
                revisions.entry(revision).or_insert(entry);
            }
        }
        revisions
    }

    /// The ids of all distributions of which a revision or its number is kept.
    pub(super) fn ids_with_revisions(&self) -> BTreeSet<DistributionId> {
        let kept = self.below("revision.").filter_map(|entry| Key::revision_of(&entry.key));
        kept.map(|(id, _)| id).collect()
    }

    /// The places that name these versions: `shop behaviors[0].functions.viewer-request`. Each
    /// distribution is read once. Versions that no distribution names are left out.
    pub(super) fn users(&self, of: &BTreeSet<VersionId>) -> BTreeMap<VersionId, Vec<String>> {
        let mut places: BTreeMap<VersionId, Vec<String>> = BTreeMap::new();
        let mut used = |version: &VersionId, place: String| {
            places.entry(version.clone()).or_default().push(place);
        };
        for (id, entry) in self.distribution_entries() {
            match read::<DistributionRecord>(entry) {
                Ok(record) => {
                    for (path, _, association) in record.distribution.associations() {
                        let version = association.function.version();
                        if let Some(version) = version.filter(|version| of.contains(version)) {
                            used(&version, format!("{id} {path}"));
                        }
                    }
                }
                Err(_) => {
                    let text = Unread::new(entry);
                    for version in of.iter().filter(|version| text.might_name(version)) {
                        used(
                            version,
                            format!("{id}, which this release cannot read and may name it"),
                        );
                    }
                }
            }
        }
        places
    }

    /// The known hosts of the other distributions, with their owners. A distribution without hosts
    /// answers any host.
    pub(super) fn hosts_of_others(
        &self,
        than: &DistributionId,
    ) -> BTreeMap<DistributionId, Vec<String>> {
        let others = self.distribution_entries().filter(|(id, _)| id != than);
        others
            .filter_map(|(id, entry)| {
                let json = json_of(entry)?;
                let aliases = match json.get("distribution")?.get("aliases") {
                    None => Vec::new(),
                    Some(aliases) => serde_json::from_value(aliases.clone()).ok()?,
                };
                Some((id, aliases))
            })
            .collect()
    }
}

/// The text of a distribution that cannot be read, if it is JSON.
pub(super) struct Unread<'a>(Option<&'a str>);

// === impl Unread ===

impl<'a> Unread<'a> {
    pub(super) fn new(entry: &'a Entry) -> Self {
        let text = std::str::from_utf8(&entry.value).ok();
        Self(text.filter(|_| json_of(entry).is_some()))
    }

    /// Whether it may name the version. It cannot if it does not even contain the function's name.
    pub(super) fn might_name(&self, version: &VersionId) -> bool {
        self.0.is_none_or(|text| text.contains(version.function.as_str()))
    }
}

fn is_number_only(entry: &Entry) -> bool {
    entry.value == NUMBER_ONLY
}

pub(super) fn json_of(entry: &Entry) -> Option<Value> {
    serde_json::from_slice(&entry.value).ok()
}

pub(super) fn read<T: DeserializeOwned>(entry: &Entry) -> Result<T, StoreError> {
    document::read(&entry.value)
        .map_err(|source| StoreError::Unreadable { key: entry.key.clone(), source })
}

fn readable<T: DeserializeOwned>(entry: &Entry) -> Option<T> {
    read(entry).inspect_err(|error| tracing::debug!(%error, "a registry entry is left out")).ok()
}
