//! The body of an origin's answer on its way to the gateway.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use hyper::body::{Body as _, Incoming};
use tokio::time::{Instant, Sleep};

use super::lease::Lease;
use super::origin_fault::{BodyError, OriginFault};
use super::upload::Progress;
use crate::trailers::Trailers;

/// The body of an origin's answer. Dropping it before its end closes the connection.
pub struct OriginBody {
    incoming: Incoming,
    /// Goes back to the pool at the end.
    lease: Option<Lease>,
    /// The upload of the request, which may still go on.
    upload: Option<Rc<Progress>>,
    /// True if the end of the body ends the upload too.
    is_call: bool,
    received: u64,
    patience: Duration,
    /// Runs only while the gateway waits for the origin, not while it waits for the viewer.
    timer: Pin<Box<Sleep>>,
    waiting: bool,
    /// The end of the time for the whole exchange, if it has one.
    completion: Option<Completion>,
    /// True for HEAD, 204 and 304.
    has_no_bytes: bool,
    trailers: Trailers,
    ended: bool,
}

/// The time that a whole exchange may take (`response_completion_timeout`).
#[derive(Debug)]
pub(super) struct Completion {
    timer: Pin<Box<Sleep>>,
    within: Duration,
}

// === impl OriginBody ===

impl OriginBody {
    /// The rest of an answer on a leased connection, if the answer still needs one. `patience` is
    /// how long the origin may be silent.
    pub(super) fn new(
        incoming: Incoming,
        lease: Option<Lease>,
        patience: Duration,
        completion: Option<Completion>,
    ) -> Self {
        let mut body = Self {
            incoming,
            lease,
            upload: None,
            is_call: false,
            received: 0,
            patience,
            timer: Box::pin(tokio::time::sleep(patience)),
            waiting: false,
            completion,
            has_no_bytes: false,
            trailers: Trailers::default(),
            ended: false,
        };
        if body.incoming.is_end_stream() {
            body.end(true);
        }
        body
    }

    /// The same body, while this upload may go on. An upload that makes progress shows that the
    /// origin is not silent. It ends if the body breaks off or is dropped before its end. The upload
    /// of a gRPC call ends with the body in any case.
    pub(super) fn beside(mut self, upload: Rc<Progress>, is_call: bool) -> Self {
        self.is_call = is_call;
        if !self.ended {
            self.upload = Some(upload);
        } else if is_call {
            upload.abandon();
        }
        self
    }

    /// Notes whether this is the body of an answer that never has one.
    pub(super) fn without_bytes(mut self, has_none: bool) -> Self {
        self.has_no_bytes = has_none;
        self
    }

    /// The bytes that are still to come, if the origin said how many.
    pub fn length(&self) -> Option<u64> {
        if self.ended || self.has_no_bytes { Some(0) } else { self.incoming.size_hint().exact() }
    }

    /// Where its trailers are once it has ended; `None` if it has none. In HTTP/1.1 only a body in
    /// chunks has trailers.
    pub fn trailers(&self) -> Option<Trailers> {
        let may_have = !self.ended && (self.is_http2() || self.length().is_none());
        may_have.then(|| self.trailers.clone())
    }

    fn is_http2(&self) -> bool {
        self.lease.as_ref().is_some_and(Lease::is_http2)
    }

    fn end(&mut self, reusable: bool) {
        self.ended = true;
        if let Some(upload) = self.upload.take().filter(|_| !reusable || self.is_call)
            && !upload.abandon()
            && let Some(lease) = &self.lease
        {
            // The connection ends with its last stream, and so does the upload.
            lease.retire();
        }
        if let Some(lease) = self.lease.take().filter(|_| reusable) {
            lease.give_back();
        }
    }
}

// === impl Completion ===

impl Completion {
    /// Begins now.
    pub(super) fn new(within: Duration) -> Self {
        Self { timer: Box::pin(tokio::time::sleep(within)), within }
    }

    /// Runs a part of the exchange that comes before the body.
    pub(super) async fn bound<T>(
        &mut self,
        part: impl Future<Output = Result<T, OriginFault>>,
    ) -> Result<T, OriginFault> {
        tokio::select! {
            biased;
            done = part => done,
            () = self.timer.as_mut() => Err(OriginFault::Incomplete(self.within)),
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
            if let Some(completion) = &mut this.completion
                && completion.timer.as_mut().poll(cx).is_ready()
            {
                let within = completion.within;
                this.end(false);
                return Poll::Ready(Some(Err(BodyError::Incomplete(within))));
            }
            match Pin::new(&mut this.incoming).poll_frame(cx) {
                Poll::Ready(frame) => {
                    this.waiting = false;
                    match frame {
                        // An origin may reset an HTTP/2 stream "without an error" before the end.
                        None if !this.incoming.is_end_stream() && this.is_http2() => {
                            this.end(false);
                            let received = this.received;
                            return Poll::Ready(Some(Err(BodyError::Short { received })));
                        }
                        None => this.end(true),
                        Some(Err(error)) => {
                            this.end(false);
                            let error = BodyError::from_body(&error, this.received);
                            return Poll::Ready(Some(Err(error)));
                        }
                        Some(Ok(frame)) => match frame.into_data() {
                            Ok(chunk) => {
                                this.received += chunk.len() as u64;
                                return Poll::Ready(Some(Ok(chunk)));
                            }
                            Err(frame) => {
                                let fields = frame.into_trailers().unwrap_or_default();
                                if let Err(too_large) = this.trailers.put(fields) {
                                    this.end(false);
                                    let error = BodyError::Malformed(too_large.to_string());
                                    return Poll::Ready(Some(Err(error)));
                                }
                            }
                        },
                    }
                }
                Poll::Pending => {
                    if !this.waiting {
                        this.waiting = true;
                        this.timer.as_mut().reset(Instant::now() + this.patience);
                    }
                    ready!(this.timer.as_mut().poll(cx));
                    let moved = this.upload.as_ref().map(|upload| upload.moved.get());
                    if let Some(until) = moved.map(|moved| moved + this.patience)
                        && until > Instant::now()
                    {
                        this.timer.as_mut().reset(until);
                        continue;
                    }
                    if let Some(lease) = &this.lease {
                        lease.retire();
                    }
                    this.end(false);
                    return Poll::Ready(Some(Err(BodyError::Stalled(this.patience))));
                }
            }
        }
        Poll::Ready(None)
    }
}

impl Drop for OriginBody {
    fn drop(&mut self) {
        if !self.ended {
            self.end(false);
        }
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
