//! The bytes that a viewer sends on one stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h3::quic::{ConnectionErrorIncoming, StreamErrorIncoming, StreamId};
use quinn::ReadError;

use super::convert::{lost, stream_id, var_int};
use super::frames::Frames;

/// Most bytes of a stream that h3 may hold. It has room for every head that h3 accepts.
const HELD_MAX: usize = 64 * 1024;

/// Most bytes that are read at a time.
const PIECE: usize = 8 * 1024;

/// About how many bytes of memory a piece takes beyond its content.
const PIECE_COST: usize = 256;

/// One direction of a stream: from the viewer.
///
/// h3 reads before it looks for a frame in the bytes that it has. A viewer could make it hold bytes
/// without end, by many short frames. So this stream gives no more bytes while h3 holds
/// [`HELD_MAX`]. These have a whole frame, because [`Frames`] ends a request with a longer one. h3
/// finds the frame, and asks again after that. On a control stream, a longer frame is never read.
/// Neither is a frame that comes in pieces far below [`PIECE_COST`]: its request ends by the time
/// limit of a head or a body, or of a silent gRPC call.
pub(in crate::http3) struct ReceiveStream {
    stream: quinn::RecvStream,
    id: StreamId,
    progress: Arc<Progress>,
    /// The frames; `None` on a stream that is no request.
    frames: Option<Frames>,
}

/// How far h3 has read a stream.
#[derive(Debug, Default)]
pub(in crate::http3) struct Progress {
    /// Bytes of memory that h3 holds.
    held: AtomicUsize,
    /// True once the viewer's last byte was read.
    is_last: AtomicBool,
    /// True if trailers have come.
    has_trailers: AtomicBool,
}

/// A piece of a stream, which counts as long as anybody has a part of it.
struct Piece {
    content: Vec<u8>,
    progress: Arc<Progress>,
}

// === impl ReceiveStream ===

impl ReceiveStream {
    pub(super) fn new(stream: quinn::RecvStream) -> Result<Self, ConnectionErrorIncoming> {
        let id = stream_id(stream.id())?;
        Ok(Self { stream, id, progress: Arc::default(), frames: None })
    }

    /// The stream of a request.
    pub(super) fn of_request(stream: quinn::RecvStream) -> Result<Self, ConnectionErrorIncoming> {
        Ok(Self { frames: Some(Frames::new(HELD_MAX / 2)), ..Self::new(stream)? })
    }

    /// How far h3 has read it.
    pub(super) fn progress(&self) -> Arc<Progress> {
        self.progress.clone()
    }
}

impl h3::quic::RecvStream for ReceiveStream {
    type Buf = Bytes;

    fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        if self.progress.held.load(Ordering::Relaxed) >= HELD_MAX {
            return Poll::Pending;
        }
        let mut piece = [0; PIECE];
        let read = ready!(self.stream.poll_read(cx, &mut piece)).map_err(read_error)?;
        let content = piece.get(..read).unwrap_or_default();
        if content.is_empty() {
            self.frames.as_ref().map_or(Ok(()), Frames::end)?;
            self.progress.is_last.store(true, Ordering::Relaxed);
            return Poll::Ready(Ok(None));
        }
        if let Some(frames) = &mut self.frames {
            frames.read(content)?;
            self.progress.has_trailers.store(frames.have_trailers(), Ordering::Relaxed);
        }
        Poll::Ready(Ok(Some(Piece::bytes(content, &self.progress))))
    }

    fn stop_sending(&mut self, error_code: u64) {
        // If this fails, the stream has ended already.
        let _ = self.stream.stop(var_int(error_code));
    }

    fn recv_id(&self) -> StreamId {
        self.id
    }
}

// === impl Progress ===

impl Progress {
    /// True if the viewer's last byte was read, and h3 holds none.
    pub(in crate::http3) fn is_over(&self) -> bool {
        self.is_last.load(Ordering::Relaxed) && self.held.load(Ordering::Relaxed) == 0
    }

    /// True if the request has trailers.
    pub(in crate::http3) fn has_trailers(&self) -> bool {
        self.has_trailers.load(Ordering::Relaxed)
    }
}

// === impl Piece ===

impl Piece {
    fn bytes(content: &[u8], progress: &Arc<Progress>) -> Bytes {
        let piece = Self { content: content.to_vec(), progress: progress.clone() };
        progress.held.fetch_add(piece.cost(), Ordering::Relaxed);
        Bytes::from_owner(piece)
    }

    fn cost(&self) -> usize {
        self.content.len() + PIECE_COST
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.content
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.progress.held.fetch_sub(self.cost(), Ordering::Relaxed);
    }
}

fn read_error(error: ReadError) -> StreamErrorIncoming {
    match error {
        ReadError::Reset(code) => {
            StreamErrorIncoming::StreamTerminated { error_code: code.into_inner() }
        }
        ReadError::ConnectionLost(error) => lost(error),
        other => StreamErrorIncoming::Unknown(Box::new(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_counts_until_its_last_part_is_gone() {
        let progress = Arc::<Progress>::default();
        let mut piece = Piece::bytes(b"abcdef", &progress);
        let part = piece.split_to(2);
        drop(piece);
        progress.is_last.store(true, Ordering::Relaxed);
        assert_eq!(progress.held.load(Ordering::Relaxed), 6 + PIECE_COST);
        assert!(!progress.is_over());
        drop(part);
        assert!(progress.is_over());
    }
}
