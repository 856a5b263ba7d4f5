//! Follows the journal of invalidations (`brink_shared::invalidation`) for one gateway.
//!
//! The journal numbers invalidations, and the gateway applies them in this order. Messages only
//! make it read the journal. It reads when a message comes, when the bus is back, after the process
//! was frozen, and every two seconds. So a lost message costs two seconds. While the gateway is
//! away from the bus, it serves its copies. When the bus is back, it first catches up.
//!
//! | finding | action |
//! | --- | --- |
//! | numbers after its own | removes the objects that they name, all in one pass |
//! | its next number is gone, or the journal is another one | drops the whole cache |
//! | more than [`MISSED_MAX`] numbers after its own | drops the whole cache |
//! | it has just started | goes on from the place that the disk cache belongs to; without one, drops all that it has fetched so far, and begins at the newest number |

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use brink_shared::bus::{Bus, BusError, JournalRange, Link, Message, Subscription};
use brink_shared::invalidation::{Invalidation, Invalidations, SEEN_EVERY, read_message};
use brink_shared::subject;

use crate::cache::Purge;
use crate::edge::Edge;
use crate::journal_place::JournalPlace;

/// Most messages that wait to be read. Dropped ones are in the journal.
const CAPACITY: usize = 256;

/// Most invalidations that are read, and applied in one pass.
const BATCH: usize = 64;

/// Most missed invalidations that are applied one by one. Each needs a request to the bus, and
/// until then the gateway serves the invalidated objects.
const MISSED_MAX: u64 = 512;

/// How often the gateway reads the journal by itself.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A reading that is this late was delayed by a frozen process or machine.
const FROZEN_FOR: Duration = Duration::from_secs(2);

/// Pause after the journal could not be read.
const RETRY: Duration = Duration::from_millis(250);

/// How long the journal may be unreadable on a live connection before the gateway may have missed
/// something. JetStream may be gone while the server still answers.
const UNREAD_MAX: Duration = Duration::from_secs(5);

/// How long a starting gateway waits for the bus. If it reached the journal later, it would drop
/// the copies that it fetched in the meantime.
const FIRST_LOOK: Duration = Duration::from_secs(1);

/// How long a stopping gateway may take to remove its position.
const LEAVE_WITHIN: Duration = Duration::from_secs(3);

/// Applies invalidations on behalf of one gateway.
pub(crate) struct Follower {
    bus: Arc<dyn Bus>,
    edge: Arc<Edge>,
    journal: Option<Invalidations>,
    /// The applied position in the journal. At first it is that of the disk cache, or `None`.
    place: Option<JournalPlace>,
    /// The position that was written last, and when.
    told: Option<(JournalPlace, Instant)>,
    /// When the journal became unreadable; none while it can be read.
    unread_since: Option<Instant>,
    caught_up: watch::Sender<bool>,
    invalidations: Subscription,
    hints: Subscription,
    link: watch::Receiver<Link>,
}

// === impl Follower ===

impl Follower {
    /// Subscribes, and waits a moment for the journal.
    pub(crate) async fn open(bus: Arc<dyn Bus>, edge: Arc<Edge>) -> Result<Self, BusError> {
        let invalidations = bus.subscribe(subject::INVALIDATE, None, CAPACITY).await?;
        let hints = bus.subscribe(subject::INVALIDATED, None, CAPACITY).await?;
        let place = edge.cache.place().await;
        let mut follower = Self {
            link: bus.link(),
            bus,
            edge,
            journal: None,
            place,
            told: None,
            unread_since: None,
            caught_up: watch::Sender::new(false),
            invalidations,
            hints,
        };
        let mut link = follower.link.clone();
        let first_look = async {
            // Fails only if the bus is closed. The reading then reports that.
            let _ = link.wait_for(|link| *link == Link::Up).await;
            follower.look().await
        };
        // Without the bus it serves nevertheless, and reads the journal later.
        let _ = timeout(FIRST_LOOK, first_look).await;
        Ok(follower)
    }

    /// Whether all known invalidations were applied.
    pub(crate) fn caught_up(&self) -> watch::Receiver<bool> {
        self.caught_up.subscribe()
    }

