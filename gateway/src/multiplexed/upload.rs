//! The body of a request in HTTP/2 or HTTP/3, at the viewer's pace.

use std::fmt::Display;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;
use hyper::body::Body;

use super::traffic::Traffic;
use crate::pace::Pace;
use crate::rejected::Rejected;
use crate::trailers::Trailers;
use crate::viewer_stream::ViewerConnection;

/// A body as it arrives.
pub(super) struct Upload<B> {
    body: B,
    /// A part that was read already.
    first: Option<Bytes>,
    pace: Pace,
    traffic: Rc<Traffic>,
    /// Where the fields go that come after it.
    trailers: Trailers,
    /// Where the handler finds the reason, if this side breaks the body off.
    request: Rc<ViewerConnection>,
}

// === impl Upload ===

impl<B> Upload<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    /// A body that must come at `min_rate` bytes a second or faster, on average.
    pub(super) fn new(
        body: B,
        min_rate: u32,
        traffic: Rc<Traffic>,
        trailers: Trailers,
        request: Rc<ViewerConnection>,
    ) -> Self {
        Self { body, first: None, pace: Pace::new(min_rate), traffic, trailers, request }
    }

    /// True if it has no byte. Waits until that is known, or until it takes too long.
    pub(super) async fn is_empty(&mut self) -> bool {
        match std::future::poll_fn(|cx| self.poll(cx)).await {
            Some(Ok(bytes)) => {
                self.first = Some(bytes);
                false
            }
            Some(Err(_)) => false,
            None => true,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        loop {
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(bytes) if bytes.is_empty() => {}
                    Ok(bytes) => {
                        self.pace.moved(bytes.len());
                        self.traffic.uploaded(bytes.len());
                        if self.request.waits_for_body() {
                            self.traffic.piece();
                        }
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                    // After these, nothing comes.
                    Err(frame) => {
                        let fields = frame.into_trailers().unwrap_or_default();
                        if let Err(too_large) = self.trailers.put(fields) {
                            self.request.cut(Rejected::TooLarge);
                            let error = io::Error::other(too_large);
                            return Poll::Ready(Some(Err(PayloadError::Io(error))));
                        }
                    }
                },
                Poll::Ready(Some(Err(error))) => {
                    let error = io::Error::other(error.to_string());
                    return Poll::Ready(Some(Err(PayloadError::Incomplete(Some(error)))));
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending if self.request.waits_for_body() => return Poll::Pending,
                Poll::Pending => {
                    std::task::ready!(self.pace.poll_wait(cx));
                    self.request.cut(Rejected::TooSlow);
                    let error = io::ErrorKind::TimedOut.into();
                    return Poll::Ready(Some(Err(PayloadError::Io(error))));
                }
            }
        }
    }
}

impl<B> Stream for Upload<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        match this.first.take() {
            Some(first) => Poll::Ready(Some(Ok(first))),
            None => this.poll(cx),
        }
    }
}
