//! The state that the server threads, the readers and the writer share.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use arc_swap::ArcSwapOption;
use parking_lot::{Condvar, Mutex};
use tokio::sync::{oneshot, watch};

use super::database::Database;
use super::index::{Index, Slot};
use super::record::{Digest, Entry, Name};
use crate::cache::key::CacheKey;
use crate::cache::memory::Memory;

/// The shared state.
pub(super) struct Shared {
    pub(super) state: Mutex<State>,
    /// Wakes the writer.
    pub(super) changed: Condvar,
    /// Wakes a reader.
    pub(super) asked: Condvar,
    pub(super) database: ArcSwapOption<Database>,
    /// The writer's progress. Changes after each batch.
    pub(super) progress: watch::Sender<Progress>,
    pub(super) memory: Memory,
    /// The largest body that is read, in bytes.
    pub(super) most_of_one: usize,
}

pub(super) struct State {
    pub(super) index: Index,
    /// True while there is a database.
    pub(super) usable: bool,
    /// True once all invalidations are known that came before this process.
    pub(super) trusted: bool,
    /// Until then the disk is not asked, because it was slow.
    pub(super) paused_until: Option<Instant>,
    pub(super) jobs: VecDeque<Job>,
    /// Requests that wait for an object, by its key.
    pub(super) waiting: HashMap<Digest, Vec<oneshot::Sender<Option<Entry>>>>,
    /// Why the database must be replaced; a reader found that.
    pub(super) trouble: Option<String>,
    pub(super) stopping: bool,
}

/// An object to read.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) key: CacheKey,
    pub(super) name: Name,
    pub(super) slot: Slot,
}

/// How far the writer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Batches that were written, and databases that were opened or lost.
    pub(super) steps: u64,
    /// True after the first attempt to open the database.
    pub(super) tried: bool,
    pub(super) ended: bool,
}

// === impl Shared ===

impl Shared {
    pub(super) fn new(index: Index, memory: Memory, most_of_one: usize) -> Self {
        Self {
            state: Mutex::new(State {
                index,
                usable: false,
                trusted: false,
                paused_until: None,
                jobs: VecDeque::new(),
                waiting: HashMap::new(),
                trouble: None,
                stopping: false,
            }),
            changed: Condvar::new(),
            asked: Condvar::new(),
            database: ArcSwapOption::empty(),
            progress: watch::Sender::new(Progress::default()),
            memory,
            most_of_one,
        }
    }

    pub(super) fn stop(&self) {
        self.state.lock().stopping = true;
        self.changed.notify_all();
        self.asked.notify_all();
    }

    /// The writer made a step.
    pub(super) fn step(&self, change: impl FnOnce(&mut Progress)) {
        self.progress.send_modify(|progress| {
            progress.steps += 1;
            change(progress);
        });
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiskCache").finish_non_exhaustive()
    }
}
