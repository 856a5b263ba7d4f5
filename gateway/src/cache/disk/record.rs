//! The stored form of a cache entry.
//!
//! A record is a head and the bytes of a body. The head begins with the version of the format and a
//! checksum, a SHA-256 over the version, the key, the rest of the head and the body. So a record
//! that was damaged, that belongs to another key, or that another version of the format wrote, is
//! not read. Change [`FORMAT`] with every change of [`StoredEntry`] or of the bytes of keys.

use std::sync::Arc;
use std::time::Duration;

use brink_shared::event::Headers;
use brink_shared::id::DistributionId;
use brink_shared::registry::distribution::ContentCoding;
use ring::digest::{Context, SHA256, SHA256_OUTPUT_LEN};
use serde::{Deserialize, Serialize};

use super::stamp::Stamp;
use crate::cache::body::Body;
use crate::cache::freshness::Storing;
use crate::cache::key::{CacheKey, normal_target};
use crate::cache::object::{CachedObject, Encoded, ObjectHead};
use crate::cache::vary::Variant;

/// The version of the format.
pub(super) const FORMAT: u32 = 1;

/// Bytes before the serialized part of a head: version and checksum.
const PREFIX: usize = size_of::<u32>() + SHA256_OUTPUT_LEN;

/// The number of groups of resources that writes make useless together.
pub(super) const GROUPS: u32 = 1 << 18;

/// No duration of a record is longer; this keeps sums of them far from their limits.
const LONGEST: Duration = Duration::from_secs(1 << 40);

/// The name of a key on the disk: the first half of the SHA-256 of its bytes. Two keys never share
/// it, and the key itself is compared too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Digest([u8; 16]);

/// A group of resources. A write to a resource makes the copies of its group useless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group(pub(super) u32);

/// A key as the disk knows it.
#[derive(Clone, Debug)]
pub(in crate::cache) struct Name {
    pub(super) digest: Digest,
    pub(super) group: Group,
    /// [`CacheKey::to_bytes`].
    pub(super) key: Vec<u8>,
}

/// The stored value of a key.
#[derive(Clone, Debug)]
pub(in crate::cache) enum Entry {
    /// A whole object.
    Object(Arc<CachedObject>),
    /// The headers by which the answers vary.
    Varies(Arc<[String]>),
}

/// An encoded entry.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) head: Vec<u8>,
    pub(super) body: Body,
}

/// The head of a record whose checksum is not compared yet.
#[derive(Debug)]
pub(super) struct RecordHead {
    checksum: Vec<u8>,
    serialized: Vec<u8>,
    entry: StoredEntry,
}

/// Why a record cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RecordError {
    /// Another version wrote it.
    #[error("it has format {0} and not {FORMAT}")]
    Format(u32),
    /// It is too short, or its content makes no sense.
    #[error("it cannot be read")]
    Unreadable,
    /// Its bytes are not those that were written.
    #[error("its checksum is wrong")]
    Checksum,
    /// No clock knows how old it is.
    #[error("its age is not known, because the clock was set back")]
    Age,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum StoredEntry {
    Object(Box<StoredHead>),
    Varies(Vec<String>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct StoredHead {
    status: u16,
    origin_status: u16,
    status_description: String,
    headers: Headers,
    storing: Storing,
    confirmed: Stamp,
    variant: Variant,
    bodiless: bool,
    encoded: Option<(ContentCoding, Headers)>,
    body: u64,
}

// === impl Entry ===

impl Entry {
    /// Approximate memory in bytes.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Object(object) => object.size(),
            Self::Varies(names) => names.iter().map(String::len).sum(),
        }
    }
}

// === impl Name ===

impl Name {
    pub(in crate::cache) fn of(key: &CacheKey) -> Self {
        let bytes = key.to_bytes();
        Self { digest: Digest::of(&bytes), group: Group::of_key(key), key: bytes }
    }
}

// === impl Group ===

impl Group {
    /// The group of a path, with the part of the query that is in the key, in its normal form.
    fn of(distribution: &str, normal_target: &str) -> Self {
        // A distribution's id has no line feed.
        let hash = sha256([distribution.as_bytes(), b"\n", normal_target.as_bytes()]);
        let first = hash.first_chunk().map_or(0, |first| u32::from_be_bytes(*first));
        Self(first % GROUPS)
    }

    /// The group of a path, with the part of the query that is in the key.
    pub(in crate::cache) fn of_target(distribution: &DistributionId, target: &str) -> Self {
        Self::of(distribution.as_str(), &normal_target(target))
    }

