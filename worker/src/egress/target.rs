//! The target of a request line, with the bytes that a function wrote.
//!
//! The HTTP client takes only paths that are URIs, but Node.js's clients send any bytes. So the
//! client sends a request with a placeholder, and the connection replaces it by the function's
//! bytes on the way to the socket.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that may stand in a request line.
#[derive(Clone, Debug)]
pub(super) struct Target(Bytes);

/// The target of the next request on a connection, if the function chose it.
#[derive(Clone, Default)]
pub(super) struct TargetSlot(Arc<Mutex<Option<Target>>>);

/// A connection that replaces the placeholder in a request by its target.
pub(super) struct Targeted<Io> {
    io: Io,
    slot: TargetSlot,
    /// Bytes that go to the socket first.
    first: BytesMut,
}

// === impl Target ===

impl Target {
    /// The placeholder in the request.
    pub(super) const PLACEHOLDER: &str = "/";

    /// None if the bytes do not begin with a slash, or cannot stand in a request line.
    pub(super) fn new(bytes: Bytes) -> Option<Self> {
        let is_one_part = bytes.iter().all(|byte| *byte > b' ');
        (bytes.starts_with(b"/") && is_one_part).then_some(Self(bytes))
    }

    /// The beginning of a request with this target, and how many bytes of the original it replaces.
    /// None if the bytes are not the beginning of a request with a placeholder.
    fn replaced(&self, request: &[u8]) -> Option<(BytesMut, usize)> {
        let space = request.iter().position(|byte| *byte == b' ')?;
        let method = request.get(..=space)?;
        request.get(space + 1..)?.strip_prefix(b"/ ")?;
        let mut first = BytesMut::from(method);
        first.extend_from_slice(&self.0);
        Some((first, method.len() + Self::PLACEHOLDER.len()))
    }
}

// === impl TargetSlot ===

impl TargetSlot {
    /// Sets the target of the next request.
    pub(super) fn set(&self, target: Option<Target>) {
        *self.0.lock() = target;
    }
}

// === impl Targeted ===

impl<Io> Targeted<Io> {
    /// The connection, with the slot for its targets.
    pub(super) fn new(io: Io, slot: TargetSlot) -> Self {
        Self { io, slot, first: BytesMut::new() }
    }
}

impl<Io: AsyncWrite + Unpin> Targeted<Io> {
    fn poll_first(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.first.is_empty() {
            let written = ready!(Pin::new(&mut self.io).poll_write(context, &self.first))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.first.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Targeted<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_first(context))?;
        let target = self.slot.0.lock().take();
        let Some(target) = target else {
            return Pin::new(&mut self.io).poll_write(context, bytes);
        };
        let Some((first, stands_for)) = target.replaced(bytes) else {
            let why = "a request does not begin with its request line";
            return Poll::Ready(Err(io::Error::other(why)));
        };
        self.first = first;
        Poll::Ready(Ok(stands_for))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_first(context))?;
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_first(context))?;
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Targeted<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[test]
    fn only_one_part_of_a_request_line_is_a_target() {
        for good in ["/", "/a|b\"<>`#", "/../x", "//x"] {
            assert!(Target::new(good.into()).is_some(), "{good}");
        }
        assert!(Target::new(Bytes::from_static(b"/\xe9")).is_some());
        for bad in ["", "a", "http://b/", "/a b", "/a\r\nX: y", "/\0", "/\t"] {
            assert!(Target::new(bad.into()).is_none(), "{bad:?}");
        }
    }

    #[tokio::test]
    async fn each_request_gets_its_target() {
        let (ours, mut theirs) = tokio::io::duplex(3);
        let slot = TargetSlot::default();
        let mut io = Targeted::new(ours, slot.clone());
        let sending = tokio::spawn(async move {
            slot.set(Target::new("/<1>".into()));
            io.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
            io.write_all(b"GET /plain HTTP/1.1\r\n\r\n").await.unwrap();
            slot.set(Target::new("/#2".into()));
            io.write_all(b"PUT / HTTP/1.1\r\n\r\n").await.unwrap();
            io.shutdown().await.unwrap();
        });
        let mut sent = String::new();
        theirs.read_to_string(&mut sent).await.unwrap();
        sending.await.unwrap();
        assert_eq!(
            sent,
            "GET /<1> HTTP/1.1\r\n\r\nGET /plain HTTP/1.1\r\n\r\nPUT /#2 HTTP/1.1\r\n\r\n"
        );
    }
}
