//! Request coalescing: one fetch serves all requests that wait for the same key (`contract.md`
//! 7.13).
//!
//! The first request for a key becomes the leader. It gets a [`FillGuard`], fetches, and publishes
//! head and body as they arrive. Requests that come in the meantime are followers. They wait for
//! the head, and then stream the same body as the leader's own viewer. The fetch belongs to no
//! viewer, so it goes on if a viewer leaves.
//!
//! A fetch has these states. `offer` sets the answer once, and the first answer counts:
//!
//! ```text
//!              begin                     finish
//!  Pending ─┬────────▶ Body: push ... ───────────▶ ended: stored if kept, readers see the end
//!           │            │   fail, or writer dropped
//!           │            └────────────────────────▶ ended: not stored, readers see the error
//!           │ complete
//!           ├────────▶ Object: stored
//!           │ fail
//!           ├────────▶ Failed: leader and followers fail
//!           │ guard dropped
//!           └────────▶ Released: followers go to the origin on their own
//! ```
//!
//! Followers are also released from Body and Object, if the answer is for the leader's viewer only.
//!
//! The cache has a table of fetches, by key. Its lock makes these steps atomic: to look for a fresh
//! copy and join or start a fetch; to check whether a fetch was overtaken and store its answer; to
//! make copies outdated or purge them. So a request does not join a fetch that began before a
//! write, and an answer that was overtaken by a write or an invalidation is not stored.
//!
//! A fetch leaves the table when it ends. It leaves earlier if followers may not have the answer.
//! It also leaves earlier if the body is too large to be kept, because a new follower would miss
//! the beginning of the body.

use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream::Stream;

use super::filling::{Answer, Filling, Place, READER_PATIENCE};
use super::key::CacheKey;
use super::memory::Charge;
use super::object::{CachedObject, ObjectHead};
use super::store::{Cache, Fetch, Since};
use crate::origin::{BodyError, OriginError};

/// A fetch that takes longer than this goes on only while it has readers.
pub const UNREAD_PATIENCE: Duration = Duration::from_secs(60);

/// A body in slices, as viewers get it. Ends after the first error.
#[derive(Debug)]
pub struct BodyReader(Place);

/// A request's part in the fetch of a key.
#[derive(Debug)]
pub enum FetchRole {
    /// It has to fetch the answer; its own viewer waits like the followers.
    Leader(FillGuard, Waiter),
    /// Another request is fetching it.
    Follower(Waiter),
    /// It has just been stored.
    Filled(Arc<CachedObject>),
}

/// The duty to fetch an answer. Dropping it releases the followers.
#[derive(Debug)]
pub struct FillGuard(Duty);

/// The duty to deliver the body. If it is dropped before [`finish`](Self::finish), all readers get
/// an error, and nothing is stored.
#[derive(Debug)]
pub struct FillWriter {
    duty: Duty,
    /// The head to store at the end; `None` if the answer is only passed on.
    head: Option<Arc<ObjectHead>>,
}

/// The body has no readers and will not be kept, so the fetch should stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no request waits for this body any more")]
pub struct Unwanted;

/// Waits for the head of an answer that is being fetched.
#[derive(Debug)]
pub struct Waiter {
    place: Place,
    leads: bool,
}

/// The result for a waiting request.
pub enum Joined {
    /// A head, and the body as it arrives.
    Body(Arc<ObjectHead>, BodyReader),
    /// A complete object.
    Object(Arc<CachedObject>),
    /// The answer cannot be shared. The request should go to the origin on its own.
    Released,
    /// The origin failed, for the leader and so for all requests that waited with it.
    Failed(OriginError),
    /// No answer came in the time that the request could wait.
    Late,
}

#[derive(Debug)]
struct Duty {
    cache: Cache,
    key: CacheKey,
    filling: Arc<Filling>,
    started: Instant,
    /// When the fetch began. An answer that a write or an invalidation overtook is not kept.
    since: Since,
    /// True if there is memory for the body.
    has_room: bool,
}

// === impl Cache ===

