//! The tasks that answer requests on one connection, and the pace of each viewer's reading.
//!
//! One future answers one request: it runs the handler, and then sends the body. hyper makes these
//! futures for HTTP/2, and the front end for HTTP/3 its own. Such a future waits without end for a
//! viewer that opens no window. So each one runs within an [`Answering`], which ends it when the
//! viewer has been too slow ([`Pace`]). The end of the future resets the stream.
//!
//! While an `Answering` polls its future, its pace is the `current` one, where the body finds it.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use hyper::rt::Executor;
use tokio::task::JoinSet;

use super::protocol::Protocol;
use super::traffic::Traffic;
use crate::pace::Pace;

/// The tasks of one connection.
#[derive(Clone)]
pub(crate) struct Streams {
    tasks: Rc<RefCell<JoinSet<()>>>,
    current: Rc<RefCell<Option<Rc<Sending>>>>,
    traffic: Rc<Traffic>,
    protocol: Protocol,
    min_rate: u32,
}

/// Ends all tasks of a connection when it is dropped.
pub(crate) struct StreamsGuard(Rc<RefCell<JoinSet<()>>>);

/// How fast the viewer reads one answer.
pub(crate) struct Sending {
    /// Bytes that the connection has taken and may not have sent.
    taken: Cell<usize>,
    /// True once the connection has the whole answer.
    is_whole: Cell<bool>,
    pace: RefCell<Pace>,
}

/// One request that is being answered.
struct Answering<F> {
    answer: Pin<Box<F>>,
    sending: Rc<Sending>,
    streams: Streams,
}

// === impl Streams ===

impl Streams {
    /// No tasks yet, and their end. A viewer must read at `min_rate` bytes a second or faster.
    pub(crate) fn new(
        traffic: Rc<Traffic>,
        protocol: Protocol,
        min_rate: u32,
    ) -> (Self, StreamsGuard) {
        let tasks = Rc::<RefCell<JoinSet<()>>>::default();
        let guard = StreamsGuard(tasks.clone());
        (Self { tasks, current: Rc::default(), traffic, protocol, min_rate }, guard)
    }

    /// The answer whose future is being polled.
    pub(crate) fn current(&self) -> Option<Rc<Sending>> {
        self.current.borrow().clone()
    }
}

impl<F: Future + 'static> Executor<F> for Streams {
    fn execute(&self, answer: F) {
        let pace = RefCell::new(Pace::new(self.min_rate));
        let sending = Rc::new(Sending { taken: Cell::new(0), is_whole: Cell::new(false), pace });
        let answering = Answering { answer: Box::pin(answer), sending, streams: self.clone() };
        let mut tasks = self.tasks.borrow_mut();
        while tasks.try_join_next().is_some() {}
        tasks.spawn_local(answering);
    }
}

impl Drop for StreamsGuard {
    fn drop(&mut self) {
        // The tasks know each other, so they must not be dropped while they are borrowed.
        let tasks = std::mem::take(&mut *self.0.borrow_mut());
        drop(tasks);
    }
}

// === impl Sending ===

impl Sending {
    /// The connection asks for more, so the viewer has made room for the bytes before.
    pub(crate) fn wants_more(&self) {
        let taken = self.taken.take();
        if taken > 0 {
            self.pace.borrow_mut().moved(taken);
        }
    }

    /// The connection takes these bytes.
    pub(crate) fn takes(&self, bytes: usize) {
        self.taken.set(bytes);
    }

    /// The connection has the whole answer.
    pub(crate) fn is_whole(&self) {
        self.is_whole.set(true);
    }
}

// === impl Answering ===

impl<F: Future> Future for Answering<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.streams.current.replace(Some(this.sending.clone()));
        let polled = this.answer.as_mut().poll(cx);
        this.streams.current.replace(None);
        if polled.is_ready() {
            return Poll::Ready(());
        }
        if this.sending.taken.get() == 0 {
            return Poll::Pending;
        }
        ready!(this.sending.pace.borrow_mut().poll_wait(cx));
        metrics::counter!(this.streams.protocol.cut_counter()).increment(1);
        Poll::Ready(())
    }
}

impl<F> Drop for Answering<F> {
    fn drop(&mut self) {
        self.streams.traffic.end(self.sending.is_whole.get());
    }
}
