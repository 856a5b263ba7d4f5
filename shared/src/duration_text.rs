//! Durations as people write them: `250ms`, `5s`, `1h`.

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

/// Reads `5s`. The error shows the accepted forms. For a bare number it says how to write that many
/// seconds.
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

/// The text to write instead of a bare number, which mostly means seconds.
fn without_unit(number: f64, written: &str) -> String {
    match Duration::try_from_secs_f64(number) {
        Ok(seconds) => {
            // As a number of seconds, 60s is easier to see than 1m.
            let is_whole = seconds.subsec_nanos() == 0;
            let text = if is_whole { format!("{}s", seconds.as_secs()) } else { format(seconds) };
            format!(
                "{written} has no unit; write \"{text}\" for that many seconds (units: ms, s, m, h, d)"
            )
        }
        Err(_) => {
            format!("{written} is not a duration; write for example \"250ms\", \"5s\" or \"1h\"")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::function::FunctionSettings;

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
            assert_eq!(format(duration), text);
            assert_eq!(humantime::parse_duration(text), Ok(duration));
        }
    }

    #[test]
    fn a_number_without_a_unit_has_an_error_with_the_right_form() {
        for (json, what) in [
            ("60", "60 has no unit; write \"60s\" for that many seconds (units: ms, s, m, h, d)"),
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
