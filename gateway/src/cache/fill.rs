//! One fetch for all who want the same thing at the same time (`contract.md` 7.13).
//!
//! The first request for a key becomes the leader: it gets a [`FillGuard`], fetches, and publishes
//! head and body as they arrive. Requests that come meanwhile follow: they wait for the head, and
//! then stream the same body along with the leader's own viewer. The fetch belongs to no viewer,
//! so one who leaves spoils nothing.
//!
//! ```text
//!            begin                    finish
//! Pending ----------> Body: push ... --------> stored, readers see the end
//!    |                  |     fail, or writer dropped
//!    |                  +--------------------> not stored, readers see the error
//!    | complete
//!    +--------------> Object: stored
//!    | fail
//!    +--------------> Failed: followers fail too
//!    | guard dropped
//!    +--------------> Released: followers go to the origin on their own
//! ```
//!
//! The cache has a table of fetches, by key. Requests join and leave it under one lock, which also
//! orders fetches, writes and invalidations: a request does not join a fetch that began before a
//! write, and an answer that a write or an invalidation overtook is not stored. A fetch leaves the
//! table when it ends. It leaves earlier if the body turns out to be too large, because nobody may
//! join who would miss the beginning, and if followers may not have the answer. Those are released.

use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream::Stream;

use super::filling::{Answer, Filling, Place, READER_PATIENCE};
use super::key::CacheKey;
use super::object::{CachedObject, ObjectHead};
use super::store::{Cache, Since, UnderWay};
use crate::origin::{BodyError, OriginError};

/// A fetch that takes longer than this goes on only while somebody reads it.
pub const UNREAD_PATIENCE: Duration = Duration::from_secs(60);

/// A body in slices, as viewers get it. Ends after the first error.
#[derive(Debug)]
pub struct BodyReader(Place);

/// A request's part in the fetch of a key.
#[derive(Debug)]
pub enum Flight {
    /// It is to fetch the answer; its own viewer waits like everybody else.
    Leader(FillGuard, Waiter),
    /// Another request is fetching it.
    Follower(Waiter),
    /// It has just been stored.
    Filled(Arc<CachedObject>),
}

/// The duty to fetch an answer. Dropping it releases the followers.
#[derive(Debug)]
pub struct FillGuard(Duty);

/// The duty to deliver the body. Dropping it before [`finish`](Self::finish) breaks it off for
/// all readers and keeps nothing.
#[derive(Debug)]
pub struct FillWriter {
    duty: Duty,
    /// What is stored in the end; none if the answer is only passed on.
    head: Option<Arc<ObjectHead>>,
}

/// Nobody reads this body and it will not be kept: the fetch is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody waits for this body any more")]
pub struct Unwanted;

/// Waits for the head of an answer that is being fetched.
#[derive(Debug)]
pub struct Waiter {
    place: Place,
    leads: bool,
}

/// What a waiting request gets.
pub enum Joined {
    /// A head, and the body as it arrives.
    Body(Arc<ObjectHead>, BodyReader),
    /// A complete object.
    Object(Arc<CachedObject>),
    /// Nothing that may be shared: the request is to go to the origin on its own.
    Released,
    /// The origin failed, for the leader and so for all who waited with it.
    Failed(OriginError),
    /// Nothing within the time that it was ready to wait.
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
    /// True if there is room for the body.
    has_room: bool,
}

// === impl Cache ===

impl Cache {
    /// Joins the fetch of a key, or becomes its leader. To be called after a look-up that found
    /// nothing fresh.
    pub fn join(&self, key: &CacheKey) -> Flight {
        let mut flights = self.flights().lock();
        // It may have been stored between the look-up and now.
        if let Some(object) = self.fresh(key) {
            return Flight::Filled(object);
        }
        let since = self.since(key, &flights);
        // A request after a write must not get an answer that was fetched before it.
        let joined = flights.under_way.get(key).filter(|flight| flight.count == since.count);
        if let Some(UnderWay { filling, .. }) = joined {
            return Flight::Follower(Waiter::new(filling, false));
        }
        let filling = Filling::new();
        flights
            .under_way
            .insert(key.clone(), UnderWay { filling: filling.clone(), count: since.count });
        drop(flights);
        let waiter = Waiter::new(&filling, true);
        Flight::Leader(self.guard(key, filling, since), waiter)
    }

    /// Joins a fetch that is running. Its body must be shared and of known length, and this byte of
    /// it must have arrived.
    pub fn join_at(&self, key: &CacheKey, byte: u64) -> Option<Waiter> {
        let flights = self.flights().lock();
        let now = self.since(key, &flights);
        let flight = flights.under_way.get(key).filter(|flight| flight.count == now.count)?;
        flight.filling.has(byte).then(|| Waiter::new(&flight.filling, false))
    }

    /// A fetch that nobody else joins, for requests that must not share (see
    /// [`collapses`](super::freshness::collapses)). Its answer is kept all the same.
    pub fn alone(&self, key: &CacheKey) -> (FillGuard, Waiter) {
        let filling = Filling::new();
        let waiter = Waiter::new(&filling, true);
        let since = self.since(key, &self.flights().lock());
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
    /// Makes room for a body that is to be kept. False if it is too large or if there is no room
    /// now. The caller should then only pass it on.
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

    /// Publishes the head and goes on to the body. Followers get nothing if the answer cannot be
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

    /// The origin gave no answer: all who wait are told, and the next request tries again.
    pub fn fail(self, error: OriginError) {
        self.0.leave();
        self.0.filling.offer(Answer::Failed(error));
    }

    /// True if this is the fetch of an answer to HEAD alone.
    pub fn is_for_head(&self) -> bool {
        self.0.key == self.0.key.for_head()
    }

    /// Stores an answer to HEAD. Requests that wait for the answer to a GET do not get it.
    pub fn complete_for_head(self, object: CachedObject) {
        if self.is_for_head() {
            return self.complete(object);
        }
        self.0.store_as(&self.0.key.for_head(), Arc::new(object.for_others()));
    }

    /// Stores a complete object, such as a generated answer or a copy that the origin confirmed,
    /// and gives it to all who wait.
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
    /// Delivers the next chunk. Returns at once while the answer is to be kept; otherwise waits
    /// for its readers, who are cut off when they are too slow. Not cancel-safe: a chunk may be
    /// lost.
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

    /// The body broke off: nothing is stored, and readers see why.
    pub fn fail(self, error: BodyError) {
        self.duty.leave();
        self.duty.filling.end(Err(error));
    }

    /// Stops keeping the body. The flight leaves the table first, so that nobody joins who would
    /// miss the beginning.
    fn pass_on(&mut self) {
        self.head = None;
        self.duty.leave();
        self.duty.filling.pass_on();
    }
}

impl Drop for FillWriter {
    fn drop(&mut self) {
        self.duty.leave();
        // No effect if there was an end.
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
        // Under the lock: an invalidation is either seen here or finds the object.
        let flights = self.cache.flights().lock();
        if !self.cache.is_overtaken(&self.key, self.since, &flights) {
            self.cache.put(key, object, self.since.count);
        }
    }

    /// Takes the flight from the table, if it is still this one.
    fn leave(&self) {
        let mut flights = self.cache.flights().lock();
        let entry = flights.under_way.get(&self.key);
        if entry.is_some_and(|flight| Arc::ptr_eq(&flight.filling, &self.filling)) {
            flights.under_way.remove(&self.key);
        }
    }
}

impl Drop for Duty {
    fn drop(&mut self) {
        self.leave();
        // No effect if there was an answer.
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
