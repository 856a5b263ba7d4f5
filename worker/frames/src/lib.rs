//! What supervisor and sandbox say to each other over their socket.
//!
//! Frames are MessagePack behind a four-byte length. What comes from a sandbox is untrusted: the
//! user's code may have taken it over, so the supervisor checks sizes, ids and order.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio_util::codec::LengthDelimitedCodec;

use brink_shared::confinement::LayerStatus;
use brink_shared::registry::Bundle;
use brink_shared::registry::function::FunctionSettings;
pub use brink_shared::registry::role::LogLevel;
use brink_shared::secret::Secrets;
use brink_shared::wire::{Failure, Payload, Run, UnixMillis};

/// Largest frame, in bytes. A bundle of the largest size fits.
pub const FRAME_MAX: usize = 64 * 1024 * 1024;

/// Type of the [`Failure`], of kind `Limit`, with which a sandbox gives up an event whose time is
/// over. The supervisor finds the words for it.
pub const GIVEN_UP: &str = "Sandbox.Timedout";

/// Type of the [`Failure`] of an event that used more CPU time than it may.
pub const CPU_EXCEEDED: &str = "Sandbox.CpuExceeded";

/// Name of a thread that runs environments, before its number.
pub const THREAD_NAME: &str = "env-";

/// The number of the thread that starts the version.
pub const STARTER: u32 = 0;

/// Memory that a sandbox may use beyond its function's, in MB: the runtime itself, its threads,
/// and the events and bundles that it holds.
pub const MEMORY_BASE_MB: u32 = 64;

/// One event in a sandbox; chosen by the supervisor, never used twice in one sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventId(pub u64);

/// One outgoing call of a function; chosen by the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallId(pub u64);

/// Supervisor to sandbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToSandbox {
    /// The version that this sandbox is to run. Comes once, first.
    Load(Box<Load>),
    /// An event to run. The sandbox begins it at once; the supervisor sends no more than
    /// `environments` at a time.
    Invoke(Invoke),
    /// The answer to a [`FromSandbox::Call`]. The sandbox may have cancelled it meanwhile.
    CallDone {
        /// Which call.
        call: CallId,
        /// The response, or why there is none.
        result: CallResult,
    },
}

/// A version and its limits, as the sandbox needs them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Load {
    /// The function's name, for `context`.
    pub function: String,
    /// The version's number, for `context`; 0 where there is none (`brink run`).
    pub version: u32,
    /// `file.export`.
    pub handler: String,
    /// Memory limit, for `context`.
    pub memory_mb: u32,
    /// The function's environment variables.
    pub env: BTreeMap<String, String>,
    /// The values of its secrets, which it finds among them.
    #[serde(with = "brink_shared::secret::exposed")]
    pub secrets: Secrets,
    /// Its files.
    pub bundle: Bundle,
    /// Most execution environments at a time.
    pub environments: u32,
    /// What the sandbox sees to by itself.
    pub bounds: Bounds,
}

/// The limits that hold within a sandbox; see [`brink_shared::limits`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// For an environment to start, however much CPU time it uses.
    pub startup: Duration,
    /// CPU time of an event: more fails it.
    pub cpu_hard: Option<Duration>,
    /// CPU time of an event: more costs its environment.
    pub cpu_soft: Duration,
    /// Text in a returned value, in bytes.
    pub response_size: u64,
    /// Log of an event, in bytes.
    pub log_size: u64,
    /// Live timers of an environment.
    pub timers: u32,
    /// Log lines below this are not written.
    pub log_level: LogLevel,
}

/// One event for the sandbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invoke {
    /// Names it in the answers.
    pub id: EventId,
    /// For `context.awsRequestId`.
    pub request_id: String,
    /// When its time is over. The sandbox then gives it up with [`GIVEN_UP`] and drops its
    /// environment. Counts from the moment it is sent; making an environment does not count.
    pub deadline: UnixMillis,
    /// The event.
    pub payload: Payload,
    /// True to run it in an environment made for it alone (`brink run --fresh`).
    pub fresh: bool,
}

