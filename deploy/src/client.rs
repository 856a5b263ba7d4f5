//! Sends requests to a running edge: admin requests and status, over any bus.

use std::sync::Arc;
use std::time::Duration;

use brink_shared::admin::{
    ANSWER_WITHIN, FileContent, ITEMS_MAX, LargeRequest, ListQuery, Page, Publish, Published,
    Reply, SecretsKey, answer_later,
};
use brink_shared::bus::{Bus, BusError, Link, NatsBus, NatsOptions, Requester};
use brink_shared::id::FunctionName;
use brink_shared::identity::Role;
use brink_shared::large_payloads::LargePayloads;
use brink_shared::registry::document;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::store::{Store, encode_bundle};
use brink_shared::registry::{Bundle, BundleDigest, Uploads};
use brink_shared::secret::{SealedSecrets, Secrets};
use brink_shared::settings::NATS_DEFAULT;
use brink_shared::status::NodeStatus;
use brink_shared::subject;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::args::Global;
use crate::command_error::CommandError;
use crate::local_identities;
use crate::progress::Progress;

/// How long connecting to a server may take.
const CONNECT_WITHIN: Duration = Duration::from_millis(2_500);

/// How long workers that were just started may take to answer, and the pause between two tries.
const THERE_WITHIN: Duration = Duration::from_secs(10);
const THERE_PAUSE: Duration = Duration::from_millis(5);

/// How long the admin service may take to say that it is there, and how long it may take each time
/// that it is asked.
const FOUND_WITHIN: Duration = Duration::from_secs(3);
const FOUND_STEP: Duration = Duration::from_millis(500);

/// How long nodes may take to report their status.
const STATUS_WITHIN: Duration = Duration::from_millis(300);

/// Largest bundle that travels within the message. A larger one travels through the object bucket
/// in pieces, and the message has only its digest.
const INLINE_MAX: usize = 128 * 1024;

/// A connection to the edge's admin service.
pub struct Client {
    bus: Arc<dyn Bus>,
    requester: Requester,
    /// For requests and answers that are larger than the bus carries.
    large_payloads: Arc<LargePayloads>,
    /// Set once the admin service has answered a person.
    found: OnceCell<()>,
}

// === impl Client ===

