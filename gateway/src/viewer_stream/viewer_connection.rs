//! State that a connection and the handler of its requests share.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::{HttpMessage as _, HttpRequest};
use bytes::Bytes;

use crate::access_log::{ERROR, Ending, OpenRecord, Traffic};
use crate::rejected::Rejected;
use crate::viewer_tls::TlsSession;

/// One connection, as the handler of its requests sees it. One request is handled at a time.
///
/// The next request is read when the server has dropped the answer to the current one, and its last
/// bytes have been written to the viewer. So the bytes in between belong to one request.
#[derive(Debug, Default)]
pub struct ViewerConnection {
    noted: RefCell<Option<Noted>>,
    is_answering: Cell<bool>,
    /// True once the server has dropped the answer, while its last bytes are being written.
    is_ending: Cell<bool>,
    /// Logged when the answer's last bytes were written.
    record: RefCell<Option<OpenRecord>>,
    traffic: Rc<Traffic>,
    /// True if this is the state of a single request in HTTP/2 or HTTP/3. No stream counts its bytes, and the
    /// request is logged when the server drops the answer.
    is_of_request: Cell<bool>,
    /// True if the current request is the last one.
    closes: Cell<bool>,
    /// True if no further request is read.
    is_over: Cell<bool>,
    cut: Cell<Option<Rejected>>,
    /// True if the viewer may be silent within the body of this request. Only for the state of a
    /// single request.
    waits_for_body: Cell<bool>,
    is_rejected: Cell<bool>,
    /// True if the connection is closed.
    is_gone: Cell<bool>,
    /// Woken when the current request was answered.
    waiting: RefCell<Option<Waker>>,
    /// `None` over plain HTTP.
    tls: Option<Arc<TlsSession>>,
}

/// Facts about a request that the server did not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Its original target, if that is not ASCII.
    Target(Vec<u8>),
    /// The reason why the request was rejected. The server read another one instead.
    Rejected(Rejected),
}

