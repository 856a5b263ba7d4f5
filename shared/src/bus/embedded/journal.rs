//! Journals in memory: the newest messages of some subjects, bounded by bytes and by age.
//!
//! A reader is a position in the journal. If the journal drops messages before the reader gets to
//! them, the reader skips them, as a JetStream consumer does.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use futures_util::Stream;
use futures_util::stream::unfold;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::bus::{JournalRange, JournalSpec, Message, Numbered, READ_BYTES, name};

/// A journal.
pub(super) struct Journal {
    spec: JournalSpec,
    kept: Mutex<Kept>,
    /// Number of the newest message, for readers.
    written: watch::Sender<u64>,
}

#[derive(Default)]
struct Kept {
    records: VecDeque<Record>,
    bytes: u64,
    last: u64,
}

struct Record {
    number: u64,
    at: Instant,
    message: Message,
}

struct Reader {
    journal: Arc<Journal>,
    subject: String,
    written: watch::Receiver<u64>,
    closed: CancellationToken,
    /// Number of the newest message that was looked at.
    read: u64,
    /// Number of the message to end after; `None` to go on.
    end: Option<u64>,
}

// === impl Journal ===

impl Journal {
    pub(super) fn new(spec: JournalSpec) -> Self {
        Self { spec, kept: Mutex::default(), written: watch::Sender::new(0) }
    }

    /// Whether it keeps messages of the subject.
    pub(super) fn keeps(&self, subject: &str) -> bool {
        name::matches(self.spec.subject, subject)
    }

    /// Keeps a message and drops messages that are too old or too many. Returns the message's
    /// number; `None` if the journal is full and keeps the oldest.
    pub(super) fn append(&self, message: &Message) -> Option<u64> {
        let mut kept = self.kept.lock();
        if self.spec.keeps_oldest {
            kept.forget(&self.spec);
            let bytes = kept.bytes + size(message);
            let count = kept.records.len() as u64;
            let has_room = self.spec.max_messages.is_none_or(|most| count < most);
            if bytes > self.spec.max_bytes || !has_room {
                return None;
            }
        }
        kept.last += 1;
        kept.bytes += size(message);
        let record = Record { number: kept.last, at: Instant::now(), message: message.clone() };
        kept.records.push_back(record);
        kept.forget(&self.spec);
        self.written.send_replace(kept.last);
        Some(kept.last)
    }

    pub(super) fn name(&self) -> &'static str {
        self.spec.name
    }

    /// The range of its numbers.
    pub(super) fn range(&self) -> JournalRange {
        let mut kept = self.kept.lock();
        kept.forget(&self.spec);
        let first = kept.records.front().map_or(kept.last + 1, |record| record.number);
        JournalRange { made: 0, first, last: kept.last }
    }

    /// Messages on the subject from this number on, at most `max`.
    pub(super) fn from(&self, subject: &str, number: u64, max: usize) -> Vec<Numbered> {
        let mut kept = self.kept.lock();
        kept.forget(&self.spec);
        let first = kept.records.partition_point(|record| record.number < number);
        let records = kept.records.range(first..);
        let mut bytes = 0;
        records
            .filter(|record| name::matches(subject, &record.message.subject))
            .take(max)
            .take_while(|record| {
                let goes_on = bytes < READ_BYTES;
                bytes += record.message.payload.len();
                goes_on
            })
            .map(|record| Numbered {
                number: record.number,
                subject: record.message.subject.clone(),
                payload: record.message.payload.clone(),
            })
            .collect()
    }

    /// Reads what it keeps of the subject, and with `follow` what comes until the bus is closed.
    pub(super) fn read(
        self: Arc<Self>,
        subject: &str,
        follow: bool,
        closed: CancellationToken,
    ) -> impl Stream<Item = Message> + Send + 'static {
        let end = (!follow).then(|| self.kept.lock().last);
        let reader = Reader {
            written: self.written.subscribe(),
            journal: self,
            subject: subject.to_owned(),
            closed,
            read: 0,
            end,
        };
        unfold(reader, Reader::next)
    }
}

// === impl Kept ===

impl Kept {
    fn forget(&mut self, spec: &JournalSpec) {
        while let Some(oldest) = self.records.front() {
            let count = self.records.len() as u64;
            let too_many = spec.max_messages.is_some_and(|most| count > most);
            let too_large = self.bytes > spec.max_bytes || too_many;
            if !too_large && oldest.at.elapsed() <= spec.max_age {
                return;
            }
            self.bytes = self.bytes.saturating_sub(size(&oldest.message));
            self.records.pop_front();
        }
    }
}

// === impl Reader ===

impl Reader {
    async fn next(mut self) -> Option<(Message, Self)> {
        loop {
            if let Some(message) = self.take() {
                return Some((message, self));
            }
            if self.end.is_some() {
                return None;
            }
            let read = self.read;
            let news = self.written.wait_for(|last| *last > read);
            self.closed.run_until_cancelled(news).await?.ok()?;
        }
    }

    fn take(&mut self) -> Option<Message> {
        let mut kept = self.journal.kept.lock();
        kept.forget(&self.journal.spec);
        let end = self.end.unwrap_or(kept.last);
        let first = kept.records.partition_point(|record| record.number <= self.read);
        let record = kept
            .records
            .range(first..)
            .take_while(|record| record.number <= end)
            .find(|record| name::matches(&self.subject, &record.message.subject));
        self.read = record.map_or(end, |record| record.number);
        record.map(|record| record.message.clone())
    }
}

fn size(message: &Message) -> u64 {
    (message.subject.len() + message.payload.len()) as u64
}
