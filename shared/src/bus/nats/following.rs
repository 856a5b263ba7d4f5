//! Reads a stream from a number on, page by page, and goes on with what is written later.
//!
//! A consumer of JetStream would do the same. But a program that may make a consumer names the
//! subject to which the server delivers, so it could let the server write anywhere. A program that
//! reads pages needs no more than the permission to read.
//!
//! Messages on the stream's own subjects are hints that there is something to read. A hint may be
//! lost, and the server that answers may lag behind the one that took the message. So the follower
//! looks again after growing pauses, and by itself from time to time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_nats::StatusCode;
use async_nats::header::HeaderMap;
use async_nats::jetstream::message::StreamMessage;
use futures_util::StreamExt;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::connection::{Connection, no_direct_get, rejected};
use crate::bus::BusError;

/// Most records of a page. With each page the server counts what is left.
const PAGE_RECORDS: usize = 1024;

/// All subjects of a stream. The server is much slower if it compares each record with a longer
/// pattern, even with the stream's own.
pub(super) const ALL: &str = ">";

/// A page ends with the record that exceeds these bytes.
const PAGE_BYTES: usize = 2 << 20;

/// Pauses before further looks after a hint.
const LOOK_AGAIN: [Duration; 6] = [
    Duration::from_millis(1),
    Duration::from_millis(4),
    Duration::from_millis(16),
    Duration::from_millis(64),
    Duration::from_millis(256),
    Duration::from_millis(1_000),
];

/// How often a follower looks without a hint.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The records of a stream from a number on.
pub(super) struct Page {
    pub(super) records: Vec<StreamMessage>,
    /// True if there are further records.
    pub(super) more: bool,
}

/// Reads a stream and waits for more.
pub(super) struct Follower {
    connection: Connection,
    stream: String,
    subjects: String,
    /// When the stream was made, in nanoseconds since 1970.
    made: i128,
    /// The newest number when the reading began.
    last: u64,
    next: u64,
    page: VecDeque<StreamMessage>,
    more: bool,
    hints: Hints,
}

/// Tells that somebody wrote to the stream.
struct Hints {
    told: Arc<Notify>,
    /// Takes the messages. Ends with this.
    _taking: AbortOnDropHandle<()>,
}

/// The records on these subjects from a number on.
pub(super) async fn page(
    connection: &Connection,
    stream: &str,
    subjects: &str,
    from: u64,
) -> Result<Page, BusError> {
    let what = format!("read the stream {stream}");
    let client = &connection.client;
    let inbox = client.new_inbox();
    connection.check_up()?;
    let mut answers = connection.enqueue(&what, client.subscribe(inbox.clone())).await?;
    let asked = json!({
        "seq": from.max(1),
        "batch": PAGE_RECORDS,
        "max_bytes": PAGE_BYTES,
        "next_by_subj": subjects,
    });
    let subject = format!("$JS.API.DIRECT.GET.{stream}");
    let asking = client.publish_with_reply(subject, inbox, asked.to_string().into());
    connection.enqueue(&what, asking).await?;
    let mut records = Vec::new();
    loop {
        let answer = connection.ask(&what, answers.next()).await?.ok_or_else(BusError::closed)?;
        match answer.status.map(|status| status.as_u16()) {
            None => {
                let record = StreamMessage::try_from(answer);
                records.push(record.map_err(|error| rejected(&what, &error))?);
            }
            // The end of the page.
            Some(204) => {
                let more = answer.headers.as_ref().is_some_and(|headers| pending(headers) > 0);
                return Ok(Page { records, more });
            }
            Some(404) => return Ok(Page { records, more: false }),
            Some(status) if status == StatusCode::NO_RESPONDERS.as_u16() => {
                return Err(no_direct_get(what));
            }
            Some(status) => {
                let why = answer.description.unwrap_or_else(|| format!("status {status}"));
                return Err(BusError::Rejected { what, why });
            }
        }
    }
}

