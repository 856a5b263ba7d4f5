//! The answers of the admin service to listings, a page at a time.
//!
//! `function.list`, `distribution.list` and `distribution.history` take a [`ListQuery`] and answer
//! with a [`Page`]. As in CloudFront's API, a page that is not the last one has a `next_marker`, and
//! the next request names it as its `marker`.

use serde::{Deserialize, Serialize};

use crate::id::{DistributionId, FunctionName, VersionId};
use crate::iso8601;
use crate::registry::BundleDigest;
use crate::registry::distribution::{Distribution, DistributionRecord};
use crate::registry::function::{FunctionSettings, FunctionVersion};
use crate::wire::UnixMillis;

/// Items of a page if the request does not say how many, as CloudFront has it.
pub const ITEMS_DEFAULT: usize = 100;

/// Most items of a page.
pub const ITEMS_MAX: usize = 1_000;

/// Which page is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListQuery {
    /// The distribution; only `distribution.history` has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<DistributionId>,
    /// The `next_marker` of the page before; none for the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// At most this many items; [`ITEMS_DEFAULT`] if it is left out, never more than [`ITEMS_MAX`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_items: Option<usize>,
}

/// Some of the items of a listing, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The marker for the next page; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
}

/// One function in `function.list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionSummary {
    /// Its name.
    pub name: FunctionName,
    /// How many versions there are.
    pub versions: usize,
    /// The newest of them.
    pub newest: PublishedVersion,
    /// The distributions whose triggers name it, as `id behaviors[0].functions.viewer-request`.
    pub used_by: Vec<String>,
}

/// The answer to `function.show`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionDetails {
    /// Its name.
    pub name: FunctionName,
    /// Its versions, oldest first.
    pub versions: Vec<PublishedVersion>,
    /// The distributions whose triggers name it, as `id behaviors[0].functions.viewer-request`.
    pub used_by: Vec<String>,
}

/// A version without the values of its secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublishedVersion {
    /// Its name and number.
    pub version: VersionId,
    /// How it runs.
    pub settings: FunctionSettings,
    /// Its files.
    pub bundle: BundleDigest,
    /// Bytes of its files together.
    pub size: usize,
    /// When it was published.
    #[serde(with = "iso8601")]
    pub published: UnixMillis,
}

/// One distribution in `distribution.list`, or one revision in `distribution.history`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistributionSummary {
    /// Which.
    pub id: DistributionId,
    /// Its revision.
    pub revision: u64,
    /// When it was applied.
    #[serde(with = "iso8601")]
    pub applied: UnixMillis,
    /// Hosts; none means any.
    pub aliases: Vec<String>,
    /// The function versions that its triggers name.
    pub functions: Vec<VersionId>,
}

/// The answer to `distribution.show`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistributionDetails {
    /// Its revision.
    pub revision: u64,
    /// When it was applied.
    #[serde(with = "iso8601")]
    pub applied: UnixMillis,
    /// The features that a gateway must know to serve it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// The document.
    pub distribution: Distribution,
}

// === impl Page ===

impl<T: Serialize> Page<T> {
    /// Fills a page from the items that come after the query's marker, in order. It fits into
    /// `bytes` of JSON unless its only item is larger.
    pub fn fill(
        query: &ListQuery,
        bytes: usize,
        after: impl Iterator<Item = T>,
        marker: impl Fn(&T) -> String,
    ) -> Self {
        let most = query.max_items.unwrap_or(ITEMS_DEFAULT).clamp(1, ITEMS_MAX);
        let mut page = Self { items: Vec::new(), next_marker: None };
        let mut room = bytes;
        for item in after {
            let size = serde_json::to_vec(&item).map_or(usize::MAX, |text| text.len() + 1);
            let fits = page.items.len() < most && (size <= room || page.items.is_empty());
            if !fits {
                page.next_marker = page.items.last().map(&marker);
                break;
            }
            room = room.saturating_sub(size);
            page.items.push(item);
        }
        page
    }
}

// === impl PublishedVersion ===

impl From<FunctionVersion> for PublishedVersion {
    fn from(version: FunctionVersion) -> Self {
        let FunctionVersion { version, settings, bundle, size, published, .. } = version;
        Self { version, settings, bundle, size, published }
    }
}

// === impl DistributionDetails ===

impl From<DistributionRecord> for DistributionDetails {
    fn from(record: DistributionRecord) -> Self {
        let DistributionRecord { revision, applied, requires, distribution, .. } = record;
        Self { revision, applied, requires, distribution }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &ListQuery, bytes: usize) -> Page<u32> {
        let after = query.marker.as_ref().map_or(0, |marker| marker.parse::<u32>().unwrap() + 1);
        Page::fill(query, bytes, after..2_500, u32::to_string)
    }

    fn walk(max_items: Option<usize>, bytes: usize) -> Vec<usize> {
        let mut query = ListQuery { max_items, ..ListQuery::default() };
        let (mut all, mut sizes) = (Vec::new(), Vec::new());
        loop {
            let page = page(&query, bytes);
            sizes.push(page.items.len());
            all.extend(page.items);
            query.marker = page.next_marker;
            if query.marker.is_none() {
                assert_eq!(all, (0..2_500).collect::<Vec<_>>());
                return sizes;
            }
        }
    }

    #[test]
    fn pages_hold_every_item_once() {
        assert_eq!(walk(None, 1 << 20), [100; 25]);
        assert_eq!(walk(Some(usize::MAX), 1 << 20), [1_000, 1_000, 500]);
        assert_eq!(walk(Some(0), 1 << 20), [1; 2_500]);
        assert_eq!(walk(Some(2_500), 1 << 20).last(), Some(&500));
    }

    #[test]
    fn pages_fit_into_a_message() {
        let sizes = walk(Some(1_000), 500);
        assert!(sizes.iter().all(|size| (1..=250).contains(size)), "{sizes:?}");
        // An item that is larger than a page still comes.
        assert_eq!(walk(None, 1), [1; 2_500]);
    }

    #[test]
    fn the_page_that_ends_with_the_last_item_is_the_last() {
        let query = ListQuery { max_items: Some(500), ..ListQuery::default() };
        let last = Page::fill(&query, 1 << 20, 2_000..2_500, u32::to_string);
        assert_eq!((last.items.len(), last.next_marker), (500, None));
    }
}
