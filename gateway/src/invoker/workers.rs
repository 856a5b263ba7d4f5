//! The workers as this gateway knows them, and the choice of a subject while one of them is silent.
//!
//! Usually NATS chooses the worker: events go to a subject to which all workers that have loaded the
//! version subscribe as one group. A worker that stands still keeps its connection, and NATS goes on
//! giving it its share. So while a worker is silent, events go to the direct subjects of other
//! workers. A worker is silent from a ping that it did not answer in time until its next message.
//! Workers of earlier versions have no direct subject. If there are only such workers, the group is
//! used.
//!
//! Only workers that have a runtime are in the group of its start subject. But some of them may have
//! an older interpreter than a function names. Then the events that begin the function go to the
//! direct subjects of the others too.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use brink_shared::id::NodeId;
use brink_shared::registry::RuntimeName;
use brink_shared::status::{Abilities, PRESENCE_EVERY_MS};

/// Most workers that are known. Any process on the bus can claim to be one.
const WORKERS_MAX: usize = 4_096;

/// Most workers of one version that are remembered.
const HOLDERS_MAX: usize = 64;

/// A worker that answered events of a version within this time may still have it loaded.
const HOLDS_FOR: Duration = Duration::from_secs(60);

/// A worker that was not heard of for this long is pinged.
const ASK_AFTER: Duration = Duration::from_millis(3 * PRESENCE_EVERY_MS / 2);

/// Each worker announces itself at least once in this time. Before it is over, a gateway that starts
/// does not know what workers have.
const FIRST_ANNOUNCEMENTS: Duration = Duration::from_millis(2 * PRESENCE_EVERY_MS);

/// If there is no other worker, a worker that is silent for this long gets no events either. For a
/// shorter time it may have had no processor.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(1);

/// All workers.
pub(super) struct Workers {
    /// When this gateway began to listen for announcements.
    since: Instant,
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
    /// Its abilities, as it said itself.
    abilities: Abilities,
    /// Its announcement came. A worker that was heard by its answers only has further abilities.
    announced: bool,
    silent_since: Option<Instant>,
    /// A ping is running.
    asked: bool,
}

/// The destination of events.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Begins to listen now, and knows no worker.
    pub(super) fn new() -> Self {
        Self::listening_since(Instant::now())
    }

    fn listening_since(since: Instant) -> Self {
        let known = Mutex::default();
        Self { since, known, silent: AtomicUsize::new(0), turn: AtomicUsize::new(0) }
    }

    /// A message of a worker came, with its abilities if it was an announcement.
    pub(super) fn heard(&self, worker: &NodeId, abilities: Option<Abilities>) {
        let now = Instant::now();
        let mut known = self.known.lock();
        if known.len() >= WORKERS_MAX && !known.contains_key(worker) {
            return;
        }
        let found = known.entry(worker.clone()).or_insert_with(|| Worker {
            heard: now,
            abilities: Abilities::default(),
            announced: false,
            silent_since: None,
            asked: false,
        });
        found.heard = now;
        if let Some(abilities) = abilities {
            (found.abilities, found.announced) = (abilities, true);
        }
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
            worker.abilities.direct = false;
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

    /// True if there are workers, all of them have announced what they have, and none of them can
    /// run functions with this runtime.
    pub(super) fn none_can_run(&self, runtime: RuntimeName) -> bool {
        let known = self.known.lock();
        let cannot =
            |worker: &Worker| worker.announced && !worker.abilities.runtimes.can_run(runtime);
        self.since.elapsed() >= FIRST_ANNOUNCEMENTS
            && !known.is_empty()
            && known.values().all(cannot)
    }

    /// The destination of events for a version with this runtime that `holders` have loaded. With
    /// `anybody`, these are not preferred, because they were busy or there are none.
    pub(super) fn way(&self, holders: &Holders, runtime: RuntimeName, anybody: bool) -> Way {
        let may_be_unable = anybody && runtime.release.is_some();
        if !self.any_silent() && !may_be_unable {
            return Way::Group;
        }
        let now = Instant::now();
        let known = self.known.lock();
        let is_able = |worker: &Worker| worker.abilities.runtimes.can_run(runtime);
        if !self.any_silent() {
            let has = |worker: &&Worker| worker.abilities.runtimes.has(runtime.runtime);
            if known.values().filter(has).all(is_able) {
                return Way::Group;
            }
        }
        let able = || known.iter().filter(|(_, worker)| is_able(worker));
        let live = able().filter(|(_, worker)| worker.silent_since.is_none());
        let mut direct: Vec<_> =
            live.filter(|(_, worker)| worker.abilities.direct).map(|(node, _)| node).collect();
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
        let given_up = able().next().is_some() && able().all(|(_, worker)| is_given_up(worker));
        if given_up {
            return Way::Nowhere;
        }
        // On a busy machine all may be late. The worker that was heard last is most likely alive.
        let all_silent =
            able().all(|(_, worker)| worker.abilities.direct && worker.silent_since.is_some());
        let last = able().max_by_key(|(_, worker)| worker.heard);
        match last {
            Some((node, _)) if all_silent => Way::To(node.clone()),
            _ => Way::Group,
        }
    }
}

