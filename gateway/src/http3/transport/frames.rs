//! The frames of a request, as far as h3 does not check them.
//!
//! h3 takes a body that ends within a frame for a whole one. It keeps frames of any length, and
//! does not say whether trailers came.

use h3::quic::StreamErrorIncoming;

const DATA: u64 = 0;
const HEADERS: u64 = 1;

/// Follows the frames of one request (RFC 9114, 7.1).
#[derive(Debug)]
pub(super) struct Frames {
    /// The longest frame that h3 must keep whole.
    longest: u64,
    /// Type and length of the next frame, as far as they have come.
    begun: Vec<u8>,
    /// Bytes of the current frame that are to come.
    left: u64,
    /// Heads and trailers so far.
    heads: usize,
}

/// A fault of the frames.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameFault {
    #[error("a frame of {0} bytes is too long")]
    TooLong(u64),
    #[error("a frame comes after the trailers")]
    AfterTrailers,
    #[error("the request ends within a frame")]
    Truncated,
}

// === impl Frames ===

impl Frames {
    pub(super) fn new(longest: usize) -> Self {
        Self { longest: longest as u64, begun: Vec::new(), left: 0, heads: 0 }
    }

    /// Reads the next bytes.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> Result<(), FrameFault> {
        while let Some((first, rest)) = bytes.split_first() {
            if self.left > 0 {
                let skipped = bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
                self.left -= skipped as u64;
                bytes = bytes.get(skipped..).unwrap_or_default();
                continue;
            }
            self.begun.push(*first);
            bytes = rest;
            let Some((kind, length)) = head(&self.begun) else { continue };
            self.begun.clear();
            self.left = length;
            if self.have_trailers() && matches!(kind, DATA | HEADERS) {
                return Err(FrameFault::AfterTrailers);
            }
            self.heads += usize::from(kind == HEADERS);
            if kind != DATA && length > self.longest {
                return Err(FrameFault::TooLong(length));
            }
        }
        Ok(())
    }

    /// The request has ended.
    pub(super) fn end(&self) -> Result<(), FrameFault> {
        match self.left == 0 && self.begun.is_empty() {
            true => Ok(()),
            false => Err(FrameFault::Truncated),
        }
    }

    /// True if trailers have come, or begin to come.
    pub(super) fn have_trailers(&self) -> bool {
        self.heads > 1
    }
}

// === impl FrameFault ===

impl From<FrameFault> for StreamErrorIncoming {
    fn from(fault: FrameFault) -> Self {
        Self::Unknown(Box::new(fault))
    }
}

/// Type and length of a frame, if both are there.
fn head(bytes: &[u8]) -> Option<(u64, u64)> {
    let (kind, rest) = number(bytes)?;
    let (length, _) = number(rest)?;
    Some((kind, length))
}

/// A number of QUIC (RFC 9000, 16), and the bytes after it.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let first = *bytes.first()?;
    let (number, rest) = bytes.split_at_checked(1 << (first >> 6))?;
    let read = number.iter().fold(0, |read, byte| (read << 8) | u64::from(*byte));
    let prefix = 0b11 << (number.len() * 8 - 2);
    Some((read & !prefix, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_followed_byte_by_byte_and_in_one_piece() {
        let head = [1, 2, b'x', b'x'];
        // A length in two bytes, and one in eight.
        let data = [&[0, 0x40, 70][..], &[b'd'; 70]].concat();
        let empty = [0, 0xc0, 0, 0, 0, 0, 0, 0, 0];
        let trailers = [1, 1, b't'];
        let whole = [&head[..], &data, &empty, &trailers].concat();
        for size in [1, 2, 5, whole.len()] {
            let mut frames = Frames::new(100);
            for piece in whole.chunks(size) {
                frames.read(piece).unwrap();
            }
            assert_eq!(frames.end(), Ok(()));
            assert!(frames.have_trailers());
        }
        let ends = [4, 4 + data.len(), 4 + data.len() + empty.len(), whole.len()];
        for end in 1..whole.len() {
            let mut frames = Frames::new(100);
            frames.read(&whole[..end]).unwrap();
            assert_eq!(frames.end().is_ok(), ends.contains(&end), "{end}");
        }
    }

    #[test]
    fn nothing_but_unknown_frames_may_follow_trailers() {
        for (kind, is_allowed) in [(0, false), (1, false), (0x21, true)] {
            let read = Frames::new(100).read(&[1, 0, 0, 1, b'd', 1, 0, kind, 0]);
            assert_eq!(read.is_ok(), is_allowed, "{kind}");
        }
    }

    #[test]
    fn only_data_may_be_long() {
        for (kind, is_allowed) in [(0, true), (1, false), (0x21, false)] {
            let read = Frames::new(100).read(&[kind, 0x40, 101]);
            assert_eq!(read.is_ok(), is_allowed, "{kind}");
        }
    }
}
