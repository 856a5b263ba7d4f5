//! The messages between a supervisor and its sandboxes.
//!
//! A frame is MessagePack behind a length of four bytes. The supervisor does not trust the frames
//! of a sandbox, because user code may have taken the sandbox over. It checks their sizes, ids and
//! order. Supervisor and sandbox are the same binary, so frames may change from release to release.

mod host;
pub mod interpreter;
pub mod lambda_environment;
pub mod network;

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
use brink_shared::wire::{Failure, FailureKind, Payload, Run, UnixMillis};

pub use host::Host;
pub use interpreter::Interpreter;

/// Largest frame, in bytes. A bundle of the largest size fits.
pub const FRAME_MAX: usize = 64 * 1024 * 1024;

/// Type of the [`Failure`], of kind `Limit`, with which a sandbox gives up an event that ran out of
/// time. The supervisor replaces it by a message for the function's author.
pub const GIVEN_UP: &str = "Sandbox.Timedout";

/// Type of the [`Failure`] of an event that used too much CPU time.
pub const CPU_EXCEEDED: &str = "Sandbox.CpuExceeded";

/// Name of a thread that runs environments, before its number.
pub const THREAD_NAME: &str = "env-";

/// The number of the thread that starts the version.
pub const STARTER: u32 = 0;

/// Memory that a sandbox may use in addition to its function's limit, in MB: for the runtime, its
/// threads, and the events and bundles in it.
pub const MEMORY_BASE_MB: u32 = 64;

/// The number of an event in a sandbox. The supervisor chooses it, and uses it only once for a
/// sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventId(pub u64);

/// The number of an outgoing call of a function. The sandbox chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallId(pub u64);

/// Frames from the supervisor to a sandbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToSandbox {
    /// The version that the sandbox shall run. It is the first frame, and comes once.
    Load(Box<Load>),
    /// Find the modules that a bundle requests and that cannot work. It comes once, in place of
    /// [`ToSandbox::Load`]. The process ends after its answer, [`FromSandbox::Absent`].
    FindAbsent(Box<FindAbsent>),
    /// An event to run. The sandbox begins it at once. The supervisor has at most `environments`
    /// events in a sandbox at a time.
    Invoke(Invoke),
    /// The answer to a [`FromSandbox::Call`]. The sandbox may have cancelled the call in the
    /// meantime.
    CallDone {
        /// Which call.
        call: CallId,
        /// The response, or why there is none.
        result: CallResult,
    },
}

/// Files in which a sandbox is to find modules that cannot work. None of their code runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FindAbsent {
    /// The files.
    pub bundle: Bundle,
    /// Memory limit of their function.
    pub memory_mb: u32,
}

/// A version and its limits.
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
    /// The values of its secrets. The function finds them among its environment variables.
    #[serde(with = "brink_shared::secret::exposed")]
    pub secrets: Secrets,
    /// Its files.
    pub bundle: Bundle,
    /// Most execution environments at a time.
    pub environments: u32,
    /// The limits that the sandbox enforces by itself.
    pub bounds: Bounds,
}

/// The limits that a sandbox enforces by itself; see [`brink_shared::limits`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Time for an environment to start, whatever CPU time it uses.
    pub startup: Duration,
    /// CPU time of an event. If it uses more, it fails.
    pub cpu_hard: Option<Duration>,
    /// CPU time of an event. If it uses more, its environment is recycled.
    pub cpu_soft: Duration,
    /// Size of the text in a returned value, in bytes.
    pub response_size: u64,
    /// Size of an event's log, in bytes.
    pub log_size: u64,
    /// Number of live timers in an environment.
    pub timers: u32,
    /// Log lines below this level are dropped.
    pub log_level: LogLevel,
}

/// An event for the sandbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invoke {
    /// The event's number in the sandbox's frames.
    pub id: EventId,
    /// For `context.awsRequestId`.
    pub request_id: String,
    /// When the event's time is over. The sandbox then gives the event up with [`GIVEN_UP`] and
    /// drops its environment. The sandbox takes the time that is left when the frame comes. The
    /// time to make an environment is not counted.
    pub deadline: UnixMillis,
    /// The event.
    pub payload: Payload,
    /// True to run it in an environment of its own (`brink run --fresh`).
    pub fresh: bool,
}

