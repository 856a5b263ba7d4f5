//! Every limit of a running function, in one table of names, bounds, units and sources. The checks
//! of settings, the texts of errors and `docs/limits.md` come from it.
//!
//! A limit has a hard bound. The function's settings choose it, up to the platform's cap. Some
//! limits also have a soft bound, a percentage of the hard one. If it is exceeded, the environment
//! or sandbox is recycled after the current event, before it has to be killed. The limits of the
//! contract (`contract::limits`) are the same for every function and are not in this table.

pub mod size;
mod table;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::duration_text;
use crate::problem::Problem;
pub use table::*;

/// One limit: its name, its bounds, and what happens beyond them.
#[derive(Debug)]
pub struct Limit {
    /// The setting for it, as in `[functions.NAME]` of `brink.toml`: `limits.cpu_time`.
    pub key: &'static str,
    /// What is counted, for people.
    pub what: &'static str,
    /// The unit of its amounts.
    pub unit: Unit,
    /// The hard bound if the function chooses none; `None` if another setting gives it.
    pub default: Option<u64>,
    /// Least hard bound that may be chosen.
    pub least: u64,
    /// Largest hard bound that may be chosen.
    pub cap: u64,
    /// The soft bound, in percent of the hard one.
    pub soft_percent: Option<u64>,
    /// The words for a function that exceeds it; `{}` is the amount.
    pub said: &'static str,
    /// What happens beyond the hard bound.
    pub beyond: &'static str,
    /// Where the numbers come from.
    pub source: &'static str,
    /// The hard bound in a function's settings.
    pub chosen: fn(&Chosen<'_>) -> Option<u64>,
}

/// The limits that a function's settings choose.
#[derive(Clone, Copy, Debug)]
pub struct Chosen<'a> {
    /// See [`TIMEOUT`].
    pub timeout: Duration,
    /// See [`MEMORY`].
    pub memory_mb: u32,
    /// The others.
    pub limits: &'a Limits,
}

/// The unit of an amount, and its form in text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Microseconds, written `250ms`.
    Time,
    /// Bytes, written `64KB`.
    Bytes,
    /// Bytes in each second, written `64KB/s`.
    BytesPerSecond,
    /// 1024 * 1024 bytes, written as a bare number in settings and `128 MB` elsewhere.
    Megabytes,
    /// A count.
    Count,
}

/// The limits of a function that have no setting of their own elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// See [`STARTUP_TIME`].
    #[serde(with = "duration_text")]
    pub startup_time: Duration,
    /// See [`CPU_TIME`]; none leaves it to the timeout.
    #[serde(with = "duration_text::optional", skip_serializing_if = "Option::is_none")]
    pub cpu_time: Option<Duration>,
    /// See [`RESPONSE_SIZE`].
    #[serde(with = "size")]
    pub response_size: u64,
    /// See [`LOG_SIZE`].
    #[serde(with = "size")]
    pub log_size: u64,
    /// See [`LOG_RATE`].
    #[serde(with = "size")]
    pub log_rate: u64,
    /// See [`SUBREQUESTS`].
    pub subrequests: u32,
    /// See [`CONNECTIONS`].
    pub connections: u32,
    /// See [`SUBREQUEST_BYTES`].
    #[serde(with = "size")]
    pub subrequest_bytes: u64,
    /// See [`TIMERS`].
    pub timers: u32,
}

/// A function used more of something than it may.
#[derive(Clone, Copy, Debug)]
pub struct Exceeded {
    /// Of what.
    pub limit: &'static Limit,
    /// How much was measured.
    pub used: u64,
    /// The allowed amount.
    pub allowed: u64,
    /// The largest amount that could be allowed there, and the place if it is not everywhere.
    pub cap: (u64, &'static str),
}

// === impl Limit ===

impl Limit {
    /// The soft bound for a hard one.
    pub const fn soft(&self, hard: u64) -> Option<u64> {
        match self.soft_percent {
            // Divide first: a hard bound may be as large as its type.
            Some(percent) => Some(hard / 100 * percent + hard % 100 * percent / 100),
            None => None,
        }
    }

