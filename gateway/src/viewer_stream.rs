//! A viewer's connection, which keeps bad requests away from the HTTP server.
//!
//! The server has limits of its own, and its own answers to bad requests lack the proxy's headers.
//! So this stream checks each head before the server sees it (`head`), and also the lines between
//! chunks (`chunk`). If it rejects a request, the server reads an empty request instead. The reason
//! is kept beside the connection (`connection`), and the handler answers with it.
//!
//! The server also cannot read a target with bytes beyond ASCII. The stream percent-encodes them
//! and keeps the original target (`contract.md` 2.7).
//!
//! The server gets a request only after the previous one was answered, because it frames an answer
//! by the method and version of the last request that it read.

mod chunk;
mod head;
mod patience;
mod requests;
mod viewer_connection;

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub use patience::Patience;
pub use viewer_connection::{Answering, Noted, ViewerConnection};

use crate::rejected::Rejected;
use crate::viewer_tls::TlsSession;
use patience::{Clock, Wait};
use requests::{Requests, Step};

/// The most bytes of one read.
const READ: usize = 8 * 1024;

/// A connection whose reader sees only valid requests.
pub struct ViewerStream<S> {
    stream: S,
    requests: Requests,
    connection: Rc<ViewerConnection>,
    clock: Clock,
    /// Bytes that were read and that the server has not got yet.
    inbox: BytesMut,
    /// How many bytes at the beginning of `inbox` the server may get.
    passable: usize,
    /// True once this side has announced that it sends no more.
    is_shut: bool,
}

// === impl ViewerStream ===

impl<S> ViewerStream<S> {
    /// A new connection. A body must come at `min_rate` bytes a second or more, on average.
    pub fn new(stream: S, patience: Patience, min_rate: u32) -> Self {
        Self {
            stream,
            requests: Requests::default(),
            connection: Rc::default(),
            clock: Clock::new(patience, min_rate),
            inbox: BytesMut::new(),
            passable: 0,
            is_shut: false,
        }
    }

    /// The same over this TLS session.
    pub fn over_tls(mut self, tls: Arc<TlsSession>) -> Self {
        self.connection = Rc::new(ViewerConnection::new(Some(tls)));
        self
    }

    /// The facts about the connection that the handler of a request needs.
    pub fn connection(&self) -> Rc<ViewerConnection> {
        self.connection.clone()
    }

    /// Checks the bytes that are here. True if the reader can go on: there are bytes for it, or the
    /// connection is at its end.
    fn advance(&mut self) -> bool {
        match self.requests.next(&self.inbox) {
            Step::More => return false,
            Step::Skip(len) => self.inbox.advance(len),
            Step::Pass(len) => {
                self.connection.received(len);
                self.passable = len;
            }
            Step::Head(head) => {
                self.clock.head_is_there();
                self.connection.begin(head.target.map(Noted::Target), head.closes, head.len);
                self.passable = head.len;
                if let Some(encoded) = head.encoded {
                    let rest = self.inbox.split_off(head.len);
                    self.passable = encoded.len();
                    self.inbox = BytesMut::from(encoded.as_slice());
                    self.inbox.unsplit(rest);
                }
            }
            Step::Reject(rejected) => self.reject(rejected),
        }
        true
    }

    /// True if the viewer has ended and the bytes that are here do not begin a head.
    fn ends_badly(&self) -> bool {
        self.requests.is_at_head() && matches!(head::read(&self.inbox), Err(Rejected::Syntax))
    }

    fn wait(&self) -> Wait {
        match (self.requests.is_within_body(), self.inbox.is_empty()) {
            (true, _) => Wait::Body,
            (false, true) => Wait::Head,
            (false, false) => Wait::RestOfHead,
        }
    }

    /// Lets the handler answer with the reason. Within a body, the server sees that the body breaks
    /// off. Before a head, it reads an empty request. Then it reads the end of the connection.
    fn reject(&mut self, rejected: Rejected) {
        if self.requests.is_within_body() {
            self.connection.cut(rejected);
        } else {
            let stand_in = head::stand_in(&self.inbox);
            self.connection.begin(Some(Noted::Rejected(rejected)), true, self.inbox.len());
            self.inbox = BytesMut::from(stand_in);
            self.passable = stand_in.len();
        }
    }
}

impl<S: AsyncRead + Unpin> ViewerStream<S> {
    /// Reads into the inbox. The inbox has no spare room, because most connections are idle.
    fn poll_inbox(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut room = [const { MaybeUninit::uninit() }; READ];
        let mut read = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read))?;
        self.inbox.extend_from_slice(read.filled());
        Poll::Ready(Ok(read.filled().len()))
    }

    /// Reads and discards bytes. Closing a connection with unread bytes would reset it, and the
    /// viewer could not read its answer.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while ready!(self.poll_inbox(cx))? > 0 {
            self.inbox.clear();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ViewerStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.passable > 0 {
                let len = this.passable.min(buf.remaining());
                buf.put_slice(&this.inbox.split_to(len));
                this.passable -= len;
                if this.inbox.is_empty() {
                    this.inbox = BytesMut::new();
                }
                return Poll::Ready(Ok(()));
            }
            if this.connection.is_over() {
                return Poll::Ready(Ok(()));
            }
            let is_waiting = this.requests.is_at_head() && this.connection.is_answering(cx);
            if is_waiting && !this.inbox.is_empty() {
                return Poll::Pending;
            }
            if !is_waiting && this.advance() {
                continue;
            }
            match this.poll_inbox(cx) {
                Poll::Ready(Ok(0)) if is_waiting || !this.ends_badly() => {
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Ok(0)) => this.reject(Rejected::Syntax),
                Poll::Ready(Ok(len)) if this.requests.is_within_body() => {
                    this.clock.body_moved(len);
                }
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending if is_waiting || this.requests.is_opaque() => return Poll::Pending,
                Poll::Pending => {
                    let wait = this.wait();
                    ready!(this.clock.poll(cx, wait));
                    if wait == Wait::Head {
                        // No viewer waits for an answer.
                        return Poll::Ready(Ok(()));
                    }
                    this.reject(Rejected::TooSlow);
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ViewerStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.connection.sent(written);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs))?;
        self.connection.sent(written);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.connection.flushed();
        Poll::Ready(Ok(()))
    }

    /// Ends this side of the connection. If the viewer may still be sending, its bytes are read for
    /// a moment. Otherwise the answer might not reach it.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.is_shut {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            this.is_shut = true;
            this.clock.linger();
        }
        let is_done = this.inbox.is_empty() && !this.requests.is_within_body();
        if is_done && !this.connection.is_rejected() {
            return Poll::Ready(Ok(()));
        }
        if this.poll_discard(cx).is_pending() {
            ready!(this.clock.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S> Drop for ViewerStream<S> {
    fn drop(&mut self) {
        self.connection.gone();
    }
}

#[cfg(test)]
mod tests;
