//! A version of a function: what was published and under which limits it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::bundle::BundleDigest;
use super::role::Role;
use crate::id::VersionId;
use crate::limits::Limits;
use crate::secret::{SealedSecrets, SecretName};
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
    #[serde(deserialize_with = "variables")]
    pub env: BTreeMap<String, String>,
    /// Private hosts that it may call, as `host` or `host:port`. Public ones need no mention.
    pub egress: Vec<String>,
    /// Its other limits.
    pub limits: Limits,
    /// What it may do, as it was when the version was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The secrets that it finds in its environment. Their values are no settings: they come
    /// sealed, when the version is published.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub secrets: BTreeSet<SecretName>,
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
    /// The values of its secrets, for workers only. Listings leave them out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sealed: SealedSecrets,
    /// True while its deletion is being decided: no distribution may come to use it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retiring: bool,
}

// === impl FunctionVersion ===

impl FunctionVersion {
    /// Whether both are one publication.
    pub fn is_same(&self, other: &Self) -> bool {
        // The mark comes and goes.
        *self == Self { retiring: self.retiring, ..other.clone() }
    }
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
            limits: Limits::default(),
            role: None,
            secrets: BTreeSet::new(),
        }
    }
}

/// Reads variables. A value that is no text is not repeated in the error.
fn variables<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let read = BTreeMap::<String, Text>::deserialize(from)?;
    Ok(read.into_iter().map(|(name, Text(value))| (name, value)).collect())
}

struct Text(String);

struct TextVisitor;

// === impl Text ===

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TextVisitor)
    }
}

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a variable's value, which is text in quotes")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Text, E> {
        Err(E::invalid_type(de::Unexpected::Other("something else"), &self))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Text, E> {
        self.visit_bool(false)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Text, E> {
        self.visit_bool(false)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Text, E> {
        self.visit_bool(false)
    }
}

/// Durations as people write them: `250ms`, `5s`, `1h`.
pub mod duration_text {
    use std::fmt;
    use std::time::Duration;

    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    /// The units in which durations are written. `humantime` would make 365 days
    /// `11months 30days 3h 50m 24s`, of its own months.
    const UNITS: [(&str, u128); 6] = [
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1_000),
    ];

    /// Writes `5s`: a whole number of the largest unit that it is one of.
    pub fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format(*value))
    }

    /// The text that [`serialize`] writes.
    pub fn format(value: Duration) -> String {
        let nanos = value.as_nanos();
        let largest = UNITS.iter().find(|(_, unit)| nanos >= *unit && nanos.is_multiple_of(*unit));
        match largest {
            _ if nanos == 0 => "0s".to_owned(),
            Some((name, unit)) => format!("{}{name}", nanos / unit),
            None => format!("{nanos}ns"),
        }
    }

    /// Reads `5s`. The error shows the forms that are read; of a bare number it says which text
    /// means as many seconds.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        deserializer.deserialize_any(DurationText)
    }

    struct DurationText;

    impl Visitor<'_> for DurationText {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a duration in quotes, for example \"250ms\", \"5s\" or \"1h\"")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
            humantime::parse_duration(text).map_err(|error| {
                E::custom(match text.parse::<f64>() {
                    Ok(number) => without_unit(number, &format!("{text:?}")),
                    Err(_) => format!(
                        "{text:?} is not a duration ({error}); write for example \"250ms\", \
                         \"5s\" or \"1h\""
                    ),
                })
            })
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<Duration, E> {
            Err(E::custom(without_unit(number as f64, &number.to_string())))
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<Duration, E> {
            Err(E::custom(without_unit(number as f64, &number.to_string())))
        }

        fn visit_f64<E: Error>(self, number: f64) -> Result<Duration, E> {
            Err(E::custom(without_unit(number, &number.to_string())))
        }
    }

    /// What to write in the place of a bare number, which mostly means seconds.
    fn without_unit(number: f64, written: &str) -> String {
        match Duration::try_from_secs_f64(number) {
            Ok(seconds) => {
                // As many seconds are easier to see in 60s than in 1m.
                let is_whole = seconds.subsec_nanos() == 0;
                let text =
                    if is_whole { format!("{}s", seconds.as_secs()) } else { format(seconds) };
                format!(
                    "{written} has no unit; write \"{text}\" for as many seconds (units: ms, s, m, h, d)"
                )
            }
            Err(_) => {
                format!(
                    "{written} is not a duration; write for example \"250ms\", \"5s\" or \"1h\""
                )
            }
        }
    }

    /// The same for a duration that may be left out.
    pub mod optional {
        use std::time::Duration;

        use serde::{Deserializer, Serializer};

        /// Writes `5s`, or none.
        pub fn serialize<S: Serializer>(
            value: &Option<Duration>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match value {
                Some(value) => super::serialize(value, serializer),
                None => serializer.serialize_none(),
            }
        }

        /// Reads `5s`.
        pub fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Duration>, D::Error> {
            super::deserialize(deserializer).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_written_in_one_unit_and_read_back() {
        let cases = [
            (Duration::ZERO, "0s"),
            (Duration::from_nanos(7), "7ns"),
            (Duration::from_micros(1_500), "1500us"),
            (Duration::from_millis(250), "250ms"),
            (Duration::from_secs(90), "90s"),
            (Duration::from_secs(86_400), "1d"),
            (Duration::from_secs(31_536_000), "365d"),
        ];
        for (duration, text) in cases {
            assert_eq!(duration_text::format(duration), text);
            assert_eq!(humantime::parse_duration(text), Ok(duration));
        }
    }

    #[test]
    fn a_number_without_a_unit_is_told_what_to_write() {
        for (json, what) in [
            ("60", "60 has no unit; write \"60s\" for as many seconds (units: ms, s, m, h, d)"),
            ("0", "0 has no unit; write \"0s\""),
            ("0.25", "0.25 has no unit; write \"250ms\""),
            ("\"60\"", "\"60\" has no unit; write \"60s\""),
            ("-1", "-1 is not a duration; write for example"),
            ("1e300", "is not a duration; write for example"),
            ("\"soon\"", "\"soon\" is not a duration ("),
            ("true", "a duration in quotes, for example \"250ms\""),
        ] {
            let json = format!("{{\"timeout\": {json}}}");
            let error = serde_json::from_str::<FunctionSettings>(&json).unwrap_err().to_string();
            assert!(error.contains(what), "{json}: {error}");
        }
    }
}