#[cfg(test)]
mod tests {
    use brink_shared::registry::Runtime;

    use super::*;

    fn node(name: &str) -> NodeId {
        name.parse().unwrap()
    }

    const BOA: RuntimeName = RuntimeName { runtime: Runtime::Boa, release: None };

    fn direct() -> Abilities {
        Abilities { direct: true, ..Abilities::default() }
    }

    fn having(runtimes: &[&str]) -> Option<Abilities> {
        let mut abilities = direct();
        runtimes.iter().for_each(|name| abilities.runtimes.add(name.parse().unwrap()));
        Some(abilities)
    }

    #[test]
    fn events_begin_only_at_workers_that_can_run_them() {
        let (workers, holders) = (Workers::new(), Holders::default());
        let ways = |runtime: &str, anybody| -> Vec<_> {
            let runtime = runtime.parse().unwrap();
            (0..4).map(|_| workers.way(&holders, runtime, anybody)).collect()
        };
        let group = [Way::Group, Way::Group, Way::Group, Way::Group];
        let to = |names: [&str; 4]| names.map(|name| Way::To(node(name)));
        assert_eq!(ways("python3.12", true), group, "NATS knows");
        workers.heard(&node("none"), having(&[]));
        workers.heard(&node("a"), having(&["python3.11"]));
        workers.heard(&node("b"), having(&["python3.13", "nodejs22.x"]));
        workers.heard(&node("c"), having(&["python3.12"]));
        for runtime in ["boa", "nodejs", "nodejs20.x", "nodejs24.x", "python", "python3.11"] {
            assert_eq!(ways(runtime, true), group, "{runtime}: all that have it can run it");
        }
        assert_eq!(ways("python3.12", true), to(["b", "c", "b", "c"]));
        assert_eq!(ways("python3.12", false), group, "those that have loaded it can run it");
        assert_eq!(ways("python3.13", true), to(["b"; 4]));
        workers.silent(&node("b"));
        assert_eq!(ways("python3.12", true), to(["c"; 4]));
        assert_eq!(ways("python", false), to(["a", "c", "a", "c"]));
        assert_eq!(ways("nodejs", false), to(["b"; 4]), "it may be late only");
        workers.heard(&node("b"), None);
        assert_eq!(ways("nodejs", false), group);
    }

