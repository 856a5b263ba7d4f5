//! The table of limits.

use std::time::Duration;

use super::{Limit, Unit, micros};

/// Longest that a viewer-facing function may run (`contract.md` 5.1).
pub const VIEWER_TIMEOUT_MAX: Duration = Duration::from_secs(5);

/// Longest that an origin-facing function may run (`contract.md` 5.1).
pub const ORIGIN_TIMEOUT_MAX: Duration = Duration::from_secs(30);

/// Timeout of a function whose author gave none: what every trigger allows.
pub const TIMEOUT_DEFAULT: Duration = VIEWER_TIMEOUT_MAX;

/// Memory of a function whose author gave none, in MB (`contract.md` 5.1).
pub const MEMORY_MB_DEFAULT: u32 = 128;

/// Largest memory that a function may ask for, in MB: Lambda's maximum.
pub const MEMORY_MB_MAX: u32 = 10_240;

/// See [`STARTUP_TIME`].
pub const STARTUP_TIME_DEFAULT: Duration = Duration::from_secs(10);

/// A start may last this many times its [`STARTUP_TIME`] on the clock. The rest is for other work
/// on a busy machine, and for calls that the function waits for.
pub const STARTUP_WALL_FACTOR: u32 = 3;

/// See [`RESPONSE_SIZE`].
pub const RESPONSE_SIZE_DEFAULT: u64 = 8 * 1024 * 1024;

/// See [`LOG_SIZE`].
pub const LOG_SIZE_DEFAULT: u64 = 256 * 1024;

/// See [`LOG_RATE`].
pub const LOG_RATE_DEFAULT: u64 = 1024 * 1024;

/// See [`SUBREQUESTS`].
pub const SUBREQUESTS_DEFAULT: u32 = 50;

/// See [`CONNECTIONS`].
pub const CONNECTIONS_DEFAULT: u32 = 6;

/// See [`SUBREQUEST_BYTES`].
pub const SUBREQUEST_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;

/// See [`TIMERS`].
pub const TIMERS_DEFAULT: u32 = 10_000;

/// CPU time to evaluate the modules until the handler is found.
pub const STARTUP_TIME: Limit = Limit {
    key: "limits.startup_time",
    what: "CPU time until the handler is loaded; on the clock it may take three times as long",
    unit: Unit::Time,
    default: Some(10_000_000),
    least: 10_000,
    cap: 10_000_000,
    soft_percent: None,
    said: "used {} of CPU to start",
    beyond: "the version does not start: it is not published, or its events fail",
    source: "the init phase of AWS Lambda, 10 s",
    chosen: |chosen| Some(micros(chosen.limits.startup_time)),
};

/// Wall time of one event.
pub const TIMEOUT: Limit = Limit {
    key: "timeout",
    what: "wall time of an event, waiting included; at viewer triggers 5s at most",
    unit: Unit::Time,
    default: Some(TIMEOUT_DEFAULT.as_micros() as u64),
    least: 1_000,
    cap: ORIGIN_TIMEOUT_MAX.as_micros() as u64,
    soft_percent: None,
    said: "ran for {}",
    beyond: "the event fails; its environment is dropped, or its sandbox killed if it does not listen",
    source: "contract.md 5.1",
    chosen: |chosen| Some(micros(chosen.timeout)),
};

/// Time that one event keeps a core busy.
pub const CPU_TIME: Limit = Limit {
    key: "limits.cpu_time",
    what: "CPU time of an event",
    unit: Unit::Time,
    default: None,
    least: 1_000,
    cap: ORIGIN_TIMEOUT_MAX.as_micros() as u64,
    soft_percent: Some(50),
    said: "used {} of CPU",
    beyond: "the event fails; its environment is dropped, or its sandbox killed if it does not listen",
    source: "`limits.cpu_ms` of Cloudflare Workers, 30 s",
    chosen: |chosen| chosen.limits.cpu_time.map(micros),
};

/// Resident memory of a sandbox beyond what the runtime itself takes.
pub const MEMORY: Limit = Limit {
    key: "memory_mb",
    what: "memory of a sandbox",
    unit: Unit::Megabytes,
    default: Some(MEMORY_MB_DEFAULT as u64),
    least: MEMORY_MB_DEFAULT as u64,
    cap: MEMORY_MB_MAX as u64,
    soft_percent: Some(80),
    said: "used {} of memory",
    beyond: "the sandbox is killed",
    source: "contract.md 5.1; AWS Lambda's maximum",
    chosen: |chosen| Some(chosen.memory_mb.into()),
};