/// The body of an answer. The connection's next request is read once the server has dropped it and
/// written its last bytes.
pub struct Answering {
    body: BoxBody,
    connection: Option<Rc<ViewerConnection>>,
    /// True if the server has taken the whole body.
    is_whole: bool,
    /// Bytes of the body that are to come; `None` if that is not known.
    left: Option<u64>,
    record: Option<OpenRecord>,
    /// The log's word for an error of the body.
    broken: fn(&(dyn Error + 'static)) -> &'static str,
}

// === impl ViewerConnection ===

impl ViewerConnection {
    /// A new connection, over this TLS session if there is one.
    pub fn new(tls: Option<Arc<TlsSession>>) -> Self {
        Self { tls, ..Self::default() }
    }

    /// The state that belongs to a request: that of its connection in HTTP/1, and its own in newer
    /// versions.
    pub fn of(from: &HttpRequest) -> Option<Rc<Self>> {
        let own = || from.extensions().get::<Rc<Self>>().cloned();
        from.conn_data::<Rc<Self>>().cloned().or_else(own)
    }

    /// Puts the state of one request beside it.
    pub fn put(self: Rc<Self>, request: &actix_http::Request) {
        self.is_of_request.set(true);
        request.extensions_mut().insert(self);
    }

    /// The connection's TLS session.
    pub fn tls(&self) -> Option<&Arc<TlsSession>> {
        self.tls.as_ref()
    }

    /// Takes the facts about the current request. Call this once for each request.
    pub fn take_noted(&self) -> Option<Noted> {
        self.noted.take()
    }

    /// Why the gateway broke off the body of the current request, if it did.
    pub fn why_cut(&self) -> Option<Rejected> {
        self.cut.get()
    }

    /// Lets the viewer be silent within the body of its request, for as long as the handler reads it.
    /// A connection of HTTP/1 has no such requests.
    pub fn wait_for_body(&self) {
        self.waits_for_body.set(true);
    }

    /// True if the viewer may be silent.
    pub(crate) fn waits_for_body(&self) -> bool {
        self.waits_for_body.get()
    }

    /// True if the server read a request that the viewer did not send.
    pub fn is_stand_in(&self) -> bool {
        self.is_rejected() && self.cut.get().is_none()
    }

    /// Ends the connection after the answer to the current request.
    pub fn close(&self) {
        self.closes.set(true);
    }

    /// The bytes of the current request and its answer; `None` if no stream counts them.
    pub fn traffic(&self) -> Option<Rc<Traffic>> {
        (!self.is_of_request.get()).then(|| self.traffic.clone())
    }

    /// Notes that a request with `len` bytes so far goes to its handler.
    pub(super) fn begin(&self, noted: Option<Noted>, closes: bool, len: usize) {
        self.traffic.begin();
        self.traffic.received(len);
        self.is_answering.set(true);
        self.closes.set(closes);
        let is_rejected = matches!(noted, Some(Noted::Rejected(_)));
        if is_rejected {
            self.is_rejected.set(true);
            self.is_over.set(true);
        }
        self.noted.replace(noted);
    }

    /// Breaks off the body of the current request.
    pub(crate) fn cut(&self, why: Rejected) {
        self.cut.set(Some(why));
        self.is_rejected.set(true);
        self.is_over.set(true);
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.get()
    }

    pub(super) fn is_rejected(&self) -> bool {
        self.is_rejected.get()
    }

    /// True while a request is handled. The caller is woken when that ends.
    pub(super) fn is_answering(&self, cx: &Context<'_>) -> bool {
        if self.is_answering.get() {
            self.waiting.replace(Some(cx.waker().clone()));
        }
        self.is_answering.get()
    }

    /// Further bytes of the current request.
    pub(super) fn received(&self, bytes: usize) {
        self.traffic.received(bytes);
    }

    /// Bytes were written to the viewer.
    pub(super) fn sent(&self, bytes: usize) {
        self.traffic.sent(bytes);
    }

    /// The server has dropped the answer to the current request.
    fn ending(&self, record: Option<OpenRecord>, ending: Ending) {
        match record {
            Some(record) if ending == Ending::Cut || self.is_gone.get() => {
                record.finish(Ending::Cut);
            }
            record => drop(self.record.replace(record)),
        }
        self.is_ending.set(true);
    }

    /// All bytes that the server wrote so far have been written to the viewer.
    pub(super) fn flushed(&self) {
        if !self.is_ending.replace(false) {
            return;
        }
        if let Some(record) = self.record.take() {
            record.finish(Ending::Whole);
        }
        self.is_answering.set(false);
        if self.closes.get() {
            self.is_over.set(true);
        }
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }

    /// The current request was answered and all bytes were written.
    #[cfg(test)]
    pub(super) fn answered(&self) {
        self.ending(None, Ending::Whole);
        self.flushed();
    }

    /// The connection is closed.
    pub(super) fn gone(&self) {
        self.is_gone.set(true);
        if let Some(record) = self.record.take() {
            record.finish(Ending::Cut);
        }
    }
}

// === impl Answering ===

impl Answering {
    /// Wraps the body of the answer to the current request.
    pub fn new(body: BoxBody, connection: Option<Rc<ViewerConnection>>) -> Self {
        let left = match body.size() {
            BodySize::Sized(length) => Some(length),
            BodySize::None | BodySize::Stream => None,
        };
        let is_whole = left == Some(0) || body.size() == BodySize::None;
        Self { body, connection, is_whole, left, record: None, broken: |_| ERROR }
    }

    /// Logs the request when the answer was sent. `has_body` is false for an answer of which only
    /// the head is sent.
    pub fn logged(
        mut self,
        record: Option<OpenRecord>,
        has_body: bool,
        broken: fn(&(dyn Error + 'static)) -> &'static str,
    ) -> Self {
        if let Some(record) = record.as_ref().filter(|_| !self.is_counted()) {
            record.head_sent();
        }
        self.record = record;
        self.broken = broken;
        self.is_whole |= !has_body;
        self
    }

    /// True if the stream below the server counts the bytes that are sent.
    fn is_counted(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| !connection.is_of_request.get())
    }

    /// Notes what the log needs to know about a piece of the body.
    fn note(&mut self, piece: Option<&Result<Bytes, Box<dyn Error>>>) {
        let is_counted = self.is_counted();
        if let (Some(Ok(bytes)), Some(left)) = (piece, &mut self.left) {
            *left = left.saturating_sub(bytes.len() as u64);
        }
        // The server need not ask for the end of a body whose length it knows.
        self.is_whole = piece.is_none() || (self.left == Some(0) && matches!(piece, Some(Ok(_))));
        let Some(record) = &mut self.record else { return };
        match piece {
            Some(Ok(bytes)) if !is_counted => record.body_sent(bytes.len()),
            Some(Err(error)) => record.broke((self.broken)(&**error)),
            Some(Ok(_)) | None => {}
        }
    }
}

impl MessageBody for Answering {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_next(cx);
        if let Poll::Ready(piece) = &polled {
            self.note(piece.as_ref());
        }
        polled
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let ending = if self.is_whole { Ending::Whole } else { Ending::Cut };
        match (&self.connection, self.record.take()) {
            (Some(connection), record) if !connection.is_of_request.get() => {
                connection.ending(record, ending);
            }
            (_, Some(record)) => record.finish(ending),
            (_, None) => {}
        }
    }
}
