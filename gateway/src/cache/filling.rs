//! An answer that is still arriving, read by several viewers at once.
//!
//! One writer appends chunks, any number of readers on any threads each follow at their own pace.
//! While the answer may still be kept, every chunk stays, so that late readers start at the
//! beginning. Once it is known that it will not be kept, chunks go as soon as every reader has
//! them, and the writer waits for the slowest reader within bounds.
//!
//! A lock rather than messages, because all sides touch the same list of chunks for nanoseconds.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use super::object::{CachedObject, ObjectHead};
use crate::origin::{BodyError, OriginError};

/// Bytes that may wait for the slowest reader of an answer that is not kept.
pub const WINDOW: usize = 1024 * 1024;
/// How long a reader may hold up the others of an answer that is not kept.
pub const READER_PATIENCE: Duration = Duration::from_secs(60);
/// What a chunk costs beside its bytes, so that many tiny chunks count for what they are.
const CHUNK_OVERHEAD: usize = 64;
/// Chunks up to this size are copied, since they may pin a much larger read buffer.
const COPY_BELOW: usize = 2048;

/// The meeting point of the writer and the readers of one answer.
#[derive(Debug)]
pub(super) struct Filling {
    state: Mutex<State>,
    /// Tells readers that something happened.
    grown: watch::Sender<()>,
    /// Tells the writer that a reader moved on or left.
    drained: Notify,
}

#[derive(Debug, Default)]
struct State {
    answer: Answer,
    end: Option<Result<(), BodyError>>,
    chunks: VecDeque<Bytes>,
    /// Chunks already let go from the front.
    gone: usize,
    /// What the chunks cost.
    held: usize,
    passing: bool,
    /// The index of each reader's next chunk.
    readers: HashMap<u64, usize>,
    last_reader: u64,
}

/// What the writer has to offer.
#[derive(Clone, Debug, Default)]
pub(super) enum Answer {
    /// Nothing yet.
    #[default]
    Pending,
    /// Nothing for followers: they are to go to the origin on their own.
    Released,
    /// The origin failed. Whoever waits is told so: sent on its own, each would only find the
    /// same, one after the other's time-out.
    Failed(OriginError),
    /// A complete object.
    Object {
        /// For the leader's own viewer.
        own: Arc<CachedObject>,
        /// For followers; none releases them.
        others: Option<Arc<CachedObject>>,
    },
    /// A head, and a body that is arriving.
    Body {
        /// For the leader's own viewer.
        own: Arc<ObjectHead>,
        /// For followers; none releases them.
        others: Option<Arc<ObjectHead>>,
    },
}

/// One reader's place in the body. Dropping it gives the place up.
#[derive(Debug)]
pub(super) struct Place {
    filling: Arc<Filling>,
    grown: watch::Receiver<()>,
    reader: u64,
}

enum Next {
    Chunk(Bytes),
    End,
    Broken(BodyError),
    NotYet,
}

// === impl Filling ===

