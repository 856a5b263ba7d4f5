//! The connection to the NATS servers, and its state.
//!
//! The client library reconnects by itself, and lets callers wait without end in the meantime. Here
//! every wait has a deadline. While the link is down, the answer is [`BusError::Away`] at once.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::stream;
use async_nats::{Client, ConnectOptions, ServerAddr, ServerInfo, jetstream};
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;

use super::health::Health;
use super::options::NatsOptions;
use super::replicas::Replicas;
use crate::bus::{BusError, Link, SUBSCRIPTION_CAPACITY_MAX};
use crate::clock::BusClock;

/// Oldest version of a server that has all that Brink needs: leaf nodes share load rightly, and
/// JetStream has message TTLs.
pub const OLDEST_SERVER: (u16, u16) = (2, 12);

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

/// Words of a server that has too few other servers for the replicas of a stream (its codes 10005
/// and 10074).
const TOO_FEW: [&str; 3] =
    ["no suitable peers", "replicas > 1 not supported", "insufficient resources"];

/// A connection, for the parts of the bus that use it.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) jetstream: jetstream::Context,
    pub(super) health: Arc<Health>,
    pub(super) clock: Arc<BusClock>,
    /// Cancelled when the bus is closed and everything has been delivered.
    pub(super) closed: CancellationToken,
    /// How many replicas streams get; `None` leaves them as they are.
    replicas: Option<Replicas>,
}

// === impl Connection ===

impl Connection {
    /// Starts to connect and returns at once.
    pub(super) async fn open(
        options: &NatsOptions,
        replicas: Option<Replicas>,
        inbox: &str,
        clock: BusClock,
    ) -> Result<Self, BusError> {
        let servers = addresses(&options.servers)?;
        let health = Arc::new(Health::new(&options.servers));
        let mut settings = ConnectOptions::new()
            .name(&options.name)
            .retry_on_initial_connect()
            .ping_interval(PING_INTERVAL)
            .client_capacity(CLIENT_CAPACITY)
            .subscription_capacity(SUBSCRIPTION_CAPACITY_MAX)
            .custom_inbox_prefix(inbox)
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
        if let Some(path) = &options.creds {
            settings = with_credentials(settings, path).await?;
        }
        let connected = settings.connect(servers).await;
        let client = connected.map_err(|error| rejected("connect to NATS", &error))?;
        let mut jetstream = jetstream::new(client.clone());
        // Longer than the deadline here, which also ends when the link goes down.
        jetstream.set_timeout(2 * JETSTREAM_DEADLINE);
        let (clock, closed) = (Arc::new(clock), CancellationToken::new());
        Ok(Self { client, jetstream, health, clock, closed, replicas })
    }

    /// Keeps the link's state right even if the library's events are lost, and warns of each server
    /// that is too old. Runs until closed.
    pub(super) async fn watch_state(self) {
        let mut look = interval(LOOK_EVERY);
        let mut seen = String::new();
        while self.closed.run_until_cancelled(look.tick()).await.is_some() {
            self.health.set(self.is_up());
            if let Some(server) = self.client.try_server_info()
                && server.server_id != seen
            {
                advise(&self.client, &server);
                seen = server.server_id;
            }
        }
    }

    /// Whether messages can be carried now.
    fn is_up(&self) -> bool {
        self.client.connection_state() == State::Connected && !self.health.is_closing()
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
        tokio::select! {
            answer = timeout(waited, answer) => answer.map_err(|_| BusError::Timeout {
                subject: format!("the request to {what}"),
                waited,
            }),
            _ = link.wait_for(|link| *link == Link::Down) => Err(BusError::lost()),
        }
    }

    /// Whether the stream exists. If so, it gets as many replicas as are set.
    pub(super) async fn has_stream(&self, stream: &str) -> Result<bool, BusError> {
        let Some(info) = self.stream(stream).await? else { return Ok(false) };
        self.replicate(info.config).await;
        Ok(true)
    }

