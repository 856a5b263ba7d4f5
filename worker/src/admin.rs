//! The admin service: any worker answers the requests that people and tools send to a running edge
//! (`brink_shared::admin`).
//!
//! The service starts as soon as the bus is there. A worker carries out a few requests at a time.
//! More requests wait at the bus, which drops those beyond its backlog.

mod audit;
mod cache;
mod distribution;
mod elsewhere;
mod failures;
mod function;
mod logs;
mod progress;
mod publish;
mod registry;
mod request;
mod rights;
mod secret;

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use actix::Recipient;
use bytes::Bytes;
use serde::Serialize;
use tokio::sync::OnceCell;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use brink_shared::admin::{AdminError, ENDPOINTS, LargeRequest, ListQuery, Page, Reply, SERVICE};
use brink_shared::audit::Audit;
use brink_shared::bus::{Message, SERVICE_BACKLOG, ServiceSpec};
use brink_shared::id::NodeId;
use brink_shared::invalidation::Invalidations;
use brink_shared::registry::store::StoreError;
use brink_shared::registry::{Store, Uploads};
use brink_shared::subject;

use failures::Failures;
use progress::Progress;
use request::Request;

use crate::function::Shared;
use crate::library::LibraryError;
use crate::retry::retry;
use crate::run::Run;
use crate::runtime::SandboxProgram;
use crate::settings::PruneSettings;

/// Requests that one worker passes on to another.
const PASSED_ON: [&str; 2] = ["function.publish", "function.invoke"];

/// Most requests that are carried out at a time. A publish request uses a sandbox for its trial.
const AT_ONCE_MAX: usize = 8;

/// Longest that a request may take: a trial start (30 s), a search of the files (5 s), storing, and a
/// function's longest run at a viewer trigger. It is shorter than [`ANSWER_WITHIN`](brink_shared::admin::ANSWER_WITHIN), so the client still
/// learns the reason. A request with a large bundle has more time, and so has its client
/// ([`answer_later`](brink_shared::admin::answer_later)).
const REQUEST_MAX: Duration = Duration::from_secs(55);

/// The time of a request for finding another worker and passing the request on. That worker has so
/// much less for it, and its reason for giving up still arrives.
const PASSING_ON: Duration = Duration::from_secs(15);

/// Longest that fetching a large request or answer may take.
const COLLECT_MAX: Duration = Duration::from_secs(20);

/// Longest claim check in place of a large request, in bytes.
const CLAIM_CHECK_MAX: usize = 512;

/// Bytes of the answer around the items of a page, with the longest marker.
const PAGE_FRAME: usize = 256;

/// Carries out requests.
pub(crate) struct Admin {
    /// This worker.
    node: NodeId,
    shared: Rc<Shared>,
    sandbox: SandboxProgram,
    /// Runs events.
    runner: Recipient<Run>,
    /// The record of changes, once it was opened.
    audit: OnceCell<Audit>,
    failures: Failures,
}

/// The service while it runs.
pub(crate) struct AdminTask(JoinHandle<()>);

// === impl AdminTask ===

impl AdminTask {
    /// Serves until `stop`, then finishes the requests under way.
    pub(crate) fn start(admin: Admin, prune: PruneSettings, stop: CancellationToken) -> Self {
        let admin = Rc::new(admin);
        Self(tokio::task::spawn_local(async move {
            tokio::join!(
                serve(admin.clone(), stop.clone()),
                admin.make_stores(stop.clone()),
                admin.prune_by_the_clock(prune, stop)
            );
        }))
    }

    /// No service: the bus allows this worker to run functions only.
    pub(crate) fn none() -> Self {
        Self(tokio::task::spawn_local(std::future::ready(())))
    }

    /// Waits for the end of the service, after it was told to stop.
    pub(crate) async fn finish(mut self, grace: Duration) {
        if timeout(grace, &mut self.0).await.is_err() {
            tracing::warn!("admin requests took too long and were given up");
            self.0.abort();
        }
    }
}

// === impl Admin ===

impl Admin {
    pub(crate) fn new(
        node: NodeId,
        shared: Rc<Shared>,
        sandbox: SandboxProgram,
        runner: Recipient<Run>,
    ) -> Self {
        let (audit, failures) = (OnceCell::new(), Failures::default());
        Self { node, shared, sandbox, runner, audit, failures }
    }

    async fn store(&self) -> Result<&Store, AdminError> {
        self.shared.library.store().await.map_err(from_library)
    }

    /// One page of a listing, which fits into a message.
    fn page<T: Serialize>(
        &self,
        query: &ListQuery,
        after: impl Iterator<Item = T>,
        marker: impl Fn(&T) -> String,
    ) -> Page<T> {
        let bytes = self.shared.large_payloads.inline_max().saturating_sub(PAGE_FRAME);
        Page::fill(query, bytes, after, marker)
    }

