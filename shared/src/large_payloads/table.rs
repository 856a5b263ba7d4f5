//! The payloads that this process keeps for others, and the answers to requests for their pieces.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{KeepError, SIZE_MAX};
use crate::bus::{Bus, Message, Subscription};
use crate::id::NodeId;
use crate::wire::ClaimCheck;

/// A receiver says this after the last piece, in place of a piece's number.
pub(super) const DONE: &[u8] = b"done";

/// Most payloads that are kept at a time. [`super::ROOM`] bounds their bytes.
const COUNT_MAX: usize = 8_192;

/// Payloads have consecutive numbers from a random one on, so a restarted process does not answer for
/// its predecessor. Numbers have 52 bits, because JSON carries no more in some languages.
const FURTHER_BITS: u32 = 20;

/// How often payloads past their deadline are dropped.
const EXPIRE_EVERY: Duration = Duration::from_secs(1);

/// The payloads that one process keeps.
pub(super) struct Table {
    holder: NodeId,
    next: AtomicU64,
    entries: Mutex<HashMap<u64, Entry>>,
    /// Bytes that may still be kept.
    room: Arc<Semaphore>,
    room_max: usize,
}

/// Until when an entry lives, if its deadline does not pass first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lives {
    /// Until its owner drops the handle.
    UntilDropped,
    /// Until the first receiver has every piece.
    UntilFetched,
}

struct Entry {
    payload: Bytes,
    piece: usize,
    until: Instant,
    lives: Lives,
    /// Gives its bytes back to the room.
    _room: OwnedSemaphorePermit,
}

// === impl Table ===

impl Table {
    pub(super) fn new(holder: NodeId, room: usize) -> Self {
        Self {
            holder,
            next: AtomicU64::new(u64::from(rand::random::<u32>()) << FURTHER_BITS),
            entries: Mutex::default(),
            room: Arc::new(Semaphore::new(room)),
            room_max: room,
        }
    }

    pub(super) fn insert(
        &self,
        payload: Bytes,
        piece: usize,
        until: Instant,
        lives: Lives,
    ) -> Result<ClaimCheck, KeepError> {
        let size = payload.len();
        let narrow =
            |number: usize| u32::try_from(number).map_err(|_| KeepError::TooLarge { size });
        let claim_check = ClaimCheck {
            holder: self.holder.clone(),
            number: self.next.fetch_add(1, Ordering::Relaxed),
            size: narrow(size)?,
            piece: narrow(piece)?,
        };
        if size > SIZE_MAX {
            return Err(KeepError::TooLarge { size });
        }
        let full = KeepError::Full { size, room: self.room_max };
        let Some(room) = self.take_room(claim_check.size) else {
            return Err(full);
        };
        let mut entries = self.entries.lock();
        if entries.len() >= COUNT_MAX {
            return Err(full);
        }
        entries.insert(claim_check.number, Entry { payload, piece, until, lives, _room: room });
        Ok(claim_check)
    }

    fn take_room(&self, size: u32) -> Option<OwnedSemaphorePermit> {
        let take = || self.room.clone().try_acquire_many_owned(size).ok();
        take().or_else(|| {
            self.expire(Instant::now());
            take()
        })
    }

    pub(super) fn remove(&self, number: u64) {
        self.entries.lock().remove(&number);
    }

    fn expire(&self, now: Instant) {
        self.entries.lock().retain(|_, entry| entry.until > now);
    }

    /// Waits until no payload is kept.
    pub(super) async fn emptied(&self) {
        let all = u32::try_from(self.room_max).unwrap_or(u32::MAX);
        // An error would mean that the semaphore was closed, but nothing closes it.
        drop(self.room.acquire_many(all).await);
    }

    /// The piece that a request asks for; `None` if the payload is not kept, or has no such piece.
    fn piece(&self, number: u64, index: &[u8]) -> Option<Bytes> {
        let index: usize = std::str::from_utf8(index).ok()?.parse().ok()?;
        let entries = self.entries.lock();
        let entry = entries.get(&number).filter(|entry| entry.until > Instant::now())?;
        let from = index.checked_mul(entry.piece).filter(|from| *from < entry.payload.len())?;
        let to = entry.payload.len().min(from.saturating_add(entry.piece));
        Some(entry.payload.slice(from..to))
    }

    fn collected(&self, number: u64) {
        let mut entries = self.entries.lock();
        if entries.get(&number).is_some_and(|entry| entry.lives == Lives::UntilFetched) {
            entries.remove(&number);
        }
    }
}

/// Sends pieces until the bus is closed. An empty answer says that there is no such piece.
pub(super) async fn serve(bus: Arc<dyn Bus>, table: Arc<Table>, mut requests: Subscription) {
    let mut expire = interval(EXPIRE_EVERY);
    expire.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            request = requests.next() => match request {
                Some(request) => give(&*bus, &table, request).await,
                None => return,
            },
            _ = expire.tick() => table.expire(Instant::now()),
        }
    }
}

async fn give(bus: &dyn Bus, table: &Table, request: Message) {
    let number = request.subject.rsplit_once('.').and_then(|(_, last)| last.parse().ok());
    let Some(number) = number else { return };
    if request.payload.as_ref() == DONE {
        return table.collected(number);
    }
    let Some(to) = request.reply_to else { return };
    let piece = table.piece(number, &request.payload).unwrap_or_default();
    if let Err(error) = bus.publish(&to, None, piece).await {
        // The receiver asks again or gives up.
        tracing::debug!(%error, "cannot send a piece of a large payload");
    }
}