    /// JetStream's description of the stream; `None` if there is no such stream. If there is no
    /// JetStream, the error says so.
    pub(super) async fn stream(&self, stream: &str) -> Result<Option<stream::Info>, BusError> {
        use async_nats::jetstream::ErrorCode;
        use async_nats::jetstream::context::{GetStreamErrorKind, RequestError, RequestErrorKind};
        use std::error::Error;

        let what = format!("look up the stream {stream}");
        let error = match self.ask(&what, self.jetstream.get_stream(stream)).await? {
            Ok(stream) => return Ok(Some(stream.cached_info().clone())),
            Err(error) => error,
        };
        let asked = error.source().and_then(|source| source.downcast_ref::<RequestError>());
        let code = match error.kind() {
            GetStreamErrorKind::JetStream(answer) => Some(answer.error_code()),
            _ => None,
        };
        match (code, asked.map(RequestError::kind)) {
            (Some(ErrorCode::STREAM_NOT_FOUND), _) => Ok(None),
            (Some(ErrorCode::JETSTREAM_NOT_ENABLED), _)
            | (Some(ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT), _)
            | (_, Some(RequestErrorKind::NoResponders)) => Err(no_jetstream(what)),
            _ => Err(rejected(&what, &error)),
        }
    }

    /// How many replicas a new stream has.
    pub(super) fn replicas(&self) -> usize {
        self.replicas.map_or(1, Replicas::count)
    }

    /// Gives a stream as many replicas as are set. If that fails, the stream keeps its replicas,
    /// because its messages are needed now.
    async fn replicate(&self, config: stream::Config) {
        let (has, wanted) = (config.num_replicas, self.replicas());
        if self.replicas.is_none() || has == wanted {
            return;
        }
        let name = config.name.clone();
        let what = format!("give the stream {name} {wanted} replicas in place of {has}");
        let changed = stream::Config { num_replicas: wanted, ..config };
        let changed = self.ask(&what, self.jetstream.update_stream(changed)).await;
        let changed = changed.and_then(|done| done.map_err(|error| self.not_made(&what, &error)));
        match changed {
            Ok(_) => {
                tracing::info!(stream = name, has, wanted, "a stream has a new number of replicas")
            }
            Err(error) => {
                tracing::error!(%error, "cannot change the number of replicas; the stream keeps {has}")
            }
        }
    }

    /// The error for a stream that could not be made or changed.
    pub(super) fn not_made(
        &self,
        what: &str,
        error: &(dyn std::error::Error + 'static),
    ) -> BusError {
        let wanted = self.replicas();
        let BusError::Rejected { what, why } = rejected(what, error) else {
            return BusError::lost();
        };
        if wanted == 1 || !TOO_FEW.iter().any(|words| why.contains(words)) {
            return BusError::Rejected { what, why };
        }
        let why = format!(
            "the setting `replicas` asks for {wanted} NATS servers with JetStream in one cluster, \
             and there are fewer; start more of them, or set fewer replicas ({why})"
        );
        BusError::Rejected { what, why }
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

/// Warns of servers that Brink does not fully work with.
fn advise(client: &Client, server: &ServerInfo) {
    let (name, version) = (&server.server_name, &server.version);
    let (major, minor) = OLDEST_SERVER;
    if !client.is_server_compatible(major.into(), minor.into(), 0) {
        tracing::warn!(name, version, "this NATS server is older than {major}.{minor}; update it");
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

/// The library's error in our words.
pub(super) fn rejected(what: &str, error: &(dyn std::error::Error + 'static)) -> BusError {
    BusError::Rejected { what: what.to_owned(), why: error.to_string() }
}

fn no_jetstream(what: String) -> BusError {
    BusError::Rejected {
        what,
        why: "JetStream is not enabled; start nats-server with -js, or enable it for the account"
            .to_owned(),
    }
}
