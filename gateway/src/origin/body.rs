//! The body of an origin's answer on its way to the gateway.

use std::fmt;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use hyper::body::{Body as _, Incoming};
use tokio::time::{Instant, Sleep};

use super::lease::Lease;
use super::origin_fault::BodyError;

/// The body of an origin's answer. Dropping it before its end closes the connection.
pub struct OriginBody {
    incoming: Incoming,
    /// Goes back to the pool at the end.
    lease: Option<Lease>,
    received: u64,
    patience: Duration,
    /// Runs only while the gateway waits for the origin, not while it waits for the viewer.
    timer: Pin<Box<Sleep>>,
    waiting: bool,
    ended: bool,
}

// === impl OriginBody ===

impl OriginBody {
    /// The rest of an answer on a leased connection, if the answer still needs one. `patience` is
    /// how long the origin may be silent.
    pub(super) fn new(incoming: Incoming, lease: Option<Lease>, patience: Duration) -> Self {
        let mut body = Self {
            incoming,
            lease,
            received: 0,
            patience,
            timer: Box::pin(tokio::time::sleep(patience)),
            waiting: false,
            ended: false,
        };
        if body.incoming.is_end_stream() {
            body.end(true);
        }
        body
    }

    /// The bytes that are still to come, if the origin said how many.
    pub fn length(&self) -> Option<u64> {
        self.incoming.size_hint().exact()
    }

    fn end(&mut self, reusable: bool) {
        self.ended = true;
        if let Some(lease) = self.lease.take().filter(|_| reusable) {
            lease.give_back();
        }
    }
}

impl Stream for OriginBody {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        let this = &mut *self;
        while !this.ended {
            match Pin::new(&mut this.incoming).poll_frame(cx) {
                Poll::Ready(frame) => {
                    this.waiting = false;
                    match frame {
                        None => this.end(true),
                        Some(Err(error)) => {
                            this.end(false);
                            let error = BodyError::from_body(&error, this.received);
                            return Poll::Ready(Some(Err(error)));
                        }
                        // Trailers are not passed on.
                        Some(Ok(frame)) => {
                            if let Ok(chunk) = frame.into_data() {
                                this.received += chunk.len() as u64;
                                return Poll::Ready(Some(Ok(chunk)));
                            }
                        }
                    }
                }
                Poll::Pending => {
                    if !this.waiting {
                        this.waiting = true;
                        this.timer.as_mut().reset(Instant::now() + this.patience);
                    }
                    ready!(this.timer.as_mut().poll(cx));
                    this.end(false);
                    return Poll::Ready(Some(Err(BodyError::Stalled(this.patience))));
                }
            }
        }
        Poll::Ready(None)
    }
}

impl fmt::Debug for OriginBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OriginBody")
            .field("length", &self.length())
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}
