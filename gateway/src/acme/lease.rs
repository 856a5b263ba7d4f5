//! Which gateway orders certificates: the holder of a lease in the bucket.
//!
//! ```text
//!            nobody holds it, or its time is over
//! free ─────────────────────────────────────────▶ held ──┐ a third of its time has passed:
//!   ▲                                              │  ▲   │ a new time
//!   └──────── the holder stops, or is silent ──────┘  └───┘
//! ```
//!
//! All changes are by compare-and-swap, and the time is the bus's. A holder that was frozen may go on
//! for a moment after another one took over. This does no harm: what it writes is by compare-and-swap
//! as well, and a second order gives a second valid certificate.

use std::sync::Arc;
use std::time::Duration;

use brink_shared::bus::{Bucket, Bus, BusError};
use brink_shared::id::NodeId;

use super::key;
use super::records::{LeaseRecord, json};

/// A lease that this gateway holds.
pub(super) struct Lease {
    bus: Arc<dyn Bus>,
    bucket: Arc<dyn Bucket>,
    holder: NodeId,
    lasts: Duration,
    revision: u64,
}

// === impl Lease ===

impl Lease {
    /// Takes the lease, or keeps it. `None` if another gateway holds it.
    pub(super) async fn take(
        bus: &Arc<dyn Bus>,
        bucket: &Arc<dyn Bucket>,
        holder: &NodeId,
        lasts: Duration,
    ) -> Result<Option<Self>, BusError> {
        let now = bus.clock().now();
        let record = LeaseRecord { holder: holder.clone(), until: now.after(lasts) };
        let written = match bucket.get(key::LEASE).await? {
            None => bucket.create(key::LEASE, json(&record)).await,
            Some(entry) => {
                // A record that this release cannot read is that of a newer one.
                let Ok(held) = serde_json::from_slice::<LeaseRecord>(&entry.value) else {
                    return Ok(None);
                };
                if held.holder != *holder && held.until > now {
                    return Ok(None);
                }
                bucket.update(key::LEASE, json(&record), entry.revision).await
            }
        };
        match written {
            Ok(revision) => Ok(Some(Self {
                bus: bus.clone(),
                bucket: bucket.clone(),
                holder: holder.clone(),
                lasts,
                revision,
            })),
            Err(BusError::Conflict(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps the lease as long as it is polled. Ends when it is lost.
    pub(super) async fn keep(&mut self) -> BusError {
        let mut since = tokio::time::Instant::now();
        loop {
            tokio::time::sleep(self.lasts / 3).await;
            match self.renew().await {
                Ok(()) => since = tokio::time::Instant::now(),
                Err(error @ BusError::Conflict(_)) => return error,
                Err(error) if since.elapsed() >= self.lasts => return error,
                Err(error) => tracing::debug!(%error, "cannot keep the lease of ACME yet"),
            }
        }
    }

    async fn renew(&mut self) -> Result<(), BusError> {
        let until = self.bus.clock().now().after(self.lasts);
        let record = json(&LeaseRecord { holder: self.holder.clone(), until });
        self.revision = self.bucket.update(key::LEASE, record, self.revision).await?;
        Ok(())
    }
}

/// Gives the lease back if this gateway holds it, so another one can take it at once.
pub(super) async fn give_back(bucket: &dyn Bucket, holder: &NodeId) -> Result<(), BusError> {
    let Some(entry) = bucket.get(key::LEASE).await? else { return Ok(()) };
    match serde_json::from_slice::<LeaseRecord>(&entry.value) {
        Ok(held) if held.holder == *holder => bucket.delete(key::LEASE, entry.revision).await,
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use brink_shared::bus::EmbeddedBus;

    use super::*;

    const LASTS: Duration = Duration::from_millis(300);

    #[tokio::test]
    async fn one_gateway_at_a_time_holds_the_lease() {
        let bus: Arc<dyn Bus> = EmbeddedBus::new();
        let bucket = bus.bucket("leases").await.unwrap();
        let (one, two): (NodeId, NodeId) = ("g1".parse().unwrap(), "g2".parse().unwrap());
        let take = async |node: &NodeId| Lease::take(&bus, &bucket, node, LASTS).await.unwrap();
        let mut held = take(&one).await.unwrap();
        assert!(take(&two).await.is_none());
        let kept = tokio::time::timeout(2 * LASTS, held.keep()).await;
        assert!(kept.is_err(), "it is not lost while it is kept: {kept:?}");
        assert!(take(&two).await.is_none());
        // Silence ends it.
        tokio::time::sleep(2 * LASTS).await;
        let other = take(&two).await.unwrap();
        assert!(take(&one).await.is_none());
        assert!(matches!(held.keep().await, BusError::Conflict(_)));
        drop(other);
        give_back(&*bucket, &one).await.unwrap();
        assert!(take(&one).await.is_none(), "it was not the holder");
        give_back(&*bucket, &two).await.unwrap();
        assert!(take(&one).await.is_some());
    }
}
