//! Writes a JSON text as MessagePack, without building the value in between.
//!
//! The length of an array or object is not known before its end. So each gets a head of five bytes,
//! and its length is filled in later.

use std::fmt;

use bytes::Bytes;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Deepest nesting of a value. A message on the bus may have 64 levels.
const DEPTH_MAX: usize = 60;

const ARRAY_32: u8 = 0xdd;
const MAP_32: u8 = 0xdf;

/// MessagePack of a JSON text. An integer beyond 64 bits becomes the nearest float, as JavaScript
/// reads it. Half a character becomes U+FFFD.
pub fn to_msgpack(json: &str) -> Result<Bytes, serde_json::Error> {
    match write(json) {
        Err(error) => match with_whole_characters(json) {
            Some(whole) => write(&whole),
            None => Err(error),
        },
        written => written,
    }
}

/// The text with U+FFFD in place of each escape that is one half of a character alone, as JavaScript
/// and Python write it for a text that was cut within a character. None if there is no such escape.
pub fn with_whole_characters(json: &str) -> Option<String> {
    let code = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let mut whole = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(found) = json.get(at..)?.find('\\') {
        at += found;
        at += match code(at) {
            Some(0xd800..=0xdbff) if matches!(code(at + 6), Some(0xdc00..=0xdfff)) => 12,
            Some(0xd800..=0xdfff) => {
                whole.push_str(json.get(copied..at)?);
                whole.push_str("\\ufffd");
                copied = at + 6;
                6
            }
            // An escaped backslash begins no escape.
            _ => 1 + json.get(at + 1..)?.chars().next().map_or(0, char::len_utf8),
        };
    }
    (copied > 0).then(|| whole + json.get(copied..).unwrap_or_default())
}

fn write(json: &str) -> Result<Bytes, serde_json::Error> {
    let mut out = Vec::with_capacity(json.len());
    let mut reader = serde_json::Deserializer::from_str(json);
    // The depth is counted here.
    reader.disable_recursion_limit();
    Part { out: &mut out, depth: 0 }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(out.into())
}

/// Writes one value.
struct Part<'a> {
    out: &'a mut Vec<u8>,
    depth: usize,
}

// === impl Part ===

impl Part<'_> {
    fn scalar<T: serde::Serialize + ?Sized, E: de::Error>(self, value: &T) -> Result<(), E> {
        rmp_serde::encode::write(self.out, value).map_err(E::custom)
    }

    fn begin<E: de::Error>(&mut self, marker: u8) -> Result<usize, E> {
        if self.depth >= DEPTH_MAX {
            return Err(E::custom(format!("the value is nested more than {DEPTH_MAX} deep")));
        }
        self.depth += 1;
        self.out.push(marker);
        let at = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        Ok(at)
    }

    fn end<E: de::Error>(&mut self, at: usize, length: u32) -> Result<(), E> {
        let head = self.out.get_mut(at..at + 4).ok_or_else(|| E::custom("the head is gone"))?;
        head.copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    fn inner(&mut self) -> Part<'_> {
        Part { out: self.out, depth: self.depth }
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.scalar(&())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.scalar(&value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.scalar(&value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.scalar(&value)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        self.scalar(&value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let at = self.begin(ARRAY_32)?;
        let mut length = 0;
        while items.next_element_seed(self.inner())?.is_some() {
            length += 1;
        }
        self.end(at, length)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        let at = self.begin(MAP_32)?;
        let mut length = 0;
        while entries.next_key_seed(self.inner())?.is_some() {
            entries.next_value_seed(self.inner())?;
            length += 1;
        }
        self.end(at, length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use brink_shared::wire;

    use super::*;

    fn read(text: &str) -> Value {
        wire::decode_value(&to_msgpack(text).unwrap()).unwrap()
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(|float| json!(float)),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".*", inner), 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_stays_the_same(value in any_json()) {
            let text = value.to_string();
            prop_assert_eq!(read(&text), serde_json::from_str::<Value>(&text).unwrap());
        }
    }

    #[test]
    fn large_integers_are_the_nearest_floats() {
        assert_eq!(read("18446744073709551615"), json!(u64::MAX));
        assert_eq!(read("18446744073709551616"), json!(18_446_744_073_709_551_616.0));
        assert_eq!(read("-9223372036854775809"), json!(-9_223_372_036_854_775_808.0));
    }

    #[test]
    fn half_a_character_is_replaced() {
        for (text, expected) in [
            (r#"["\ud83d"]"#, json!(["\u{fffd}"])),
            (r#"["a\udc00b", 1]"#, json!(["a\u{fffd}b", 1])),
            (r#""\ud83d\ud83d\ude00""#, json!("\u{fffd}\u{1f600}")),
            (r#""\\ud83d \\\ud83d \"é""#, json!("\\ud83d \\\u{fffd} \"é")),
            (r#"{"\uD800": "\uD83D\uDE00"}"#, json!({"\u{fffd}": "\u{1f600}"})),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        for text in ["", "[1]", r#""\ud83d\ude00""#, r#""\\ud83d""#, "\"\\", r#""\ud8"#] {
            assert_eq!(with_whole_characters(text), None, "{text}");
        }
    }

    #[test]
    fn a_broken_or_too_deep_text_is_an_error() {
        for text in ["", "nul", "[1", "{\"a\":}", "1 2", "{1:2}"] {
            assert!(to_msgpack(text).is_err(), "{text}");
        }
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(to_msgpack(&deep(DEPTH_MAX)).is_ok());
        let error = to_msgpack(&deep(1_000_000)).unwrap_err().to_string();
        assert!(error.contains("nested more than 60 deep"), "{error}");
    }
}
