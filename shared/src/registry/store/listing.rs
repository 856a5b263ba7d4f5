//! The registry for those who only look: one reading of the bucket serves them until something is
//! written. Decisions have readings of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::view::{View, read};
use super::{Store, StoreError};
use crate::bus::Entry;
use crate::id::{DistributionId, FunctionName};
use crate::registry::distribution::DistributionRecord;
use crate::registry::function::FunctionVersion;

/// The registry at one moment. Cheap to clone.
#[derive(Clone)]
pub struct Listing(Arc<View>);

/// A function and its newest version.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedFunction {
    /// Its name.
    pub name: FunctionName,
    /// The numbers of its versions, in order.
    pub versions: Vec<u32>,
    /// The newest version that this release can read.
    pub newest: FunctionVersion,
}

// === impl Store ===

impl Store {
    /// The registry as it is now. The bucket is read again only if something was written since the
    /// last listing.
    pub async fn listing(&self) -> Result<Listing, StoreError> {
        let before = self.listed.lock().clone();
        if let Some(listing) = before
            && listing.0.last() == self.bucket.last().await?
        {
            return Ok(listing);
        }
        let listing = Listing(Arc::new(self.view().await?));
        *self.listed.lock() = Some(listing.clone());
        Ok(listing)
    }
}

// === impl Listing ===

impl Listing {
    /// The functions whose names come after `marker`, in order. A function is left out if this
    /// release can read none of its versions.
    pub fn functions_after(&self, marker: Option<&str>) -> impl Iterator<Item = ListedFunction> {
        let mut by_name: BTreeMap<FunctionName, Vec<(u32, &Entry)>> = BTreeMap::new();
        for (id, entry) in self.0.version_entries() {
            if marker.is_none_or(|marker| id.function.as_str() > marker) {
                by_name.entry(id.function).or_default().push((id.number, entry));
            }
        }
        by_name.into_iter().filter_map(|(name, mut entries)| {
            entries.sort_unstable_by_key(|(number, _)| *number);
            let newest = entries.iter().rev().find_map(|(_, entry)| read(entry).ok())?;
            let versions = entries.into_iter().map(|(number, _)| number).collect();
            Some(ListedFunction { name, versions, newest })
        })
    }

    /// Every version that is not being deleted and can be read, by name and number.
    pub fn versions(&self) -> Vec<FunctionVersion> {
        self.0.versions()
    }

    /// Every distribution in its present revision, by id. Those that this release cannot read are
    /// left out.
    pub fn distributions(&self) -> Vec<DistributionRecord> {
        self.0.distributions()
    }

    /// Every kept revision of a distribution, oldest first. Those that this release cannot read are
    /// left out.
    pub(super) fn history(&self, id: &DistributionId) -> Vec<DistributionRecord> {
        self.0.revision_entries(id).values().filter_map(|entry| read(entry).ok()).collect()
    }
}
