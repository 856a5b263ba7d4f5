//! The threads that read objects from the database.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::counts::{count_read, warn};
use super::database::{DatabaseError, ROW};
use super::record::{Entry, RecordError, RecordHead};
use super::stamp::Stamp;
use super::state::{Job, Shared};
use crate::cache::body::Body;

/// Why an object is not read.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    /// The database itself cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// This object cannot be used.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// There is no memory for it.
    #[error("there is no memory for it")]
    NoMemory,
    /// It was removed in the meantime.
    #[error("it was removed in the meantime")]
    Gone,
}

// === impl Shared ===

impl Shared {
    pub(super) fn read_until_stopped(&self) {
        while let Some(job) = self.next_job() {
            // redb panics if something else changed its file.
            let read = catch_unwind(AssertUnwindSafe(|| self.read(&job)));
            self.deliver(&job, read.unwrap_or(Err(DatabaseError::Damaged.into())));
        }
    }

    fn next_job(&self) -> Option<Job> {
        let mut state = self.state.lock();
        loop {
            if state.stopping {
                // Dropping the senders tells all who wait.
                state.waiting.clear();
                return None;
            }
            match state.jobs.pop_front() {
                Some(job) => return Some(job),
                None => self.asked.wait(&mut state),
            }
        }
    }

    fn read(&self, job: &Job) -> Result<Entry, ReadError> {
        let database = self.database.load_full().ok_or(ReadError::Gone)?;
        let (head, body) = database.rows(job.slot.number)?.ok_or(ReadError::Gone)?;
        let head = RecordHead::read(&head)?;
        let length = usize::try_from(head.body()).unwrap_or(usize::MAX);
        if length > self.most_of_one {
            return Err(ReadError::NoMemory);
        }
        let charge = self.memory.charge(length).ok_or(ReadError::NoMemory)?;
        let blocks = if length == 0 { Vec::new() } else { body.read(length)? };
        if blocks.iter().rev().skip(1).any(|block| block.len() != ROW) {
            return Err(RecordError::Unreadable.into());
        }
        let body = Body::of_blocks(blocks, Some(charge));
        Ok(head.entry(&job.name.key, body, &Stamp::now())?)
    }

    /// Gives the entry to all who wait for it, if it may still be served.
    fn deliver(&self, job: &Job, read: Result<Entry, ReadError>) {
        let mut state = self.state.lock();
        let waiting = state.waiting.remove(&job.name.digest).unwrap_or_default();
        let current = state.index.find(&job.name, &job.key) == Some(job.slot);
        let entry = match read {
            Ok(entry) if current => {
                count_read("hit");
                Some(entry)
            }
            // It was replaced or removed while it was read.
            _ if !current => {
                count_read("gone");
                None
            }
            Err(ReadError::NoMemory) => {
                count_read("no_memory");
                None
            }
            Err(ReadError::Database(error)) => {
                count_read("failed");
                state.trouble = Some(error.to_string());
                self.changed.notify_one();
                None
            }
            Err(error) => {
                count_read("bad");
                warn(&format!("an object of the disk cache is not used: {error}"));
                state.index.forget(&job.name.digest);
                self.changed.notify_one();
                None
            }
            Ok(_) => None,
        };
        drop(state);
        for request in waiting {
            // It may have stopped waiting.
            let _ = request.send(entry.clone());
        }
    }
}
