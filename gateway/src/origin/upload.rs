//! The body of a request on its way to the origin.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::{LocalBoxStream, StreamExt as _};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use super::origin_fault::OriginFault;

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
    },
}

/// An outgoing body as hyper pulls it.
pub(super) struct Upload {
    body: OutgoingBody,
    progress: Rc<Progress>,
}

/// The progress of an upload. It tells whether the viewer or the origin is late.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) moved: Cell<Instant>,
    pub(super) waits_for_viewer: Cell<bool>,
    /// Why the viewer's body broke off, if it did. HTTP/2 does not tell it with the error of the
    /// request.
    broken: RefCell<Option<String>>,
}

/// The viewer's body broke off.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UploadError(String);

// === impl OutgoingBody ===

impl OutgoingBody {
    /// A viewer's body as it arrives.
    pub fn stream<S, E>(chunks: S, length: Option<u64>) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + 'static,
        E: fmt::Display,
    {
        let chunks = chunks.map(|chunk| chunk.map_err(|error| error.to_string()));
        Self::Stream { chunks: chunks.boxed_local(), length }
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
    pub(super) fn new(body: OutgoingBody) -> (Self, Rc<Progress>) {
        let progress = Rc::new(Progress {
            moved: Cell::new(Instant::now()),
            waits_for_viewer: Cell::new(false),
            broken: RefCell::new(None),
        });
        let upload = Self { body, progress: progress.clone() };
        (upload, progress)
    }

    /// The body of an upload, if no byte of it was sent.
    pub(super) fn into_body(self) -> OutgoingBody {
        self.body
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
                let chunk = ready!(chunks.poll_next_unpin(cx));
                progress.waits_for_viewer.set(false);
                if let Some(Err(error)) = &chunk {
                    *progress.broken.borrow_mut() = Some(error.clone());
                }
                Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data).map_err(UploadError)))
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

// === impl Progress ===

impl Progress {
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
