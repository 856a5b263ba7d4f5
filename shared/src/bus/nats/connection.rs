//! The connection to the NATS servers, and its state.
//!
//! The client library reconnects by itself, and lets callers wait without end in the meantime. Here
//! every wait has a deadline. While the link is down, the answer is [`BusError::Away`] at once.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, ServerAddr, ServerInfo, jetstream};
use tokio::time::{Instant, Interval, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::health::Health;
use super::options::NatsOptions;
use super::replicas::Replicas;
use crate::bus::{BusError, Link, SUBSCRIPTION_CAPACITY_MAX};
use crate::clock::BusClock;
use crate::identity::Identity;
use crate::identity::accounts::RECORD_API;
use crate::subject;

/// Oldest version of a server that has all that Brink needs: leaf nodes share load rightly,
/// JetStream has message TTLs, and no client can forge its identity.
pub const OLDEST_SERVER: (u16, u16, u16) = (2, 12, 6);

/// Commands that wait for the connection's task; then senders wait for [`ENQUEUE_DEADLINE`].
const CLIENT_CAPACITY: usize = 2048;

/// A server that answers none of three pings at this interval counts as dead.
const PING_INTERVAL: Duration = Duration::from_secs(5);

/// Longest wait for room in the outgoing buffer.
const ENQUEUE_DEADLINE: Duration = Duration::from_secs(1);

/// Longest wait for an answer of JetStream.
const JETSTREAM_DEADLINE: Duration = Duration::from_secs(5);

/// How often the state is checked in addition to the library's events, which may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Words of a server whose storage, or the bound of the account, is used up (its codes 10002 and
/// 10047).
const FULL: [&str; 2] = ["insufficient storage resources", "resource limits exceeded for account"];

/// A connection, for the parts of the bus that use it.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) jetstream: jetstream::Context,
    /// JetStream with the record of changes.
    record: jetstream::Context,
    pub(super) health: Arc<Health>,
    pub(super) clock: Arc<BusClock>,
    /// Cancelled when the bus is closed and everything has been delivered.
    pub(super) closed: CancellationToken,
    /// Who this process is; none on an open bus.
    pub(super) identity: Option<Arc<Identity>>,
    /// A part of the names of this process's inboxes, which no other process has.
    pub(super) own: Arc<str>,
    /// How many replicas streams get; `None` leaves them as they are.
    pub(super) replicas: Option<Replicas>,
}

// === impl Connection ===

impl Connection {
    /// Starts to connect and returns at once.
    pub(super) async fn open(
        options: &NatsOptions,
        replicas: Option<Replicas>,
        clock: BusClock,
    ) -> Result<Self, BusError> {
        let identity = options.creds.as_deref().map(Identity::read).transpose();
        let identity = identity.map_err(|error| rejected("connect to NATS", &error))?.map(Arc::new);
        let name = identity.as_ref().map_or(options.name.as_str(), |own| own.name.as_str());
        let own = own_part(name);
        let servers = addresses(&options.servers)?;
        let health = Arc::new(Health::new(&options.servers, identity.is_some()));
        let mut settings = ConnectOptions::new()
            .name(&options.name)
            .retry_on_initial_connect()
            .ping_interval(PING_INTERVAL)
            .client_capacity(CLIENT_CAPACITY)
            .subscription_capacity(SUBSCRIPTION_CAPACITY_MAX)
            .custom_inbox_prefix(format!("_INBOX.{own}"))
            // Every subject was checked before it comes here.
            .skip_subject_validation(true)
            .reconnect_delay_callback({
                let health = health.clone();
                move |attempt| health.pause_before(attempt)
            })
            .event_callback({
                let health = health.clone();
                move |event| {
                    health.see(event);
                    std::future::ready(())
                }
            });
        if let Some(path) = &options.ca {
            settings = settings.add_root_certificates(path.clone());
        }
        if let Some(path) = &options.creds {
            settings = with_credentials(settings, path).await?;
        }
        let connected = settings.connect(servers).await;
        let client = connected.map_err(|error| rejected("connect to NATS", &error))?;
        let mut jetstream = jetstream::new(client.clone());
        let mut record = match identity {
            Some(_) => jetstream::with_prefix(client.clone(), RECORD_API),
            None => jetstream.clone(),
        };
        // Longer than the deadline here, which also ends when the link goes down.
        jetstream.set_timeout(2 * JETSTREAM_DEADLINE);
        record.set_timeout(2 * JETSTREAM_DEADLINE);
        let (clock, closed) = (Arc::new(clock), CancellationToken::new());
        let own = own.into();
        Ok(Self { client, jetstream, record, health, clock, closed, identity, own, replicas })
    }

    /// JetStream with this stream.
    pub(super) fn jetstream_of(&self, stream: &str) -> &jetstream::Context {
        if stream == subject::AUDIT_STREAM { &self.record } else { &self.jetstream }
    }

    /// Keeps the link's state right even if the library's events are lost, and looks at each server.
    /// Runs until closed.
    pub(super) async fn watch_state(self) {
        let mut look = interval(LOOK_EVERY);
        let mut seen = String::new();
        let next = async |look: &mut Interval| {
            tokio::select! {
                _ = look.tick() => {}
                () = self.health.connected.notified() => {}
            }
        };
        while self.closed.run_until_cancelled(next(&mut look)).await.is_some() {
            if let Some(server) = self.client.try_server_info()
                && server.server_id != seen
            {
                self.judge(&server);
                seen = server.server_id;
            }
            self.health.set(self.is_up());
        }
    }

