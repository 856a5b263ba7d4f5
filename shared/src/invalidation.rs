//! Numbered invalidations in a journal, so a gateway that was away catches up.
//!
//! An invalidation is a message on [`subject::INVALIDATE`]. The journal
//! [`subject::INVALIDATION_STREAM`] keeps these messages and gives each a number, also messages of
//! workers that do not know the journal. Every gateway applies the invalidations in the order of
//! their numbers, and writes the number of the last one into the bucket
//! [`subject::GATEWAY_BUCKET`]. So the answer to an invalidation can say how many gateways have
//! applied it.
//!
//! A gateway that missed a number for good drops its whole cache. That happens if the journal does
//! not keep the number any more, or was lost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use crate::admin::{GatewaysReached, Invalidate};
use crate::bus::{Bucket, Bus, BusError, Change, JournalRange, JournalSpec};
use crate::id::{DistributionId, NodeId};
use crate::subject;
use crate::wire::UnixMillis;

/// How long invalidations are kept, and for how long a silent gateway counts as one that is away.
/// One day: the default TTL of cached objects.
pub const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Most invalidations that are kept.
pub const KEPT_MAX: u64 = 10_000;

/// Most bytes of invalidations that are kept. One with 3,000 paths of the greatest length has
/// 12 MB.
const KEPT_BYTES: u64 = 256 << 20;

/// How often a gateway says that it is there, if it has nothing else to say.
pub const SEEN_EVERY: Duration = Duration::from_secs(20);

/// Bytes of a message beside its paths, and of its headers.
const ROOM: usize = 1024;

/// How often a write is tried again after another process wrote first.
const TRIES: usize = 4;

/// The journal and the gateways' positions in it.
#[derive(Clone)]
pub struct Invalidations {
    bus: Arc<dyn Bus>,
    positions: Arc<dyn Bucket>,
}

/// The position of a gateway. Other versions may add fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// [`JournalRange::made`] of the journal that the number belongs to.
    pub made: String,
    /// The newest number that it has applied.
    pub applied: u64,
    /// When the gateway wrote this.
    pub seen: UnixMillis,
}

/// One invalidation of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalidation {
    /// Its number.
    pub number: u64,
    /// The distribution and its paths; `None` for a message of another program. Every version of
    /// Brink writes both.
    pub content: Option<(DistributionId, Vec<String>)>,
}

/// A message as it is read: a newer version may have added fields.
#[derive(Deserialize)]
struct Kept {
    id: DistributionId,
    paths: Vec<String>,
}

// === impl Invalidations ===

impl Invalidations {
    /// Opens the journal and the positions, and makes them if they do not exist.
    pub async fn open(bus: Arc<dyn Bus>) -> Result<Self, BusError> {
        Self::open_keeping(bus, KEPT_MAX).await
    }

    /// The same; a new journal keeps at most `most` invalidations.
    pub async fn open_keeping(bus: Arc<dyn Bus>, most: u64) -> Result<Self, BusError> {
        bus.open_journal(JournalSpec {
            name: subject::INVALIDATION_STREAM,
            subject: subject::INVALIDATE,
            max_age: KEPT_FOR,
            max_bytes: KEPT_BYTES,
            max_messages: Some(most),
            synced: true,
            keeps_oldest: false,
        })
        .await?;
        let positions = bus.fading_bucket(subject::GATEWAY_BUCKET, KEPT_FOR).await?;
        Ok(Self { bus, positions })
    }

    /// Adds an invalidation. If it is larger than one message of the bus, it becomes several. All
    /// running gateways are told at once. Returns the number of its last message: a gateway with
    /// this position has applied all of it.
    pub async fn add(&self, request: &Invalidate) -> Result<u64, BusError> {
        let mut number = 0;
        for paths in parts(&request.paths, self.bus.max_payload().saturating_sub(ROOM)) {
            let part = Invalidate { id: request.id.clone(), paths: paths.to_vec() };
            let (journal, to) = (subject::INVALIDATION_STREAM, subject::INVALIDATE);
            number = self.bus.append(journal, to, json(&part)).await?;
        }
        // Gateways may get the message itself before the journal has it. This one comes later. If
        // it is lost, gateways find the number when they next read the journal.
        let told = self.bus.publish(subject::INVALIDATED, None, Bytes::new()).await;
        if let Err(error) = told {
            tracing::debug!(%error, "cannot tell gateways of an invalidation; they find it in the journal");
        }
        Ok(number)
    }

    /// The range of the journal's numbers.
    pub async fn range(&self) -> Result<JournalRange, BusError> {
        self.bus.journal_range(subject::INVALIDATION_STREAM).await
    }

    /// Invalidations from this number on, at most `max`.
    pub async fn from(&self, number: u64, max: usize) -> Result<Vec<Invalidation>, BusError> {
        let read = self
            .bus
            .journal_from(subject::INVALIDATION_STREAM, subject::INVALIDATE, number, max)
            .await?;
        Ok(read
            .into_iter()
            .map(|kept| Invalidation { number: kept.number, content: parse(&kept.payload) })
            .collect())
    }

