//! Requests that another worker has to carry out, because this machine lacks an interpreter.
//!
//! A request comes to any worker. If it has to start a function for which this machine has no
//! interpreter, or only a newer one than the function names, the worker asks all workers what they
//! have. It passes the request on to the one that fits best, on the admin subject of that worker. A
//! request that was passed on is not passed on again.

use std::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use brink_shared::admin::{AdminError, Reply};
use brink_shared::bus::{BusError, Requester};
use brink_shared::confinement::Layer;
use brink_shared::id::NodeId;
use brink_shared::registry::{Release, Runtime, RuntimeName, document};
use brink_shared::status::{NodeStatus, Role};
use brink_shared::subject;

use super::request::Request;
use super::{Admin, COLLECT_MAX, REQUEST_MAX, progress};
use crate::interpreters::{Chosen, Version};

/// How long workers may take to say what they have, if this one has nothing for a function.
const STATUS_WITHIN: Duration = Duration::from_millis(500);

/// The same if this one has a newer interpreter. In `brink dev` there is no other worker, and each
/// publication of such a function waits for this long.
const BETTER_WITHIN: Duration = Duration::from_millis(300);

/// Where a function can be started.
pub(super) enum Place {
    /// Here.
    Here(Chosen),
    /// At this worker.
    At(NodeId),
}

impl Admin {
    /// The worker that should start a function with this runtime: this one if it has the release
    /// that the function names, or else the one that fits best.
    pub(super) async fn place(
        &self,
        request: &Request<'_>,
        runtime: RuntimeName,
    ) -> Result<Place, AdminError> {
        let own = self.shared.interpreters().choose(runtime).await;
        let fits = own.as_ref().is_ok_and(|chosen| chosen.warning.is_none());
        if fits || !request.may_pass_on {
            return own.map(Place::Here).map_err(|error| AdminError::new(error.to_string()));
        }
        progress::step(format!("asking the other workers whether they have {runtime}"));
        let own_release =
            own.as_ref().ok().and_then(|chosen| Some(chosen.interpreter.as_ref()?.release()));
        let within = if own.is_ok() { BETTER_WITHIN } else { STATUS_WITHIN };
        let others = self.others(within).await;
        let best = others.iter().filter_map(|other| Some((nearest(other, runtime)?, &other.node)));
        match (best.min(), own) {
            (Some((release, node)), _) if own_release.is_none_or(|own| release < own) => {
                Ok(Place::At(node.clone()))
            }
            (_, Ok(chosen)) => Ok(Place::Here(chosen)),
            (_, Err(error)) => {
                let others = match others.len() {
                    0 => String::new(),
                    1 => "; the other worker has none either".to_owned(),
                    count => format!("; none of the {count} other workers has one either"),
                };
                Err(AdminError::new(format!("{error}{others}")))
            }
        }
    }

    /// Passes the request on to a worker, and returns that worker's answer.
    pub(super) async fn pass_on<T: DeserializeOwned>(
        &self,
        request: &Request<'_>,
        node: &NodeId,
    ) -> Result<T, AdminError> {
        progress::step(format!("waiting for {node}, to which the request was passed on"));
        let failed = |why: &dyn std::fmt::Display| {
            AdminError::new(format!("{node}, to which the request was passed on: {why}"))
        };
        let subject = subject::admin_at(node, request.name);
        let payload = request.message.payload.clone();
        let answer = async {
            let requester = Requester::new(self.shared.bus.clone()).await?;
            requester.request(&subject, payload, REQUEST_MAX + progress::longer()).await
        };
        let mut answer = answer.await.map_err(|error: BusError| failed(&error))?;
        if let Ok(Reply::<T>::ClaimCheck(claim_check)) = document::read(&answer) {
            let fetched = self.shared.large_payloads.try_fetch(&claim_check, COLLECT_MAX).await;
            answer = fetched.map_err(|error| failed(&error))?;
        }
        match document::read(&answer) {
            Ok(Reply::Ok(done)) => Ok(done),
            Ok(Reply::Error(error)) => Err(error),
            Ok(Reply::ClaimCheck(_)) => Err(failed(&"it answered with a claim check twice")),
            Err(error) => Err(failed(&error)),
        }
    }

    /// The status of every other worker that answers in time.
    async fn others(&self, within: Duration) -> Vec<NodeStatus> {
        let gathered = async {
            let requester = Requester::for_gateways(self.shared.bus.clone()).await?;
            requester.gather(subject::STATUS, Bytes::new(), within).await
        };
        let gathered = gathered.await.unwrap_or_else(|error: BusError| {
            tracing::warn!(%error, "the other workers cannot be asked for their interpreters");
            Vec::new()
        });
        let read = |text: &Bytes| serde_json::from_slice::<NodeStatus>(text).ok();
        let others = gathered.iter().filter_map(read);
        let is_other = |status: &NodeStatus| {
            status.role == Role::Worker && !status.functions_only && status.node != self.node
        };
        others.filter(is_other).collect()
    }
}

/// The nearest release of the worker's interpreters that can run a function with this runtime.
fn nearest(worker: &NodeStatus, wanted: RuntimeName) -> Option<Release> {
    if wanted.runtime == Runtime::Provided {
        // Sandboxes with namespaces have a network, on which the program asks for its events.
        let mut layers = worker.confinement.iter();
        let has_network = layers.any(|own| own.layer == Layer::Namespaces && own.in_force);
        return has_network.then_some(Release { major: 0, minor: 0 });
    }
    let own = worker.interpreters.iter().filter(|own| own.runtime == wanted.runtime.name());
    let versions = own.filter_map(|own| own.version.parse::<Version>().ok());
    let releases = versions.map(|version| version.release(wanted.runtime));
    releases.filter(|release| wanted.release.is_none_or(|wanted| *release >= wanted)).min()
}
