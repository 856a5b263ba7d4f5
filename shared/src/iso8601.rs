//! Moments as people and programs read them: `2026-03-01T12:00:00.000Z` (ISO 8601, RFC 3339), in UTC.
//!
//! Use it with `#[serde(with = "iso8601")]` in JSON that leaves Brink.

use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serializer};

use crate::wire::UnixMillis;

/// The moment as text, to the millisecond. A moment after the year 9999 becomes the last one that
/// the form can say.
pub fn format(moment: UnixMillis) -> String {
    let since = Duration::from_millis(moment.0.min(LAST_MS));
    humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string()
}

/// The end of the year 9999.
const LAST_MS: u64 = 253_402_300_799_999;

/// Writes the moment as text.
pub fn serialize<S: Serializer>(moment: &UnixMillis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(*moment))
}

/// Reads what [`serialize`] writes.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UnixMillis, D::Error> {
    let text = String::deserialize(deserializer)?;
    let moment = humantime::parse_rfc3339(&text).map_err(serde::de::Error::custom)?;
    let since = moment.duration_since(UNIX_EPOCH).map_err(serde::de::Error::custom)?;
    Ok(UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_are_utc() {
        assert_eq!(format(UnixMillis(1_500)), "1970-01-01T00:00:01.500Z");
        assert_eq!(format(UnixMillis(u64::MAX)), "9999-12-31T23:59:59.999Z");
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Of(#[serde(with = "super")] UnixMillis);

    proptest! {
        #[test]
        fn text_is_read_back(moment in 0..=LAST_MS) {
            let text = serde_json::to_string(&Of(UnixMillis(moment))).unwrap();
            prop_assert_eq!(serde_json::from_str::<Of>(&text).unwrap().0, UnixMillis(moment));
        }

        #[test]
        fn no_text_is_a_fault(text in ".*") {
            let json = serde_json::to_string(&text).unwrap();
            let _ = serde_json::from_str::<Of>(&json);
        }
    }
}
