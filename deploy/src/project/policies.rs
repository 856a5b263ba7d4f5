//! The policies of a project, and of a file that several projects share.

use std::path::{Path, PathBuf};

use brink_shared::registry::Distribution;
use brink_shared::registry::distribution::Policies;
use brink_shared::registry::policies::{EXCLUSIVE, both, resolve};
use toml::de::DeValue;

use super::document::{Document, Fault};

/// Reads `[policies]`, and the file that it names with `from`. Returns the file's path too.
pub fn read(document: &mut Document<'_>, folder: &Path) -> (Policies, Option<PathBuf>) {
    let Some(mut section) = document.section("policies") else {
        return (Policies::default(), None);
    };
    let mut file = None;
    if let DeValue::Table(table) = section.get_mut()
        && let Some(from) = table.remove("from")
    {
        match from.get_ref().as_str() {
            Some(path) => file = Some((from.span(), folder.join(path))),
            None => {
                let found = from.get_ref().type_str();
                document.note(from.span(), format!("expected a path in quotes, found a {found}"));
            }
        }
    }
    let mut policies: Policies = document.read(&section).unwrap_or_default();
    if let Some((place, file)) = &file {
        let merged = shared(file).and_then(|shared| add(&mut policies, shared, file));
        for message in merged.err().into_iter().flatten() {
            document.note(place.clone(), message);
        }
    }
    (policies, file.map(|(_, file)| file))
}

/// Gives the behaviors the settings of the policies that they name.
pub fn give(document: &mut Document<'_>, distribution: &mut Distribution) {
    for (index, behavior) in document.array("behaviors").iter().enumerate() {
        let has = |key: &str| behavior.get_ref().get(key).is_some();
        for (key, by_hand) in EXCLUSIVE.into_iter().filter(|(key, hand)| has(key) && has(hand)) {
            document.note_at(&format!("behaviors[{index}].{key}"), both(key, by_hand));
        }
    }
    if document.is_sound() {
        for problem in resolve(distribution) {
            document.note_at(&problem.path, problem.message);
        }
    }
}

/// The policies of a file, or its mistakes.
fn shared(file: &Path) -> Result<Policies, Vec<String>> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| vec![format!("{} cannot be read: {error}", file.display())])?;
    let mut document = Document::parse(&text);
    document.expect_only(&["policies"]);
    let section = document.section("policies");
    let policies = section.and_then(|section| document.read(&section)).unwrap_or_default();
    if document.is_sound() {
        return Ok(policies);
    }
    let told = |fault: &Fault| {
        let gap = if fault.place.is_some() { "" } else { " " };
        format!("{}:{gap}{fault}", file.display())
    };
    Err(document.into_faults().iter().map(told).collect())
}

/// Adds the shared policies to the project's own ones.
fn add(policies: &mut Policies, shared: Policies, file: &Path) -> Result<(), Vec<String>> {
    let mut twice = Vec::new();
    macro_rules! add {
        ($kind:ident) => {
            for (name, policy) in shared.$kind {
                if policies.$kind.contains_key(&name) {
                    let table = concat!("policies.", stringify!($kind));
                    twice.push(format!("{} has [{table}.{name}] too", file.display()));
                } else {
                    policies.$kind.insert(name, policy);
                }
            }
        };
    }
    add!(cache);
    add!(origin_request);
    add!(response_headers);
    if twice.is_empty() { Ok(()) } else { Err(twice) }
}
