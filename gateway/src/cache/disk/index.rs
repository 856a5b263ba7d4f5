//! The objects that the disk has, and the changes that it has to learn next. Does no I/O.
//!
//! Every object gets a number when it is offered to the disk. Numbers only grow, also over a
//! restart, so "older than this number" is a fact that can be stored. A slot tells where the disk
//! has the object of a key. An object gets its slot when the disk has it, and loses it at once when
//! it must not be served any more. The rows on the disk follow later:
//!
//! | event | the slot | the rows |
//! | --- | --- | --- |
//! | a newer copy, or a copy that is not for the disk | gone at once | `dropped` has the number |
//! | an invalidation | hidden at once by `purges` | the writer finds and deletes them |
//! | a write to the resource | hidden at once by `outdated` | deleted at the next start; `marks` tells until where |
//!
//! If the process is killed, rows may be left that had lost their slot. Invalidations are then read
//! again from the journal. Writes are on the disk before their answers leave, if the disk is not too
//! slow. A former copy that comes back is one that its origin allows to be served.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::record::{Digest, Entry, GROUPS, Group, Name};
use crate::cache::key::CacheKey;
use crate::cache::purge::Purge;
use crate::journal_place::JournalPlace;

/// Most objects that wait to be written.
const QUEUE_MAX: usize = 1_024;

/// Most purges that wait to be carried out. Instead of more, everything is dropped.
const PURGES_MAX: usize = 64;

/// The number of a stored object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number(pub(super) u64);

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) number: Number,
    /// Bytes that it takes on the disk.
    pub(super) bytes: u64,
}

/// An object that waits to be written.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) number: Number,
    pub(super) key: CacheKey,
    pub(super) name: Name,
    pub(super) entry: Entry,
}

/// Why an offer was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueueFull;

/// A row of the database when it is opened.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) name: Name,
    pub(super) slot: Slot,
}

/// The next changes of the database.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) offers: Vec<Offer>,
    pub(super) dropped: Vec<Number>,
    pub(super) purges: Vec<Arc<Purge>>,
    pub(super) marks: HashMap<Group, Number>,
    pub(super) place: Option<JournalPlace>,
}

/// The changes of the database that were made.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) stored: Vec<(Digest, Slot)>,
    /// Objects that a purge named, or that made room for others.
    pub(super) deleted: Vec<(Digest, Number)>,
    /// How many of them made room for others.
    pub(super) evicted: u64,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Index {
    slots: HashMap<Digest, Slot>,
    bytes: u64,
    /// The newest number.
    last: Number,
    /// Objects that were offered and are not on the disk yet. Only the newest of each key counts.
    pending: HashMap<Digest, Number>,
    queue: VecDeque<Offer>,
    queued_bytes: usize,
    queue_bytes_max: usize,
    dropped: Vec<Number>,
    /// Purges that the database has not carried out. The first `begun` are being carried out.
    purges: Vec<Arc<Purge>>,
    begun: usize,
    /// By group: objects up to this number are useless.
    outdated: Box<[Number]>,
    /// By group: the newest object that was offered or found; 0 if there is none.
    newest: Box<[Number]>,
    marks: HashMap<Group, Number>,
    /// Invalidations up to there were applied, or are among the purges.
    reached: Option<JournalPlace>,
    /// The place in the database, after the present batch.
    told: Option<JournalPlace>,
}

// === impl Index ===

impl Index {
    /// An empty one. Objects of at most `queue_bytes_max` bytes wait to be written.
    pub(super) fn new(queue_bytes_max: usize) -> Self {
        let none = || vec![Number(0); GROUPS as usize].into_boxed_slice();
        Self {
            slots: HashMap::new(),
            bytes: 0,
            last: Number(0),
            pending: HashMap::new(),
            queue: VecDeque::new(),
            queued_bytes: 0,
            queue_bytes_max,
            dropped: Vec::new(),
            purges: Vec::new(),
            begun: 0,
            outdated: none(),
            newest: none(),
            marks: HashMap::new(),
            reached: None,
            told: None,
        }
    }

    /// Takes over the rows of a database that was opened, in the order of their numbers. `last` is
    /// its greatest number.
    pub(super) fn load(&mut self, rows: Vec<Loaded>, last: Number, place: Option<JournalPlace>) {
        self.forget_all();
        // Writes that came before the database was there make all its objects of their group useless.
        let early: HashSet<Group> = self.marks.keys().copied().collect();
        self.last = self.last.max(last);
        self.marks.values_mut().for_each(|until| *until = self.last);
        for Loaded { name, slot } in rows {
            if early.contains(&name.group) {
                self.dropped.push(slot.number);
                continue;
            }
            self.add(name.digest, slot);
            set(&mut self.newest, name.group, slot.number);
        }
        self.told = place;
    }

    /// Forgets all slots, because the database is gone.
    pub(super) fn forget_all(&mut self) {
        self.slots = HashMap::new();
        self.bytes = 0;
        self.pending.clear();
        self.queue.clear();
        self.queued_bytes = 0;
        self.dropped.clear();
        self.begun = 0;
        self.told = None;
        self.newest.fill(Number(0));
    }

    /// The slot of a key whose object may be served.
    pub(super) fn find(&self, name: &Name, key: &CacheKey) -> Option<Slot> {
        let slot = self.slots.get(&name.digest)?;
        let outdated = get(&self.outdated, name.group);
        let hidden = slot.number <= outdated || self.purges.iter().any(|purge| purge.means(key));
        (!hidden).then_some(*slot)
    }

