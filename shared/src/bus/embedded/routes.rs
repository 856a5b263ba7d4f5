//! The subscriptions, and the choice of those that get a message.
//!
//! A message for a subject without wildcards finds its subscribers by one look-up. Patterns are
//! tried one after the other, because there are few. Sending never waits: if a subscriber's queue
//! is full, the message is lost for it, as with NATS, and the loss is counted.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use futures_util::Stream;
use futures_util::stream::unfold;
use parking_lot::RwLock;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::bus::{Message, name};

/// The subscriptions of a bus.
#[derive(Default)]
pub(super) struct Routes {
    table: RwLock<Table>,
}

#[derive(Default)]
struct Table {
    exact: HashMap<String, Vec<Route>>,
    patterns: Vec<(String, Route)>,
    next_id: u64,
}

struct Route {
    id: u64,
    group: Option<String>,
    to: mpsc::Sender<Message>,
}

/// Messages of one route, which is taken away when this is dropped.
pub(super) struct Arrivals {
    messages: mpsc::Receiver<Message>,
    routes: Weak<Routes>,
    subject: String,
    id: u64,
}

// === impl Routes ===

impl Routes {
    /// Adds a subscriber. Subject and group must be well-formed.
    pub(super) fn add(
        self: &Arc<Self>,
        subject: &str,
        group: Option<&str>,
        capacity: usize,
    ) -> Arrivals {
        let (to, messages) = mpsc::channel(capacity.max(1));
        let mut table = self.table.write();
        table.next_id += 1;
        let id = table.next_id;
        let group = group.map(str::to_owned);
        let route = Route { id, group, to };
        if name::has_wildcards(subject) {
            table.patterns.push((subject.to_owned(), route));
        } else {
            table.exact.entry(subject.to_owned()).or_default().push(route);
        }
        Arrivals { messages, routes: Arc::downgrade(self), subject: subject.to_owned(), id }
    }

    /// Gives the message to every subscriber without a group, and to one member of each group.
    /// Returns whether there are subscribers.
    pub(super) fn send(&self, message: &Message) -> bool {
        let table = self.table.read();
        let mut anybody = false;
        let mut groups: Vec<(&str, &Route, u32)> = Vec::new();
        for route in table.matching(&message.subject) {
            anybody = true;
            let Some(group) = route.group.as_deref() else {
                route.deliver(message);
                continue;
            };
            match groups.iter_mut().find(|(name, ..)| *name == group) {
                // The n-th member replaces the chosen one with probability 1/n: each is equally
                // likely in the end.
                Some((_, chosen, members)) => {
                    *members += 1;
                    if rand::random_range(0..*members) == 0 {
                        *chosen = route;
                    }
                }
                None => groups.push((group, route, 1)),
            }
        }
        for (_, chosen, _) in groups {
            chosen.deliver(message);
        }
        anybody
    }

    /// Ends every subscription after the messages that it has already.
    pub(super) fn clear(&self) {
        let mut table = self.table.write();
        table.exact.clear();
        table.patterns.clear();
    }

    fn remove(&self, subject: &str, id: u64) {
        let mut table = self.table.write();
        if name::has_wildcards(subject) {
            table.patterns.retain(|(_, route)| route.id != id);
        } else if let Some(routes) = table.exact.get_mut(subject) {
            routes.retain(|route| route.id != id);
            if routes.is_empty() {
                table.exact.remove(subject);
            }
        }
    }
}

// === impl Table ===

impl Table {
    fn matching<'a>(&'a self, subject: &'a str) -> impl Iterator<Item = &'a Route> {
        let exact = self.exact.get(subject).into_iter().flatten();
        let patterns = self
            .patterns
            .iter()
            .filter(move |(pattern, _)| name::matches(pattern, subject))
            .map(|(_, route)| route);
        exact.chain(patterns)
    }
}

// === impl Route ===

impl Route {
    fn deliver(&self, message: &Message) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.to.try_send(message.clone()) {
            metrics::counter!(crate::bus::DROPPED_TOTAL).increment(1);
        }
    }
}

// === impl Arrivals ===

impl Arrivals {
    /// Removes the route when `drain` is cancelled. Messages that were delivered by then still
    /// arrive.
    pub(super) fn until(self, drain: CancellationToken) -> impl Stream<Item = Message> {
        unfold((self, drain), |(mut arrivals, drain)| async move {
            let message = tokio::select! {
                biased;
                message = arrivals.messages.recv() => message?,
                () = drain.cancelled() => {
                    arrivals.take_away();
                    arrivals.messages.recv().await?
                }
            };
            Some((message, (arrivals, drain)))
        })
    }

    fn take_away(&self) {
        if let Some(routes) = self.routes.upgrade() {
            routes.remove(&self.subject, self.id);
        }
    }
}

impl Stream for Arrivals {
    type Item = Message;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        self.messages.poll_recv(cx)
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        self.take_away();
    }
}