impl Filling {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            grown: watch::Sender::new(()),
            drained: Notify::new(),
        })
    }

    /// Takes a place at the beginning of the body.
    pub(super) fn place(self: &Arc<Self>) -> Place {
        let mut state = self.state.lock();
        state.last_reader += 1;
        let reader = state.last_reader;
        state.readers.insert(reader, 0);
        Place { filling: self.clone(), grown: self.grown.subscribe(), reader }
    }

    /// Publishes the answer; only the first one counts.
    pub(super) fn offer(&self, answer: Answer) {
        let mut state = self.state.lock();
        if matches!(state.answer, Answer::Pending) {
            state.answer = answer;
            self.grown.send_replace(());
        }
    }

    /// Ends the body; only the first end counts.
    pub(super) fn end(&self, end: Result<(), BodyError>) {
        let mut state = self.state.lock();
        if state.end.is_none() {
            state.end = Some(end);
            self.grown.send_replace(());
        }
    }

    /// Appends a chunk and returns what it costs to hold it.
    pub(super) fn push(&self, chunk: Bytes) -> usize {
        let chunk = if chunk.len() < COPY_BELOW { Bytes::copy_from_slice(&chunk) } else { chunk };
        let cost = cost(&chunk);
        let mut state = self.state.lock();
        state.chunks.push_back(chunk);
        state.held += cost;
        self.grown.send_replace(());
        cost
    }

    pub(super) fn has_readers(&self) -> bool {
        !self.state.lock().readers.is_empty()
    }

    /// From now on lets chunks go once all readers have them. Nobody may take a place any more.
    pub(super) fn pass_on(&self) {
        let mut state = self.state.lock();
        state.passing = true;
        state.let_go();
    }

    /// Waits until readers have taken all but a window; cuts off those that hold it up for too
    /// long.
    pub(super) async fn drain(&self, patience: Duration) {
        while self.state.lock().held > WINDOW {
            let drained = async {
                while self.state.lock().held > WINDOW {
                    self.drained.notified().await;
                }
            };
            if tokio::time::timeout(patience, drained).await.is_err() {
                self.cut_off_slowest();
            }
        }
    }

    fn cut_off_slowest(&self) {
        let mut state = self.state.lock();
        let slowest = state.readers.values().copied().min().unwrap_or_default();
        state.readers.retain(|_, next| *next > slowest);
        state.let_go();
        self.grown.send_replace(());
    }

    /// All chunks in one piece.
    pub(super) fn collect(&self) -> Bytes {
        let state = self.state.lock();
        let mut whole = Vec::with_capacity(state.chunks.iter().map(Bytes::len).sum());
        for chunk in &state.chunks {
            whole.extend_from_slice(chunk);
        }
        whole.into()
    }
}

// === impl State ===

impl State {
    fn next(&mut self, reader: u64) -> Next {
        let Some(index) = self.readers.get(&reader).copied() else {
            return Next::Broken(BodyError::TooSlow);
        };
        match self.chunks.get(index.saturating_sub(self.gone)) {
            Some(chunk) => {
                let chunk = chunk.clone();
                self.readers.insert(reader, index + 1);
                self.let_go();
                Next::Chunk(chunk)
            }
            None => match &self.end {
                None => Next::NotYet,
                Some(Ok(())) => Next::End,
                Some(Err(error)) => Next::Broken(error.clone()),
            },
        }
    }

    /// Drops the chunks that all readers have, if the answer is only passed on.
    fn let_go(&mut self) {
        if !self.passing {
            return;
        }
        let all = self.gone + self.chunks.len();
        let slowest = self.readers.values().copied().min().unwrap_or(all);
        while self.gone < slowest {
            if let Some(chunk) = self.chunks.pop_front() {
                self.held = self.held.saturating_sub(cost(&chunk));
            }
            self.gone += 1;
        }
    }
}

fn cost(chunk: &Bytes) -> usize {
    chunk.len() + CHUNK_OVERHEAD
}

// === impl Place ===

impl Place {
    /// Waits for the answer's head. Cancel-safe.
    pub(super) async fn answer(&mut self) -> Answer {
        loop {
            self.grown.mark_unchanged();
            let answer = self.filling.state.lock().answer.clone();
            if !matches!(answer, Answer::Pending) {
                return answer;
            }
            self.grown_more().await;
        }
    }

    /// The body from here on. After an error there is nothing more.
    pub(super) fn into_stream(self) -> impl Stream<Item = Result<Bytes, BodyError>> + Send + use<> {
        stream::unfold(Some(self), |place| async move {
            let mut place = place?;
            loop {
                place.grown.mark_unchanged();
                let next = place.filling.state.lock().next(place.reader);
                match next {
                    Next::Chunk(chunk) => {
                        place.filling.drained.notify_one();
                        return Some((Ok(chunk), Some(place)));
                    }
                    Next::End => return None,
                    Next::Broken(error) => return Some((Err(error), None)),
                    Next::NotYet => place.grown_more().await,
                }
            }
        })
    }

    async fn grown_more(&mut self) {
        // The sender lives in `filling`, which we hold, so this cannot fail.
        let _ = self.grown.changed().await;
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
