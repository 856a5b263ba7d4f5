//! An answer that is still arriving, read by several viewers at once.
//!
//! One writer appends bytes. Any number of readers, on any threads, follow at their own pace.
//!
//! ```text
//! kept: all bytes stay ------> complete: readers and store share the body
//!    |
//!    | too large, or not to be stored
//!    v
//! passed on: a block goes once all readers have it
//! ```
//!
//! - While the answer may still be kept, late readers can start at the beginning.
//!   [`Memory`](super::memory::Memory) has a charge for its bytes, and the writer never waits.
//! - While it is only passed on, no reader may join. The writer waits for the slowest reader, for a
//!   limited time. Then that reader is cut off.
//!
//! Writer and readers share a lock, because each keeps it for nanoseconds only. A reader that has
//! everything so far leaves its waker there. The writer wakes all of them when it adds something.
//! Readers notify the writer of their progress by `drained`.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::Stream;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::body::{BLOCK, Body, SLICE, slice_of};
use super::memory::Charge;
use super::object::{CachedObject, ObjectHead};
use crate::origin::{BodyError, OriginError};

/// Bytes that may wait for the slowest reader of an answer that is not kept.
pub const WINDOW: usize = BLOCK;
/// How long a reader of an answer that is not kept may take nothing, and how long a reader that has
/// everything so far waits for slower ones.
pub const READER_PATIENCE: Duration = Duration::from_secs(60);
/// The first charge for a body of unknown length, in bytes.
const LEAST_ROOM: usize = 1024;

/// One fetched answer, shared by its writer and its readers.
#[derive(Debug)]
pub(super) struct Filling {
    state: Mutex<State>,
    /// Notifies the writer that a reader moved on or left.
    drained: Notify,
}

#[derive(Debug, Default)]
struct State {
    answer: Answer,
    end: Option<Result<(), BodyError>>,
    /// Complete blocks.
    blocks: VecDeque<Bytes>,
    /// The beginning of the next block.
    open: Vec<u8>,
    /// Bytes that were dropped from the front, in whole blocks.
    gone: usize,
    /// The length of the whole, if it was announced.
    expected: Option<usize>,
    /// The charge for `blocks` and `open`; `None` once they need no more than a window.
    charge: Option<Charge>,
    /// All of it, once it is complete and kept.
    body: Option<Body>,
    passing: bool,
    readers: HashMap<u64, Reader>,
    last_reader: u64,
}

#[derive(Debug, Default)]
struct Reader {
    /// Index of the next byte that it gets.
    next: usize,
    /// Wakes the reader when there is something new.
    waker: Option<Waker>,
}

/// The writer's answer.
#[derive(Clone, Debug, Default)]
pub(super) enum Answer {
    /// No answer yet.
    #[default]
    Pending,
    /// No answer for followers: they should go to the origin on their own.
    Released,
    /// The origin failed. All waiting requests fail with it: on their own, they would only wait for
    /// the same failure.
    Failed(OriginError),
    /// A complete object.
    Object {
        /// For the leader's own viewer.
        own: Arc<CachedObject>,
        /// For followers; `None` releases them.
        others: Option<Arc<CachedObject>>,
    },
    /// A head, and a body that is arriving.
    Body {
        /// For the leader's own viewer.
        own: Arc<ObjectHead>,
        /// For followers; `None` releases them.
        others: Option<Arc<ObjectHead>>,
    },
}

/// One reader's position in the body, as a stream of the bytes from there on. Ends after the first
/// error. Dropping it gives the position up.
#[derive(Debug)]
pub(super) struct Place {
    filling: Arc<Filling>,
    reader: u64,
    /// The end of the stream, if that is before the end of the body.
    until: Option<usize>,
    broken: bool,
}

enum Next {
    Slice(Bytes),
    End,
    Broken(BodyError),
    NotYet,
}

// === impl Filling ===