    /// More than `allowed` was used.
    pub const fn exceeded(&'static self, used: u64, allowed: u64) -> Exceeded {
        Exceeded { limit: self, used, allowed, cap: (self.cap, "") }
    }
}

// === impl Unit ===

impl Unit {
    /// The amount as people write it.
    pub fn text(self, amount: u64) -> String {
        match self {
            // Microseconds are too fine for a value that is measured every few milliseconds.
            Self::Time if amount >= 10_000 => {
                duration_text::format(Duration::from_millis(amount.div_ceil(1_000)))
            }
            Self::Time => duration_text::format(Duration::from_micros(amount)),
            Self::Bytes => size::format(amount),
            Self::BytesPerSecond => format!("{}/s", size::format(amount)),
            Self::Megabytes => format!("{amount} MB"),
            Self::Count => amount.to_string(),
        }
    }
}

// === impl Limits ===

impl Limits {
    /// How long a start may last on the clock, whatever CPU time it uses.
    pub fn startup_wall(&self) -> Duration {
        self.startup_time * STARTUP_WALL_FACTOR
    }

    /// How much CPU time an event may use, if that is less than its timeout.
    pub fn cpu_hard(&self, timeout: Duration) -> Option<Duration> {
        self.cpu_time.filter(|cpu| *cpu < timeout)
    }

    /// If one event uses more CPU time than this, its environment is recycled.
    pub fn cpu_soft(&self, timeout: Duration) -> Duration {
        let hard = micros(self.cpu_time.unwrap_or(timeout).min(timeout));
        Duration::from_micros(CPU_TIME.soft(hard).unwrap_or(hard))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            startup_time: STARTUP_TIME_DEFAULT,
            cpu_time: None,
            response_size: RESPONSE_SIZE_DEFAULT,
            log_size: LOG_SIZE_DEFAULT,
            log_rate: LOG_RATE_DEFAULT,
            subrequests: SUBREQUESTS_DEFAULT,
            connections: CONNECTIONS_DEFAULT,
            subrequest_bytes: SUBREQUEST_BYTES_DEFAULT,
            timers: TIMERS_DEFAULT,
        }
    }
}

// === impl Exceeded ===

impl fmt::Display for Exceeded {
    /// `used 512ms of CPU, over its limit of 500ms; raise limits.cpu_time (at most 30s)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, used, allowed, cap: (cap, place) } = *self;
        let unit = limit.unit;
        // Rounding must not make the two amounts look alike.
        let (mut used_text, allowed_text) = (unit.text(used), unit.text(allowed));
        if used_text == allowed_text {
            used_text = format!("more than {allowed_text}");
        }
        write!(f, "{}", limit.said.replace("{}", &used_text))?;
        write!(f, ", over its limit of {allowed_text}; ")?;
        if allowed >= cap {
            write!(f, "{} cannot be raised further{place}", limit.key)
        } else {
            write!(f, "raise {} (at most {}{place})", limit.key, unit.text(cap))
        }
    }
}

/// The problems with the limits that these settings choose.
pub fn problems(chosen: &Chosen<'_>) -> Vec<Problem> {
    let wrong = |limit: &&Limit| {
        let message = out_of_bounds(limit, (limit.chosen)(chosen)?)?;
        Some(Problem { path: limit.key.to_owned(), message })
    };
    ALL.iter().filter_map(wrong).collect()
}

/// Why the platform does not allow a hard bound.
pub(crate) fn out_of_bounds(limit: &Limit, chosen: u64) -> Option<String> {
    let unit = limit.unit;
    if chosen > limit.cap {
        Some(format!(
            "{} is over the platform's cap of {}",
            unit.text(chosen),
            unit.text(limit.cap)
        ))
    } else if chosen < limit.least {
        Some(format!(
            "{} is less than the minimum of {}",
            unit.text(chosen),
            unit.text(limit.least)
        ))
    } else {
        None
    }
}

/// A duration as an amount of [`Unit::Time`].
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