    /// Follows until `stop` or until the bus closes.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut wait = Duration::ZERO;
        loop {
            let began = Instant::now();
            let heard = tokio::select! {
                message = self.invalidations.next() => match message {
                    Some(message) => Some(message),
                    None => break,
                },
                hint = self.hints.next() => match hint {
                    Some(_) => None,
                    None => break,
                },
                changed = self.link.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    self.caught_up.send_replace(false);
                    None
                }
                () = tokio::time::sleep(wait) => None,
                () = stop.cancelled() => break,
            };
            if began.elapsed() > wait + FROZEN_FOR {
                self.caught_up.send_replace(false);
            }
            // There may be many invalidations to apply.
            let Some(looked) = stop.run_until_cancelled(self.look()).await else { break };
            if let Some(message) = &heard {
                self.hear(message, looked.is_ok()).await;
            }
            wait = match looked {
                Ok(()) => LOOK_EVERY,
                Err(error) => {
                    tracing::debug!(%error, "cannot read invalidations; the gateway serves its cached objects");
                    RETRY
                }
            };
        }
        let left = async {
            let journal = match self.journal {
                Some(journal) => journal,
                None => Invalidations::open(self.bus).await?,
            };
            journal.leave(&self.edge.node).await
        };
        match timeout(LEAVE_WITHIN, left).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "cannot remove the position of this gateway"),
            Err(_) => tracing::debug!("the position of this gateway could not be removed in time"),
        }
    }

    /// Applies a message itself if the journal may not have it: a worker that asks for no
    /// acknowledgment does not know the journal. If the journal has it, it is applied twice.
    async fn hear(&mut self, message: &Message, looked: bool) {
        if message.reply_to.is_some() && looked {
            return;
        }
        if let Some((distribution, paths)) = read_message(&message.payload) {
            let mut purge = Purge::new();
            purge.add(&distribution, paths.iter().map(String::as_str));
            apply(&self.edge, purge, "an invalidation").await;
        }
    }

    /// Applies the new invalidations of the journal, and writes the new position.
    async fn look(&mut self) -> Result<(), BusError> {
        if *self.link.borrow() == Link::Down {
            self.caught_up.send_replace(false);
            return Err(BusError::Away("invalidations wait for the connection".to_owned()));
        }
        let looked = self.catch_up().await;
        if looked.is_err() {
            // The journal may have been lost with its server. Then it is made again.
            self.journal = None;
            if self.unread_since.get_or_insert_with(Instant::now).elapsed() > UNREAD_MAX {
                self.caught_up.send_replace(false);
            }
        } else {
            self.unread_since = None;
        }
        looked
    }

    async fn catch_up(&mut self) -> Result<(), BusError> {
        let journal = match &self.journal {
            Some(journal) => journal.clone(),
            None => Invalidations::open(self.bus.clone()).await?,
        };
        let range = journal.range().await?;
        let mut place = match self.place {
            Some(place) if place.is_in(&range) && range.last - place.number <= MISSED_MAX => place,
            Some(place) if place.is_in(&range) => {
                let missed = range.last - place.number;
                tracing::warn!(
                    missed,
                    "many invalidations were missed: the whole cache is dropped"
                );
                self.restart(&range).await
            }
            before => {
                if before.is_some() {
                    tracing::warn!(
                        "invalidations were missed and cannot be read any more: the whole cache is dropped"
                    );
                }
                self.restart(&range).await
            }
        };
        while place.number < range.last {
            let read = journal.from(place.number + 1, BATCH).await?;
            let Some((purge, number)) = merge(place.number, &read) else {
                tracing::warn!(
                    "the next invalidation is missing in the journal: the whole cache is dropped"
                );
                // The journal may be another one by now, with other numbers.
                place = self.restart(&journal.range().await?).await;
                break;
            };
            apply(&self.edge, purge, "invalidations").await;
            place.number = number;
            self.applied(place);
        }
        self.journal = Some(journal);
        self.applied(place);
        self.edge.cache.reached(place);
        self.caught_up.send_if_modified(|caught_up| !std::mem::replace(caught_up, true));
        self.tell(place).await
    }

    /// Begins at the newest number. All copies fetched before are dropped.
    async fn restart(&mut self, range: &JournalRange) -> JournalPlace {
        apply(&self.edge, Purge::everything(), "everything").await;
        let place = JournalPlace { made: range.made, number: range.last };
        self.applied(place);
        place
    }

    /// Notes a position up to which the cache has applied all invalidations.
    fn applied(&mut self, place: JournalPlace) {
        self.place = Some(place);
        self.edge.applied.send_replace(Some(place));
    }

    async fn tell(&mut self, place: JournalPlace) -> Result<(), BusError> {
        let is_known =
            |(told, at): &(JournalPlace, Instant)| *told == place && at.elapsed() < SEEN_EVERY;
        if self.told.as_ref().is_some_and(is_known) {
            return Ok(());
        }
        if let Some(journal) = &self.journal {
            journal.tell(&self.edge.node, place.made, place.number).await?;
            self.told = Some((place, Instant::now()));
        }
        Ok(())
    }
}

/// Removes objects from the cache, away from the threads that serve and from the bus.
async fn apply(edge: &Edge, purge: Purge, what: &'static str) {
    let cache = edge.cache.clone();
    match spawn_blocking(move || cache.purge(purge)).await {
        Ok(dropped) => tracing::info!(what, dropped, "cache invalidated"),
        Err(error) => tracing::error!(%error, "cannot invalidate the cache"),
    }
}

/// The invalidations that were read, and the last number. `None` if a number is missing.
fn merge(applied: u64, read: &[Invalidation]) -> Option<(Purge, u64)> {
    let mut purge = Purge::new();
    let mut last = applied;
    for Invalidation { number, content } in read {
        if *number != last + 1 {
            return None;
        }
        if let Some((distribution, paths)) = content {
            purge.add(distribution, paths.iter().map(String::as_str));
        }
        last = *number;
    }
    (last > applied).then_some((purge, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invalidation(number: u64, path: &str) -> Invalidation {
        let content = Some(("shop".parse().unwrap(), vec![path.to_owned()]));
        Invalidation { number, content }
    }

    #[test]
    fn only_numbers_without_a_gap_are_merged() {
        let two = [invalidation(5, "/a"), invalidation(6, "/b")];
        assert!(matches!(merge(4, &two), Some((_, 6))));
        assert!(merge(3, &two).is_none());
        assert!(merge(4, &[]).is_none());
        // A message that another program sent there.
        let foreign = Invalidation { number: 5, content: None };
        assert!(matches!(merge(4, &[foreign, invalidation(6, "/b")]), Some((_, 6))));
    }
}
