//! All keys of settings, and the setting that was probably meant by an unknown key. A setting that
//! is not listed here is rejected.
//!
//! Gateways and workers know each other's settings: one file, or one set of variables, may serve
//! all nodes of a machine.

use std::fmt;
use std::path::Path;

use toml::de::DeTable;

use super::{SettingsError, table};
use crate::nearest_name::distance;

/// Kubernetes names variables after its services, such as `BRINK_SERVICE_HOST` and
/// `BRINK_PORT_8080_TCP`.
const OF_KUBERNETES: [&str; 2] = ["_SERVICE_", "_PORT"];

/// An unknown key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey {
    /// File and line; `None` for a variable, which is its own place.
    pub place: Option<String>,
    /// The key as it was written.
    pub key: String,
    /// The setting that was probably meant, written in the same way.
    pub meant: Option<String>,
}

// === impl UnknownKey ===

impl fmt::Display for UnknownKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{} is not a setting", self.key)?;
        match &self.meant {
            Some(meant) => write!(f, "; did you mean {meant}?"),
            None => Ok(()),
        }
    }
}

/// Rejects unknown keys. Warns of unknown variables, but rejects them if they are in a table of
/// settings.
pub(super) fn check<'a>(
    file: Option<&Path>,
    variables: impl Iterator<Item = &'a String>,
    flags: impl Iterator<Item = &'a str>,
) -> Result<(), SettingsError> {
    let mut unknown = file.map(in_file).unwrap_or_default();
    for variable in variables {
        let Some(found) = in_variable(variable) else { continue };
        if variable.contains("__") && begins_a_key(first_part(&key_of(variable))) {
            unknown.push(found);
        } else if !OF_KUBERNETES.iter().any(|part| variable.contains(part)) {
            eprintln!("warning: {found}");
        }
    }
    for flag in flags.filter(|flag| !is_known(flag)) {
        unknown.push(UnknownKey { place: None, key: flag.to_owned(), meant: None });
    }
    if unknown.is_empty() { Ok(()) } else { Err(SettingsError::Unknown(unknown)) }
}

/// The unknown keys of a file. A file that cannot be read or parsed is reported elsewhere.
fn in_file(file: &Path) -> Vec<UnknownKey> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut unknown = Vec::new();
    if let Ok(table) = DeTable::parse(&text) {
        in_table(table.get_ref(), "", &mut |at, key| {
            let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
            let place = Some(format!("{}:{line}", file.display()));
            unknown.push(UnknownKey { place, meant: meant(&key), key });
        });
    }
    unknown
}

fn in_table(table: &DeTable<'_>, above: &str, found: &mut impl FnMut(usize, String)) {
    for (name, value) in table {
        let key = format!("{above}{}", name.get_ref());
        match value.get_ref().as_table() {
            Some(below) if is_known(&key) || begins_a_key(&key) => {
                in_table(below, &format!("{key}."), found);
            }
            // A table in place of a value is a wrong value, but not an unknown key.
            _ if is_known(&key) || begins_a_key(&key) => {}
            _ => found(name.span().start, key),
        }
    }
}

fn in_variable(variable: &str) -> Option<UnknownKey> {
    let is_ours = variable.len() > PREFIX.len() && variable.to_uppercase().starts_with(PREFIX);
    let key = key_of(variable);
    if !is_ours || is_known(&key) {
        return None;
    }
    let meant = meant(&key);
    let meant = meant.map(|key| format!("{PREFIX}{}", key.to_uppercase().replace('.', "__")));
    Some(UnknownKey { place: None, key: variable.to_owned(), meant })
}

/// Begins the name of every variable.
const PREFIX: &str = "BRINK_";

fn key_of(variable: &str) -> String {
    variable.get(PREFIX.len()..).unwrap_or_default().to_lowercase().replace("__", ".")
}

fn all() -> impl Iterator<Item = &'static str> {
    table::ALL.iter().map(|setting| setting.key).chain([table::TEST_ONLY])
}

fn is_known(key: &str) -> bool {
    all().any(|known| known == key)
}

/// True for a table of settings.
fn begins_a_key(key: &str) -> bool {
    all().any(|known| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}

fn first_part(key: &str) -> &str {
    key.split_once('.').map_or(key, |(first, _)| first)
}

/// The setting, or table of settings, with the nearest name: at most a third of it differs.
fn meant(key: &str) -> Option<String> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let wanted = key.to_lowercase();
    let tables = all().filter(|known| known.contains('.')).map(first_part);
    let near = all().chain(tables).filter_map(|known| {
        let whole = distance(&wanted, known);
        // It may be in the wrong table.
        let distance = whole.min(distance(&last(&wanted), &last(known)));
        let most = last(&wanted).chars().count().max(last(known).chars().count()) / 3;
        (distance <= most).then_some((distance, whole, known))
    });
    near.min().map(|(.., known)| known.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_name_was_meant() {
        for (key, expected) in [
            ("requre", Some("sandbox.require")),
            ("sandbox.rquire", Some("sandbox.require")),
            ("cach_mb", Some("cache_mb")),
            ("geo.databse", Some("geo.database")),
            ("nast", Some("nats")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(meant(key).as_deref(), expected, "{key}");
        }
    }

    #[test]
    fn variables_of_other_programs_are_ignored() {
        let is_unknown = |variable: &str| in_variable(variable).is_some();
        assert!(is_unknown("BRINK_CACH_MB") && is_unknown("BRINK_SANDBOX__X"));
        for variable in ["BRINK_CACHE_MB", "BRINK_GEO__DATABASE", "brink_log", "PATH", "BRINKS_X"] {
            assert!(!is_unknown(variable), "{variable}");
        }
    }
}
