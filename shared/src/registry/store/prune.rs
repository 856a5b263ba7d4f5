//! Removes old versions and old revisions that nothing refers to, and bundles without a version.
//!
//! The highest number of each function and each distribution stays for ever, in a few bytes. So a
//! number is never used again.
//!
//! Ages are counted by the bus's clock, from the times at which the bus took the writes.
//!
//! Versions and revisions go one by one, each by a decision of its own (see the header of
//! [`store`](super)). So a version stays if a distribution comes to name it in the meantime. A
//! bundle goes if no version has it and it was not written recently; if it is written again, it
//! stays. The bytes of a bundle whose writer died half-way go too, once they are as old.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::bundles::age;
use super::conflict::{CONFLICTS_MAX, pause};
use super::decide::{Step, Write, Written};
use super::view::{NUMBER_ONLY, Unread, View, json_of, read};
use super::{Store, StoreError, json};
use crate::bus::{Entry, ObjectEntry};
use crate::id::{FunctionName, VersionId};
use crate::registry::bundle::BundleDigest;
use crate::registry::distribution::DistributionRecord;
use crate::registry::key::Key;
use crate::wire::UnixMillis;

/// How long a bundle may exist without a version: far longer than publishing takes.
pub const UPLOAD_AGE: Duration = Duration::from_secs(2 * 60 * 60);

/// Newest versions of each function, and revisions of each distribution, that stay by default.
pub const KEEP_DEFAULT: usize = 10;

/// Younger versions and revisions stay by default.
pub const OLDER_THAN_DEFAULT: Duration = Duration::from_secs(30 * 86_400);

/// The records that stay although nothing refers to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// This many newest versions of each function and revisions of each distribution; at least one.
    pub keep: usize,
    /// Versions and revisions that are younger than this.
    pub older_than: Duration,
    /// Bundles that were written within this time, because their version may still come. The same
    /// holds for the bytes of a bundle whose writer died. Records of removed keys are dropped after
    /// the same time.
    pub upload_age: Duration,
}

/// The removed versions, revisions and bundles, or those that a dry run would remove.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// Versions of functions.
    pub versions: Vec<VersionId>,
    /// Revisions of distributions, as `shop@3`.
    pub revisions: Vec<String>,
    /// Bundles that no version has.
    pub bundles: Vec<BundleDigest>,
    /// Bundles whose writers died half-way. Earlier releases do not find them.
    #[serde(default)]
    pub broken_off: usize,
    /// Bytes of these bundles and writings together.
    pub bytes: u64,
}

/// When the registry was pruned.
#[derive(Serialize, Deserialize)]
struct Record {
    /// The last time.
    run: UnixMillis,
    /// An earlier time.
    at: UnixMillis,
    /// The revision of the bucket's newest write at that earlier time.
    last: u64,
}

/// Something that is removed.
enum Goes {
    Version(VersionId),
    Revision(String),
    /// The number of a revision that was removed before. A higher one is there now.
    Number,
}

// === impl Retention ===

impl Default for Retention {
    fn default() -> Self {
        Self { keep: KEEP_DEFAULT, older_than: OLDER_THAN_DEFAULT, upload_age: UPLOAD_AGE }
    }
}

// === impl Store ===

impl Store {
    /// Removes the versions, revisions and bundles that nothing refers to and that the retention
    /// does not keep, and lists them. A dry run removes nothing. Nothing is removed while the time
    /// of the bus is not known.
    pub async fn prune(&self, retention: Retention, dry_run: bool) -> Result<Pruned, StoreError> {
        let now = self.now().await?;
        if !dry_run {
            self.forget_removals(retention.upload_age, now).await?;
        }
        let mut pruned = Pruned::default();
        self.prune_documents(retention, dry_run, &mut pruned).await?;
        self.prune_bundles(retention, dry_run, &mut pruned).await?;
        self.sweep(retention, dry_run, &mut pruned).await?;
        Ok(pruned)
    }

