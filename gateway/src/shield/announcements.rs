//! Which gateways shield origins, and which of them are alive.
//!
//! A gateway that shields origins announces itself once a second. One that is silent for three
//! seconds counts as lost: it is dead or stands still, or one side is away from the bus. Questions to
//! it are given up then. A gateway that stops says so first. It gets no further questions, and
//! answers those that it has.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use brink_shared::bus::{Bus, BusError, Subscription};
use brink_shared::id::{NodeId, SiteName};
use brink_shared::subject;
use bytes::Bytes;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use super::placement::Resource;

/// How often a gateway announces itself.
pub const EVERY: Duration = Duration::from_secs(1);

/// A gateway that is silent for this long is lost.
pub const LOST_AFTER: Duration = Duration::from_secs(3);

/// How often the gateway looks for lost ones.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Most gateways that are known. Any process on the bus can claim to be one.
const KNOWN_MAX: usize = 1024;

/// Most announcements that wait to be read.
const CAPACITY: usize = 1024;

/// A gateway that shields origins, as it announces itself. JSON; later releases may add fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Its name.
    pub gateway: NodeId,
    /// A number that no other process has.
    pub process: u64,
    /// Its site.
    pub site: SiteName,
    /// `HOST:PORT` for questions.
    pub address: String,
    /// True if it is stopping, and takes no further questions.
    pub leaving: bool,
}

/// The gateways that are not lost.
#[derive(Debug, Default)]
pub struct Announcements {
    known: watch::Sender<Vec<Arc<Announcement>>>,
    /// Processes that did not take a question lately, and until when they get none.
    left_out: Mutex<HashMap<u64, Instant>>,
}

/// Subscribes to the announcements.
pub(super) async fn subscribe(bus: &dyn Bus) -> Result<Subscription, BusError> {
    bus.subscribe(subject::SHIELDS, None, CAPACITY).await
}

/// Announces a gateway for ever: every second, and whenever the announcement changes.
pub(super) async fn announce(bus: Arc<dyn Bus>, mut own: watch::Receiver<Announcement>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let told = own.borrow_and_update().clone();
        let text = Bytes::from(serde_json::to_vec(&told).unwrap_or_default());
        if let Err(error) = bus.publish(subject::SHIELDS, None, text).await {
            tracing::debug!(%error, "cannot announce this gateway to others");
        }
        tokio::select! {
            _ = ticks.tick() => {}
            changed = own.changed() => if changed.is_err() { return },
        }
    }
}

// === impl Announcements ===

impl Announcements {
    /// The gateways of a site that may be asked for a resource, its shield first.
    pub fn shields(&self, site: &SiteName, resource: &Resource) -> Vec<Arc<Announcement>> {
        let now = Instant::now();
        let mut shields = self.known.borrow().clone();
        shields.retain(|known| known.site == *site && !known.leaving);
        let left_out = self.left_out.lock();
        shields.retain(|known| left_out.get(&known.process).is_none_or(|until| now >= *until));
        drop(left_out);
        resource.sort(&mut shields, |known| &known.gateway);
        shields
    }

    /// True if a gateway of this site is known.
    pub fn has(&self, site: &SiteName) -> bool {
        self.known.borrow().iter().any(|known| known.site == *site)
    }

    /// Asks a process no more for this time.
    pub fn leave_out(&self, process: u64, time: Duration) {
        self.left_out.lock().insert(process, Instant::now() + time);
    }

    /// Waits until a process is lost.
    pub async fn lost(&self, process: u64) {
        let mut known = self.known.subscribe();
        let is_lost =
            |known: &Vec<Arc<Announcement>>| known.iter().all(|one| one.process != process);
        // Fails only once the gateway itself has ended.
        let _ = known.wait_for(is_lost).await;
    }

