//! Limits the memory of all bodies together: bodies in the store, bodies that arrive and may be
//! kept, and bodies that left the store while viewers still read them.
//!
//! Code that makes a body charges for its bytes first, and keeps the [`Charge`] with the body. The
//! charge ends when the last reader is done. If there is no room, no viewer waits or is cut
//! off: the answer is passed on and not kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use brink_shared::heap;

/// This many freed bytes are given back to the system at once.
const TRIM_FROM: usize = 16 * 1024 * 1024;

/// An account of bytes. Clones are the same account.
#[derive(Clone, Debug)]
pub struct Memory(Arc<Account>);

#[derive(Debug)]
struct Account {
    limit: usize,
    used: AtomicUsize,
    /// Bytes that were freed since the last trim.
    freed: AtomicUsize,
}

/// Bytes that count until this is dropped.
#[derive(Debug)]
pub struct Charge {
    memory: Memory,
    bytes: usize,
}

// === impl Memory ===

impl Memory {
    /// An account of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Account { limit, used: AtomicUsize::new(0), freed: AtomicUsize::new(0) }))
    }

    /// Reserves this many bytes; `None` if there is no room for them.
    pub fn charge(&self, bytes: usize) -> Option<Charge> {
        self.take(bytes).then(|| Charge { memory: self.clone(), bytes })
    }

    /// Bytes that are reserved.
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: usize) -> bool {
        let within = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.0.limit);
        self.0.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.0.used.fetch_sub(bytes, Ordering::Relaxed);
        self.0.freed.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Gives freed memory back to the system, if much was freed since the last time. Otherwise the
    /// allocator keeps it for each thread. That would add up to more than is ever in use at once.
    pub fn trim(&self) {
        if self.0.freed.load(Ordering::Relaxed) >= TRIM_FROM {
            self.0.freed.store(0, Ordering::Relaxed);
            heap::give_back();
        }
    }
}

// === impl Charge ===

impl Charge {
    /// Bytes of this charge.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Makes it at least this large. If there is no room, returns false and changes nothing.
    pub fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let taken = self.memory.take(more);
        if taken {
            self.bytes += more;
        }
        taken
    }

    /// Gives back all but this many bytes.
    pub fn shrink_to(&mut self, bytes: usize) {
        let less = self.bytes.saturating_sub(bytes);
        self.bytes -= less;
        self.memory.give_back(less);
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.memory.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_taken_than_there_is_and_all_is_given_back() {
        let memory = Memory::new(100);
        let mut first = memory.charge(60).unwrap();
        assert!(memory.charge(41).is_none() && memory.charge(usize::MAX).is_none());
        assert!(first.grow_to(90) && !first.grow_to(101) && first.grow_to(10));
        assert_eq!((first.bytes(), memory.used()), (90, 90));
        first.shrink_to(20);
        let second = memory.charge(80).unwrap();
        drop(first);
        assert_eq!(memory.used(), second.bytes());
        drop(second);
        assert_eq!(memory.used(), 0);
    }
}
