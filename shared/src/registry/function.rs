//! A version of a function: its publication, and the limits under which it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::bundle::BundleDigest;
use super::role::Role;
use crate::id::VersionId;
use crate::limits::{Chosen, Limits, MEMORY_MB_DEFAULT, TIMEOUT_DEFAULT};
use crate::runtime::RuntimeName;
use crate::secret::{SealedSecrets, SecretName};
use crate::wire::UnixMillis;

/// Handler of a function whose author gave none: `exports.handler` of `index.js`.
pub const HANDLER_DEFAULT: &str = "index.handler";

/// How a function runs: the settings that its author writes beside its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FunctionSettings {
    /// What runs it.
    pub runtime: RuntimeName,
    /// File without its ending, a dot, and the name it exports: `index.handler`.
    pub handler: String,
    /// Wall time per event, written `5s` or `250ms`. A trigger's own limit still holds.
    #[serde(with = "crate::duration_text")]
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
    /// Its permissions, as they were when the version was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The secrets in its environment. Their values are not settings: they come sealed when the
    /// version is published.
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

impl FunctionSettings {
    /// The limits in these settings.
    pub fn chosen(&self) -> Chosen<'_> {
        Chosen { timeout: self.timeout, memory_mb: self.memory_mb, limits: &self.limits }
    }
}

impl Default for FunctionSettings {
    fn default() -> Self {
        Self {
            runtime: RuntimeName::default(),
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

/// Reads variables. If a value is not text, the error does not repeat it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_the_previous_release_are_read_and_written_alike() {
        let settings: FunctionSettings = serde_json::from_str(r#"{"runtime":"boa"}"#).unwrap();
        assert_eq!(settings, FunctionSettings::default());
        assert_eq!(serde_json::to_value(settings).unwrap()["runtime"], "boa");
    }
}
