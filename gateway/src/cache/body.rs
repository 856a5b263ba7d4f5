//! A complete body in memory, read in slices.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, Stream};

use super::memory::{Charge, Memory};
use crate::origin::BodyError;

/// Bodies are kept in blocks of this size, in bytes; the last one is shorter.
pub const BLOCK: usize = 64 * 1024;

/// The most bytes that a viewer's connection gets at once. The server copies them into the
/// connection's own buffer, so this limits the memory for a viewer that does not read.
pub const SLICE: usize = 32 * 1024;

/// A complete body. Cheap to clone. Clones share their bytes and the charge for them, which ends
/// when the last clone is dropped.
#[derive(Clone, Debug, Default)]
pub struct Body(Arc<Blocks>);

#[derive(Debug, Default)]
struct Blocks {
    /// All blocks have the same size, except that the last one may be shorter.
    blocks: Vec<Bytes>,
    len: usize,
    charge: Option<Charge>,
}

// === impl Body ===

impl Body {
    /// A body of these blocks. All have the same size, but the last one may be shorter.
    pub(super) fn of_blocks(blocks: Vec<Bytes>, charge: Option<Charge>) -> Self {
        let len = blocks.iter().map(Bytes::len).sum();
        Self(Arc::new(Blocks { blocks, len, charge }))
    }

    /// The same bytes with a charge for them; `None` if there is no room for them.
    pub(super) fn charged(self, memory: &Memory) -> Option<Self> {
        if self.0.charge.is_some() {
            return Some(self);
        }
        let charge = memory.charge(self.len())?;
        Some(Self::of_blocks(self.0.blocks.clone(), Some(charge)))
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.0.len
    }

    /// True if there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of it in one piece, which is a copy if it has several blocks.
    pub fn to_bytes(&self) -> Bytes {
        match self.0.blocks.as_slice() {
            [] => Bytes::new(),
            [one] => one.clone(),
            several => several.concat().into(),
        }
    }

    /// All of it, in pieces.
    pub(super) fn blocks(&self) -> &[Bytes] {
        &self.0.blocks
    }

    /// A copy of it in rows of one size; the last one may be shorter.
    pub(super) fn rows(&self, size: usize) -> impl Iterator<Item = Vec<u8>> {
        let starts = (0..self.len()).step_by(size.max(1));
        starts.map(move |start| self.copy(start..start.saturating_add(size).min(self.len())))
    }

    fn copy(&self, part: Range<usize>) -> Vec<u8> {
        let mut copy = Vec::with_capacity(part.len());
        while copy.len() < part.len() {
            let slice = self.slice_at(part.start + copy.len());
            let left = part.len() - copy.len();
            match slice.get(..left.min(slice.len())) {
                None | Some([]) => break,
                Some(bytes) => copy.extend_from_slice(bytes),
            }
        }
        copy
    }

    /// At most [`SLICE`] bytes from `at` on, by reference; `None` beyond the end.
    pub(super) fn slice_at(&self, offset: usize) -> Bytes {
        let size = self.0.blocks.first().map_or(0, Bytes::len).max(1);
        let Some(block) = self.0.blocks.get(offset / size) else {
            return Bytes::new();
        };
        slice_of(block, offset % size)
    }

    /// A part of it in slices.
    pub fn stream(
        &self,
        part: Range<usize>,
    ) -> impl Stream<Item = Result<Bytes, BodyError>> + use<> {
        stream::unfold((self.clone(), part), |(body, mut part)| async move {
            let mut slice = body.slice_at(part.start);
            slice.truncate(part.len());
            part.start += slice.len();
            (!slice.is_empty()).then_some((Ok(slice), (body, part)))
        })
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::of_blocks(if bytes.is_empty() { Vec::new() } else { vec![bytes] }, None)
    }
}

impl PartialEq<str> for Body {
    fn eq(&self, other: &str) -> bool {
        self.to_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Body {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

/// At most [`SLICE`] bytes of a block, by reference.
pub(super) fn slice_of(block: &Bytes, from: usize) -> Bytes {
    let from = from.min(block.len());
    block.slice(from..block.len().min(from + SLICE))
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;

    fn counted(len: usize) -> Vec<u8> {
        (0..len).map(|n| (n / 7 % 251) as u8).collect()
    }

    #[tokio::test]
    async fn every_part_is_read_in_slices_by_reference() {
        let all = counted(3 * BLOCK + 17);
        let blocks: Vec<Bytes> = all.chunks(BLOCK).map(Bytes::copy_from_slice).collect();
        let first = blocks[0].clone();
        let body = Body::of_blocks(blocks, None);
        assert_eq!((body.len(), body.to_bytes().as_ref()), (all.len(), all.as_slice()));
        assert_eq!(body.slice_at(5).as_ptr(), first[5..].as_ptr());
        for part in
            [0..all.len(), 0..1, BLOCK - 1..BLOCK + 1, 5..SLICE + 6, 3 * BLOCK..all.len(), 9..9]
        {
            let slices: Vec<Bytes> =
                body.stream(part.clone()).map(|slice| slice.unwrap()).collect().await;
            assert!(slices.iter().all(|slice| slice.len() <= SLICE));
            assert_eq!(slices.concat(), all[part]);
        }
    }

    #[test]
    fn bytes_are_accounted_for_until_the_last_reader_is_gone() {
        let memory = Memory::new(100);
        let body = Body::from(Bytes::from(vec![1; 60])).charged(&memory).unwrap();
        let reader = body.clone();
        assert_eq!(body.clone().charged(&memory).unwrap().len(), 60);
        assert!(Body::from(Bytes::from(vec![1; 60])).charged(&memory).is_none());
        drop(body);
        assert_eq!(memory.used(), 60);
        drop(reader);
        assert_eq!(memory.used(), 0);
    }
}