/// Text in what a handler returns.
pub const RESPONSE_SIZE: Limit = Limit {
    key: "limits.response_size",
    what: "text in a returned value; the contract's limits of 40 KB and 1 MB hold as well",
    unit: Unit::Bytes,
    default: Some(RESPONSE_SIZE_DEFAULT),
    least: 1024,
    cap: 8 * 1024 * 1024,
    soft_percent: None,
    said: "returned {} of text",
    beyond: "the event fails",
    source: "AWS Lambda's payload quota is 6 MB; ours leaves room for base64",
    chosen: |chosen| Some(chosen.limits.response_size),
};

/// Log of one event.
pub const LOG_SIZE: Limit = Limit {
    key: "limits.log_size",
    what: "log of an event",
    unit: Unit::Bytes,
    default: Some(LOG_SIZE_DEFAULT),
    least: 1024,
    cap: 1024 * 1024,
    soft_percent: None,
    said: "logged {}",
    beyond: "the rest is dropped, and the log says so",
    source: "Cloudflare Workers keep 256 KB",
    chosen: |chosen| Some(chosen.limits.log_size),
};

/// Log of a sandbox in each second.
pub const LOG_RATE: Limit = Limit {
    key: "limits.log_rate",
    what: "log of a sandbox in each second",
    unit: Unit::BytesPerSecond,
    default: Some(LOG_RATE_DEFAULT),
    least: 1024,
    cap: 16 * 1024 * 1024,
    soft_percent: None,
    said: "logged {}",
    beyond: "lines are dropped, and the log says so; beyond four times as much the sandbox waits",
    source: "our own: what a worker's log can take from several functions at once",
    chosen: |chosen| Some(chosen.limits.log_rate),
};

/// Outgoing calls of one event.
pub const SUBREQUESTS: Limit = Limit {
    key: "limits.subrequests",
    what: "outgoing calls of an event",
    unit: Unit::Count,
    default: Some(SUBREQUESTS_DEFAULT as u64),
    least: 0,
    cap: 1_000,
    soft_percent: None,
    said: "made {} outgoing calls in one event",
    beyond: "the call fails with `EMFILE`",
    source: "Cloudflare Workers, 50 by default",
    chosen: |chosen| Some(chosen.limits.subrequests.into()),
};

/// Outgoing calls of one event at the same time.
pub const CONNECTIONS: Limit = Limit {
    key: "limits.connections",
    what: "outgoing calls of an event at the same time",
    unit: Unit::Count,
    default: Some(CONNECTIONS_DEFAULT as u64),
    least: 1,
    cap: 32,
    soft_percent: None,
    said: "has {} calls under way",
    beyond: "the call waits in line",
    source: "Cloudflare Workers, 6",
    chosen: |chosen| Some(chosen.limits.connections.into()),
};

/// Bytes that the calls of one event carry.
pub const SUBREQUEST_BYTES: Limit = Limit {
    key: "limits.subrequest_bytes",
    what: "bytes that the calls of an event send and receive",
    unit: Unit::Bytes,
    default: Some(SUBREQUEST_BYTES_DEFAULT),
    least: 1024,
    cap: 512 * 1024 * 1024,
    soft_percent: None,
    said: "sent and received {} by its calls",
    beyond: "the call fails with `EMFILE`",
    source: "our own: ten calls of the largest size",
    chosen: |chosen| Some(chosen.limits.subrequest_bytes),
};

/// Timers of one environment that have not fired yet.
pub const TIMERS: Limit = Limit {
    key: "limits.timers",
    what: "live timers of an environment",
    unit: Unit::Count,
    default: Some(TIMERS_DEFAULT as u64),
    least: 1,
    cap: 100_000,
    soft_percent: None,
    said: "had {} timers at the same time",
    beyond: "setting one throws a `RangeError`",
    source: "our own: about 10 MB of timers",
    chosen: |chosen| Some(chosen.limits.timers.into()),
};

/// All of them, in the order in which an event meets them.
pub const ALL: [&Limit; 11] = [
    &STARTUP_TIME,
    &TIMEOUT,
    &CPU_TIME,
    &MEMORY,
    &RESPONSE_SIZE,
    &LOG_SIZE,
    &LOG_RATE,
    &SUBREQUESTS,
    &CONNECTIONS,
    &SUBREQUEST_BYTES,
    &TIMERS,
];