    /// Makes the buckets and journals of the cluster if they do not exist. Nodes of other roles may
    /// not.
    async fn make_stores(&self, stop: CancellationToken) {
        let bus = &self.shared.bus;
        let make = async {
            retry(|| bus.bucket(subject::REGISTRY_BUCKET)).await;
            retry(|| bus.objects(subject::BUNDLE_BUCKET)).await;
            if bus.identity().is_some() {
                retry(|| Uploads::open(bus.clone())).await;
                retry(|| bus.bucket(subject::ACME_BUCKET)).await;
            }
            retry(|| Invalidations::open(bus.clone())).await;
            retry(|| self.audit()).await;
        };
        stop.run_until_cancelled(make).await;
    }

    async fn answer(self: Rc<Self>, message: Message) {
        let Some(to) = &message.reply_to else { return };
        let (_, may_pass_on) = name_of(&self.node, &message.subject);
        // The worker that passed a request on waits no longer than for one of its own.
        let most = if may_pass_on { REQUEST_MAX } else { REQUEST_MAX - PASSING_ON };
        let reply = within(most, &message.subject, self.carry_out(&message)).await;
        let large_payloads = &self.shared.large_payloads;
        let reply = if reply.len() > large_payloads.inline_max() {
            match large_payloads.keep_until_fetched(reply, COLLECT_MAX) {
                Ok(claim_check) => json(&Reply::<()>::ClaimCheck(claim_check)),
                Err(error) => rejection(&AdminError::new(format!("the answer: {error}"))),
            }
        } else {
            reply
        };
        let bus = &self.shared.bus;
        if let Err(error) = bus.publish(to, None, reply).await {
            tracing::warn!(%error, subject = message.subject, "admin answer could not be sent");
        }
    }

    /// The request, fetched if it was too large for a message.
    async fn whole(&self, payload: &Bytes) -> Result<Bytes, AdminError> {
        if payload.len() > CLAIM_CHECK_MAX {
            return Ok(payload.clone());
        }
        let Ok(LargeRequest { claim_check }) = serde_json::from_slice(payload) else {
            return Ok(payload.clone());
        };
        let fetched = self.shared.large_payloads.try_fetch(&claim_check, COLLECT_MAX).await;
        fetched.map_err(|error| AdminError::new(format!("the request: {error}")))
    }

    async fn carry_out(&self, message: &Message) -> Bytes {
        let (name, may_pass_on) = name_of(&self.node, &message.subject);
        if !may_pass_on && !PASSED_ON.contains(&name) {
            return rejection(&AdminError::new(format!("{name} is not passed on to one worker")));
        }
        let whole = match self.whole(&message.payload).await {
            Ok(whole) => whole,
            Err(error) => return rejection(&error),
        };
        let body = &whole;
        progress::step("reading the registry".to_owned());
        let request = Request { message, body, name, may_pass_on };
        match name {
            "function.publish" => reply(self.recorded(&request, self.publish(&request)).await),
            "function.list" => reply(self.list_functions(message, body).await),
            "function.show" => reply(self.show_function(message, body).await),
            "function.invoke" => reply(self.invoke_function(&request).await),
            "function.delete" => {
                reply(self.recorded(&request, self.delete_function(message, body)).await)
            }
            "distribution.apply" => reply(self.recorded(&request, self.apply(message, body)).await),
            "distribution.list" => reply(self.list_distributions(body).await),
            "distribution.show" => reply(self.show_distribution(body).await),
            "distribution.history" => reply(self.history(body).await),
            "distribution.rollback" => {
                reply(self.recorded(&request, self.rollback(message, body)).await)
            }
            "distribution.delete" => {
                reply(self.recorded(&request, self.delete_distribution(message, body)).await)
            }
            "registry.prune" => reply(self.recorded(&request, self.prune(message, body)).await),
            "secret.key" => reply(self.secrets_key().await),
            "cache.invalidate" => {
                reply(self.recorded(&request, self.invalidate(message, body)).await)
            }
            "logs.read" => reply(self.read_logs(message, body).await),
            "identity.show" => reply(Ok(self.who_asks(message))),
            "change.list" => reply(self.list_changes(body).await),
            _ => rejection(&AdminError::new(format!(
                "this service has no request {}",
                message.subject
            ))),
        }
    }
}

/// The name of a request by its subject, and whether it may be passed on to another worker.
fn name_of<'a>(own: &NodeId, subject: &'a str) -> (&'a str, bool) {
    let all = subject::admin_at_all(own);
    let passed_on = subject.strip_prefix(all.trim_end_matches('>'));
    let name = subject.strip_prefix(subject::ADMIN).and_then(|name| name.strip_prefix('.'));
    (passed_on.or(name).unwrap_or_default(), passed_on.is_none())
}

