//! A connection of the sandbox's program, as a stream of bytes.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::State;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

use super::flow::Flow;
use super::stack::Stack;

/// The supervisor's end of a connection. Dropping it resets the connection, unless both sides have
/// said that they are done.
pub(super) struct Stream {
    stack: Rc<RefCell<Stack>>,
    changed: Rc<Notify>,
    handle: SocketHandle,
    closed: bool,
}

// === impl Stream ===

impl Stream {
    /// Takes part in the connection that begins with this packet.
    pub(super) fn accept(
        stack: Rc<RefCell<Stack>>,
        changed: Rc<Notify>,
        flow: Flow,
        syn: &[u8],
    ) -> Option<Self> {
        let handle = stack.borrow_mut().accept(flow, syn)?;
        changed.notify_one();
        Some(Self { stack, changed, handle, closed: false })
    }

    /// Waits until the program takes part, too. None if it does not.
    pub(super) async fn established(self) -> Option<Self> {
        let state = poll_fn(|context| {
            let mut stack = self.stack.borrow_mut();
            let socket = stack.socket(self.handle);
            match socket.state() {
                State::Listen | State::SynReceived => {
                    socket.register_recv_waker(context.waker());
                    Poll::Pending
                }
                state => Poll::Ready(state),
            }
        });
        let state = state.await;
        (state != State::Closed).then_some(self)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut stack = self.stack.borrow_mut();
        let socket = stack.socket(self.handle);
        if socket.can_recv() {
            let read = socket.recv_slice(into.initialize_unfilled()).map_err(io::Error::other)?;
            into.advance(read);
            // The program may send more now.
            self.changed.notify_one();
            return Poll::Ready(Ok(()));
        }
        match socket.state() {
            State::Closed => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            _ if !socket.may_recv() => Poll::Ready(Ok(())),
            _ => {
                socket.register_recv_waker(context.waker());
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut stack = self.stack.borrow_mut();
        let socket = stack.socket(self.handle);
        if !socket.may_send() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if !socket.can_send() {
            socket.register_send_waker(context.waker());
            return Poll::Pending;
        }
        let written = socket.send_slice(bytes).map_err(io::Error::other)?;
        self.changed.notify_one();
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.closed = true;
        self.stack.borrow_mut().socket(self.handle).close();
        self.changed.notify_one();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.stack.borrow_mut().close(self.handle, self.closed);
        self.changed.notify_one();
    }
}
