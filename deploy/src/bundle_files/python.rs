//! Adds the modules beside a single Python file that it imports, and those that they import.
//!
//! Only the words after `import` and `from` at the beginning of a line are read, and only modules in
//! the file's own folder are added; a package comes whole. Names that are not there are those of the
//! standard library or of installed packages. They are not searched for: give the folder then.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use brink_shared::registry::Runtime;

use super::bundle_files_error::{BundleFilesError, reading};
use super::gathered::{Gathered, name_within};
use super::left_out::is_path_left_out;
use super::taken::{Taken, listed};

/// Adds the file and the modules beside it that it imports.
pub(super) fn follow(path: &Path) -> Result<Taken, BundleFilesError> {
    let failed = |source| reading(path, source);
    let file = std::path::absolute(path).map_err(failed)?;
    let root = file.parent().unwrap_or(Path::new("/")).canonicalize().map_err(failed)?;
    let file = root.join(file.file_name().unwrap_or_default());
    let entry = name_within(&root, &file)?;
    let mut gathered = Gathered::new(path, Runtime::Python);
    let mut sources = BTreeSet::from([file.clone()]);
    let mut waiting = vec![file];
    while let Some(next) = waiting.pop() {
        let name = name_within(&root, &next)?;
        gathered.add(name.clone(), &next)?;
        // Data of a package may read like imports.
        if !name.ends_with(".py") {
            continue;
        }
        let Some(data) = gathered.files.get(&name) else { continue };
        let text = String::from_utf8_lossy(data);
        for found in imported(&text).flat_map(|module| files_of(&root, module)) {
            if sources.insert(found.clone()) {
                waiting.push(found);
            }
        }
    }
    let names = gathered.files.keys().map(String::as_str);
    let others: Vec<&str> = names.filter(|name| *name != entry).collect();
    let mut remarks = Vec::new();
    if !others.is_empty() {
        let others = listed(&others);
        remarks.push(format!("{entry} is added with the modules that it imports: {others}"));
    }
    let (files, linked) = (gathered.files, BTreeSet::new());
    Ok(Taken { files, entry: Some(entry), sources, linked, remarks })
}

/// The first names of the modules that a text imports: `a` of `import a.b, c` and `c`.
fn imported(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let line = line.split('#').next().unwrap_or(line).trim();
        let (names, is_from) = match (line.strip_prefix("import "), line.strip_prefix("from ")) {
            (Some(names), _) => (names, false),
            (_, Some(rest)) => (rest.split(" import").next().unwrap_or(rest), true),
            _ => ("", false),
        };
        let names = names.split(move |c| c == ',' && !is_from);
        names.filter_map(|name| {
            let name = name.split_whitespace().next()?;
            let name = name.trim_start_matches('.').split('.').next()?;
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            (!name.is_empty() && name.chars().all(is_word)).then_some(name)
        })
    })
}

/// The files of a module in a folder: `a.py`, or everything in the package `a`.
fn files_of(root: &Path, module: &str) -> Vec<PathBuf> {
    let package = root.join(module);
    if !package.join("__init__.py").is_file() {
        let file = root.join(format!("{module}.py"));
        return if file.is_file() { vec![file] } else { Vec::new() };
    }
    let walk = walkdir::WalkDir::new(&package).into_iter().filter_entry(|entry| {
        let name = entry.path().strip_prefix(root).unwrap_or(entry.path());
        !is_path_left_out(&name.to_string_lossy())
    });
    let files = walk.flatten().filter(|entry| entry.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_read_by_their_first_name() {
        let text = "import os, helpers.text as t # import no\n\
                    from rules import x, y\n    from .near import z\nfrom . import w\n\
                    importlib.import_module('q')\n# import no\nx = 'import no'\nfrom a.b.c import (\n";
        let names: Vec<_> = imported(text).collect();
        assert_eq!(names, ["os", "helpers", "rules", "near", "a"]);
    }
}