impl Cache {
    /// Joins the fetch of a key, or becomes its leader. Call this after a look-up that found no
    /// fresh copy.
    pub fn join(&self, key: &CacheKey) -> FetchRole {
        let mut fetches = self.fetches().lock();
        // An answer may have been stored between the look-up and now.
        if let Some(object) = self.fresh(key) {
            return FetchRole::Filled(object);
        }
        let since = self.since(key, &fetches);
        // A request after a write must not get an answer that was fetched before it.
        let joined = fetches.running.get(key).filter(|fetch| fetch.count == since.count);
        if let Some(Fetch { filling, .. }) = joined {
            return FetchRole::Follower(Waiter::new(filling, false));
        }
        let filling = Filling::new();
        fetches.running.insert(key.clone(), Fetch { filling: filling.clone(), count: since.count });
        drop(fetches);
        let waiter = Waiter::new(&filling, true);
        FetchRole::Leader(self.guard(key, filling, since), waiter)
    }

    /// Joins a fetch that is running. Its body must be shared and of known length, and this byte of
    /// it must have arrived.
    pub fn join_at(&self, key: &CacheKey, byte: u64) -> Option<Waiter> {
        let fetches = self.fetches().lock();
        let now = self.since(key, &fetches);
        let fetch = fetches.running.get(key).filter(|fetch| fetch.count == now.count)?;
        fetch.filling.has(byte).then(|| Waiter::new(&fetch.filling, false))
    }

    /// A fetch that no other request joins, for requests that must not share (see
    /// [`coalesces`](super::freshness::coalesces)). Its answer is stored nevertheless.
    pub fn alone(&self, key: &CacheKey) -> (FillGuard, Waiter) {
        let filling = Filling::new();
        let waiter = Waiter::new(&filling, true);
        let since = self.since(key, &self.fetches().lock());
        (self.guard(key, filling, since), waiter)
    }

    fn guard(&self, key: &CacheKey, filling: Arc<Filling>, since: Since) -> FillGuard {
        FillGuard(Duty {
            cache: self.clone(),
            key: key.clone(),
            filling,
            started: Instant::now(),
            since,
            has_room: false,
        })
    }
}

// === impl FillGuard ===

impl FillGuard {
    /// Reserves memory for a body that is to be kept. False if the body is too large or if there is
    /// no room now. Then the caller should only pass it on.
    pub fn reserve(&mut self, length: Option<u64>) -> bool {
        let most = self.0.cache.most_of_one();
        let length = length.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        let needed = length.unwrap_or_default();
        let charge = (needed <= most).then(|| self.0.cache.memory().charge(needed)).flatten();
        let Some(charge) = charge else { return false };
        self.0.filling.announce(length, charge);
        self.0.has_room = true;
        true
    }

    /// Reserves memory for work on the body, beside the body itself; `None` if there is no room.
    pub fn reserve_beside(&self, bytes: usize) -> Option<Charge> {
        self.0.cache.memory().charge(bytes)
    }

    /// Publishes the head and goes on to the body. Followers are released if the answer cannot be
    /// kept, or if the origin must confirm it each time.
    pub fn begin(mut self, head: ObjectHead) -> FillWriter {
        let own = Arc::new(head);
        let others = own.for_others();
        let fits = self.0.has_room || self.reserve(own.content_length());
        let shared = fits && own.storing.is_shared();
        if !shared {
            self.0.cache.mark_unshared(&self.0.key);
            self.0.leave();
        }
        self.0.filling.offer(Answer::Body { own, others: shared.then(|| others.clone()) });
        if !fits {
            self.0.filling.pass_on();
        }
        FillWriter { duty: self.0, head: fits.then_some(others) }
    }

    /// The key of the answer that is fetched.
    pub fn key(&self) -> &CacheKey {
        &self.0.key
    }

    /// The origin gave no answer. All requests that wait fail, and the next request tries again.
    pub fn fail(self, error: OriginError) {
        self.0.leave();
        self.0.filling.offer(Answer::Failed(error));
    }

    /// True if this is the fetch of an answer to HEAD alone.
    pub fn is_for_head(&self) -> bool {
        self.0.key == self.0.key.for_head()
    }

    /// Stores an answer to HEAD. Requests that wait for the answer to a GET are released.
    pub fn complete_for_head(self, object: CachedObject) {
        if self.is_for_head() {
            return self.complete(object);
        }
        self.0.store_as(&self.0.key.for_head(), Arc::new(object.for_others()));
    }

    /// Stores a complete object, such as a generated answer or a copy that the origin confirmed,
    /// and gives it to all requests that wait.
    pub fn complete(self, object: CachedObject) {
        let shared = object.head.storing.is_shared();
        let stored = Arc::new(object.for_others());
        self.0.store(stored.clone());
        if !shared {
            self.0.cache.mark_unshared(&self.0.key);
        }
        self.0.leave();
        self.0
            .filling
            .offer(Answer::Object { own: Arc::new(object), others: shared.then_some(stored) });
    }
}

