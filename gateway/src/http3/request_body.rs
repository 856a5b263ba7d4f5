//! The body of a request in HTTP/3, as h3 reads it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use h3::server::RequestStream;
use hyper::HeaderMap;
use hyper::body::{Body, Frame};
use hyper::header::CONTENT_LENGTH;

use super::transport::{Progress, ReceiveStream};

/// A body as it arrives.
pub(super) struct RequestBody {
    stream: RequestStream<ReceiveStream, Bytes>,
    progress: Arc<Progress>,
    /// Bytes that are to come; `None` if the viewer did not announce a length.
    left: Option<u64>,
    /// A frame that was read already.
    first: Option<Frame<Bytes>>,
    is_over: bool,
}

// === impl RequestBody ===

impl RequestBody {
    /// A body whose first frame is there already, if it has arrived.
    pub(super) async fn new(
        stream: RequestStream<ReceiveStream, Bytes>,
        progress: Arc<Progress>,
        headers: &HeaderMap,
    ) -> io::Result<Self> {
        let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        let left = announced.and_then(|length| length.parse().ok());
        let mut body = Self { stream, progress, left, first: None, is_over: false };
        match std::future::poll_fn(|cx| Poll::Ready(body.poll(cx))).await {
            Poll::Ready(Some(first)) => body.first = Some(first?),
            Poll::Ready(None) | Poll::Pending => {}
        }
        Ok(body)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        // h3 also says that there are no data after an empty frame.
        while !self.progress.is_over() {
            if let Some(mut data) = ready!(self.stream.poll_recv_data(cx)).map_err(broken)? {
                // A copy, because h3's bytes are part of a larger piece.
                let data = data.copy_to_bytes(data.remaining());
                return Poll::Ready(Some(self.counted(&data).map(Frame::data)));
            }
        }
        let trailers = match self.progress.has_trailers() {
            true => ready!(self.stream.poll_recv_trailers(cx)).map_err(broken)?,
            false => None,
        };
        self.is_over = true;
        if self.left.is_some_and(|left| left > 0) {
            return Poll::Ready(Some(Err(wrong_length())));
        }
        Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))))
    }

    /// A copy of these bytes, unless they are more than the viewer announced (RFC 9114, 4.1.2).
    fn counted(&mut self, data: &[u8]) -> io::Result<Bytes> {
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(data.len() as u64).ok_or_else(wrong_length)?;
        }
        Ok(Bytes::copy_from_slice(data))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        match this.first.take() {
            Some(first) => Poll::Ready(Some(Ok(first))),
            None => this.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_over && self.first.is_none()
    }
}

fn broken(error: h3::error::StreamError) -> io::Error {
    io::Error::other(error.to_string())
}

fn wrong_length() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the body is not as long as announced")
}
