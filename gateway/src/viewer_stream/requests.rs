//! Finds where one request ends and the next one begins in a viewer's bytes.
//!
//! ```text
//! Head ── no body ──▶ Head
//! Head ── length ───▶ Body ── last byte ──▶ Head
//! Head ── chunked ──▶ ChunkSize ── size 0 ──▶ Trailers ── empty line ──▶ Head
//!                     ChunkSize ── size ────▶ Chunk ──▶ ChunkEnd ──▶ ChunkSize
//! Head ── upgrade ──▶ Opaque
//! ```

use super::chunk;
use super::head::{self, Follows, Head};
use crate::rejected::Rejected;

/// The part of a message that the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// In a head, or before one.
    #[default]
    Head,
    /// In a body with this many bytes left.
    Body(u64),
    /// In the line with the size of a chunk.
    ChunkSize,
    /// In a chunk with this many bytes left.
    Chunk(u64),
    /// At the end of a chunk.
    ChunkEnd,
    /// In the lines after the last chunk.
    Trailers,
    /// In bytes of another protocol, after an upgrade.
    Opaque,
}

/// The next step for the bytes at hand.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// More bytes are needed.
    More,
    /// This many of them have no meaning and are dropped.
    Skip(usize),
    /// This many of them may go to the server.
    Pass(usize),
    /// They begin with a whole head.
    Head(Head),
    /// They are rejected.
    Reject(Rejected),
}

/// The state of one connection's bytes.
#[derive(Debug, Default)]
pub(super) struct Requests {
    at: At,
    /// Bytes of the current head that were already searched for the end of a line.
    scanned: usize,
    /// Bytes of extensions in the current body.
    extensions: usize,
}

// === impl Requests ===

impl Requests {
    /// True in a head, or before one.
    pub(super) fn is_at_head(&self) -> bool {
        self.at == At::Head
    }

    /// True in a body, its framing included.
    pub(super) fn is_within_body(&self) -> bool {
        !matches!(self.at, At::Head | At::Opaque)
    }

    /// True after an upgrade.
    pub(super) fn is_opaque(&self) -> bool {
        self.at == At::Opaque
    }

    /// Checks the bytes that are here, from the end of the last step.
    pub(super) fn next(&mut self, input: &[u8]) -> Step {
        if input.is_empty() {
            return Step::More;
        }
        match self.at {
            At::Head => self.head(input),
            At::Body(left) => self.pass(input, left, At::Body, At::Head),
            At::Chunk(left) => self.pass(input, left, At::Chunk, At::ChunkEnd),
            At::ChunkSize => self.chunk_size(input),
            At::ChunkEnd => match input {
                [b'\r', b'\n', ..] => self.then(At::ChunkSize, 2),
                [b'\r'] => Step::More,
                _ => Step::Reject(Rejected::Syntax),
            },
            At::Trailers => match chunk::trailers(input) {
                Ok(Some(len)) => self.then(At::Head, len),
                Ok(None) => Step::More,
                Err(rejected) => Step::Reject(rejected),
            },
            At::Opaque => Step::Pass(input.len()),
        }
    }

    fn head(&mut self, input: &[u8]) -> Step {
        // Empty lines before a request are allowed (RFC 9112, 2.2).
        match input {
            [b'\n', ..] => return Step::Skip(1),
            [b'\r', b'\n', ..] => return Step::Skip(2),
            [b'\r'] => return Step::More,
            _ => {}
        }
        let fresh = input.get(self.scanned..).unwrap_or(input);
        let looks = self.scanned == 0 || memchr::memchr(b'\n', fresh).is_some();
        self.scanned = input.len();
        match if looks { head::read(input) } else { head::bounded(input) } {
            Ok(None) => Step::More,
            Ok(Some(head)) => {
                self.scanned = 0;
                self.extensions = 0;
                self.at = match head.follows {
                    Follows::Nothing => At::Head,
                    Follows::Body(len) => At::Body(len),
                    Follows::Chunks => At::ChunkSize,
                    Follows::AnotherProtocol => At::Opaque,
                };
                Step::Head(head)
            }
            Err(rejected) => Step::Reject(rejected),
        }
    }

    fn chunk_size(&mut self, input: &[u8]) -> Step {
        let (len, size, extension) = match chunk::size(input) {
            Ok(Some(line)) => line,
            Ok(None) => return Step::More,
            Err(rejected) => return Step::Reject(rejected),
        };
        self.extensions += extension;
        if self.extensions > chunk::EXTENSIONS_MAX {
            return Step::Reject(Rejected::TooLarge);
        }
        self.then(if size == 0 { At::Trailers } else { At::Chunk(size) }, len)
    }

    fn pass(&mut self, input: &[u8], left: u64, within: fn(u64) -> At, after: At) -> Step {
        let len = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        let left = left - len as u64;
        self.then(if left == 0 { after } else { within(left) }, len)
    }

    fn then(&mut self, at: At, passed: usize) -> Step {
        self.at = at;
        Step::Pass(passed)
    }
}