    /// Warns of a server that is too old. With an identity it is not used at all.
    fn judge(&self, server: &ServerInfo) {
        let (name, version) = (&server.server_name, &server.version);
        let (major, minor, patch) = OLDEST_SERVER;
        if self.client.is_server_compatible(major.into(), minor.into(), patch.into()) {
            return self.health.judge(None);
        }
        let oldest = format!("{major}.{minor}.{patch}");
        if self.identity.is_none() {
            tracing::warn!(name, version, "this NATS server is older than {oldest}; update it");
            return self.health.judge(None);
        }
        self.health.judge(Some(format!(
            "the NATS server {name} has version {version}, which lets clients forge their \
             identity; update it to {oldest} or newer"
        )));
    }

    /// Whether messages can be carried now.
    fn is_up(&self) -> bool {
        self.client.connection_state() == State::Connected
            && !self.health.is_closing()
            && self.health.is_fit()
    }

    /// An error if messages cannot be carried now.
    pub(super) fn check_up(&self) -> Result<(), BusError> {
        if self.is_up() { Ok(()) } else { Err(self.health.away()) }
    }

    /// An error if the bus was closed. A subscription that is made while the link is down works
    /// once the link is up.
    pub(super) fn check_open(&self) -> Result<(), BusError> {
        if self.health.is_closing() { Err(BusError::closed()) } else { Ok(()) }
    }

    /// Waits for room in the outgoing buffer.
    pub(super) async fn enqueue<T, E>(
        &self,
        what: &str,
        command: impl Future<Output = Result<T, E>>,
    ) -> Result<T, BusError>
    where
        E: std::error::Error + 'static,
    {
        match timeout(ENQUEUE_DEADLINE, command).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(rejected(what, &error)),
            Err(_) => Err(self.health.away()),
        }
    }

    /// Waits for an answer of JetStream: until the default deadline, or until the link is down.
    pub(super) async fn ask<T>(
        &self,
        what: &str,
        answer: impl Future<Output = T>,
    ) -> Result<T, BusError> {
        self.ask_within(JETSTREAM_DEADLINE, what, answer).await
    }

    /// Waits for an answer of JetStream: until the deadline, or until the link is down.
    pub(super) async fn ask_within<T>(
        &self,
        waited: Duration,
        what: &str,
        answer: impl Future<Output = T>,
    ) -> Result<T, BusError> {
        self.check_up()?;
        let mut link = self.health.link();
        let began = Instant::now();
        tokio::select! {
            answer = timeout(waited, answer) => answer.map_err(|_| self.unanswered(what, began)),
            _ = link.wait_for(|link| *link == Link::Down) => Err(BusError::lost()),
        }
    }

    /// The error for an answer that did not come. The server denies a request with a message that
    /// does not name it, so the newest one since the request counts.
    fn unanswered(&self, what: &str, began: Instant) -> BusError {
        match &*self.health.denied().borrow() {
            Some(denial) if denial.at >= began => {
                BusError::Denied { what: what.to_owned(), why: denial.to_string() }
            }
            _ => BusError::Timeout {
                subject: format!("the request to {what}"),
                waited: began.elapsed(),
            },
        }
    }

    /// Sends what was published, ends every subscription after what it was given, and closes.
    pub(super) async fn close(&self) {
        if self.health.begin_closing() && self.client.connection_state() == State::Connected {
            // Messages that cannot be sent in time are lost, as with any broken connection.
            let _ = timeout(ENQUEUE_DEADLINE, self.client.flush()).await;
            let _ = timeout(ENQUEUE_DEADLINE, self.client.drain()).await;
            let _ = timeout(ENQUEUE_DEADLINE, self.health.ended()).await;
        }
        self.health.set(false);
        self.closed.cancel();
    }
}

fn addresses(servers: &[String]) -> Result<Vec<ServerAddr>, BusError> {
    if servers.is_empty() {
        return Err(BusError::Rejected {
            what: "connect to NATS".to_owned(),
            why: "no server is given".to_owned(),
        });
    }
    let parse = |server: &String| {
        let address = server.parse::<ServerAddr>();
        address.map_err(|error| rejected(&format!("connect to {server:?}"), &error))
    };
    servers.iter().map(parse).collect()
}

async fn with_credentials(
    options: ConnectOptions,
    path: &Path,
) -> Result<ConnectOptions, BusError> {
    let read = options.credentials_file(path).await;
    read.map_err(|error| rejected(&format!("read the credentials in {}", path.display()), &error))
}

/// The part of inboxes' names that no other process has. It begins with the name of the process, to
/// which the server restricts an identity.
fn own_part(name: &str) -> String {
    let token = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }
    };
    let name: String = name.chars().map(token).collect();
    let name = if name.is_empty() { "brink" } else { &name };
    format!("{name}.{:016x}", rand::random::<u64>())
}

/// The library's error in our words.
pub(super) fn rejected(what: &str, error: &(dyn std::error::Error + 'static)) -> BusError {
    let mut why = error.to_string();
    if FULL.iter().any(|words| why.contains(words)) {
        why = format!(
            "the NATS servers have no more storage for this tenant; remove what is not needed \
             (`brink prune`), or have the operator of the cluster give it more (`brink bus tenant NAME \
             --storage-mb MB`) ({why})"
        );
    }
    BusError::Rejected { what: what.to_owned(), why }
}

pub(super) fn no_direct_get(what: String) -> BusError {
    BusError::Rejected {
        what,
        why: "the stream does not exist, or cannot be read in pages (its setting allow_direct)"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::name;

    #[test]
    fn inboxes_are_named_after_the_connection() {
        let one = own_part("gateway 1.eu");
        assert!(one.starts_with("gateway_1_eu."), "{one}");
        assert_ne!(one, own_part("gateway 1.eu"));
        assert!(name::check_subject(&own_part("")).is_ok());
    }
}
