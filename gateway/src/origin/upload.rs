//! The body of a request on its way to the origin.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::{LocalBoxStream, StreamExt as _};
use http::HeaderValue;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use super::origin_fault::OriginFault;
use crate::trailers::Trailers;

/// The body that goes to the origin.
#[derive(Default)]
pub enum OutgoingBody {
    /// No body.
    #[default]
    Empty,
    /// A whole body.
    Whole(Bytes),
    /// A body that is still arriving from the viewer.
    Stream {
        /// Its bytes; an error is text.
        chunks: LocalBoxStream<'static, Result<Bytes, String>>,
        /// Its length, if the viewer announced it. Otherwise it is sent in chunks.
        length: Option<u64>,
        /// The fields after it, if there may be any.
        trailers: Option<Trailers>,
    },
}

/// An outgoing body as hyper pulls it.
pub(super) struct Upload {
    body: OutgoingBody,
    is_http1: bool,
    progress: Rc<Progress>,
}

/// The progress of an upload. It tells whether the viewer or the origin is late.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) moved: Cell<Instant>,
    pub(super) waits_for_viewer: Cell<bool>,
    /// True once hyper needs no more of it.
    is_done: Cell<bool>,
    is_abandoned: Cell<bool>,
    /// Woken when the upload is abandoned.
    waiting: RefCell<Option<Waker>>,
    /// Why the viewer's body broke off, if it did. HTTP/2 does not tell it with the error of the
    /// request.
    broken: RefCell<Option<String>>,
}

/// The upload ends early: the viewer's body broke off, or the answer did.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub(super) struct UploadError {
    why: String,
    /// With this, hyper resets a stream of HTTP/2.
    #[source]
    reset: h2::Error,
}

// === impl OutgoingBody ===

impl OutgoingBody {
    /// A viewer's body as it arrives.
    pub fn stream<S, E>(chunks: S, length: Option<u64>) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + 'static,
        E: fmt::Display,
    {
        let chunks = chunks.map(|chunk| chunk.map_err(|error| error.to_string()));
        Self::Stream { chunks: chunks.boxed_local(), length, trailers: None }
    }

    /// The same body with these trailers, if it is still arriving.
    #[must_use]
    pub fn with_trailers(mut self, added: Option<Trailers>) -> Self {
        if let Self::Stream { trailers, .. } = &mut self {
            *trailers = added;
        }
        self
    }

    /// The same body for another attempt. A body that is still arriving has none.
    pub(super) fn again(&self) -> Option<Self> {
        match self {
            Self::Empty => Some(Self::Empty),
            Self::Whole(bytes) => Some(Self::Whole(bytes.clone())),
            Self::Stream { .. } => None,
        }
    }

    /// True if there are no bytes to send.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

impl fmt::Debug for OutgoingBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Stream { length, .. } => write!(f, "Stream({length:?})"),
        }
    }
}

// === impl Upload ===

impl Upload {
    /// A body for a connection of HTTP/1.1, or of HTTP/2.
    pub(super) fn new(body: OutgoingBody, is_http1: bool) -> (Self, Rc<Progress>) {
        let progress = Rc::new(Progress {
            moved: Cell::new(Instant::now()),
            waits_for_viewer: Cell::new(false),
            is_done: Cell::new(false),
            is_abandoned: Cell::new(false),
            waiting: RefCell::new(None),
            broken: RefCell::new(None),
        });
        let upload = Self { body, is_http1, progress: progress.clone() };
        (upload, progress)
    }

    /// The trailers. In HTTP/1.1 a body of announced length ends with its last byte (RFC 9112, 6.2),
    /// so it has none.
    fn trailers(&self) -> Option<&Trailers> {
        match &self.body {
            OutgoingBody::Stream { length: Some(_), .. } if self.is_http1 => None,
            OutgoingBody::Stream { trailers, .. } => trailers.as_ref(),
            OutgoingBody::Empty | OutgoingBody::Whole(_) => None,
        }
    }

    /// The `Trailer` header that announces the trailers. hyper sends trailers over HTTP/1.1 only if
    /// they are announced.
    pub(super) fn announcement(&self) -> Option<HeaderValue> {
        self.trailers()?.announcement()
    }

    /// The body of an upload, if no byte of it was sent.
    pub(super) fn into_body(mut self) -> OutgoingBody {
        std::mem::take(&mut self.body)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.progress.is_done.set(true);
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        let progress = self.progress.clone();
        if progress.is_abandoned.get() {
            return Poll::Ready(Some(Err(UploadError::new("the answer ended".to_owned()))));
        }
        progress.moved.set(Instant::now());
        match &mut self.body {
            OutgoingBody::Empty => Poll::Ready(None),
            OutgoingBody::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.body = OutgoingBody::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            OutgoingBody::Stream { chunks, .. } => {
                progress.waits_for_viewer.set(true);
                progress.waiting.replace(Some(cx.waker().clone()));
                let chunk = ready!(chunks.poll_next_unpin(cx));
                progress.waits_for_viewer.set(false);
                Poll::Ready(match chunk {
                    Some(Ok(chunk)) => Some(Ok(Frame::data(chunk))),
                    Some(Err(error)) => {
                        *progress.broken.borrow_mut() = Some(error.clone());
                        Some(Err(UploadError::new(error)))
                    }
                    None => {
                        let fields = self.trailers().and_then(Trailers::take);
                        self.body = OutgoingBody::Empty;
                        fields.map(|fields| Ok(Frame::trailers(fields)))
                    }
                })
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            OutgoingBody::Empty => true,
            OutgoingBody::Whole(bytes) => bytes.is_empty(),
            OutgoingBody::Stream { length, .. } => *length == Some(0),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            OutgoingBody::Empty => SizeHint::with_exact(0),
            OutgoingBody::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            OutgoingBody::Stream { length, .. } => {
                length.map_or_else(SizeHint::default, SizeHint::with_exact)
            }
        }
    }
}

// === impl UploadError ===

impl UploadError {
    fn new(why: String) -> Self {
        Self { why, reset: h2::Reason::CANCEL.into() }
    }
}

// === impl Progress ===

impl Progress {
    /// Ends the upload, because nobody wants its answer any more. Returns false if the upload waits
    /// for the origin to read, and cannot be ended alone.
    pub(super) fn abandon(&self) -> bool {
        self.is_abandoned.set(true);
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
        self.is_done.get() || self.waits_for_viewer.get()
    }

    /// The fault of a viewer whose body broke off.
    pub(super) fn viewers_fault(&self) -> Option<OriginFault> {
        self.broken.borrow_mut().take().map(OriginFault::ViewerBody)
    }

    /// Why the head did not come within `patience`.
    pub(super) fn stalled(&self, patience: Duration) -> OriginFault {
        if self.waits_for_viewer.get() {
            OriginFault::ViewerBody(format!("no bytes came for {patience:?}"))
        } else {
            OriginFault::HeadTimeout(patience)
        }
    }
}