    /// Writes the position of a gateway in the journal with this [`JournalRange::made`].
    pub async fn tell(&self, gateway: &NodeId, made: i128, applied: u64) -> Result<(), BusError> {
        let position = Position { made: made.to_string(), applied, seen: self.bus.clock().now() };
        let text = json(&position);
        let mut told = Ok(0);
        for _ in 0..TRIES {
            let key = gateway.as_str();
            told = match self.positions.get(key).await? {
                Some(entry) => self.positions.update(key, text.clone(), entry.revision).await,
                None => self.positions.create(key, text.clone()).await,
            };
            if !matches!(told, Err(BusError::Conflict(_))) {
                break;
            }
        }
        told.map(drop)
    }

    /// Removes the position of a gateway that has ended for good. A position that it wrote just
    /// before may still be on its way.
    pub async fn leave(&self, gateway: &NodeId) -> Result<(), BusError> {
        let mut left = Ok(());
        for _ in 0..TRIES {
            left = match self.positions.get(gateway.as_str()).await? {
                Some(entry) => self.positions.delete(gateway.as_str(), entry.revision).await,
                None => Ok(()),
            };
            if !matches!(left, Err(BusError::Conflict(_))) {
                break;
            }
        }
        left
    }

    /// Waits until all running gateways have applied this number, at most for `within`.
    pub async fn reached(
        &self,
        number: u64,
        within: Duration,
    ) -> Result<GatewaysReached, BusError> {
        let until = Instant::now() + within;
        let made = self.range().await?.made.to_string();
        let mut changes = self.positions.watch().await?;
        let mut known: BTreeMap<String, Option<Position>> = BTreeMap::new();
        let mut whole = false;
        let has = |position: &Option<Position>| {
            position.as_ref().is_some_and(|position| has_applied(position, &made, number))
        };
        while !whole || !known.values().all(has) {
            match timeout_at(until, changes.recv()).await {
                Ok(Some(Change::Put(entry))) => {
                    // If a position cannot be read, that gateway has not applied the number.
                    let position = serde_json::from_slice(&entry.value).ok();
                    known.insert(entry.key, position);
                }
                Ok(Some(Change::Deleted { key })) => drop(known.remove(&key)),
                Ok(Some(Change::Current)) => whole = true,
                Ok(Some(Change::Restarted)) => {
                    known.clear();
                    whole = false;
                }
                Ok(None) | Err(_) => break,
            }
        }
        let away = known.iter().filter(|(_, position)| !has(position));
        let away: Vec<String> = away.map(|(name, _)| name.clone()).collect();
        Ok(GatewaysReached { known: known.len(), applied: known.len() - away.len(), away })
    }
}

/// Serializes text of names and numbers, which cannot fail.
fn json(document: &impl Serialize) -> Bytes {
    serde_json::to_vec(document).unwrap_or_default().into()
}

/// The paths in parts that fit into messages, in their order. A path that fits into no message is a
/// part of its own; the bus then rejects the message.
fn parts(paths: &[String], bytes_max: usize) -> Vec<&[String]> {
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, path) in paths.iter().enumerate() {
        let size = json(path).len() + 1;
        if at > start && bytes + size > bytes_max {
            parts.extend(paths.get(start..at));
            (start, bytes) = (at, 0);
        }
        bytes += size;
    }
    parts.extend(paths.get(start..));
    parts
}

fn parse(payload: &[u8]) -> Option<(DistributionId, Vec<String>)> {
    match serde_json::from_slice::<Kept>(payload) {
        Ok(Kept { id, paths }) => Some((id, paths)),
        Err(error) => {
            tracing::warn!(%error, "cannot read an invalidation");
            None
        }
    }
}

/// Reads an invalidation from a message.
pub fn read_message(payload: &[u8]) -> Option<(DistributionId, Vec<String>)> {
    parse(payload)
}

fn has_applied(position: &Position, made: &str, number: u64) -> bool {
    position.made == made && position.applied >= number
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::EmbeddedBus;

    #[tokio::test]
    async fn a_large_invalidation_becomes_several_messages() {
        // The store's buckets end with the bus.
        let bus = EmbeddedBus::with_max_payload(ROOM + 100);
        let invalidations = Invalidations::open(bus.clone()).await.unwrap();
        let paths: Vec<_> = (0..50).map(|n| format!("/{n}/\"{}", "x".repeat(20))).collect();
        let request = Invalidate { id: "shop".parse().unwrap(), paths: paths.clone() };
        let number = invalidations.add(&request).await.unwrap();
        assert!(number > 10, "{number}");
        assert_eq!(invalidations.range().await.unwrap().last, number);
        let read = invalidations.from(1, usize::MAX).await.unwrap();
        let all = read.into_iter().flat_map(|one| one.content.unwrap().1);
        assert_eq!(all.collect::<Vec<_>>(), paths);

        let reached =
            async |number| invalidations.reached(number, Duration::from_millis(20)).await.unwrap();
        assert_eq!(reached(number).await, GatewaysReached::default());
        let made = invalidations.range().await.unwrap().made;
        invalidations.tell(&"g1".parse().unwrap(), made, number).await.unwrap();
        invalidations.tell(&"g2".parse().unwrap(), made, number - 1).await.unwrap();
        let one = GatewaysReached { known: 2, applied: 1, away: vec!["g2".to_owned()] };
        assert_eq!(reached(number).await, one);
        // Its number is of a journal that was lost.
        invalidations.tell(&"g2".parse().unwrap(), made + 7, number).await.unwrap();
        assert_eq!(reached(number).await, one);
        invalidations.leave(&"g2".parse().unwrap()).await.unwrap();
        assert_eq!(reached(number).await.known, 1);
    }
}
