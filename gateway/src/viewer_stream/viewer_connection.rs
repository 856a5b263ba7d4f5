//! State that a connection and the handler of its requests share.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;

use crate::rejected::Rejected;
use crate::viewer_tls::TlsSession;

/// One connection, as the handler of its requests sees it. One request is handled at a time.
#[derive(Debug, Default)]
pub struct ViewerConnection {
    noted: RefCell<Option<Noted>>,
    is_answering: Cell<bool>,
    /// True if the current request is the last one.
    closes: Cell<bool>,
    /// True if no further request is read.
    is_over: Cell<bool>,
    cut: Cell<Option<Rejected>>,
    is_rejected: Cell<bool>,
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

/// The body of an answer. The connection's next request is read once the server has dropped it.
pub struct Answering {
    body: BoxBody,
    connection: Option<Rc<ViewerConnection>>,
}

// === impl ViewerConnection ===

impl ViewerConnection {
    /// A new connection, over this TLS session if there is one.
    pub fn new(tls: Option<Arc<TlsSession>>) -> Self {
        Self { tls, ..Self::default() }
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

    /// True if the server read a request that the viewer did not send.
    pub fn is_stand_in(&self) -> bool {
        self.is_rejected() && self.cut.get().is_none()
    }

    /// Ends the connection after the answer to the current request.
    pub fn close(&self) {
        self.closes.set(true);
    }

    /// Notes that a request goes to its handler.
    pub(super) fn begin(&self, noted: Option<Noted>, closes: bool) {
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
    pub(super) fn cut(&self, why: Rejected) {
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

    pub(super) fn answered(&self) {
        self.is_answering.set(false);
        if self.closes.get() {
            self.is_over.set(true);
        }
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }
}

// === impl Answering ===

impl Answering {
    /// Wraps the body of the answer to the current request.
    pub fn new(body: BoxBody, connection: Option<Rc<ViewerConnection>>) -> Self {
        Self { body, connection }
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
        Pin::new(&mut self.body).poll_next(cx)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.answered();
        }
    }
}