    /// How long ago the registry was pruned, if it ever was. Earlier releases wrote that time by
    /// the machine's clock; a time in the future is ignored.
    pub async fn since_pruned(&self) -> Result<Option<Duration>, StoreError> {
        let now = self.now().await?;
        let entry = self.bucket.get(Key::PRUNED).await?;
        let record: Option<Record> = entry.as_ref().map(read).transpose()?;
        let run = record.map(|record| record.run).filter(|run| !is_to_come(*run, now));
        Ok(run.map(|run| age(run, now)))
    }

    /// The bucket keeps a record of each removed key. The records from before an earlier run are
    /// dropped, if that run is so long ago that every watcher has seen the removals.
    async fn forget_removals(&self, after: Duration, now: UnixMillis) -> Result<(), StoreError> {
        let old = self
            .decide("the registry", |view| {
                let before = view.read::<Record>(Key::PRUNED).ok().flatten();
                let before = before.filter(|record| !is_to_come(record.at, now));
                let (record, old) = match before {
                    Some(Record { at, last, .. }) if age(at, now) < after => {
                        (Record { run: now, at, last }, Vec::new())
                    }
                    before => {
                        let until = before.map_or(0, |record| record.last);
                        let removed = view.removed().iter();
                        let old = removed.filter(|(_, at)| **at <= until);
                        let old = old.map(|(key, at)| (key.clone(), *at)).collect();
                        (Record { run: now, at: now, last: view.last() }, old)
                    }
                };
                // This write is newer than all dropped records: the newest record always stays,
                // because readers learn the bucket's revision from it.
                Ok(Step::Last((Key::PRUNED.to_owned(), Some(json(&record))), old))
            })
            .await?;
        for (key, revision) in old {
            self.bucket.forget(&key, revision).await?;
        }
        Ok(())
    }

    async fn prune_documents(
        &self,
        retention: Retention,
        dry_run: bool,
        pruned: &mut Pruned,
    ) -> Result<(), StoreError> {
        let mut conflicts = 0;
        'look: loop {
            let mut view = self.view().await?;
            for ((key, value), goes) in superfluous(&view, retention, self.now().await?) {
                if !dry_run {
                    let written = self.write("the registry", &key, value.clone(), view.last());
                    match written.await? {
                        Written::At(revision) => view.wrote(&key, value, revision),
                        Written::Somewhen => {
                            pruned.add(goes);
                            continue 'look;
                        }
                        Written::Conflict if conflicts == CONFLICTS_MAX => {
                            return Err(StoreError::Contended("the registry".to_owned()));
                        }
                        Written::Conflict => {
                            pause(conflicts).await;
                            conflicts += 1;
                            continue 'look;
                        }
                    }
                    conflicts = 0;
                }
                pruned.add(goes);
            }
            return Ok(());
        }
    }

    async fn prune_bundles(
        &self,
        retention: Retention,
        dry_run: bool,
        pruned: &mut Pruned,
    ) -> Result<(), StoreError> {
        // List the bundles first, then the versions: a version that comes in between counts.
        let listed = self.now().await?;
        let stored = self.objects.list().await?;
        let referred = if dry_run {
            referred(&self.view().await?, &pruned.versions)
        } else {
            // A reading that lags behind would miss a version, and its bundle would go.
            self.decide("the registry", |view| Ok(Step::Done(referred(view, &[])))).await?
        };
        let Some(referred) = referred else { return Ok(()) };
        for object in stored {
            let ObjectEntry { name, written, size, .. } = &object;
            let Ok(digest) = name.parse::<BundleDigest>() else { continue };
            // Its age when it was listed: a version may have come since.
            if referred.contains(name) || age(*written, listed) < retention.upload_age {
                continue;
            }
            if !dry_run {
                self.objects.remove(&object).await?;
            }
            pruned.bytes += size;
            pruned.bundles.push(digest);
        }
        Ok(())
    }

    /// Removes the bytes of bundles whose writer died half-way.
    async fn sweep(
        &self,
        retention: Retention,
        dry_run: bool,
        pruned: &mut Pruned,
    ) -> Result<(), StoreError> {
        let age = u64::try_from(retention.upload_age.as_millis()).unwrap_or(u64::MAX);
        let before = UnixMillis(self.now().await?.0.saturating_sub(age));
        for leftover in self.objects.leftovers(before).await? {
            if !dry_run {
                self.objects.sweep(&leftover).await?;
            }
            pruned.broken_off += 1;
            pruned.bytes += leftover.size;
        }
        Ok(())
    }
}

