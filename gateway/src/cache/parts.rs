//! Parts of objects that are not kept whole (`contract.md` 7.7).
//!
//! The bytes of ranges that viewers get are kept in slices of one size. Each slice is an entry of
//! the store, like any other. A summary has the head and the length of the object; they tell
//! whether a slice belongs to the same copy. Parts of different answers are combined only if a
//! strong validator says that they belong to one copy (RFC 9110, 8.8.1; RFC 9111, 3.4).

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::body::{BLOCK, Body};
use super::conditional::strong_validator;
use super::key::{CacheKey, PartOf};
use super::memory::Charge;
use super::object::{CachedObject, Extent, ObjectHead};
use super::store::{Cache, Since};

/// An object of which parts are kept.
#[derive(Clone, Debug)]
pub struct PartialCopy {
    cache: Cache,
    key: CacheKey,
    head: Arc<ObjectHead>,
    total: u64,
}

/// Keeps the bytes of one range as they pass through. When it is dropped, it keeps the bytes so
/// far.
#[derive(Debug)]
pub struct PartWriter {
    copy: PartialCopy,
    /// Index of the next byte.
    next: u64,
    /// Bytes of the current slice up to `next`, without a gap.
    open: Vec<u8>,
    /// The charge for `open`; `None` if there was no room for this slice.
    charge: Option<Charge>,
    since: Since,
}

// === impl Cache ===

impl Cache {
    /// The object of which parts are kept under this key, if they may be served without asking
    /// the origin.
    pub fn partial(&self, key: &CacheKey) -> Option<PartialCopy> {
        let summary = self.stored(&key.part(PartOf::Summary))?;
        let total = summary.part?.total;
        let head = summary.head.clone();
        head.is_fresh(Instant::now()).then(|| PartialCopy {
            cache: self.clone(),
            key: key.clone(),
            head,
            total,
        })
    }

    /// Begins to keep a range that starts at byte `first` of an object of `total` bytes. `head` is
    /// the head of the whole object, and `since` tells when the fetch began.
    pub fn keep_part(
        &self,
        key: &CacheKey,
        head: ObjectHead,
        first: u64,
        total: u64,
        since: Since,
    ) -> PartWriter {
        let head = Arc::new(head).for_others();
        let key = key.variant(&head.variant);
        let copy = PartialCopy { cache: self.clone(), key, head, total };
        copy.insert(PartOf::Summary, Body::default(), 0, since);
        PartWriter { copy, next: first, open: Vec::new(), charge: None, since }
    }
}

// === impl PartialCopy ===

impl PartialCopy {
    /// The head of the whole object.
    pub fn head(&self) -> &Arc<ObjectHead> {
        &self.head
    }

    /// The length of the whole object.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The end of the kept bytes that begin at the start of a range.
    pub fn covered(&self, range: &Range<u64>) -> u64 {
        let mut next = range.start;
        while next < range.end {
            match self.run_at(next) {
                Some((first, body)) => next = first + body.len() as u64,
                None => return next,
            }
        }
        range.end
    }

    /// At most [`SLICE`](super::body::SLICE) bytes from `at` on; `None` if they are not kept.
    pub fn slice_at(&self, offset: u64) -> Option<Bytes> {
        let (first, body) = self.run_at(offset)?;
        let bytes = body.slice_at(usize::try_from(offset - first).ok()?);
        (!bytes.is_empty()).then_some(bytes)
    }

    /// True if an answer with these headers, for an object of this length, belongs to this copy.
    pub fn is_same(&self, headers: &brink_shared::event::Headers, total: u64) -> bool {
        let validator = strong_validator(headers);
        total == self.total
            && validator.is_some()
            && validator == strong_validator(&self.head.headers)
    }

    /// Removes it: the origin has another copy by now.
    pub fn forget(&self) {
        self.cache.remove(&self.key.part(PartOf::Summary));
    }

    /// The kept bytes around this one, and the position where they begin.
    fn run_at(&self, offset: u64) -> Option<(u64, Body)> {
        let kept = self.cache.stored(&self.key.part(PartOf::Slice(offset / BLOCK as u64)))?;
        let extent = kept.part?;
        let same =
            Arc::ptr_eq(&kept.head, &self.head) || self.is_same(&kept.head.headers, extent.total);
        let end = extent.first + kept.body.len() as u64;
        (same && (extent.first..end).contains(&offset)).then(|| (extent.first, kept.body.clone()))
    }

    fn insert(&self, part: PartOf, body: Body, first: u64, since: Since) {
        let extent = Extent { first, total: self.total };
        let object = CachedObject { head: self.head.clone(), body, part: Some(extent) };
        let key = self.key.part(part);
        self.cache.put_since(&key, Arc::new(object), since);
    }
}

// === impl PartWriter ===

impl PartWriter {
    /// Adds the next bytes.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let place = self.next % BLOCK as u64;
            let room = usize::try_from(BLOCK as u64 - place).unwrap_or(BLOCK);
            if self.open.is_empty() {
                self.charge = self.copy.cache.memory().charge(room);
                self.open.reserve_exact(if self.charge.is_some() { room } else { 0 });
            }
            let (now, later) = bytes.split_at(bytes.len().min(room));
            if self.charge.is_some() {
                self.open.extend_from_slice(now);
            }
            self.next += now.len() as u64;
            if now.len() == room {
                self.flush();
            }
            bytes = later;
        }
    }

    /// Keeps the gathered bytes of the current slice, together with its bytes that are kept
    /// already.
    fn flush(&mut self) {
        let mut bytes = std::mem::take(&mut self.open);
        let Some(mut charge) = self.charge.take().filter(|_| !bytes.is_empty()) else {
            return;
        };
        let mut first = self.next - bytes.len() as u64;
        let last = self.next - 1;
        if bytes.len() < BLOCK {
            // The kept bytes directly before these, and directly after them.
            if let Some((before, body)) = first.checked_sub(1).and_then(|b| self.neighbor(b, last))
            {
                bytes = join(before, &body.to_bytes(), first, &bytes);
                first = before;
            }
            if let Some((after, body)) = self.neighbor(self.next, last) {
                bytes = join(first, &bytes, after, &body.to_bytes());
            }
            bytes.shrink_to_fit();
        }
        charge.shrink_to(bytes.len());
        if !charge.grow_to(bytes.len()) {
            return;
        }
        let number = first / BLOCK as u64;
        let body = Body::of_blocks(vec![bytes.into()], Some(charge));
        self.copy.insert(PartOf::Slice(number), body, first, self.since);
    }

    /// The kept bytes around this one, if it is in the same slice as `of`.
    fn neighbor(&self, offset: u64, of: u64) -> Option<(u64, Body)> {
        let slice = |offset: u64| offset / BLOCK as u64;
        (slice(offset) == slice(of)).then(|| self.copy.run_at(offset)).flatten()
    }
}

impl Drop for PartWriter {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Joins two runs of bytes. The second one begins within the first or at its end.
fn join(first: u64, bytes: &[u8], second: u64, more: &[u8]) -> Vec<u8> {
    let skipped = usize::try_from((first + bytes.len() as u64).saturating_sub(second));
    let rest = more.get(skipped.unwrap_or(usize::MAX)..).unwrap_or_default();
    [bytes, rest].concat()
}

#[cfg(test)]
mod tests;
