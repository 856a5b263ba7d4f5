//! The record of changes: who changed what, when, and from where.
//!
//! The admin service writes an entry before it carries out a change, and one afterwards. If a worker
//! dies in between, the first entry stays alone: it is not known whether the change was made. If the
//! first entry cannot be written, the change is refused. So nothing changes without an entry.
//!
//! The entries are in a journal. Only auditors may remove entries from it
//! ([`Role::Auditor`](crate::identity::Role)). A full journal takes no more entries, and then nothing
//! can be changed: otherwise many requests would drive out the entries of earlier ones.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bus::{Bus, BusError, JournalSpec};
use crate::id::NodeId;
use crate::identity::Role;
use crate::iso8601;
use crate::subject;
use crate::wire::UnixMillis;

/// Entries stay this long: ten years.
const KEPT_FOR: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Most bytes of entries: some hundred thousand changes. The server reserves them on its disk.
const KEPT_BYTES: u64 = 256 << 20;

/// Entries that are asked for at the same time.
const AT_ONCE: usize = 20;

/// Largest state in an entry, in bytes of JSON. In place of a larger one stands its size.
const STATE_MAX: usize = 64 * 1024;

/// One entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// When it was written.
    #[serde(with = "iso8601")]
    pub time: UnixMillis,
    /// Who asked for the change.
    pub by: Author,
    /// The request: `function.publish`.
    pub request: String,
    /// Its subject: a function, a version or a distribution. Empty for the whole registry.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub of: String,
    /// The worker that carried it out.
    pub worker: NodeId,
    /// How far it came.
    pub state: State,
}

/// Who asked for a change, as the server of the bus says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The name; none on a bus without identities, and for workers that serve admin requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The role; none on a bus without identities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The address from which the author is connected to the bus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// How far a change came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It was about to be made.
    Begun,
    /// It was made.
    Done {
        /// Number of the entry that says `begun`.
        begun: u64,
        /// The state before; null if there was none.
        before: Value,
        /// The state after; null if there is none.
        after: Value,
    },
    /// It failed. The reason also says if something may have changed.
    Failed {
        /// Number of the entry that says `begun`.
        begun: u64,
        /// The reason, as the author was told.
        why: String,
    },
}

/// Writes and reads the entries.
#[derive(Clone)]
pub struct Audit {
    bus: Arc<dyn Bus>,
}

// === impl State ===

impl State {
    /// The number of the entry that says `begun`, in the entry that ends it.
    pub fn begun(&self) -> Option<u64> {
        match self {
            Self::Begun => None,
            Self::Done { begun, .. } | Self::Failed { begun, .. } => Some(*begun),
        }
    }
}

/// A state as an entry has it: whole, or its size if it is too large.
pub fn bounded(state: Value) -> Value {
    let size = serde_json::to_vec(&state).map_or(usize::MAX, |text| text.len());
    if size <= STATE_MAX { state } else { serde_json::json!({ "bytes": size }) }
}

// === impl Audit ===

impl Audit {
    /// Opens the journal, and makes it if it does not exist.
    pub async fn open(bus: Arc<dyn Bus>) -> Result<Self, BusError> {
        bus.open_journal(JournalSpec {
            name: subject::AUDIT_STREAM,
            subject: subject::AUDIT_ALL,
            max_age: KEPT_FOR,
            max_bytes: KEPT_BYTES,
            max_messages: None,
            synced: true,
            keeps_oldest: true,
        })
        .await?;
        Ok(Self { bus })
    }

    /// Adds an entry, and returns its number.
    pub async fn add(&self, change: &Change) -> Result<u64, BusError> {
        // It has only string keys, so writing it cannot fail.
        let text = Bytes::from(serde_json::to_vec(change).unwrap_or_default());
        self.bus.append(subject::AUDIT_STREAM, &subject::audit(&change.worker), text).await
    }

    /// The entries among the `max` numbers before this one, newest first, and the least of these
    /// numbers; 0 if there are no older entries. Without a number it begins with the newest.
    pub async fn before(
        &self,
        number: Option<u64>,
        max: usize,
    ) -> Result<(Vec<(u64, Change)>, u64), BusError> {
        let range = self.bus.journal_range(subject::AUDIT_STREAM).await?;
        let end = number.unwrap_or(u64::MAX).min(range.last.saturating_add(1));
        let next = end.saturating_sub(max as u64).max(range.first);
        let entries = stream::iter((next..end).rev()).map(|number| self.entry(number));
        let found: Vec<_> = entries.buffered(AT_ONCE).try_collect().await?;
        let found = found.into_iter().flatten().collect();
        Ok((found, if next > range.first { next } else { 0 }))
    }

    /// The entry with this number. There is none if it was removed, or if a newer release wrote what
    /// is not known here.
    async fn entry(&self, number: u64) -> Result<Option<(u64, Change)>, BusError> {
        let (journal, subject) = (subject::AUDIT_STREAM, subject::AUDIT_ALL);
        let read = self.bus.journal_from(journal, subject, number, 1).await?;
        let entry = read.into_iter().next().filter(|entry| entry.number == number);
        let change = entry.and_then(|entry| serde_json::from_slice(&entry.payload).ok());
        Ok(change.map(|change| (number, change)))
    }
}
