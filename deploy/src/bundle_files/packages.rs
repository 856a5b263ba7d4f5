//! Packages that a function imports and that are installed above its files.
//!
//! Node.js looks for `node_modules` in every folder above a file. A bundle begins at the function's
//! folder. So packages from above are put at the bundle's root, each one whole and with all its
//! dependencies. If two versions of one package are needed, the second is put into the package that
//! needs it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::bundle_files_error::BundleFilesError;
use super::gathered::{Gathered, name_within, within};
use super::left_out::NODE_MODULES;
use super::taken::listed;

/// A package that a file imports.
pub(super) struct Wanted {
    /// The folder of the importing file, on disk and in the bundle.
    pub(super) folder: PathBuf,
    pub(super) place: String,
    /// The package.
    pub(super) name: String,
}

/// Facts about packages that were learned while they were added.
#[derive(Default)]
pub(super) struct Found {
    pub(super) remarks: Vec<String>,
    /// The folders of packages that are linked into a `node_modules` folder and whose files are
    /// elsewhere, as in a workspace. Their author may change them at any time.
    pub(super) linked: BTreeSet<PathBuf>,
}

/// The package that a specifier names: `@a/b` of `@a/b/c`. `None` for files, addresses, and modules
/// with the names of Node.js' own.
pub(super) fn name_of(specifier: &str) -> Option<&str> {
    let is_file = matches!(specifier, "." | "..")
        || ["./", "../", "/", "#"].iter().any(|start| specifier.starts_with(start));
    if is_file || specifier.contains([':', '\\', '\0']) {
        return None;
    }
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    let length: usize = specifier.split_inclusive('/').take(parts).map(str::len).sum();
    let name = specifier.get(..length)?.trim_end_matches('/');
    let is_plain = !name.is_empty() && name.split('/').count() == parts;
    (is_plain && name.split('/').all(|part| !matches!(part, "" | "." | ".."))).then_some(name)
}

/// The package of a file.
pub(super) fn name_in(path: &Path) -> Option<String> {
    let path = path.to_str()?;
    let (_, inside) = path.rsplit_once("/node_modules/")?;
    name_of(inside).map(str::to_owned)
}

/// Adds these packages and their dependencies, unless they are there.
pub(super) fn take(
    gathered: &mut Gathered,
    root: &Path,
    limit: &Path,
    wanted: Vec<Wanted>,
) -> Result<Found, BundleFilesError> {
    let mut waiting: VecDeque<(Wanted, bool)> = wanted.into_iter().map(|w| (w, true)).collect();
    // Packages by their folder in the bundle, with their folder on disk.
    let mut placed: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut asked = BTreeSet::new();
    let mut found = Found::default();
    let mut direct: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    while let Some((wanted, is_direct)) = waiting.pop_front() {
        if !asked.insert((wanted.place.clone(), wanted.name.clone())) {
            continue;
        }
        let Some((above, folder)) = find(&wanted) else { continue };
        let Ok(real) = folder.canonicalize() else { continue };
        if ![above.as_path(), limit].into_iter().any(|folder| is_inside(&real, folder)) {
            found.remarks.push(format!(
                "package {} is left out: {} leads outside of {}",
                wanted.name,
                folder.display(),
                limit.display()
            ));
            continue;
        }
        let place = place_for(gathered, root, &placed, &wanted, &folder, &real);
        if placed.get(&place) == Some(&real) {
            continue;
        }
        if gathered.ignored.leaves_out_below(&place) {
            continue;
        }
        if is_linked(&real) {
            found.linked.insert(real.clone());
        }
        if !gathered.has_folder(&place) {
            gathered.add_folder(&real, &place, |_| false)?;
            if is_direct {
                direct.entry(above).or_default().insert(wanted.name.clone());
            }
        }
        placed.insert(place.clone(), real.clone());
        for name in dependencies_in(&gathered.files, &place) {
            let wanted = Wanted { folder: real.clone(), place: place.clone(), name };
            waiting.push_back((wanted, false));
        }
    }
    for (above, names) in direct {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let above = above.join(NODE_MODULES);
        let (names, above) = (listed(&names), above.display());
        found.remarks.push(format!("packages and their dependencies from {above}: {names}"));
    }
    Ok(found)
}

/// True for the folder of a package that no package manager installed.
fn is_linked(real: &Path) -> bool {
    !real.components().any(|part| part.as_os_str() == NODE_MODULES)
}

/// A package's folder and the folder that has it in its `node_modules`, by Node.js' rule.
fn find(wanted: &Wanted) -> Option<(PathBuf, PathBuf)> {
    let mut above = wanted.folder.ancestors();
    above.find_map(|above| {
        let folder = above.join(NODE_MODULES).join(&wanted.name);
        let counts = !above.ends_with(NODE_MODULES) && folder.is_dir();
        counts.then(|| (above.to_owned(), folder))
    })
}

/// False for a link that leads elsewhere.
fn is_inside(real: &Path, folder: &Path) -> bool {
    folder.canonicalize().is_ok_and(|folder| real.starts_with(folder))
}

/// The place of a package in the bundle: the same as on disk if the importing file finds it there,
/// else the root, unless another package has the same name there.
fn place_for(
    gathered: &Gathered,
    root: &Path,
    placed: &BTreeMap<String, PathBuf>,
    wanted: &Wanted,
    folder: &Path,
    real: &Path,
) -> String {
    let own = within(NODE_MODULES, &wanted.name);
    if let Ok(place) = name_within(root, folder)
        && let Some(holder) = place.strip_suffix(&own)
        && is_within(&wanted.place, holder.trim_end_matches('/'))
    {
        return place;
    }
    // Packages within this package came with it.
    if let Ok(inside) = name_within(&wanted.folder, folder) {
        return within(&wanted.place, &inside);
    }
    let mut level = wanted.place.as_str();
    loop {
        let place = within(level, &own);
        match placed.get(&place) {
            Some(there) if there == real => return place,
            Some(_) => return within(&wanted.place, &own),
            None if gathered.has_folder(&place) => return within(&wanted.place, &own),
            None if level.is_empty() => return place,
            None => level = level.rsplit_once('/').map_or("", |(above, _)| above),
        }
    }
}

fn is_within(place: &str, folder: &str) -> bool {
    folder.is_empty()
        || place.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The packages that the function's own `package.json` names.
pub(super) fn dependencies_of(files: &BTreeMap<String, Bytes>) -> Vec<String> {
    dependencies_in(files, "")
}

/// The packages that the `package.json` of a folder names.
fn dependencies_in(files: &BTreeMap<String, Bytes>, folder: &str) -> Vec<String> {
    let package = files.get(&within(folder, "package.json"));
    let package: Option<serde_json::Value> =
        package.and_then(|text| serde_json::from_slice(text).ok());
    let Some(package) = package else { return Vec::new() };
    let kinds = ["dependencies", "optionalDependencies", "peerDependencies"];
    let tables = kinds.iter().filter_map(|kind| package.get(kind)?.as_object());
    tables
        .flat_map(|table| table.keys())
        .filter(|name| name_of(name) == Some(name.as_str()))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_name_packages_or_files() {
        for (specifier, name) in [
            ("lodash", Some("lodash")),
            ("lodash/fp", Some("lodash")),
            ("@a/b/c/d", Some("@a/b")),
            (".prisma/client", Some(".prisma")),
            ("@a", None),
            ("@a/..", None),
            ("./a", None),
            ("..", None),
            ("/a", None),
            ("#own", None),
            ("node:fs", None),
            ("https://a/b", None),
            ("", None),
        ] {
            assert_eq!(name_of(specifier), name, "{specifier}");
        }
    }
}
