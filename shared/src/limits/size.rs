//! Sizes as people write them: `512`, `64KB`, `8MB`. KB and MB are 1024 and 1024 * 1024 bytes.

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserializer, Serializer};

/// Units, largest first.
const UNITS: [(&str, u64); 3] = [("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)];

/// Writes `64KB`: a whole number of the largest unit that it is one of.
pub fn serialize<S: Serializer>(bytes: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    let largest = UNITS.iter().find(|(_, unit)| *bytes >= *unit && bytes.is_multiple_of(*unit));
    match largest {
        Some((name, unit)) => serializer.collect_str(&format_args!("{}{name}", bytes / unit)),
        None => serializer.serialize_u64(*bytes),
    }
}

/// Reads what [`serialize`] writes; the error shows the forms that are read.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_any(Size)
}

/// The size for people, with only its first digits: `64KB`, `8.3MB`, `17 bytes`.
pub fn format(bytes: u64) -> String {
    match UNITS.iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) if bytes.is_multiple_of(*unit) => format!("{}{name}", bytes / unit),
        Some((name, unit)) => {
            let tenths = bytes / (unit / 10).max(1);
            format!("{}.{}{name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} bytes"),
    }
}

struct Size;

// === impl Size ===

impl Visitor<'_> for Size {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size: a number of bytes, or for example \"64KB\" or \"8MB\"")
    }

    fn visit_u64<E: Error>(self, bytes: u64) -> Result<u64, E> {
        Ok(bytes)
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<u64, E> {
        u64::try_from(bytes).map_err(|_| E::invalid_value(Unexpected::Signed(bytes), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let factor = match unit.trim() {
            "" => Some(1),
            unit => UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor),
        };
        let bytes = number.parse::<u64>().ok().zip(factor);
        bytes
            .and_then(|(number, factor)| number.checked_mul(factor))
            .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Holder(#[serde(with = "super")] u64);

    #[test]
    fn a_size_is_written_in_one_unit_and_read_back() {
        for (bytes, json) in
            [(17, "17"), (1536, "1536"), (65_536, "\"64KB\""), (1 << 23, "\"8MB\"")]
        {
            assert_eq!(serde_json::to_string(&Holder(bytes)).unwrap(), json);
            assert_eq!(serde_json::from_str::<Holder>(json).unwrap(), Holder(bytes));
        }
    }

    #[test]
    fn a_text_that_is_not_a_size_is_rejected_with_the_forms() {
        for json in ["-1", "\"\"", "\"64kb\"", "\"MB\"", "\"99999999999999GB\"", "1.5"] {
            let error = serde_json::from_str::<Holder>(json).unwrap_err().to_string();
            assert!(error.contains("\"64KB\""), "{json}: {error}");
        }
    }

    #[test]
    fn people_see_the_first_digits() {
        for (bytes, text) in [(17, "17 bytes"), (65_536, "64KB"), (8_700_000, "8.2MB")] {
            assert_eq!(format(bytes), text);
        }
    }
}