    #[test]
    fn a_runtime_is_missing_only_once_all_workers_have_said_what_they_have() {
        let lacks =
            |workers: &Workers, runtime: &str| workers.none_can_run(runtime.parse().unwrap());
        let young = Workers::new();
        young.heard(&node("a"), having(&["python3.11"]));
        assert!(!lacks(&young, "nodejs"), "others may not have announced themselves yet");
        let workers = Workers::listening_since(Instant::now() - FIRST_ANNOUNCEMENTS);
        assert!(!lacks(&workers, "nodejs"), "there are no workers");
        workers.heard(&node("a"), None);
        assert!(!lacks(&workers, "nodejs"), "it only answered");
        workers.heard(&node("a"), having(&["python3.11"]));
        assert!(lacks(&workers, "nodejs") && lacks(&workers, "python3.12"));
        assert!(!lacks(&workers, "python3.11"));
        workers.heard(&node("b"), having(&["python3.13"]));
        assert!(!lacks(&workers, "python3.12") && lacks(&workers, "python3.14"));
        workers.gone(&node("b"));
        assert!(lacks(&workers, "python3.12"));
        // A worker of the release before there were other runtimes says so too.
        workers.heard(&node("a"), Some(direct()));
        assert!(lacks(&workers, "python3.11"));
    }

    #[test]
    fn a_silent_worker_gets_nothing_until_it_answers() {
        let (workers, holders) = (Workers::new(), Holders::default());
        let [a, b, c] = ["a", "b", "c"].map(node);
        for worker in [&a, &b, &c] {
            workers.heard(worker, Some(direct()));
        }
        holders.answered(&a);
        holders.answered(&b);
        assert_eq!(workers.way(&holders, BOA, false), Way::Group);
        workers.silent(&a);
        workers.silent(&a);
        for _ in 0..4 {
            assert_eq!(
                workers.way(&holders, BOA, false),
                Way::To(b.clone()),
                "the other that holds it"
            );
        }
        let anybody: Vec<_> = (0..2).map(|_| workers.way(&holders, BOA, true)).collect();
        assert!(anybody.contains(&Way::To(c.clone())), "{anybody:?}");
        workers.silent(&b);
        assert_eq!(
            workers.way(&holders, BOA, false),
            Way::To(c.clone()),
            "one that has to start it"
        );
        workers.heard(&a, None);
        assert_eq!(workers.way(&holders, BOA, false), Way::To(a.clone()));
        workers.heard(&b, None);
        assert_eq!(workers.way(&holders, BOA, false), Way::Group);
        workers.silent(&c);
        let ways: Vec<_> = (0..4).map(|_| workers.way(&holders, BOA, false)).collect();
        let to = |node: &NodeId| ways.iter().filter(|way| **way == Way::To(node.clone())).count();
        assert_eq!((to(&a), to(&b)), (2, 2), "by turns");
        assert!(workers.gone(&c) && !workers.gone(&c));
        assert_eq!(workers.way(&holders, BOA, false), Way::Group);
    }

    #[test]
    fn workers_of_earlier_versions_are_reached_by_the_group() {
        let (workers, holders) = (Workers::new(), Holders::default());
        workers.heard(&node("old"), Some(Abilities::default()));
        workers.heard(&node("new"), Some(direct()));
        workers.silent(&node("new"));
        assert_eq!(workers.way(&holders, BOA, false), Way::Group);
        workers.silent(&node("old"));
        assert_eq!(workers.way(&holders, BOA, false), Way::Group, "they may come back in a moment");
    }

    #[test]
    fn of_workers_that_are_all_late_the_one_that_was_heard_last_gets_events() {
        let (workers, holders) = (Workers::new(), Holders::default());
        for name in ["a", "b"] {
            workers.heard(&node(name), Some(direct()));
            std::thread::sleep(Duration::from_millis(1));
        }
        workers.silent(&node("a"));
        workers.silent(&node("b"));
        assert_eq!(workers.way(&holders, BOA, false), Way::To(node("b")));
    }

    #[test]
    fn each_worker_is_asked_once_at_a_time() {
        let workers = Workers::new();
        workers.heard(&node("a"), None);
        assert!(workers.to_ask(false).is_empty(), "just heard");
        assert_eq!(workers.to_ask(true), [node("a")]);
        assert!(workers.to_ask(true).is_empty(), "asked already");
        workers.silent(&node("a"));
        workers.answered_ping(&node("a"));
        assert_eq!(workers.to_ask(false), [node("a")], "until it answers");
    }
}