/// The bundles of the versions that are there, apart from these versions. `None` if the bundle of
/// one of them cannot be read.
fn referred(view: &View, apart_from: &[VersionId]) -> Option<BTreeSet<String>> {
    let mut referred = BTreeSet::new();
    for (id, entry) in view.version_entries().filter(|(id, _)| !apart_from.contains(id)) {
        let Some(digest) = text_of(entry, "bundle") else {
            tracing::warn!(version = %id, "no bundle is removed, because the bundle of this version cannot be read");
            return None;
        };
        referred.insert(digest);
    }
    Some(referred)
}

/// The versions and revisions that may go, each with the write that removes it.
fn superfluous(view: &View, retention: Retention, now: UnixMillis) -> Vec<(Write, Goes)> {
    let keep = retention.keep.max(1);
    let is_old = |entry: &Entry, field: &str| {
        // An entry without a time may have a form that is not known here. It stays.
        let is_known = json_of(entry).is_some_and(|json| json.get(field).is_some());
        let old = |written| age(written, now) >= retention.older_than;
        is_known && view.written(entry).is_some_and(old)
    };
    let mut found = Vec::new();
    let mut names = Names::default();
    for (_, entry) in view.distribution_entries() {
        names.add(entry);
    }
    for id in view.ids_with_revisions() {
        let present = view.present_revision(&id);
        let newest = view.newest_revision(&id);
        for number in view.numbers_only(&id).filter(|number| *number != newest) {
            found.push(((Key::revision(&id, number), None), Goes::Number));
        }
        for (place, (revision, entry)) in view.revision_entries(&id).into_iter().rev().enumerate() {
            // A deleted distribution cannot be rolled back to it.
            let recent = present > 0 && place < keep;
            if recent || revision == present || !is_old(entry, "applied") {
                if present > 0 {
                    names.add(entry);
                }
            } else {
                let goes = Goes::Revision(format!("{id}@{revision}"));
                let number = (revision == newest).then(|| Bytes::from_static(NUMBER_ONLY));
                found.push(((Key::revision(&id, revision), number), goes));
            }
        }
    }
    let mut by_function: BTreeMap<FunctionName, BTreeMap<u32, &Entry>> = BTreeMap::new();
    for (id, entry) in view.version_entries() {
        by_function.entry(id.function).or_default().insert(id.number, entry);
    }
    for (function, versions) in by_function {
        for (number, entry) in versions.into_iter().rev().skip(keep) {
            let id = VersionId { function: function.clone(), number };
            let is_free = !names.has(&id) && view.may_be_deleted(&id).is_none();
            if is_free && is_old(entry, "published") {
                found.push(((Key::version(&id), None), Goes::Version(id)));
            }
        }
    }
    found
}

/// The versions that distributions name, or may name.
#[derive(Default)]
struct Names<'a> {
    known: BTreeSet<VersionId>,
    unreadable: Vec<Unread<'a>>,
}

// === impl Names ===

impl<'a> Names<'a> {
    fn add(&mut self, entry: &'a Entry) {
        match read::<DistributionRecord>(entry) {
            Ok(record) => {
                let named = record.distribution.associations();
                self.known.extend(named.filter_map(|(_, _, a)| a.function.version()));
            }
            Err(_) => self.unreadable.push(Unread::new(entry)),
        }
    }

    fn has(&self, id: &VersionId) -> bool {
        self.known.contains(id) || self.unreadable.iter().any(|text| text.might_name(id))
    }
}

/// Whether a time is more than a minute in the future. Then a wrong clock wrote it.
fn is_to_come(time: UnixMillis, now: UnixMillis) -> bool {
    age(now, time) > Duration::from_secs(60)
}

fn text_of(entry: &Entry, field: &str) -> Option<String> {
    Some(json_of(entry)?.get(field)?.as_str()?.to_owned())
}

// === impl Pruned ===

impl Pruned {
    fn add(&mut self, goes: Goes) {
        match goes {
            Goes::Version(id) => self.versions.push(id),
            Goes::Revision(label) => self.revisions.push(label),
            Goes::Number => {}
        }
    }
}
