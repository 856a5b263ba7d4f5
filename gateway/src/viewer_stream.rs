//! A viewer's connection, with request lines that the HTTP server can take.
//!
//! The server refuses bytes beyond ASCII in a request's target; functions and origins are to have
//! them (`contract.md` 2.7). So they are percent-encoded on their way in, and what stood there is
//! kept beside the connection until the request comes to its handler.

mod request_lines;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use request_lines::RequestLines;

/// A connection whose reader sees no byte beyond ASCII in a request line.
pub struct ViewerStream<S> {
    stream: S,
    lines: RequestLines,
    /// What was read and had no room with the reader: an encoded byte takes three.
    left: VecDeque<u8>,
}

/// The targets of one connection that did not come in ASCII, for the handler of its requests,
/// which come in the order in which they were read.
#[derive(Debug, Default)]
pub struct ReceivedTargets {
    targets: RefCell<VecDeque<(u64, Vec<u8>)>>,
    handled: Cell<u64>,
}

// === impl ViewerStream ===

impl<S> ViewerStream<S> {
    /// A connection of which nothing was read yet.
    pub fn new(stream: S) -> Self {
        Self { stream, lines: RequestLines::default(), left: VecDeque::new() }
    }

    /// Where the targets are kept that did not come in ASCII.
    pub fn received(&self) -> Rc<ReceivedTargets> {
        self.lines.received.clone()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ViewerStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.left.is_empty() {
            let begin = buf.filled().len();
            std::task::ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
            let (_, read) = buf.filled().split_at(begin);
            let Some(changed) = this.lines.pass(read) else {
                return Poll::Ready(Ok(()));
            };
            buf.set_filled(begin);
            this.left = changed.into();
        }
        let room = buf.remaining().min(this.left.len());
        let fits: Vec<u8> = this.left.drain(..room).collect();
        buf.put_slice(&fits);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ViewerStream<S> {
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

// === impl ReceivedTargets ===

impl ReceivedTargets {
    /// The target of the request that is handled next; none if it came in ASCII. To be asked
    /// once for every request of the connection.
    pub fn next(&self) -> Option<Vec<u8>> {
        let request = self.handled.get();
        self.handled.set(request + 1);
        let mut targets = self.targets.borrow_mut();
        let (_, target) = targets.pop_front_if(|(of, _)| *of == request)?;
        Some(target)
    }

    fn keep(&self, request: u64, target: &[u8]) {
        self.targets.borrow_mut().push_back((request, target.to_vec()));
    }
}