impl Filling {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), drained: Notify::new() })
    }

    /// Takes a place at the beginning of the body.
    pub(super) fn place(self: &Arc<Self>) -> Place {
        let mut state = self.state.lock();
        state.last_reader += 1;
        let reader = state.last_reader;
        state.readers.insert(reader, Reader::default());
        Place { filling: self.clone(), reader, until: None, broken: false }
    }

    /// Publishes the answer; only the first answer counts.
    pub(super) fn offer(&self, answer: Answer) {
        let mut state = self.state.lock();
        if matches!(state.answer, Answer::Pending) {
            state.answer = answer;
            state.wake();
        }
    }

    /// True if followers get the body, its length is known, and this byte of it is there already.
    pub(super) fn has(&self, byte: u64) -> bool {
        let state = self.state.lock();
        let shared = matches!(&state.answer, Answer::Body { others: Some(_), .. });
        shared && state.expected.is_some() && byte < state.received() as u64
    }

    /// Prepares for a body that will be kept, with room for all of it if its length is known.
    pub(super) fn announce(&self, length: Option<usize>, charge: Charge) {
        let mut state = self.state.lock();
        state.expected = length;
        state.charge = Some(charge);
    }

    /// Ends the body; only the first end counts.
    pub(super) fn end(&self, end: Result<(), BodyError>) {
        let mut state = self.state.lock();
        if state.end.is_none() {
            state.end = Some(end);
            state.wake();
        }
    }

    /// Appends bytes. False if the body is then too large to be kept, or if there is no room for
    /// it. The bytes are appended in any case.
    pub(super) fn push(&self, chunk: &[u8], most: usize) -> bool {
        let mut state = self.state.lock();
        state.append(chunk);
        state.let_go();
        state.wake();
        let length = state.received();
        state.passing
            || length <= most && state.charge.as_mut().is_some_and(|charge| charge.grow_to(length))
    }

    pub(super) fn has_readers(&self) -> bool {
        !self.state.lock().readers.is_empty()
    }

    /// From now on, drops blocks once all readers have them. No reader may join any more.
    pub(super) fn pass_on(&self) {
        let mut state = self.state.lock();
        state.passing = true;
        state.let_go();
    }

    /// Waits until readers have taken all bytes but a window. Cuts off readers that take nothing
    /// for too long, or too little while another reader has nothing left to take.
    pub(super) async fn drain(&self, patience: Duration) {
        let mut others_until = None;
        loop {
            let seen = self.state.lock().progress();
            let ((backlog, slowest), others_wait) = seen;
            if backlog <= WINDOW {
                return;
            }
            let mut until = Instant::now() + patience;
            if others_wait {
                until = *others_until.get_or_insert(until);
            }
            let moved = async {
                while self.state.lock().progress() == seen {
                    self.drained.notified().await;
                }
            };
            if tokio::time::timeout_at(until, moved).await.is_err() {
                self.cut_off(slowest);
            }
        }
    }

    /// Cuts off the readers that are not beyond this position.
    fn cut_off(&self, slowest: usize) {
        let mut state = self.state.lock();
        // Their streams then find that they have no place any more.
        state.wake();
        state.readers.retain(|_, reader| reader.next > slowest);
        state.let_go();
    }

    /// The whole body. From now on readers share it with the store.
    pub(super) fn collect(&self) -> Body {
        let mut state = self.state.lock();
        let mut open = std::mem::take(&mut state.open);
        open.shrink_to_fit();
        let rest = (!open.is_empty()).then(|| Bytes::from(open));
        let blocks: Vec<Bytes> =
            std::mem::take(&mut state.blocks).into_iter().chain(rest).collect();
        let body = Body::of_blocks(blocks, state.charge.take());
        state.body = Some(body.clone());
        body
    }
}

// === impl State ===

impl State {
    fn append(&mut self, mut chunk: &[u8]) {
        while !chunk.is_empty() {
            let (now, later) = chunk.split_at(chunk.len().min(BLOCK - self.open.len()));
            let needed = self.open.len() + now.len();
            if needed > self.open.capacity() {
                let left =
                    self.expected.map(|all| all.saturating_sub(self.gone + self.in_blocks()));
                let room = left.unwrap_or_else(|| needed.next_power_of_two().max(LEAST_ROOM));
                self.open.reserve_exact(room.clamp(needed, BLOCK) - self.open.len());
            }
            self.open.extend_from_slice(now);
            if self.open.len() == BLOCK {
                self.blocks.push_back(std::mem::take(&mut self.open).into());
            }
            chunk = later;
        }
    }

    fn in_blocks(&self) -> usize {
        self.blocks.len() * BLOCK
    }

    fn received(&self) -> usize {
        let complete = self.body.as_ref().map_or(0, Body::len);
        self.gone + self.in_blocks() + self.open.len() + complete
    }

