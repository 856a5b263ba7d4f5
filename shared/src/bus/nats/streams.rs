//! The streams that a connection finds, and how many replicas they get.

use std::time::Duration;

use async_nats::jetstream::stream;
use tokio::time::sleep;

use super::connection::{Connection, rejected};
use super::replicas::Replicas;
use crate::bus::BusError;
use crate::identity::Role;

/// Words of a server that has too few other servers for the replicas of a stream (its codes 10005
/// and 10074).
const TOO_FEW: [&str; 3] =
    ["no suitable peers", "replicas > 1 not supported", "insufficient resources"];

/// Pauses before further looks for a stream while JetStream is not there yet.
const LOADING: [Duration; 6] = [
    Duration::from_millis(20),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];

/// The result of looking for a stream.
enum LookedUp {
    Found(Box<stream::Info>),
    Missing,
    /// There is no JetStream.
    Without,
}

// === impl Connection ===

impl Connection {
    /// Whether the stream exists. If so, it gets as many replicas as are set.
    pub(super) async fn has_stream(&self, stream: &str) -> Result<bool, BusError> {
        Ok(self.replicated(stream).await?.is_some())
    }

    /// An error if the role of this process may not make streams. Asking the server would tell that
    /// only after the deadline.
    pub(super) fn check_makes(&self, what: &str) -> Result<(), BusError> {
        let role = self.identity.as_ref().and_then(|own| own.role);
        if matches!(role, None | Some(Role::Admin)) {
            return Ok(());
        }
        let why = "it does not exist; a worker with the role admin makes it when it starts";
        Err(BusError::Rejected { what: what.to_owned(), why: why.to_owned() })
    }

    /// JetStream's description of the stream, if it exists. It gets as many replicas as are set.
    pub(super) async fn replicated(&self, stream: &str) -> Result<Option<stream::Info>, BusError> {
        let Some(info) = self.stream(stream).await? else { return Ok(None) };
        self.replicate(info.config.clone()).await;
        Ok(Some(info))
    }

    /// JetStream's description of the stream; `None` if there is no such stream. If there is no
    /// JetStream, the error says so.
    ///
    /// With identities, JetStream is in another account, which the server loads when somebody first
    /// needs it. Until then it answers that there is none.
    pub(super) async fn stream(&self, stream: &str) -> Result<Option<stream::Info>, BusError> {
        let what = format!("look up the stream {stream}");
        for pause in LOADING {
            match self.look_up(&what, stream).await? {
                LookedUp::Without if self.identity.is_some() => sleep(pause).await,
                LookedUp::Without => break,
                LookedUp::Found(info) => return Ok(Some(*info)),
                LookedUp::Missing => return Ok(None),
            }
        }
        Err(no_jetstream(what))
    }

    async fn look_up(&self, what: &str, stream: &str) -> Result<LookedUp, BusError> {
        use async_nats::jetstream::ErrorCode;
        use async_nats::jetstream::context::{GetStreamErrorKind, RequestError, RequestErrorKind};
        use std::error::Error;

        let error = match self.ask(what, self.jetstream_of(stream).get_stream(stream)).await? {
            Ok(stream) => return Ok(LookedUp::Found(Box::new(stream.cached_info().clone()))),
            Err(error) => error,
        };
        let asked = error.source().and_then(|source| source.downcast_ref::<RequestError>());
        let code = match error.kind() {
            GetStreamErrorKind::JetStream(answer) => Some(answer.error_code()),
            _ => None,
        };
        match (code, asked.map(RequestError::kind)) {
            (Some(ErrorCode::STREAM_NOT_FOUND), _) => Ok(LookedUp::Missing),
            (Some(ErrorCode::JETSTREAM_NOT_ENABLED), _)
            | (Some(ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT), _)
            | (_, Some(RequestErrorKind::NoResponders)) => Ok(LookedUp::Without),
            _ => Err(rejected(what, &error)),
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
        let changed = self.ask(&what, self.jetstream_of(&name).update_stream(changed)).await;
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

    /// Takes from everybody who may write one subject of a stream the power to remove all others: the
    /// header `Nats-Rollup` does that, and the library lets buckets have it. If it fails, the next
    /// worker that starts tries again.
    pub(super) async fn forbid_rollup(&self, config: &stream::Config) {
        let what = format!("forbid rollups of the stream {}", config.name);
        if !config.allow_rollup || self.check_makes(&what).is_err() {
            return;
        }
        let jetstream = self.jetstream_of(&config.name);
        let config = stream::Config { allow_rollup: false, ..config.clone() };
        let changed = self.ask(&what, jetstream.update_stream(config)).await;
        let changed = changed.and_then(|done| done.map_err(|error| rejected(&what, &error)));
        if let Err(error) = changed {
            tracing::warn!(%error, "who may write one record of a bucket may remove all others");
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
}

fn no_jetstream(what: String) -> BusError {
    BusError::Rejected {
        what,
        why: "JetStream is not enabled; start nats-server with -js, or enable it for the account"
            .to_owned(),
    }
}