    /// Takes an object to be written. The former object of its key is useless from now on.
    pub(super) fn offer(
        &mut self,
        key: CacheKey,
        name: Name,
        entry: Entry,
    ) -> Result<(), QueueFull> {
        self.forget(&name.digest);
        let number = Number(self.last.0 + 1);
        let group = name.group;
        let offer = Offer { number, key, name, entry };
        let size = offer.size();
        let full = self.queued_bytes > 0 && self.queued_bytes + size > self.queue_bytes_max;
        if full || self.queue.len() >= QUEUE_MAX {
            return Err(QueueFull);
        }
        self.last = number;
        set(&mut self.newest, group, number);
        self.pending.insert(offer.name.digest, number);
        self.queued_bytes += size;
        self.queue.push_back(offer);
        Ok(())
    }

    /// Forgets the object of a key.
    pub(super) fn forget(&mut self, digest: &Digest) {
        self.pending.remove(digest);
        if let Some(slot) = self.slots.remove(digest) {
            self.bytes -= slot.bytes;
            self.dropped.push(slot.number);
        }
    }

    /// Makes the objects of a group useless. `loaded` is false while it is not known which ones
    /// there are.
    pub(super) fn outdate(&mut self, group: Group, loaded: bool) {
        if loaded && get(&self.newest, group) == Number(0) {
            return;
        }
        set(&mut self.newest, group, Number(0));
        set(&mut self.outdated, group, self.last);
        self.marks.insert(group, self.last);
    }

    /// True until the database knows that the objects of this group are useless.
    pub(super) fn is_marked(&self, group: Group) -> bool {
        self.marks.contains_key(&group)
    }

    /// True if somebody waits for the next batch.
    pub(super) fn is_urgent(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Hides the objects that a purge names until the database has dropped them.
    pub(super) fn purge(&mut self, purge: Arc<Purge>) {
        let mut hidden = HashSet::new();
        self.queue.retain(|offer| {
            let named = purge.means(&offer.key);
            if named {
                hidden.insert(offer.name.digest);
            }
            !named
        });
        self.pending.retain(|digest, _| !hidden.contains(digest));
        self.queued_bytes = self.queue.iter().map(|offer| offer.size()).sum();
        if self.purges.len() >= PURGES_MAX {
            self.purges.truncate(self.begun);
            self.purges.push(Arc::new(Purge::everything()));
        } else {
            self.purges.push(purge);
        }
    }

    /// All invalidations up to this place were applied, or are among the purges.
    pub(super) fn reached(&mut self, place: JournalPlace) {
        self.reached = Some(place);
    }

    /// True if the database is to be changed.
    pub(super) fn has_work(&self) -> bool {
        !self.queue.is_empty()
            || !self.dropped.is_empty()
            || self.purges.len() > self.begun
            || !self.marks.is_empty()
            || self.place_to_tell().is_some()
    }

    /// The changes to make now. [`written`](Self::written) must follow, or
    /// [`forget_all`](Self::forget_all).
    pub(super) fn take(&mut self) -> Batch {
        self.begun = self.purges.len();
        self.queued_bytes = 0;
        let place = self.place_to_tell();
        self.told = place.or(self.told);
        let pending = &self.pending;
        let is_newest = |offer: &Offer| pending.get(&offer.name.digest) == Some(&offer.number);
        Batch {
            offers: self.queue.drain(..).filter(is_newest).collect(),
            dropped: std::mem::take(&mut self.dropped),
            purges: self.purges.clone(),
            marks: self.marks.clone(),
            place,
        }
    }

    /// The database has made these changes.
    pub(super) fn written(&mut self, batch: &Batch, written: Written) {
        for (digest, slot) in written.stored {
            if self.pending.get(&digest) == Some(&slot.number) {
                self.pending.remove(&digest);
                self.add(digest, slot);
            } else {
                self.dropped.push(slot.number);
            }
        }
        for (digest, number) in written.deleted {
            if self.slots.get(&digest).is_some_and(|slot| slot.number == number)
                && let Some(slot) = self.slots.remove(&digest)
            {
                self.bytes -= slot.bytes;
            }
        }
        self.purges.drain(..self.begun);
        self.begun = 0;
        self.marks.retain(|group, until| batch.marks.get(group) != Some(until));
    }

    /// Objects and bytes on the disk.
    pub(super) fn usage(&self) -> (usize, u64) {
        (self.slots.len(), self.bytes)
    }

    /// The place in the database.
    pub(super) fn place(&self) -> Option<JournalPlace> {
        self.told
    }

    fn place_to_tell(&self) -> Option<JournalPlace> {
        self.reached.filter(|place| self.told != Some(*place))
    }

    /// The newer of two objects of one key counts; the other one is dropped.
    fn add(&mut self, digest: Digest, slot: Slot) {
        self.bytes += slot.bytes;
        if let Some(former) = self.slots.insert(digest, slot) {
            self.bytes -= former.bytes;
            self.dropped.push(former.number);
        }
    }
}

// === impl Offer ===

impl Offer {
    /// Approximate memory in bytes.
    pub(super) fn size(&self) -> usize {
        self.entry.size() + self.name.key.len()
    }
}

fn get(numbers: &[Number], group: Group) -> Number {
    numbers.get(group.0 as usize).copied().unwrap_or_default()
}

fn set(numbers: &mut [Number], group: Group, number: Number) {
    if let Some(at) = numbers.get_mut(group.0 as usize) {
        *at = number;
    }
}

#[cfg(test)]
mod tests;
