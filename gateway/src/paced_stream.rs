//! A viewer's connection with a limited wait.
//!
//! The HTTP server itself has no limit here. If a viewer does not read its answers, the server
//! waits for it without end. It also goes on reading the viewer's requests, and their answers pile
//! up in memory. This stream ends the wait after a while, and stops reading from a viewer that does
//! not read.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::pace::{PATIENCE, Pace};

/// About how many unsent bytes the system may keep for a viewer. They are enough to keep a fast
/// viewer busy.
const UNSENT_MAX: u32 = 128 * 1024;

/// A connection that is cut off if its other end does not read.
#[derive(Debug)]
pub struct PacedStream<S> {
    stream: S,
    pace: Pace,
    /// Bytes that the system had at the last check, plus the bytes written since.
    queued: usize,
    /// True if a read was delayed.
    wants_to_read: bool,
}

// === impl PacedStream ===

impl<S: AsFd> PacedStream<S> {
    /// A connection that is cut off if the viewer takes fewer than `min_rate` bytes a second.
    pub fn new(stream: S, min_rate: u32) -> Self {
        // If this fails, the system keeps more for slow viewers. The connection still works.
        let _ = socket2::SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT_MAX);
        Self { stream, pace: Pace::new(min_rate), queued: 0, wants_to_read: false }
    }

    /// Handles the result of a write, which may have to wait for the viewer.
    fn paced(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_pending() {
            if !self.pace.is_waiting() {
                self.taken();
            }
            return self.wait(cx);
        }
        if let Poll::Ready(Ok(bytes)) = &written {
            self.queued += bytes;
            if self.pace.is_waiting() {
                let taken = self.taken();
                self.pace.moved(taken);
            }
        }
        if std::mem::take(&mut self.wants_to_read) {
            cx.waker().wake_by_ref();
        }
        written
    }

    /// Waits as long as the viewer takes bytes. The system accepts new bytes only in large steps,
    /// so a slow viewer would seem to stand still between them. Therefore this asks the system how
    /// many bytes the viewer has confirmed.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.pace.poll_wait(cx));
            let taken = self.taken();
            if taken == 0 {
                // The system must not keep the unsent bytes for a while.
                let _ = rustix::net::sockopt::set_socket_linger(&self.stream, Some(Duration::ZERO));
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.pace.moved(taken);
        }
    }

    /// Bytes that the viewer has taken since the last time.
    fn taken(&mut self) -> usize {
        let queued = queued(&self.stream).unwrap_or(self.queued);
        let taken = self.queued.saturating_sub(queued);
        self.queued = queued;
        taken
    }
}

/// Bytes that were written and not yet confirmed by the other end.
#[allow(unsafe_code)]
fn queued(stream: &impl AsFd) -> Option<usize> {
    let mut queued: libc::c_int = 0;
    // SAFETY: the descriptor is open as long as it is borrowed, and this request writes one int.
    let done = unsafe {
        libc::ioctl(stream.as_fd().as_raw_fd(), libc::TIOCOUTQ, std::ptr::from_mut(&mut queued))
    };
    if done == 0 { usize::try_from(queued).ok() } else { None }
}

impl<S: AsyncRead + Unpin> AsyncRead for PacedStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.pace.is_waiting() {
            this.wants_to_read = true;
            return Poll::Pending;
        }
        Pin::new(&mut this.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + AsFd + Unpin> AsyncWrite for PacedStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.paced(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.paced(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // From now on only the system watches the unsent bytes.
        let millis = u32::try_from(PATIENCE.as_millis()).unwrap_or(u32::MAX);
        let _ = rustix::net::sockopt::set_tcp_user_timeout(&self.stream, millis);
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let viewer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (viewer, listener.accept().await.unwrap().0)
    }

    /// Writes until the connection takes no more.
    async fn fill(stream: &mut PacedStream<TcpStream>) -> io::Error {
        let chunk = vec![0; 64 * 1024];
        loop {
            if let Err(error) = stream.write_all(&chunk).await {
                return error;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_viewer_that_takes_nothing_is_cut_off_and_the_connection_reset() {
        let (mut viewer, gateway) = pair().await;
        let mut stream = PacedStream::new(gateway, 1024);
        assert_eq!(fill(&mut stream).await.kind(), io::ErrorKind::TimedOut);
        drop(stream);
        let read = viewer.read_to_end(&mut Vec::new()).await;
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn bytes_that_the_viewer_took_are_known_before_there_is_room_for_more() {
        let (mut viewer, gateway) = pair().await;
        let mut stream = PacedStream::new(gateway, 1024);
        let filled = tokio::time::timeout(Duration::from_millis(200), fill(&mut stream)).await;
        assert!(filled.is_err());
        stream.taken();
        // It confirms what it has room for again.
        let mut taken = 0;
        while taken == 0 {
            let mut sink = [0; 16 * 1024];
            let read = viewer.read(&mut sink);
            tokio::time::timeout(Duration::from_secs(5), read).await.unwrap().unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
            taken = stream.taken();
        }
    }

    #[tokio::test]
    async fn a_viewer_that_takes_nothing_is_not_read_from_until_it_does() {
        let (mut viewer, gateway) = pair().await;
        let mut stream = PacedStream::new(gateway, 1024);
        viewer.write_all(b"more").await.unwrap();
        let mut filled = 0;
        let mut buffer = [0; 4];
        // The server reads and writes in one task.
        let blocked = std::future::poll_fn(|cx| {
            while let Poll::Ready(written) = Pin::new(&mut stream).poll_write(cx, &[0; 65536]) {
                filled += written.unwrap();
            }
            let mut into = ReadBuf::new(&mut buffer);
            Poll::Ready(Pin::new(&mut stream).poll_read(cx, &mut into).is_pending())
        });
        assert!(blocked.await);
        let mut sink = vec![0; filled];
        let (taken, read) = tokio::join!(viewer.read_exact(&mut sink), async {
            let writes_on = std::future::poll_fn(|cx| {
                Pin::new(&mut stream).poll_write(cx, b"x").map(Result::unwrap)
            });
            writes_on.await;
            stream.read_exact(&mut buffer).await
        });
        taken.unwrap();
        read.unwrap();
        assert_eq!(&buffer, b"more");
    }
}
