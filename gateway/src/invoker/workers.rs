//! The workers as this gateway knows them, and the choice of a subject while one of them is silent.
//!
//! Usually NATS chooses the worker: events go to a subject to which all workers that have loaded the
//! version subscribe as one group. A worker that stands still keeps its connection, and NATS goes on
//! giving it its share. So while a worker is silent, events go to the direct subjects of other
//! workers. A worker is silent from a ping that it did not answer in time until its next message.
//! Workers of earlier versions have no direct subject. If there are only such workers, the group is
//! used.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use brink_shared::id::NodeId;
use brink_shared::status::PRESENCE_EVERY_MS;

/// Most workers that are known. Any process on the bus can claim to be one.
const WORKERS_MAX: usize = 4_096;

/// Most workers of one version that are remembered.
const HOLDERS_MAX: usize = 64;

/// A worker that answered events of a version within this time may still have it loaded.
const HOLDS_FOR: Duration = Duration::from_secs(60);

/// A worker that was not heard of for this long is pinged.
const ASK_AFTER: Duration = Duration::from_millis(3 * PRESENCE_EVERY_MS / 2);

/// If there is no other worker, a worker that is silent for this long gets no events either. For a
/// shorter time it may have had no processor.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(1);

/// All workers.
#[derive(Default)]
pub(super) struct Workers {
    known: Mutex<HashMap<NodeId, Worker>>,
    /// How many are silent.
    silent: AtomicUsize,
    turn: AtomicUsize,
}

/// The workers that answered for one version.
#[derive(Default)]
pub(super) struct Holders(Mutex<Vec<(NodeId, Instant)>>);

struct Worker {
    heard: Instant,
    /// It takes events on a subject of its own.
    direct: bool,
    silent_since: Option<Instant>,
    /// A ping is running.
    asked: bool,
}

/// The destination of events.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To the worker that NATS chooses.
    Group,
    /// To this worker.
    To(NodeId),
    /// Nowhere: there is no worker that would begin them.
    Nowhere,
}

// === impl Holders ===

impl Holders {
    /// The worker answered an event.
    pub(super) fn answered(&self, worker: &NodeId) {
        let now = Instant::now();
        let mut holders = self.0.lock();
        match holders.iter_mut().find(|(holder, _)| holder == worker) {
            Some((_, at)) => *at = now,
            None => {
                holders.retain(|(_, at)| now.duration_since(*at) < HOLDS_FOR);
                if holders.len() < HOLDERS_MAX {
                    holders.push((worker.clone(), now));
                }
            }
        }
    }

    fn hold(&self, worker: &NodeId, now: Instant) -> bool {
        let holders = self.0.lock();
        holders.iter().any(|(holder, at)| holder == worker && now.duration_since(*at) < HOLDS_FOR)
    }
}

// === impl Workers ===

impl Workers {
    /// A message of a worker came; `direct` says whether it has a subject of its own.
    pub(super) fn heard(&self, worker: &NodeId, direct: Option<bool>) {
        let now = Instant::now();
        let mut known = self.known.lock();
        if known.len() >= WORKERS_MAX && !known.contains_key(worker) {
            return;
        }
        let new = || Worker { heard: now, direct: false, silent_since: None, asked: false };
        let found = known.entry(worker.clone()).or_insert_with(new);
        found.heard = now;
        found.direct = direct.unwrap_or(found.direct);
        if found.silent_since.take().is_some() {
            self.silent.fetch_sub(1, Ordering::Relaxed);
            tracing::warn!(%worker, "a silent worker answers again, and gets events again");
        }
        self.show(&known);
    }

    /// The worker left or died. False if it was not known.
    pub(super) fn gone(&self, worker: &NodeId) -> bool {
        let mut known = self.known.lock();
        let gone = known.remove(worker);
        if gone.as_ref().is_some_and(|gone| gone.silent_since.is_some()) {
            self.silent.fetch_sub(1, Ordering::Relaxed);
        }
        self.show(&known);
        gone.is_some()
    }

    /// The worker did not take an event on its own subject.
    pub(super) fn not_direct(&self, worker: &NodeId) {
        if let Some(worker) = self.known.lock().get_mut(worker) {
            worker.direct = false;
        }
    }

