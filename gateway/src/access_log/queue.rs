//! The bounded way from the threads that serve viewers to a writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::log_line::Entry;
use super::loss::Loss;

/// Most requests that wait for a writer.
const ENTRIES_MAX: usize = 16 * 1024;

/// Most bytes of requests that wait for a writer.
const BYTES_MAX: usize = 16 << 20;

/// How long entries gather before the writer looks for more. Otherwise a busy gateway would wake the
/// writer for each request, which costs the threads that serve viewers more than the entry.
const GATHERED_FOR: Duration = Duration::from_millis(20);

/// The end for the threads that serve viewers. When all of these are dropped, the writer writes
/// the rest and ends.
#[derive(Debug)]
pub(super) struct Queue {
    sender: mpsc::Sender<Entry>,
    bytes: Arc<AtomicUsize>,
    loss: Arc<Loss>,
}

/// The writer's end.
pub(super) struct Entries {
    receiver: mpsc::Receiver<Entry>,
    bytes: Arc<AtomicUsize>,
    /// True if the last batch was full, so there may be more already.
    is_behind: bool,
}

/// A queue. Entries that find no room are lost, and `loss` counts them.
pub(super) fn queue(loss: Arc<Loss>) -> (Queue, Entries) {
    let (sender, receiver) = mpsc::channel(ENTRIES_MAX);
    let bytes = Arc::new(AtomicUsize::new(0));
    (Queue { sender, bytes: bytes.clone(), loss }, Entries { receiver, bytes, is_behind: false })
}

// === impl Queue ===

impl Queue {
    /// Gives the writer an entry. Never waits.
    pub(super) fn put(&self, entry: Entry) {
        let (size, lines) = (entry.size(), entry.kinds.len());
        let before = self.bytes.fetch_add(size, Ordering::Relaxed);
        if before + size > BYTES_MAX || self.sender.try_send(entry).is_err() {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
            self.loss.add(lines, "the writer is too slow");
        }
    }
}

// === impl Entries ===

impl Entries {
    /// Moves up to `most` waiting entries into `batch`, and waits if there is none. Returns 0 when
    /// there will be no more. Cancel-safe.
    pub(super) async fn take(&mut self, batch: &mut Vec<Entry>, most: usize) -> usize {
        if !self.is_behind {
            sleep(GATHERED_FOR).await;
        }
        let taken = self.receiver.recv_many(batch, most).await;
        self.is_behind = taken == most;
        let size = batch.iter().rev().take(taken).map(Entry::size).sum();
        self.bytes.fetch_sub(size, Ordering::Relaxed);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_log::log_line::LogKind;
    use crate::access_log::tests::record;

    #[tokio::test]
    async fn requests_beyond_the_bounds_are_lost_and_counted() {
        let loss = Arc::new(Loss::new("files"));
        let (queue, mut entries) = queue(loss.clone());
        let mut record = record();
        let put = |record: &_, count: usize| {
            let entry =
                Entry { record: Arc::new(Clone::clone(record)), kinds: vec![LogKind::Standard] };
            (0..count).for_each(|_| queue.put(entry.clone()));
        };
        put(&record, ENTRIES_MAX + 5);
        assert_eq!(loss.total(), 5);
        let mut batch = Vec::new();
        assert_eq!(entries.take(&mut batch, ENTRIES_MAX).await, ENTRIES_MAX);
        record.request.path = vec![b'a'; 1 << 20];
        put(&record, 20);
        assert_eq!(loss.total(), 10, "20 of 1 MiB are more than 16 MiB");
        assert_eq!(entries.take(&mut batch, ENTRIES_MAX).await, 15);
        put(&record, 15);
        assert_eq!(loss.total(), 10);
        drop(queue);
        assert_eq!(entries.take(&mut batch, ENTRIES_MAX).await, 15);
        assert_eq!(entries.take(&mut batch, ENTRIES_MAX).await, 0);
    }
}
