//! Stored documents, across releases of Brink.
//!
//! Nodes of two releases run side by side, so a newer release may have written a document. People's
//! documents are read strictly: an unknown key is a mistake. A stored document was checked when it
//! was written, so this release leaves out the fields that it does not know. Some fields must not
//! be left out, because they guard something. The document names them in `requires`. If a release
//! does not know one of these names, the whole document is unreadable to it.
//!
//! Answers of the admin service contain such documents and are read in the same way.
//!
//! A write that changes a part of a stored document works on its JSON, so unknown fields stay in
//! it.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

/// Names that this release knows in `requires`.
pub const KNOWN_FEATURES: [&str; 7] = super::distribution::access::FEATURES;

/// Most unknown fields that are left out of one document. A field that occurs in several elements
/// of a list counts once. This bounds the time of reading.
const UNKNOWN_MAX: usize = 256;

/// Why a stored document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It is not JSON, or does not have the form that this release knows.
    #[error("{0}")]
    Form(#[from] serde_json::Error),
    /// It has a feature that this release does not know.
    #[error("it requires {0:?}, which this release of Brink does not know; update this node")]
    Requires(String),
}

/// The part that says which releases may read the rest.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    requires: Vec<String>,
}

/// Reads a stored document, a JSON object, without the fields that this release does not know.
///
/// # Errors
///
/// If it does not have the form that this release knows, or requires a feature that it does not
/// know.
pub fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, DocumentError> {
    let Head { requires } = serde_json::from_slice(text)?;
    let unknown = requires.into_iter().find(|name| !KNOWN_FEATURES.contains(&name.as_str()));
    if let Some(name) = unknown {
        return Err(DocumentError::Requires(name));
    }
    match serde_json::from_slice(text) {
        Ok(document) => Ok(document),
        Err(error) if unknown_field(&error).is_some() => {
            without_unknown(serde_json::from_slice(text)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// The types reject an unknown field and name its place. So each such field is removed at its
/// place.
fn without_unknown<T: DeserializeOwned>(mut document: Value) -> Result<T, DocumentError> {
    let mut left = UNKNOWN_MAX;
    loop {
        let error = match serde_path_to_error::deserialize::<_, T>(&document) {
            Ok(read) => return Ok(read),
            Err(error) => error,
        };
        let unknown = unknown_field(error.inner()).filter(|_| left > 0);
        if !unknown.is_some_and(|unknown| take_out(&mut document, error.path(), &unknown)) {
            return Err(error.into_inner().into());
        }
        left -= 1;
    }
}

/// An unknown field, from the words of serde's derive or those of a role's limits.
fn unknown_field(error: &serde_json::Error) -> Option<Unknown> {
    let text = error.to_string();
    let (rest, is_limit) = match text.strip_prefix("unknown field `") {
        Some(rest) => (rest, false),
        None => (text.strip_prefix("unknown limit `")?, true),
    };
    Some(Unknown { name: rest.split_once('`')?.0.to_owned(), is_limit })
}

struct Unknown {
    name: String,
    /// The path leads to the table of limits, and not to the field in it.
    is_limit: bool,
}

/// Removes a field, in all elements of the lists on the way, and in all values of a map whose keys
/// are no texts for the parser, as triggers are: they are of one type.
///
/// The path has to lead to the field itself. Where an object is read in one piece with another
/// (`flatten`), it leads to that object, which may have a guard and stays.
fn take_out(document: &mut Value, path: &Path, Unknown { name, is_limit }: &Unknown) -> bool {
    let steps: Vec<&Segment> = path.iter().collect();
    match steps.as_slice() {
        to_limits if *is_limit => take_out_at(document, to_limits, name),
        [to_object @ .., Segment::Map { key }] if key == name => {
            take_out_at(document, to_object, name)
        }
        _ => false,
    }
}

fn take_out_at(value: &mut Value, steps: &[&Segment], name: &str) -> bool {
    match (steps, value) {
        ([], Value::Object(fields)) => fields.shift_remove(name).is_some(),
        ([Segment::Map { key }, rest @ ..], Value::Object(fields)) => {
            fields.get_mut(key).is_some_and(|value| take_out_at(value, rest, name))
        }
        ([Segment::Seq { .. }, rest @ ..], Value::Array(items)) => {
            take_out_of_any(items.iter_mut(), rest, name)
        }
        ([Segment::Unknown, rest @ ..], Value::Object(fields)) => {
            take_out_of_any(fields.values_mut(), rest, name)
        }
        _ => false,
    }
}

fn take_out_of_any<'a>(
    values: impl Iterator<Item = &'a mut Value>,
    steps: &[&Segment],
    name: &str,
) -> bool {
    let taken = values.map(|value| take_out_at(value, steps, name));
    taken.fold(false, |any, taken| any | taken)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::registry::{DistributionRecord, FunctionVersion};

    /// Puts an unknown field into every object that is not a map of names.
    fn with_unknown(value: &mut Value, at: &str) {
        const MAPS: [&str; 5] = ["origins", "origin_groups", "functions", "env", "custom_headers"];
        match value {
            Value::Object(fields) => {
                fields.iter_mut().for_each(|(key, value)| with_unknown(value, key));
                if !MAPS.contains(&at) {
                    fields.insert("from_the_future".to_owned(), json!({ "a": [1, { "b": null }] }));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| with_unknown(item, at)),
            _ => {}
        }
    }

    fn previous() -> serde_json::Map<String, Value> {
        let text = include_str!("../../testdata/registry/previous.json");
        serde_json::from_str(text).unwrap()
    }

    fn bytes(value: &Value) -> Vec<u8> {
        serde_json::to_vec(value).unwrap()
    }

    #[test]
    fn fields_of_a_newer_release_are_left_out() {
        let documents = previous();
        for (key, value) in &documents {
            let mut newer = value.clone();
            with_unknown(&mut newer, "");
            assert_ne!(*value, newer);
            if key.starts_with("version.") {
                let known: FunctionVersion = read(&bytes(value)).unwrap();
                assert_eq!(read::<FunctionVersion>(&bytes(&newer)).unwrap(), known, "{key}");
                assert!(serde_json::from_value::<FunctionVersion>(newer).is_err(), "{key}");
            } else if key.starts_with("distribution.") || key.starts_with("revision.") {
                let known: DistributionRecord = read(&bytes(value)).unwrap();
                assert_eq!(read::<DistributionRecord>(&bytes(&newer)).unwrap(), known, "{key}");
                assert!(serde_json::from_value::<DistributionRecord>(newer).is_err(), "{key}");
            }
        }
    }

    #[test]
    fn a_guard_of_a_newer_release_makes_a_document_unreadable() {
        let mut record = previous()["distribution.shop"].clone();
        record["distribution"]["behaviors"][0]["methods"] = json!("some");
        let error = read::<DistributionRecord>(&bytes(&record)).unwrap_err().to_string();
        assert!(error.contains("unknown variant `some`"), "{error}");
    }

    #[test]
    fn a_required_feature_is_not_left_out() {
        let mut record = previous()["distribution.shop"].clone();
        record["requires"] = json!([]);
        assert!(read::<DistributionRecord>(&bytes(&record)).is_ok());
        record["requires"] = json!(["signed-cookies"]);
        let error = read::<DistributionRecord>(&bytes(&record)).unwrap_err().to_string();
        assert!(error.contains("requires \"signed-cookies\""), "{error}");
        record["requires"] = json!({ "all_of": ["signed-cookies"] });
        assert!(read::<DistributionRecord>(&bytes(&record)).is_err());
    }

    #[test]
    fn reading_takes_out_so_many_fields_and_no_more() {
        let mut record = previous()["distribution.shop"].clone();
        let fields = record["distribution"].as_object_mut().unwrap();
        fields.extend((0..UNKNOWN_MAX).map(|n| (format!("new-{n}"), json!(n))));
        assert!(read::<DistributionRecord>(&bytes(&record)).is_ok());
        record["distribution"]["one-more"] = json!(1);
        assert!(read::<DistributionRecord>(&bytes(&record)).is_err());
    }
}
