//! Announces a worker: its presence, its answers to pings, and its status.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use tokio::time::{MissedTickBehavior, interval};

use brink_shared::bus::{Bus, Message};
use brink_shared::clock::ClockStatus;
use brink_shared::id::NodeId;
use brink_shared::registry::Offer;
use brink_shared::status::{
    Abilities, FunctionStatus, InterpreterStatus, NodeStatus, Presence, RegistryStatus, Role,
};
use brink_shared::{subject, wire};

use super::Identity;
use crate::interpreters::InterpreterSearch;
use crate::retry::retry;

/// Most questions that wait.
const QUESTIONS_MAX: usize = 64;

/// A request for the worker's status.
pub(super) struct Question(Message);

// === impl Question ===

impl Question {
    /// Answers the request.
    pub(super) async fn answer(self, bus: Arc<dyn Bus>, status: NodeStatus) {
        let Some(to) = self.0.reply_to else { return };
        match serde_json::to_vec(&status) {
            Ok(json) => say(&*bus, &to, Bytes::from(json)).await,
            Err(error) => tracing::error!(%error, "the status cannot be encoded"),
        }
    }
}

/// Announces that the worker is there, or that it leaves.
pub(super) async fn presence(bus: &dyn Bus, node: &NodeId, runtimes: Offer, leaving: bool) {
    let presence = Presence { worker: node.clone(), leaving };
    match wire::encode_with(&presence, &Abilities { direct: true, runtimes }) {
        Ok(bytes) => say(bus, &subject::presence(node), bytes).await,
        Err(error) => tracing::error!(%error, "the presence cannot be encoded"),
    }
}

/// Announces the worker at regular intervals, as long as this is polled, and when the search for
/// interpreters is over.
pub(super) async fn keep_present(
    bus: Arc<dyn Bus>,
    node: NodeId,
    interpreters: InterpreterSearch,
    every: Duration,
) {
    let mut tick = interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = interpreters.over(), if interpreters.known().is_none() => {}
        }
        presence(&*bus, &node, interpreters.offer(), false).await;
    }
}

/// Answers pings, as long as this is polled and the bus is not closed.
pub(super) async fn answer_pings(bus: Arc<dyn Bus>, subject: String) {
    let mut pings = retry(|| bus.subscribe(&subject, None, QUESTIONS_MAX)).await;
    while let Some(ping) = pings.next().await {
        if let Some(to) = ping.reply_to {
            say(&*bus, &to, Bytes::new()).await;
        }
    }
}

/// The requests for this worker's status.
pub(super) fn questions(bus: Arc<dyn Bus>) -> impl Stream<Item = Question> {
    let subscribed = async move {
        let asked = retry(|| bus.subscribe(subject::STATUS, None, QUESTIONS_MAX)).await;
        stream::unfold(asked, |mut asked| async move {
            let question = asked.next().await?;
            Some((Question(question), asked))
        })
    };
    stream::once(subscribed).flatten()
}

/// The worker's status.
pub(super) fn status(
    worker: &Identity,
    interpreters: Vec<InterpreterStatus>,
    clock: Option<ClockStatus>,
    functions: Vec<FunctionStatus>,
    warnings: Vec<String>,
    registry: RegistryStatus,
) -> NodeStatus {
    NodeStatus {
        node: worker.node.clone(),
        role: Role::Worker,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
        uptime_s: worker.started.elapsed().as_secs(),
        listens: worker.listens.clone(),
        functions,
        distributions: Vec::new(),
        features: Vec::new(),
        confinement: worker.confinement.clone(),
        interpreters,
        https: None,
        acme: None,
        clock,
        functions_only: worker.functions_only,
        warnings,
        registry: Some(registry),
    }
}

async fn say(bus: &dyn Bus, subject: &str, payload: Bytes) {
    if let Err(error) = bus.publish(subject, None, payload).await {
        tracing::debug!(%error, subject, "an announcement could not be sent");
    }
}
