//! Resolves the symbolic links in a zip: each becomes a copy of what it leads to, as the links in a
//! folder do.
//!
//! A link may lead to a folder with further links, or through another link. So a link waits until
//! all links on its way have been resolved. Links that wait for each other lead nowhere.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::archive_error::ArchiveError;
use super::bundle_files_error::BundleFilesError;
use super::gathered::Gathered;

/// Resolves the links, by their names and targets.
pub(super) fn resolve(
    gathered: &mut Gathered,
    mut links: BTreeMap<String, String>,
    rejected: impl Fn(ArchiveError) -> BundleFilesError,
) -> Result<(), BundleFilesError> {
    while !links.is_empty() {
        let ready = links.iter().find_map(|(name, target)| {
            let place = place_of(name, target)?;
            let waits =
                links.keys().any(|other| is_within(other, &place) || is_within(&place, other));
            (!waits).then(|| (name.clone(), place))
        });
        let copies = ready.as_ref().map(|(name, place)| copies(&gathered.files, name, place));
        match (ready, copies) {
            (Some((name, _)), Some(copies)) if !copies.is_empty() => {
                links.remove(&name);
                for (name, data) in copies {
                    gathered.count(&name, data.len())?;
                    gathered.files.insert(name, data);
                }
            }
            (ready, _) => {
                let name = ready.map(|(name, _)| name);
                let name = name.or_else(|| links.keys().next().cloned()).unwrap_or_default();
                let target = links.remove(&name).unwrap_or_default();
                return Err(rejected(ArchiveError::Link { name, target }));
            }
        }
    }
    Ok(())
}

/// The files that a link stands for, by the names that they get.
fn copies(files: &BTreeMap<String, Bytes>, link: &str, place: &str) -> Vec<(String, Bytes)> {
    if let Some(data) = files.get(place) {
        return vec![(link.to_owned(), data.clone())];
    }
    let inside = format!("{place}/");
    let below = files.range(inside.clone()..).take_while(|(name, _)| name.starts_with(&inside));
    below
        .map(|(name, data)| {
            (format!("{link}/{}", name.get(inside.len()..).unwrap_or(name)), data.clone())
        })
        .collect()
}

/// The name in the zip to which a link leads; none if it leads outside.
fn place_of(link: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    if target.starts_with('/') {
        return None;
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn is_within(name: &str, folder: &str) -> bool {
    name.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_names_within_the_zip() {
        for (link, target, place) in [
            ("a/b/link", "c", Some("a/b/c")),
            ("a/b/link", "../../c/./d", Some("c/d")),
            ("link", "..", None),
            ("a/link", "..", None),
            ("a/link", "../../x", None),
            ("link", "/etc/passwd", None),
        ] {
            assert_eq!(place_of(link, target).as_deref(), place, "{link} -> {target}");
        }
    }
}