impl Client {
    /// Connects to the cluster's NATS server. Fails within three seconds if it cannot.
    pub async fn connect(global: &Global) -> Result<Self, CommandError> {
        let url = global.nats.as_deref().unwrap_or(NATS_DEFAULT);
        let creds = match global.creds.as_slice() {
            [] => local_identities::find(url),
            [creds] => Some(creds.clone()),
            [_, _, ..] => {
                let why = "a command is for one tenant; give it one credentials file";
                return Err(CommandError::usage(why));
            }
        };
        let options = NatsOptions {
            servers: url.split(',').map(str::to_owned).collect(),
            creds,
            ca: global.nats_ca.clone(),
            name: "brink command line".to_owned(),
        };
        let bus = NatsBus::connect(options).await.map_err(CommandError::failed)?;
        let mut link = bus.link();
        let up = link.wait_for(|link| *link == Link::Up);
        match tokio::time::timeout(CONNECT_WITHIN, up).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) | Err(_) => return Err(unreachable_server(url, &bus).await),
        }
        Self::on(bus).await
    }

    /// Uses this bus to speak to the edge.
    pub async fn on(bus: Arc<dyn Bus>) -> Result<Self, CommandError> {
        let requester = Requester::new(bus.clone()).await.map_err(CommandError::failed)?;
        let large_payloads =
            LargePayloads::start(bus.clone(), "client").await.map_err(CommandError::failed)?;
        Ok(Self { bus, requester, large_payloads, found: OnceCell::new() })
    }

    /// The bus.
    pub fn bus(&self) -> &Arc<dyn Bus> {
        &self.bus
    }

    /// Sends a request to the admin service.
    pub async fn ask<Q: Serialize, A: DeserializeOwned>(
        &self,
        noun: &str,
        verb: &str,
        request: &Q,
    ) -> Result<A, CommandError> {
        self.ask_by(Instant::now(), ANSWER_WITHIN, noun, verb, request).await
    }

    /// Sends a request to the admin service of an edge whose workers were just started.
    pub async fn ask_when_there<Q: Serialize, A: DeserializeOwned>(
        &self,
        noun: &str,
        verb: &str,
        request: &Q,
    ) -> Result<A, CommandError> {
        self.ask_by(Instant::now() + THERE_WITHIN, ANSWER_WITHIN, noun, verb, request).await
    }

    /// All items of a listing, page by page.
    pub async fn list<T: DeserializeOwned>(
        &self,
        noun: &str,
        verb: &str,
        query: ListQuery,
    ) -> Result<Vec<T>, CommandError> {
        self.list_by(Instant::now(), noun, verb, query).await
    }

    /// The same at an edge whose workers were just started.
    pub async fn list_when_there<T: DeserializeOwned>(
        &self,
        noun: &str,
        verb: &str,
        query: ListQuery,
    ) -> Result<Vec<T>, CommandError> {
        self.list_by(Instant::now() + THERE_WITHIN, noun, verb, query).await
    }

    async fn list_by<T: DeserializeOwned>(
        &self,
        until: Instant,
        noun: &str,
        verb: &str,
        query: ListQuery,
    ) -> Result<Vec<T>, CommandError> {
        let mut query = ListQuery { max_items: Some(ITEMS_MAX), ..query };
        let mut all = Vec::new();
        loop {
            let page: Page<T> = self.ask_by(until, ANSWER_WITHIN, noun, verb, &query).await?;
            all.extend(page.items);
            // A marker that does not move on would never end.
            query.marker = page.next_marker.filter(|next| query.marker.as_ref() != Some(next));
            if query.marker.is_none() {
                return Ok(all);
            }
        }
    }

    /// Sends a request, and waits `within` for its answer. If no worker is there, sends it again
    /// until this moment.
    async fn ask_by<Q: Serialize, A: DeserializeOwned>(
        &self,
        until: Instant,
        within: Duration,
        noun: &str,
        verb: &str,
        request: &Q,
    ) -> Result<A, CommandError> {
        let mut payload = Bytes::from(serde_json::to_vec(request).map_err(CommandError::failed)?);
        let mut kept = None;
        if payload.len() > self.large_payloads.inline_max() {
            let whole =
                self.large_payloads.keep(payload, ANSWER_WITHIN).map_err(CommandError::failed)?;
            let request = LargeRequest { claim_check: whole.claim_check().clone() };
            payload = serde_json::to_vec(&request).map_err(CommandError::failed)?.into();
            kept = Some(whole);
        }
        let subject = subject::admin(noun, verb);
        // Without a connection nothing is sent.
        let unsent = *self.bus.link().borrow() == Link::Down;
        let unanswered = |error: BusError| match undecided(noun, verb) {
            Some(advice) if !unsent => CommandError::failed(format!(
                "{error}; it is not known whether this was done: {advice}"
            )),
            _ => CommandError::failed(error),
        };
        let answer = loop {
            let asked = match self.found.get_or_try_init(|| self.find_service()).await {
                Ok(_) => self.requester.request(&subject, payload.clone(), within).await,
                Err(error) => Err(error),
            };
            match asked {
                Ok(answer) => break answer,
                Err(BusError::NoResponders(_)) if Instant::now() < until => {
                    tokio::time::sleep(THERE_PAUSE).await;
                }
                Err(BusError::NoResponders(_)) => {
                    return Err(CommandError::failed(
                        "no worker answers: start one with `brink worker`, or everything with \
                         `brink up`",
                    ));
                }
                Err(error @ (BusError::Away(_) | BusError::Timeout { .. })) => {
                    return Err(unanswered(error));
                }
                Err(error) => return Err(CommandError::failed(error)),
            }
        };
        drop(kept);
        let not_understood = |error: &dyn std::fmt::Display| {
            CommandError::failed(format!(
                "this brink does not understand the answer of {subject} ({error}); do both run \
                 the same version?"
            ))
        };
        // A worker of a newer release may add fields that are not known here.
        let mut reply = document::read(&answer);
        if let Ok(Reply::ClaimCheck(claim_check)) = &reply {
            let whole = self.large_payloads.fetch(claim_check, ANSWER_WITHIN).await;
            let whole = whole.map_err(|error| match undecided(noun, verb) {
                Some(_) => CommandError::failed(format!("this was answered, but {error}")),
                None => CommandError::failed(error),
            });
            reply = document::read(&whole?);
        }
        match reply {
            Ok(Reply::Ok(answer)) => Ok(answer),
            Ok(Reply::Error(error)) => Err(error.into()),
            Ok(Reply::ClaimCheck(_)) => Err(not_understood(&"a claim check for a claim check")),
            Err(error) => Err(not_understood(&error)),
        }
    }

    /// Whether this process has the credentials of a person.
    fn is_person(&self) -> bool {
        let role = self.bus.identity().and_then(|own| own.role);
        role.is_some_and(Role::is_person)
    }

    /// Asks a person's identity of the admin service, which changes nothing. Requests of people go to
    /// another account, and the server may not say that no worker is there. So this finds out before
    /// the first request, whose answer would be waited for in vain. A worker that was just started is
    /// found.
    async fn find_service(&self) -> Result<(), BusError> {
        if !self.is_person() {
            return Ok(());
        }
        let subject = subject::admin("identity", "show");
        let until = Instant::now() + FOUND_WITHIN;
        loop {
            let asked = Bytes::from_static(b"{}");
            match self.requester.request(&subject, asked, FOUND_STEP).await {
                Ok(_) => return Ok(()),
                Err(BusError::Timeout { .. }) if Instant::now() < until => {}
                Err(BusError::NoResponders(_)) if Instant::now() < until => {
                    tokio::time::sleep(THERE_PAUSE).await;
                }
                Err(BusError::Timeout { .. }) => return Err(BusError::NoResponders(subject)),
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes the next version of a function, if it answers these events by the contract.
    pub async fn publish(
        &self,
        name: &FunctionName,
        settings: &FunctionSettings,
        bundle: &Bundle,
        secrets: &Secrets,
        events: Vec<serde_json::Value>,
    ) -> Result<Published, CommandError> {
        let sealed = self.seal(name, secrets).await?;
        let mut request = Publish {
            name: name.clone(),
            settings: settings.clone(),
            files: std::collections::BTreeMap::new(),
            bundle: None,
            events,
            secrets: sealed,
        };
        let (files, bytes) = (bundle.files().len(), bundle.size());
        let mut within = ANSWER_WITHIN;
        if bytes > INLINE_MAX {
            within += answer_later(bytes as u64);
            let _progress = Progress::of_bytes("sending", files, bytes as u64);
            request.bundle = Some(self.put(bundle).await?);
        } else {
            let files = bundle.files().iter();
            request.files = files.map(|(path, data)| (path.clone(), content(data))).collect();
        }
        let _progress = Progress::of_bytes("trying the function out with", files, bytes as u64);
        self.ask_by(Instant::now(), within, "function", "publish", &request).await
    }

    /// Seals values to the workers' key; nothing else of them leaves this process.
    async fn seal(
        &self,
        function: &FunctionName,
        secrets: &Secrets,
    ) -> Result<SealedSecrets, CommandError> {
        if secrets.is_empty() {
            return Ok(SealedSecrets::new());
        }
        let SecretsKey { key } = self.ask("secret", "key", &serde_json::json!({})).await?;
        let sealed = secrets.iter().map(|(name, value)| {
            let sealed = value.seal(&key, function, name);
            let sealed = sealed.map_err(|e| CommandError::failed(format!("secret {name}: {e}")))?;
            Ok((name.clone(), sealed))
        });
        sealed.collect()
    }

    /// The status reports of all nodes that answer within a third of a second.
    pub async fn status(&self) -> Result<Vec<NodeStatus>, CommandError> {
        let asked = async {
            let requester = Requester::for_gateways(self.bus.clone()).await?;
            requester.gather(subject::STATUS, Bytes::new(), STATUS_WITHIN).await
        };
        let answers = match asked.await {
            Ok(answers) => answers,
            Err(BusError::NoResponders(_)) => Vec::new(),
            Err(error) => return Err(CommandError::failed(error)),
        };
        // A node of another version may send a report that cannot be read; the others still count.
        let read = |answer: &Bytes| serde_json::from_slice::<NodeStatus>(answer).ok();
        let mut nodes: Vec<NodeStatus> = answers.iter().filter_map(read).collect();
        nodes.sort_by(|a, b| a.node.cmp(&b.node));
        Ok(nodes)
    }

    async fn put(&self, bundle: &Bundle) -> Result<BundleDigest, CommandError> {
        let (digest, bytes) = encode_bundle(bundle).await.map_err(CommandError::failed)?;
        let bus = self.bus.clone();
        let put = async {
            match self.is_person() {
                true => Uploads::open(bus).await?.put(&digest, bytes).await,
                false => Store::open(bus).await?.put_encoded(&digest, bytes).await,
            }
        };
        put.await.map_err(CommandError::failed)?;
        Ok(digest)
    }
}

/// The advice if a request that changes something gets no answer. Other requests are just repeated.
fn undecided(noun: &str, verb: &str) -> Option<&'static str> {
    let advice = match (noun, verb) {
        ("function", "publish") => {
            "publish again; if the version exists already, no other one is made (`brink function show`)"
        }
        ("function", "delete") => "check with `brink function list`, or delete again",
        ("distribution", "apply") => {
            "check with `brink distribution history`; applying again makes one more revision"
        }
        ("distribution", "rollback") => {
            "check with `brink distribution history` first; a second rollback may undo the first"
        }
        ("distribution", "delete") => "check with `brink distribution list`, or delete again",
        ("cache", "invalidate") => "invalidate again; that does no harm",
        ("registry", "prune") => "prune again; that continues it",
        _ => return None,
    };
    Some(advice)
}

fn content(data: &Bytes) -> FileContent {
    match std::str::from_utf8(data) {
        Ok(text) => FileContent::Text(text.to_owned()),
        Err(_) => FileContent::Base64 { base64: data_encoding::BASE64.encode(data) },
    }
}

/// Why there is no connection: the server says so, or there is none.
async fn unreachable_server(url: &str, bus: &NatsBus) -> CommandError {
    if let Err(BusError::Away(reason)) = bus.flush().await
        && reason.starts_with("the NATS server")
    {
        return CommandError::failed(format!("{reason} ({url})"));
    }
    CommandError::failed(format!(
        "no NATS server answers at {url}: start a local cluster with `brink up`, or name yours \
         with --nats URL"
    ))
}
