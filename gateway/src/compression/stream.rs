//! Compresses a body while it arrives.

use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::time::Instant;

use super::encoder::{FLUSH_AFTER, Then};
use super::pool::{Compression, CompressionError};
use crate::origin::BodyError;

/// A piece has at least this many bytes, if they are there already. Small enough for bodies to take
/// turns on a thread.
const PIECE: usize = 64 * 1024;

/// A codec may hold bytes back for this long. Then the viewer gets all that has arrived.
const FLUSH_WITHIN: Duration = Duration::from_millis(50);

struct Compressing<S> {
    body: S,
    compression: Compression,
    /// Bytes that the codec may hold back, and when the first of them arrived.
    held: usize,
    held_since: Option<Instant>,
    ended: bool,
    /// Bytes before and after.
    bytes: (u64, u64),
}

/// The body in its compressed form. If the body breaks off, so does the compressed form. It is
/// whole only if the body is.
pub fn compressed<S>(
    body: S,
    compression: Compression,
) -> impl Stream<Item = Result<Bytes, BodyError>>
where
    S: Stream<Item = Result<Bytes, BodyError>> + Unpin,
{
    let start =
        Compressing { body, compression, held: 0, held_since: None, ended: false, bytes: (0, 0) };
    stream::unfold(start, |mut compressing| async move {
        let next = compressing.next().await?;
        Some((next, compressing))
    })
}

// === impl Compressing ===

impl<S> Compressing<S>
where
    S: Stream<Item = Result<Bytes, BodyError>> + Unpin,
{
    async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        while !self.ended {
            let next = self.step().await;
            self.ended |= next.is_err();
            match next {
                Ok(output) if output.is_empty() => {}
                next => return Some(next.map(Bytes::from)),
            }
        }
        None
    }

    /// Moves one piece through the codec.
    async fn step(&mut self) -> Result<Vec<u8>, BodyError> {
        let (input, then) = self.piece().await?;
        let before: usize = input.iter().map(Bytes::len).sum();
        let failed = |error: CompressionError| BodyError::Compression(error.to_string());
        let output = self.compression.run(input, then).await.map_err(failed)?;
        self.bytes.0 += before as u64;
        self.bytes.1 += output.len() as u64;
        if then == Then::Finish {
            self.ended = true;
            self.count();
        }
        Ok(output)
    }

    /// The bytes that are there, and what the codec should do after them. Waits if there are none.
    async fn piece(&mut self) -> Result<(Vec<Bytes>, Then), BodyError> {
        let (mut input, mut length) = (Vec::new(), 0);
        while length < PIECE {
            let next = match (self.body.next().now_or_never(), self.held_since) {
                (Some(next), _) => next,
                (None, _) if !input.is_empty() => break,
                (None, None) => self.body.next().await,
                (None, Some(since)) => {
                    let next = tokio::time::timeout_at(since + FLUSH_WITHIN, self.body.next());
                    let Ok(next) = next.await else { break };
                    next
                }
            };
            let Some(chunk) = next else {
                return Ok((input, Then::Finish));
            };
            let chunk = chunk?;
            length += chunk.len();
            input.push(chunk);
            self.held_since.get_or_insert_with(Instant::now);
        }
        self.held += length;
        let is_late = self.held_since.is_some_and(|since| since.elapsed() >= FLUSH_WITHIN);
        if is_late || self.held >= FLUSH_AFTER {
            (self.held, self.held_since) = (0, None);
            return Ok((input, Then::Flush));
        }
        Ok((input, Then::GoOn))
    }

    fn count(&self) {
        let encoding = self.compression.coding().name();
        metrics::counter!("brink_gateway_compressed_total", "encoding" => encoding).increment(1);
        for (side, bytes) in [("before", self.bytes.0), ("after", self.bytes.1)] {
            metrics::counter!("brink_gateway_compressed_bytes_total",
                "encoding" => encoding, "side" => side)
            .increment(bytes);
        }
    }
}