// === impl FillWriter ===

impl FillWriter {
    /// Delivers the next chunk. Returns at once while the answer is to be kept. Otherwise waits for
    /// the readers, and cuts off those that are too slow. Not cancel-safe: a chunk may be lost.
    pub async fn push(&mut self, chunk: Bytes) -> Result<(), Unwanted> {
        if chunk.is_empty() {
            return Ok(());
        }
        let late = self.duty.started.elapsed() > UNREAD_PATIENCE;
        if (self.head.is_none() || late) && !self.duty.filling.has_readers() {
            return Err(Unwanted);
        }
        let fits = self.duty.filling.push(&chunk, self.duty.cache.most_of_one());
        // The chunk may be a part of a larger buffer, which must not stay in memory during the
        // wait.
        drop(chunk);
        if !fits {
            self.pass_on();
        }
        if self.head.is_none() {
            self.duty.filling.drain(READER_PATIENCE).await;
        }
        Ok(())
    }

    /// The body is complete: it is stored, and readers see its end.
    pub fn finish(mut self) {
        if let Some(head) = self.head.take() {
            let body = self.duty.filling.collect();
            self.duty.store(Arc::new(CachedObject { head, body, part: None }));
        }
        self.duty.leave();
        self.duty.filling.end(Ok(()));
    }

    /// The body broke off: nothing is stored, and readers get the error.
    pub fn fail(self, error: BodyError) {
        self.duty.leave();
        self.duty.filling.end(Err(error));
    }

    /// Stops keeping the body. The fetch leaves the table first, so no new follower can miss the
    /// beginning.
    fn pass_on(&mut self) {
        self.head = None;
        self.duty.leave();
        self.duty.filling.pass_on();
    }
}

impl Drop for FillWriter {
    fn drop(&mut self) {
        self.duty.leave();
        // No effect if the body has ended already.
        self.duty.filling.end(Err(BodyError::Abandoned));
    }
}

// === impl Duty ===

impl Duty {
    fn store(&self, object: Arc<CachedObject>) {
        self.store_as(&self.key, object);
    }

    /// Stores the object unless a write or an invalidation overtook its fetch.
    fn store_as(&self, key: &CacheKey, object: Arc<CachedObject>) {
        // Under the lock, an invalidation is either seen here or finds the object.
        let fetches = self.cache.fetches().lock();
        if !self.cache.is_overtaken(&self.key, self.since, &fetches) {
            self.cache.put(key, object, self.since.count);
        }
    }

    /// Removes the fetch from the table, if it is still this one.
    fn leave(&self) {
        let mut fetches = self.cache.fetches().lock();
        let entry = fetches.running.get(&self.key);
        if entry.is_some_and(|fetch| Arc::ptr_eq(&fetch.filling, &self.filling)) {
            fetches.running.remove(&self.key);
        }
    }
}

impl Drop for Duty {
    fn drop(&mut self) {
        self.leave();
        // No effect if there is an answer already.
        self.filling.offer(Answer::Released);
    }
}

// === impl Waiter ===

impl Waiter {
    fn new(filling: &Arc<Filling>, leads: bool) -> Self {
        Self { place: filling.place(), leads }
    }

    /// Waits for the head at most for `within`.
    pub async fn answer(self, within: Duration) -> Joined {
        let Ok(answer) = tokio::time::timeout(within, self.place.answer()).await else {
            return Joined::Late;
        };
        match answer {
            Answer::Object { own, .. } if self.leads => Joined::Object(own),
            Answer::Body { own, .. } if self.leads => Joined::Body(own, self.into_reader()),
            Answer::Object { others: Some(object), .. } => Joined::Object(object),
            Answer::Body { others: Some(head), .. } => Joined::Body(head, self.into_reader()),
            Answer::Failed(error) => Joined::Failed(error),
            Answer::Pending
            | Answer::Released
            | Answer::Object { others: None, .. }
            | Answer::Body { others: None, .. } => Joined::Released,
        }
    }

    fn into_reader(self) -> BodyReader {
        BodyReader(self.place)
    }
}

// === impl BodyReader ===

impl BodyReader {
    /// Reads only this part of the body. No byte of it may have been read yet.
    pub fn limited(mut self, part: Range<usize>) -> Self {
        self.0.limit(part.start, part.end);
        self
    }
}

impl Stream for BodyReader {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(cx)
    }
}