/// Frames from a sandbox to the supervisor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromSandbox {
    /// The process is up, has these layers of confinement, and waits for [`ToSandbox::Load`].
    Blank(Vec<LayerStatus>),
    /// The answer to [`ToSandbox::FindAbsent`]: a line for each use.
    Absent(Vec<String>),
    /// The version started: its modules are evaluated, and the handler was found.
    Loaded {
        /// How long that took, in microseconds.
        init_us: u64,
    },
    /// The version cannot start. The process ends after this.
    StartFailed(Failure),
    /// The process ends once the event that runs is done. Events that it has beside it will not begin.
    Ends,
    /// The handler is about to be called for this event.
    Started(EventId),
    /// The event is done.
    Done {
        /// Which event.
        id: EventId,
        /// MessagePack of the handler's value, or the reason why there is none.
        result: Result<Bytes, Failure>,
        /// How the run went.
        run: Run,
    },
    /// The function wrote to its log.
    Log {
        /// The event that wrote it; none while the version starts.
        id: Option<EventId>,
        /// The level of the line.
        level: LogLevel,
        /// The line, without its line end.
        text: String,
    },
    /// The function calls an HTTP service.
    Call {
        /// The call's number in the answer.
        call: CallId,
        /// The event that made the call; none while the version starts.
        id: Option<EventId>,
        /// The request.
        request: CallRequest,
    },
    /// The call is cancelled: the function gave it up, or its environment ended. The supervisor
    /// then sends no answer, unless the answer is on its way already.
    Cancel(CallId),
    /// A thread has run nothing but this event's code for a while, or has come back from it.
    Turn {
        /// The number in the thread's name.
        thread: u32,
        /// The event that keeps the thread; none if the thread came back.
        holder: Option<Holder>,
    },
}

/// An event that keeps a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The event.
    pub id: EventId,
    /// CPU time that the event had used before it began to keep the thread, in microseconds.
    pub used_us: u64,
}

/// An outgoing HTTP request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRequest {
    /// The method.
    pub method: String,
    /// An absolute URL.
    pub url: String,
    /// The target in the request line, which begins with a slash. If it is empty, the target comes
    /// from the URL.
    pub target: Bytes,
    /// In order.
    pub headers: Vec<(String, Bytes)>,
    /// The body; empty if there is none.
    pub body: Bytes,
    /// The handling of redirects.
    pub redirect: Redirect,
}

/// The handling of redirects, as in the Fetch standard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Redirect {
    /// Follows it, up to a limit of redirects.
    #[default]
    Follow,
    /// Returns it like any other answer.
    Manual,
    /// Fails the call.
    Error,
}

/// The response to a call, or the reason why there is none.
pub type CallResult = Result<CallResponse, CallError>;

/// Why a call failed, in Node.js's words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// `ECONNREFUSED`, `ENOTFOUND`, `CERT_HAS_EXPIRED` and so on.
    pub code: String,
    /// The whole message.
    pub message: String,
    /// `connect`, `getaddrinfo`, `read` or empty.
    pub syscall: String,
    /// The name that was looked up, or the address that was called; may be empty.
    pub host: String,
    /// The port of that address, or 0.
    pub port: u16,
}

/// The response to a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallResponse {
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// The URL of the response, after redirects.
    pub url: String,
    /// True if a redirect was followed.
    pub redirected: bool,
    /// In order.
    pub headers: Vec<(String, Bytes)>,
    /// The whole body.
    pub body: Bytes,
}

// === impl Load ===

impl Load {
    /// The function's name and version, as in `ab-test:3`.
    pub fn name(&self) -> String {
        match self.version {
            0 => self.function.clone(),
            number => format!("{}:{number}", self.function),
        }
    }

    /// The version in Lambda's form: `$LATEST` for code that is not published.
    pub fn version_name(&self) -> String {
        match self.version {
            0 => "$LATEST".to_owned(),
            number => number.to_string(),
        }
    }
}

// === impl Bounds ===

impl Bounds {
    /// The limits of a function with these settings.
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
    /// An error without an address.
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

/// The failure of an event, or of the start of an environment, that ran out of time. The supervisor
/// replaces it, see [`GIVEN_UP`].
pub fn given_up() -> Failure {
    Failure {
        kind: FailureKind::Limit,
        error_type: GIVEN_UP.to_owned(),
        message: "its time is over".to_owned(),
        stack: Vec::new(),
    }
}

/// Reads and writes frames on the socket.
pub fn codec() -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder().max_frame_length(FRAME_MAX).new_codec()
}