    /// Follows announcements until the bus closes.
    pub(super) async fn follow(&self, mut heard: Subscription) {
        let mut gateways = HashMap::new();
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // This process may have stood still. Announcements that came meanwhile count first.
                biased;
                message = heard.next() => match message {
                    Some(message) => hear(&mut gateways, &message.payload),
                    None => return,
                },
                _ = ticks.tick() => gateways.retain(|_, (_, at)| at.elapsed() < LOST_AFTER),
            }
            self.show(&gateways);
        }
    }

    fn show(&self, gateways: &HashMap<NodeId, (Arc<Announcement>, Instant)>) {
        let changed = self.known.send_if_modified(|known| {
            let is_same = known.len() == gateways.len()
                && known.iter().all(|old| {
                    gateways.get(&old.gateway).is_some_and(|(new, _)| Arc::ptr_eq(old, new))
                });
            if !is_same {
                *known = gateways.values().map(|(gateway, _)| gateway.clone()).collect();
            }
            !is_same
        });
        if changed {
            let known = self.known.borrow();
            let is_known = |process: u64| known.iter().any(|one| one.process == process);
            self.left_out.lock().retain(|process, _| is_known(*process));
            tracing::info!(gateways = known.len(), "the gateways that shield origins have changed");
        }
    }
}

fn hear(gateways: &mut HashMap<NodeId, (Arc<Announcement>, Instant)>, payload: &[u8]) {
    let Ok(told) = serde_json::from_slice::<Announcement>(payload) else {
        tracing::debug!("a message about gateways that shield origins cannot be read");
        return;
    };
    let now = Instant::now();
    let has_room = gateways.len() < KNOWN_MAX;
    match gateways.get_mut(&told.gateway) {
        Some((known, at)) => {
            *at = now;
            if **known != told {
                *known = Arc::new(told);
            }
        }
        None if has_room => {
            gateways.insert(told.gateway.clone(), (Arc::new(told), now));
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use brink_shared::bus::EmbeddedBus;

    use super::*;

    fn gateway(name: &str, process: u64, site: &str) -> Announcement {
        Announcement {
            gateway: name.parse().unwrap(),
            process,
            site: site.parse().unwrap(),
            address: "127.0.0.1:1".to_owned(),
            leaving: false,
        }
    }

    fn names(announcements: &Announcements, site: &str) -> Vec<String> {
        let resource = Resource::new(&"shop".parse().unwrap(), "/");
        let shields = announcements.shields(&site.parse().unwrap(), &resource);
        let mut names: Vec<_> = shields.iter().map(|known| known.gateway.to_string()).collect();
        names.sort();
        names
    }

    #[tokio::test(start_paused = true)]
    async fn gateways_are_known_from_their_announcement_to_their_silence() {
        let bus = EmbeddedBus::new();
        let all = Arc::new(Announcements::default());
        let (heard, following) = (subscribe(bus.as_ref()).await.unwrap(), all.clone());
        tokio::spawn(async move { following.follow(heard).await });
        let own = watch::Sender::new(gateway("a", 1, "fra"));
        let announcing = tokio::spawn(announce(bus.clone(), own.subscribe()));
        let other = watch::Sender::new(gateway("b", 2, "iad"));
        tokio::spawn(announce(bus.clone(), other.subscribe()));
        tokio::time::sleep(EVERY).await;
        assert_eq!((names(&all, "fra"), names(&all, "iad")), (vec!["a".into()], vec!["b".into()]));

        all.leave_out(1, EVERY);
        assert!(names(&all, "fra").is_empty() && all.has(&"fra".parse().unwrap()));
        tokio::time::sleep(EVERY).await;
        assert_eq!(names(&all, "fra"), ["a"]);

        // It answers what it has, so it is not lost.
        own.send_modify(|own| own.leaving = true);
        tokio::time::sleep(EVERY / 10).await;
        assert!(names(&all, "fra").is_empty());
        assert!(tokio::time::timeout(LOST_AFTER * 2, all.lost(1)).await.is_err());

        announcing.abort();
        let began = Instant::now();
        all.lost(1).await;
        assert!(began.elapsed() <= LOST_AFTER + LOOK_EVERY, "{:?}", began.elapsed());
        assert!(!all.has(&"fra".parse().unwrap()));
        all.lost(3).await;
        assert_eq!(names(&all, "iad"), ["b"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_gateway_that_was_restarted_is_another_process() {
        let mut known = HashMap::new();
        let all = Announcements::default();
        for process in [1, 2] {
            hear(&mut known, &serde_json::to_vec(&gateway("a", process, "fra")).unwrap());
            all.show(&known);
        }
        all.lost(1).await;
        assert_eq!(names(&all, "fra"), ["a"]);
        hear(&mut known, b"{}");
        for n in 0..2 * KNOWN_MAX {
            hear(&mut known, &serde_json::to_vec(&gateway(&format!("n{n}"), 9, "fra")).unwrap());
        }
        assert_eq!(known.len(), KNOWN_MAX);
    }
}
