//! Sends lines on the bus: to the subjects of the logs, and to people who follow them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use brink_shared::access_log::{FOLLOW_FOR, Follow};
use brink_shared::bus::{Bus, Link, Subscription};
use bytes::Bytes;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::followers::Followers;
use super::log_line::{Entry, LogName};
use super::loss::Loss;
use super::queue::Entries;

/// How long lines wait for further ones.
const SEND_EVERY: Duration = Duration::from_millis(250);

/// Lines of one log are sent when there are this many bytes of them, or half of what the bus
/// carries. A line is seldom larger than 60 KiB.
const SEND_AT: usize = 256 * 1024;

/// Most requests between two looks at the clock.
const BATCH: usize = 1024;

/// The lines that wait to be sent.
pub(super) struct Publisher {
    bus: Arc<dyn Bus>,
    location: String,
    loss: Arc<Loss>,
    waiting: HashMap<LogName, Lines>,
}

#[derive(Default)]
struct Lines {
    text: String,
    count: usize,
}

// === impl Publisher ===

impl Publisher {
    pub(super) fn new(bus: Arc<dyn Bus>, location: String, loss: Arc<Loss>) -> Self {
        Self { bus, location, loss, waiting: HashMap::new() }
    }

    /// Sends until the last entry.
    pub(super) async fn run(mut self, mut entries: Entries) {
        let mut ticks = tokio::time::interval(SEND_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::new();
        loop {
            let taken = tokio::select! {
                biased;
                _ = ticks.tick() => {
                    self.send_all().await;
                    continue;
                }
                taken = entries.take(&mut batch, BATCH) => taken,
            };
            for entry in batch.drain(..) {
                self.add(&entry).await;
            }
            if taken == 0 {
                return self.send_all().await;
            }
        }
    }

    async fn add(&mut self, entry: &Entry) {
        for kind in &entry.kinds {
            let name = entry.name(*kind);
            let lines = self.waiting.entry(name.clone()).or_default();
            entry.push(&mut lines.text, *kind, &self.location);
            lines.count += 1;
            if lines.text.len() >= SEND_AT.min(self.bus.max_payload() / 2) {
                self.send(&name).await;
            }
        }
    }

    async fn send_all(&mut self) {
        let names: Vec<LogName> = self.waiting.keys().cloned().collect();
        for name in names {
            self.send(&name).await;
        }
    }

    async fn send(&mut self, name: &LogName) {
        let Some(Lines { text, count }) = self.waiting.remove(name) else { return };
        // A bus that is down would keep some of the lines and make this wait.
        if *self.bus.link().borrow() == Link::Down {
            return self.loss.add(count, "there is no connection to NATS");
        }
        match self.bus.publish(&name.subject(), None, Bytes::from(text)).await {
            Ok(()) => {
                metrics::counter!("brink_gateway_access_log_lines_total", "to" => "nats")
                    .increment(count as u64);
            }
            Err(error) => self.loss.add(count, &error.to_string()),
        }
    }
}

/// Notes who follows the log, until `stop`.
pub(super) async fn hear_followers(
    mut asked: Subscription,
    followers: Arc<Followers>,
    stop: CancellationToken,
) {
    while let Some(Some(message)) = stop.run_until_cancelled(asked.next()).await {
        match serde_json::from_slice::<Follow>(&message.payload) {
            Ok(follow) => followers.follow(follow.distribution, FOLLOW_FOR),
            Err(error) => tracing::debug!(%error, "a message to follow the access log is invalid"),
        }
    }
}
