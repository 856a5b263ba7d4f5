//! A version of a function: what was published and under which limits it runs.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bundle::BundleDigest;
use crate::id::VersionId;
use crate::wire::UnixMillis;

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

/// Handler of a function whose author gave none: `exports.handler` of `index.js`.
pub const HANDLER_DEFAULT: &str = "index.handler";

/// What runs a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runtime {
    /// JavaScript, embedded: starts in milliseconds, light handlers in microseconds.
    #[default]
    Boa,
}

/// How a function is to run: what its author writes beside its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FunctionSettings {
    /// What runs it.
    pub runtime: Runtime,
    /// File without its ending, a dot, and the name it exports: `index.handler`.
    pub handler: String,
    /// Wall time per event, written `5s` or `250ms`. A trigger's own limit still holds.
    #[serde(with = "crate::registry::function::duration_text")]
    pub timeout: Duration,
    /// Memory of its sandbox, in MB.
    pub memory_mb: u32,
    /// Environment variables of the function.
    pub env: BTreeMap<String, String>,
    /// Private hosts that it may call, as `host` or `host:port`. Public ones need no mention.
    pub egress: Vec<String>,
}

/// One immutable, numbered version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionVersion {
    /// Its name and number.
    pub version: VersionId,
    /// How it runs.
    pub settings: FunctionSettings,
    /// Its files.
    pub bundle: BundleDigest,
    /// Bytes of its files together.
    pub size: usize,
    /// When it was published.
    pub published: UnixMillis,
    /// True while its deletion is being decided: no distribution may come to use it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retiring: bool,
}

// === impl FunctionSettings ===

impl Default for FunctionSettings {
    fn default() -> Self {
        Self {
            runtime: Runtime::default(),
            handler: HANDLER_DEFAULT.to_owned(),
            timeout: TIMEOUT_DEFAULT,
            memory_mb: MEMORY_MB_DEFAULT,
            env: BTreeMap::new(),
            egress: Vec::new(),
        }
    }
}

/// Durations as people write them: `250ms`, `5s`, `1h`.
pub mod duration_text {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes `5s`.
    pub fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(*value))
    }

    /// Reads `5s`; the error shows the forms that are read.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_duration(&text).map_err(|error| {
            serde::de::Error::custom(format!(
                "{text:?} is not a duration ({error}); write for example 250ms, 5s or 1h"
            ))
        })
    }
}
