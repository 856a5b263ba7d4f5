//! A connection that keeps its first bytes for a fingerprint.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::client_hello::HELLO_MAX;

/// A connection whose first bytes are kept while that is wanted. Bytes are only copied, so the
/// reader sees all of them.
#[derive(Debug)]
pub(crate) struct RecordedStream<S> {
    stream: S,
    first: Option<Vec<u8>>,
}

// === impl RecordedStream ===

impl<S> RecordedStream<S> {
    pub(super) fn new(stream: S, records: bool) -> Self {
        Self { stream, first: records.then(Vec::new) }
    }

    /// The first bytes. From now on none are kept.
    pub(super) fn take_first(&mut self) -> Option<Vec<u8>> {
        self.first.take()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RecordedStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        if let Some(first) = &mut this.first {
            let read = buf.filled().get(before..).unwrap_or_default();
            let room = HELLO_MAX.saturating_sub(first.len()).min(read.len());
            first.extend_from_slice(read.split_at(room).0);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RecordedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