/// Sandbox to supervisor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromSandbox {
    /// The process is up, confined as this says, and waits for [`ToSandbox::Load`].
    Blank(Vec<LayerStatus>),
    /// The version started: its modules were evaluated and the handler was found.
    Loaded {
        /// Microseconds that took.
        init_us: u64,
    },
    /// The version cannot start. The process ends after this.
    Refused(Failure),
    /// The handler is about to be called for this event.
    Started(EventId),
    /// The event is done.
    Done {
        /// Which event.
        id: EventId,
        /// MessagePack of the handler's value, or why there is none.
        result: Result<Bytes, Failure>,
        /// How it went.
        run: Run,
    },
    /// The function wrote to its log.
    Log {
        /// The event during which it did; none while starting.
        id: Option<EventId>,
        /// How important.
        level: LogLevel,
        /// Without line end.
        text: String,
    },
    /// The function calls an HTTP service.
    Call {
        /// Names it in the answer.
        call: CallId,
        /// The event on whose behalf; none while starting.
        id: Option<EventId>,
        /// What it asks for.
        request: CallRequest,
    },
    /// Nobody waits for this call any more: the function gave it up, or its environment ended. There
    /// is no answer to it then, unless that is on its way already.
    Cancel(CallId),
    /// A thread has done nothing but this event's code for a while; or does so no longer.
    Turn {
        /// The number in its name.
        thread: u32,
        /// Who keeps it.
        holder: Option<Holder>,
    },
}

/// An event that keeps a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The event.
    pub id: EventId,
    /// CPU time that it had used before, in microseconds.
    pub used_us: u64,
}

/// An outgoing HTTP request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRequest {
    /// The method.
    pub method: String,
    /// Absolute.
    pub url: String,
    /// The bytes that name the resource in the request line, beginning with a slash; those of the
    /// URL if there are none.
    pub target: Bytes,
    /// In order.
    pub headers: Vec<(String, Bytes)>,
    /// Empty if none.
    pub body: Bytes,
    /// What a redirect means.
    pub redirect: Redirect,
}

/// What to do with an answer that points elsewhere, as in the Fetch standard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Redirect {
    /// Goes there, up to a number of times.
    #[default]
    Follow,
    /// It is an answer like any other.
    Manual,
    /// The call fails.
    Error,
}

/// What came back, or why nothing did.
pub type CallResult = Result<CallResponse, CallError>;

/// Why a call failed, in the words that Node.js has for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// `ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED` and so on.
    pub code: String,
    /// The whole text.
    pub message: String,
    /// `connect`, `getaddrinfo`, `read` or empty.
    pub syscall: String,
    /// The name that was looked up, or the address that was called; may be empty.
    pub host: String,
    /// The port of that address, or 0.
    pub port: u16,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallResponse {
    /// The status.
    pub status: u16,
    /// The words beside it.
    pub reason: String,
    /// The URL that answered, after redirects.
    pub url: String,
    /// True if that is not the URL that was called first.
    pub redirected: bool,
    /// In order.
    pub headers: Vec<(String, Bytes)>,
    /// Whole.
    pub body: Bytes,
}

// === impl Load ===

impl Load {
    /// The function as people know it: `ab-test:3`.
    pub fn name(&self) -> String {
        match self.version {
            0 => self.function.clone(),
            number => format!("{}:{number}", self.function),
        }
    }

    /// The version as Lambda writes it; code that is not published is `$LATEST`.
    pub fn version_name(&self) -> String {
        match self.version {
            0 => "$LATEST".to_owned(),
            number => number.to_string(),
        }
    }
}

// === impl Bounds ===

impl Bounds {
    /// Those of a function with these settings.
    pub fn new(settings: &FunctionSettings) -> Self {
        let FunctionSettings { limits, timeout, role, .. } = settings;
        let timeout = *timeout;
        Self {
            startup: limits.startup_wall(),
            cpu_hard: limits.cpu_hard(timeout),
            cpu_soft: limits.cpu_soft(timeout),
            response_size: limits.response_size,
            log_size: limits.log_size,
            timers: limits.timers,
            log_level: role.as_ref().map_or_else(LogLevel::default, |role| role.rules.log_level),
        }
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self::new(&FunctionSettings::default())
    }
}

// === impl CallRequest ===

impl CallRequest {
    /// About how many bytes of memory it takes.
    pub fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len() + 64);
        headers.sum::<usize>() + self.url.len() + self.target.len() + self.body.len()
    }
}

// === impl CallResponse ===

impl CallResponse {
    /// About how many bytes of memory it takes.
    pub fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len() + 64);
        headers.sum::<usize>() + self.url.len() + self.body.len()
    }
}

// === impl CallError ===

impl CallError {
    /// An error that has to do with no address.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            syscall: String::new(),
            host: String::new(),
            port: 0,
        }
    }
}

/// Cuts the socket's bytes into frames and back.
pub fn codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder().max_frame_length(FRAME_MAX).new_codec()
}