fn pending(headers: &HeaderMap) -> u64 {
    let pending = headers.get("Nats-Num-Pending").and_then(|value| value.as_str().parse().ok());
    pending.unwrap_or_default()
}

// === impl Follower ===

impl Follower {
    /// Begins at the oldest record on `subjects`. Reads the first page. Messages on `hints` tell of
    /// new records.
    pub(super) async fn start(
        connection: &Connection,
        stream: &str,
        subjects: &str,
        hints: &str,
    ) -> Result<Self, BusError> {
        // This comes before the first page. Otherwise a change in between would be missed.
        let hints = Hints::take(connection, hints).await?;
        let mut follower = Self {
            connection: connection.clone(),
            stream: stream.to_owned(),
            subjects: subjects.to_owned(),
            made: 0,
            last: 0,
            next: 1,
            page: VecDeque::new(),
            more: false,
            hints,
        };
        (follower.made, follower.last) = follower.look_up().await?;
        follower.read().await?;
        Ok(follower)
    }

    /// The newest number when the reading began.
    pub(super) fn last_at_start(&self) -> u64 {
        self.last
    }

    /// True if every record that was found has been taken, and there was no further one.
    pub(super) fn is_current(&self) -> bool {
        self.page.is_empty() && !self.more
    }

    /// The next record; waits for it. After an error it goes on where it was.
    pub(super) async fn next(&mut self) -> Result<StreamMessage, BusError> {
        loop {
            if let Some(record) = self.present().await? {
                return Ok(record);
            }
            self.wait().await?;
        }
    }

    /// The next record, if it is there already.
    pub(super) async fn present(&mut self) -> Result<Option<StreamMessage>, BusError> {
        if self.page.is_empty() {
            self.read().await?;
        }
        Ok(self.page.pop_front())
    }

    /// Reads a page; false if it is empty.
    async fn read(&mut self) -> Result<bool, BusError> {
        let page = page(&self.connection, &self.stream, &self.subjects, self.next).await?;
        if let Some(last) = page.records.last() {
            self.next = last.sequence + 1;
        }
        self.more = page.more;
        self.page.extend(page.records);
        Ok(!self.page.is_empty())
    }

    /// Waits until there may be something to read.
    async fn wait(&mut self) -> Result<(), BusError> {
        if timeout(LOOK_EVERY, self.hints.told.notified()).await.is_err() {
            return self.check().await;
        }
        for pause in LOOK_AGAIN {
            if self.read().await? {
                break;
            }
            sleep(pause).await;
        }
        Ok(())
    }

    /// An error if the stream is not the one that was read so far.
    async fn check(&self) -> Result<(), BusError> {
        let (made, last) = self.look_up().await?;
        if made == self.made && last + 1 >= self.next {
            return Ok(());
        }
        let what = format!("go on reading the stream {}", self.stream);
        Err(BusError::Rejected { what, why: "it was lost and made again".to_owned() })
    }

    async fn look_up(&self) -> Result<(i128, u64), BusError> {
        let Some(info) = self.connection.stream(&self.stream).await? else {
            let what = format!("read the stream {}", self.stream);
            return Err(BusError::Rejected { what, why: "it does not exist".to_owned() });
        };
        Ok((info.created.unix_timestamp_nanos(), info.state.last_sequence))
    }
}

// === impl Hints ===

impl Hints {
    async fn take(connection: &Connection, subjects: &str) -> Result<Self, BusError> {
        let subscribe = connection.client.subscribe(subjects.to_owned());
        let mut messages = connection.enqueue("follow a stream", subscribe).await?;
        let told = Arc::new(Notify::new());
        let tell = told.clone();
        let taking = tokio::spawn(async move {
            while messages.next().await.is_some() {
                tell.notify_one();
            }
        });
        Ok(Self { told, _taking: AbortOnDropHandle::new(taking) })
    }
}