    /// The group of a key's resource.
    pub(in crate::cache) fn of_key(key: &CacheKey) -> Self {
        Self::of(key.distribution().as_str(), &key.normal_target())
    }
}

// === impl Digest ===

impl Digest {
    pub(super) fn of(key: &[u8]) -> Self {
        Self(sha256([key]).first_chunk().copied().unwrap_or_default())
    }
}

// === impl Record ===

impl Record {
    pub(super) fn new(key: &[u8], entry: &Entry) -> Self {
        let (stored, body) = match entry {
            Entry::Object(object) => {
                (StoredEntry::Object(Box::new(StoredHead::new(object))), object.body.clone())
            }
            Entry::Varies(names) => (StoredEntry::Varies(names.to_vec()), Body::default()),
        };
        // Numbers, texts and lists of them can always be written to memory.
        let serialized = rmp_serde::to_vec(&stored).unwrap_or_default();
        let checksum = checksum(key, &serialized, &body);
        let version = FORMAT.to_be_bytes();
        let head = [version.as_slice(), &checksum, &serialized].concat();
        Self { head, body }
    }
}

// === impl RecordHead ===

impl RecordHead {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, RecordError> {
        let (version, _) = bytes.split_first_chunk().ok_or(RecordError::Unreadable)?;
        let version = u32::from_be_bytes(*version);
        if version != FORMAT {
            return Err(RecordError::Format(version));
        }
        let (prefix, serialized) = bytes.split_at_checked(PREFIX).ok_or(RecordError::Unreadable)?;
        let checksum = prefix.get(size_of::<u32>()..).unwrap_or_default();
        let entry = rmp_serde::from_slice(serialized).map_err(|_| RecordError::Unreadable)?;
        Ok(Self { checksum: checksum.to_vec(), serialized: serialized.to_vec(), entry })
    }

    /// Bytes of the body.
    pub(super) fn body(&self) -> u64 {
        match &self.entry {
            StoredEntry::Object(head) => head.body,
            StoredEntry::Varies(_) => 0,
        }
    }

    /// The entry with this body, if that is what was stored under this key.
    pub(super) fn entry(self, key: &[u8], body: Body, now: &Stamp) -> Result<Entry, RecordError> {
        if *self.checksum != *checksum(key, &self.serialized, &body) {
            return Err(RecordError::Checksum);
        }
        match self.entry {
            StoredEntry::Varies(names) => Ok(Entry::Varies(names.into())),
            StoredEntry::Object(stored) => {
                let head = Arc::new(stored.head(now)?);
                Ok(Entry::Object(Arc::new(CachedObject { head, body, part: None })))
            }
        }
    }
}

// === impl StoredHead ===

impl StoredHead {
    fn new(object: &CachedObject) -> Self {
        let head = &object.head;
        let encoded = head.encoded.as_ref();
        Self {
            status: head.status,
            origin_status: head.origin_status,
            status_description: head.status_description.clone(),
            headers: Headers::clone(&head.headers),
            storing: head.storing.clone(),
            confirmed: Stamp::of(head.confirmed),
            variant: head.variant.clone(),
            bodiless: head.bodiless,
            encoded: encoded.map(|encoded| (encoded.coding, Headers::clone(&encoded.plain))),
            body: object.body.len() as u64,
        }
    }

    fn head(self, now: &Stamp) -> Result<ObjectHead, RecordError> {
        let Storing { ttl, age, overdue, stale_if_error, stale_while_revalidate, .. } =
            &self.storing;
        let times = [ttl, age, overdue, stale_while_revalidate];
        if times.into_iter().chain(stale_if_error).any(|time| *time > LONGEST) {
            return Err(RecordError::Unreadable);
        }
        let confirmed = self.confirmed.instant(now).ok_or(RecordError::Age)?;
        let encoded =
            self.encoded.map(|(coding, plain)| Encoded { coding, plain: Arc::new(plain) });
        Ok(ObjectHead {
            origin_status: self.origin_status,
            confirmed,
            variant: self.variant,
            bodiless: self.bodiless,
            encoded,
            ..ObjectHead::new(self.status, self.status_description, self.headers, self.storing)
        })
    }
}

fn checksum(key: &[u8], serialized: &[u8], body: &Body) -> Vec<u8> {
    let mut hash = Context::new(&SHA256);
    hash.update(&FORMAT.to_be_bytes());
    for part in [key, serialized] {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    for block in body.blocks() {
        hash.update(block);
    }
    hash.finish().as_ref().to_vec()
}

fn sha256<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; SHA256_OUTPUT_LEN] {
    let mut hash = Context::new(&SHA256);
    for part in parts {
        hash.update(part);
    }
    hash.finish().as_ref().try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests;