/// The answer to a request. If it takes longer than `most`, and than it may take for a large bundle,
/// the answer is an error that names its last step.
async fn within(most: Duration, name: &str, request: impl Future<Output = Bytes>) -> Bytes {
    let progress = Progress::new("fetching the request");
    let mut answer = pin!(progress::followed(progress.clone(), request));
    let began = Instant::now();
    loop {
        let waited = most + progress.longer.get();
        if let Ok(answer) = timeout_at(began + waited, &mut answer).await {
            return answer;
        }
        // It may have learned meanwhile that it moves a large bundle.
        if most + progress.longer.get() <= waited {
            let doing = progress.step.borrow();
            let what = format!("{name} took longer than {waited:?} and was given up while {doing}");
            return rejection(&AdminError::new(what));
        }
    }
}

async fn serve(admin: Rc<Admin>, stop: CancellationToken) {
    let bus = admin.shared.bus.clone();
    let own = subject::admin_at_all(&admin.node);
    let both = async {
        let passed_on = retry(|| bus.subscribe(&own, None, SERVICE_BACKLOG)).await;
        (retry(|| bus.serve(service())).await, passed_on)
    };
    let Some((mut requests, mut passed_on)) = stop.run_until_cancelled(both).await else { return };
    let mut running = JoinSet::new();
    // Requests that were passed on have places of their own: two workers that pass requests to each
    // other would otherwise wait for each other's places.
    let mut running_for_others = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = running.join_next() => {}
            Some(_) = running_for_others.join_next() => {}
            request = requests.next(), if running.len() < AT_ONCE_MAX => match request {
                Some(request) => drop(running.spawn_local(admin.clone().answer(request))),
                None => break,
            },
            request = passed_on.next(), if running_for_others.len() < AT_ONCE_MAX => match request {
                Some(request) => drop(running_for_others.spawn_local(admin.clone().answer(request))),
                None => break,
            },
        }
    }
    drop((requests, passed_on));
    while running.join_next().await.is_some() {}
    while running_for_others.join_next().await.is_some() {}
}

fn service() -> ServiceSpec {
    ServiceSpec {
        name: SERVICE,
        version: env!("CARGO_PKG_VERSION"),
        description: "Functions, distributions and caches of a Brink edge",
        endpoints: ENDPOINTS
            .iter()
            .map(|(noun, verb)| (format!("{noun}-{verb}"), subject::admin(noun, verb)))
            .collect(),
    }
}

fn reply<T: Serialize>(result: Result<T, AdminError>) -> Bytes {
    let reply = match result {
        Ok(done) => Reply::Ok(done),
        Err(error) => return rejection(&error),
    };
    match serde_json::to_vec(&reply) {
        Ok(json) => json.into(),
        Err(error) => rejection(&AdminError::new(format!("the answer is not JSON: {error}"))),
    }
}

fn rejection(error: &AdminError) -> Bytes {
    json(&Reply::<()>::Error(error.clone()))
}

/// An answer of strings and numbers. Writing it cannot fail.
fn json(reply: &Reply<()>) -> Bytes {
    serde_json::to_vec(reply).map_or_else(|_| Bytes::new(), Bytes::from)
}

fn from_store(error: StoreError) -> AdminError {
    AdminError { message: error.to_string(), problems: error.problems().to_vec() }
}

fn from_library(error: LibraryError) -> AdminError {
    match error {
        LibraryError::Store(error) => from_store(error),
        error => AdminError::new(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_says_what_it_was_doing() {
        let answer = within(REQUEST_MAX, "brink.admin.distribution.apply", async {
            progress::step("applying shop; it may have been applied".to_owned());
            pending().await
        });
        let answer: Reply<()> = serde_json::from_slice(&answer.await).unwrap();
        let Reply::Error(error) = answer else { panic!("{answer:?}") };
        let expected = "brink.admin.distribution.apply took longer than 55s and was given up \
                        while applying shop; it may have been applied";
        assert_eq!(error.message, expected);
        assert!(REQUEST_MAX + Duration::from_secs(10) <= brink_shared::admin::ANSWER_WITHIN);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_with_a_large_bundle_may_take_longer() {
        let longer = brink_shared::admin::answer_later(250_000_000);
        // A link of 5 MB a second carries the bundle twice.
        assert!(longer > 2 * Duration::from_secs(50));
        let answer = within(REQUEST_MAX, "brink.admin.function.publish", async {
            progress::take_longer(longer);
            tokio::time::sleep(REQUEST_MAX + longer - Duration::from_secs(1)).await;
            Bytes::from_static(b"published")
        });
        assert_eq!(answer.await, "published");
        let endless = within(REQUEST_MAX, "brink.admin.function.publish", async {
            progress::take_longer(longer);
            pending().await
        });
        assert!(String::from_utf8_lossy(&endless.await).contains("took longer than 305s"));
    }
}