    /// The worker did not answer a ping.
    pub(super) fn silent(&self, worker: &NodeId) {
        let mut known = self.known.lock();
        let Some(found) = known.get_mut(worker) else { return };
        if found.silent_since.is_none() {
            found.silent_since = Some(Instant::now());
            self.silent.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%worker, "a worker is silent, and gets no events until it answers");
        }
        self.show(&known);
    }

    fn show(&self, known: &HashMap<NodeId, Worker>) {
        let silent = self.silent.load(Ordering::Relaxed);
        metrics::gauge!("brink_gateway_workers").set(known.len() as f64);
        metrics::gauge!("brink_gateway_workers_silent").set(silent as f64);
    }

    /// True while a worker is silent.
    pub(super) fn any_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed) > 0
    }

    /// True if the worker has been silent for this long.
    pub(super) fn is_silent(&self, worker: &NodeId, long: Duration) -> bool {
        let known = self.known.lock();
        known
            .get(worker)
            .is_some_and(|worker| worker.silent_since.is_some_and(|since| since.elapsed() >= long))
    }

    /// The workers to ping now: all, or those that were not heard of for too long. Each counts as
    /// pinged until [`answered_ping`](Self::answered_ping).
    pub(super) fn to_ask(&self, all: bool) -> Vec<NodeId> {
        let mut known = self.known.lock();
        let due = known.iter_mut().filter(|(_, worker)| {
            let due = all || worker.silent_since.is_some() || worker.heard.elapsed() >= ASK_AFTER;
            due && !worker.asked
        });
        let due = due.map(|(node, worker)| {
            worker.asked = true;
            node.clone()
        });
        due.collect()
    }

    /// A ping has ended, in any way.
    pub(super) fn answered_ping(&self, worker: &NodeId) {
        if let Some(worker) = self.known.lock().get_mut(worker) {
            worker.asked = false;
        }
    }

    /// The destination of events for a version that `holders` have loaded. With `anybody`, these
    /// are not preferred, because they were busy.
    pub(super) fn way(&self, holders: &Holders, anybody: bool) -> Way {
        if !self.any_silent() {
            return Way::Group;
        }
        let now = Instant::now();
        let known = self.known.lock();
        let live = || known.iter().filter(|(_, worker)| worker.silent_since.is_none());
        let mut direct: Vec<_> =
            live().filter(|(_, worker)| worker.direct).map(|(node, _)| node).collect();
        if !anybody && direct.iter().any(|node| holders.hold(node, now)) {
            direct.retain(|node| holders.hold(node, now));
        }
        direct.sort_unstable();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        if let Some(node) = direct.get(turn.checked_rem(direct.len()).unwrap_or(0)) {
            return Way::To((*node).clone());
        }
        let is_given_up = |worker: &Worker| {
            worker.silent_since.is_some_and(|since| now.duration_since(since) >= GIVEN_UP_AFTER)
        };
        let given_up = !known.is_empty() && known.values().all(is_given_up);
        if given_up {
            return Way::Nowhere;
        }
        // On a busy machine all may be late. The worker that was heard last is most likely alive.
        let all_silent =
            known.values().all(|worker| worker.direct && worker.silent_since.is_some());
        let last = known.iter().max_by_key(|(_, worker)| worker.heard);
        match last {
            Some((node, _)) if all_silent => Way::To(node.clone()),
            _ => Way::Group,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str) -> NodeId {
        name.parse().unwrap()
    }

    #[test]
    fn a_silent_worker_gets_nothing_until_it_answers() {
        let (workers, holders) = (Workers::default(), Holders::default());
        let [a, b, c] = ["a", "b", "c"].map(node);
        for worker in [&a, &b, &c] {
            workers.heard(worker, Some(true));
        }
        holders.answered(&a);
        holders.answered(&b);
        assert_eq!(workers.way(&holders, false), Way::Group);
        workers.silent(&a);
        workers.silent(&a);
        for _ in 0..4 {
            assert_eq!(workers.way(&holders, false), Way::To(b.clone()), "the other that holds it");
        }
        let anybody: Vec<_> = (0..2).map(|_| workers.way(&holders, true)).collect();
        assert!(anybody.contains(&Way::To(c.clone())), "{anybody:?}");
        workers.silent(&b);
        assert_eq!(workers.way(&holders, false), Way::To(c.clone()), "one that has to start it");
        workers.heard(&a, None);
        assert_eq!(workers.way(&holders, false), Way::To(a.clone()));
        workers.heard(&b, None);
        assert_eq!(workers.way(&holders, false), Way::Group);
        workers.silent(&c);
        let ways: Vec<_> = (0..4).map(|_| workers.way(&holders, false)).collect();
        let to = |node: &NodeId| ways.iter().filter(|way| **way == Way::To(node.clone())).count();
        assert_eq!((to(&a), to(&b)), (2, 2), "by turns");
        assert!(workers.gone(&c) && !workers.gone(&c));
        assert_eq!(workers.way(&holders, false), Way::Group);
    }

    #[test]
    fn workers_of_earlier_versions_are_reached_by_the_group() {
        let (workers, holders) = (Workers::default(), Holders::default());
        workers.heard(&node("old"), Some(false));
        workers.heard(&node("new"), Some(true));
        workers.silent(&node("new"));
        assert_eq!(workers.way(&holders, false), Way::Group);
        workers.silent(&node("old"));
        assert_eq!(workers.way(&holders, false), Way::Group, "they may come back in a moment");
    }

    #[test]
    fn of_workers_that_are_all_late_the_one_that_was_heard_last_gets_events() {
        let (workers, holders) = (Workers::default(), Holders::default());
        for name in ["a", "b"] {
            workers.heard(&node(name), Some(true));
            std::thread::sleep(Duration::from_millis(1));
        }
        workers.silent(&node("a"));
        workers.silent(&node("b"));
        assert_eq!(workers.way(&holders, false), Way::To(node("b")));
    }

    #[test]
    fn each_worker_is_asked_once_at_a_time() {
        let workers = Workers::default();
        workers.heard(&node("a"), None);
        assert!(workers.to_ask(false).is_empty(), "just heard");
        assert_eq!(workers.to_ask(true), [node("a")]);
        assert!(workers.to_ask(true).is_empty(), "asked already");
        workers.silent(&node("a"));
        workers.answered_ping(&node("a"));
        assert_eq!(workers.to_ask(false), [node("a")], "until it answers");
    }
}