    /// How many bytes wait for the slowest reader, and its position.
    fn backlog(&self) -> (usize, usize) {
        let slowest = self.readers.values().map(|reader| reader.next).min();
        (self.in_blocks() + self.open.len(), slowest.unwrap_or_else(|| self.received()))
    }

    /// The backlog, and whether a reader has taken everything so far.
    fn progress(&self) -> ((usize, usize), bool) {
        let received = self.received();
        (self.backlog(), self.readers.values().any(|reader| reader.next >= received))
    }

    fn next(&mut self, number: u64) -> Next {
        let Some(from) = self.readers.get(&number).map(|reader| reader.next) else {
            return Next::Broken(BodyError::TooSlow);
        };
        let slice = self.slice_at(from);
        if !slice.is_empty() {
            return Next::Slice(slice);
        }
        match &self.end {
            None => Next::NotYet,
            Some(Ok(())) => Next::End,
            Some(Err(error)) => Next::Broken(error.clone()),
        }
    }

    fn slice_at(&self, offset: usize) -> Bytes {
        if let Some(body) = &self.body {
            return body.slice_at(offset);
        }
        let offset = offset.saturating_sub(self.gone);
        if let Some(block) = self.blocks.get(offset / BLOCK) {
            return slice_of(block, offset % BLOCK);
        }
        let open = self.open.get(offset.saturating_sub(self.in_blocks())..).unwrap_or_default();
        Bytes::copy_from_slice(open.get(..SLICE).unwrap_or(open))
    }

    fn advance(&mut self, number: u64, next: usize) {
        if let Some(reader) = self.readers.get_mut(&number) {
            reader.next = next;
        }
        self.let_go();
    }

    /// Drops the blocks that all readers have, if the answer is only passed on.
    fn let_go(&mut self) {
        if !self.passing {
            return;
        }
        let (_, slowest) = self.backlog();
        while self.gone + BLOCK <= slowest && self.blocks.pop_front().is_some() {
            self.gone += BLOCK;
        }
        let backlog = self.in_blocks() + self.open.len();
        match &mut self.charge {
            Some(charge) if backlog > WINDOW => charge.shrink_to(backlog),
            charge => *charge = None,
        }
    }

    fn wake(&mut self) {
        for reader in self.readers.values_mut() {
            if let Some(waker) = reader.waker.take() {
                waker.wake();
            }
        }
    }

    fn wait(&mut self, number: u64, cx: &Context<'_>) {
        if let Some(reader) = self.readers.get_mut(&number) {
            reader.waker = Some(cx.waker().clone());
        }
    }
}

// === impl Place ===

impl Place {
    /// Waits for the answer's head. Cancel-safe.
    pub(super) async fn answer(&self) -> Answer {
        std::future::poll_fn(|cx| {
            let mut state = self.filling.state.lock();
            match &state.answer {
                Answer::Pending => {
                    state.wait(self.reader, cx);
                    Poll::Pending
                }
                answer => Poll::Ready(answer.clone()),
            }
        })
        .await
    }

    /// Goes forward to a part of the body. The stream ends after it.
    pub(super) fn limit(&mut self, first: usize, end: usize) {
        self.until = Some(end);
        self.filling.state.lock().advance(self.reader, first);
        self.filling.drained.notify_one();
    }
}

impl Stream for Place {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.broken {
            return Poll::Ready(None);
        }
        let (number, until) = (self.reader, self.until);
        let mut state = self.filling.state.lock();
        let from = state.readers.get(&number).map_or(0, |reader| reader.next);
        let most = until.map_or(SLICE, |until| until.saturating_sub(from));
        if most == 0 {
            return Poll::Ready(None);
        }
        match state.next(number) {
            Next::Slice(mut slice) => {
                slice.truncate(most);
                state.advance(number, from + slice.len());
                drop(state);
                self.filling.drained.notify_one();
                Poll::Ready(Some(Ok(slice)))
            }
            Next::End => Poll::Ready(None),
            Next::NotYet => {
                state.wait(number, cx);
                Poll::Pending
            }
            Next::Broken(error) => {
                drop(state);
                self.broken = true;
                Poll::Ready(Some(Err(error)))
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.filling.state.lock();
        state.readers.remove(&self.reader);
        state.let_go();
        drop(state);
        self.filling.drained.notify_one();
    }
}
