//! Makes a [`Bundle`] from a file, a folder or a zip on disk.
//!
//! A folder is taken with its hidden files and `node_modules`, but without version control and the
//! tools' own files (`left_out`). A file is taken with the files that it imports (`imports`).
//! Packages that are installed in a folder above are added (`packages`). Remarks tell the author
//! which files were added beyond those at the path.

mod archive;
mod entry;
mod gathered;
mod imports;
mod left_out;
mod packages;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use brink_rewrite::requests;
use brink_shared::registry::bundle::{BUNDLE_FILES_MAX, BUNDLE_MAX, BundleError};
use brink_shared::registry::function::HANDLER_DEFAULT;
use brink_shared::registry::{Bundle, Runtime};
use brink_worker::runtime::{AbsentUse, absent_modules};
use bytes::Bytes;

use crate::parser_stack::on_parser_stack;
use crate::printing;
use crate::rejected::IN_NODEJS;
use crate::typescript::{self, TypeScriptError};
pub use archive::ArchiveError;
use gathered::{Gathered, reading};
pub use left_out::{NODE_MODULES, is_path_left_out};
use packages::Wanted;

/// The name of the project file. It describes functions and belongs to none.
pub const PROJECT_FILE: &str = "brink.toml";

/// Most names that a sentence lists.
const LISTED_MAX: usize = 5;

/// Why a path gives no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleFilesError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A name that is not UTF-8.
    #[error("{0:?}: file names must be UTF-8")]
    Name(PathBuf),
    /// A socket, a device.
    #[error("{0} is neither a file nor a folder")]
    Kind(PathBuf),
    /// It is larger than a bundle may be; found before all of it was read.
    #[error(
        "{path} has more than {BUNDLE_FILES_MAX} files or {max} MiB; publish the built files only",
        max = BUNDLE_MAX / 1024 / 1024
    )]
    TooLarge {
        /// The folder.
        path: PathBuf,
    },
    /// No file, or only files that are left out.
    #[error("{0} has no files of a function; `brink init {0}` makes a small project there")]
    Empty(PathBuf),
    /// An import that leads out of the project.
    #[error(
        "{}:{line}:{column}: {name} is not added: it is outside of {}, or hidden; give the \
         folder that holds all of the function",
        file.display(), limit.display()
    )]
    Outside {
        /// The file that imports.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// The import, as written.
        name: String,
        /// The project's folder.
        limit: PathBuf,
    },
    /// A zip that cannot be used.
    #[error("{}: {source}", path.display())]
    Archive {
        /// The zip.
        path: PathBuf,
        /// Why.
        source: ArchiveError,
    },
    /// A file that is not valid TypeScript.
    #[error("{}/{source}", path.display())]
    TypeScript {
        /// The folder, or the file's.
        path: PathBuf,
        /// Where and why.
        source: TypeScriptError,
    },
    /// The files are not a valid bundle.
    #[error("{path}: {source}")]
    Bundle {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: BundleError,
    },
}

/// A function's files, and remarks about them.
#[derive(Debug)]
pub struct FunctionFiles {
    /// The files to publish.
    pub bundle: Bundle,
    /// The handler by its name in the bundle.
    pub handler: String,
    /// The author's files that were found by following imports; empty for a folder or a zip.
    pub sources: BTreeSet<PathBuf>,
    /// About files that were added beyond those at the path.
    remarks: Vec<String>,
    /// Uses of modules that do not exist in a sandbox.
    absent: Vec<AbsentUse>,
}

/// Files as they were found.
#[derive(Default)]
struct Taken {
    files: BTreeMap<String, Bytes>,
    /// The single file that was given.
    entry: Option<String>,
    sources: BTreeSet<PathBuf>,
    remarks: Vec<String>,
}

// === impl FunctionFiles ===

impl FunctionFiles {
    /// Prints the remarks, and uses of modules that cannot work, on standard error.
    pub fn tell(&self) {
        for remark in &self.remarks {
            eprintln!("note: {}", printing::plain(remark));
        }
        for found in &self.absent {
            eprintln!("warning: {}", printing::plain(&found.to_string()));
        }
        if !self.absent.is_empty() {
            eprintln!("note: if the function needs that, {IN_NODEJS}");
        }
    }

    /// Advice about an error of the function, if there is any.
    pub fn advice(&self, error: &str) -> Option<String> {
        let is_missing = error.contains("Cannot find module")
            || (error.contains("ENOENT") && error.contains("/var/task/"));
        if is_missing && error.contains(&format!("for handler {}", self.handler)) {
            let names = self.bundle.files().keys().filter(|name| is_code(name));
            let names: Vec<&str> =
                names.map(String::as_str).filter(|name| !name.contains("node_modules/")).collect();
            return match names.as_slice() {
                [] => Some("it has no JavaScript file".to_owned()),
                names => Some(format!(
                    "it has {}; name a handler, as --handler FILE.EXPORT or `handler` in brink.toml",
                    listed(names)
                )),
            };
        }
        let missing = error.split_once("Cannot find module '").and_then(|(_, rest)| {
            let (name, _) = rest.split_once('\'')?;
            packages::name_of(name)
        });
        if let Some(package) = missing {
            return Some(format!(
                "no node_modules folder beside or above the function has {package}"
            ));
        }
        (is_missing && !self.sources.is_empty()).then(|| {
            "with a single file, only the files that it names in `require` and `import` are added; give the \
             folder to take all of it"
                .to_owned()
        })
    }
}

/// Reads a function's files. `handler` names the export that answers events in the author's files.
/// For a single file, the default is the file's own name.
pub fn read(
    path: &Path,
    runtime: Runtime,
    handler: &str,
) -> Result<FunctionFiles, BundleFilesError> {
    on_parser_stack(|| read_here(path, runtime, handler)).map_err(|source| reading(path, source))?
}

fn read_here(
    path: &Path,
    runtime: Runtime,
    handler: &str,
) -> Result<FunctionFiles, BundleFilesError> {
    let kind = std::fs::metadata(path).map_err(|source| reading(path, source))?;
    let Taken { files, entry, sources, mut remarks } = if kind.is_dir() {
        folder(path)?
    } else if !kind.is_file() {
        return Err(BundleFilesError::Kind(path.to_owned()));
    } else if archive::is_archive(path)? {
        archive::read(path)?
    } else {
        path.file_name()
            .and_then(|name| name.to_str())
            .ok_or_else(|| BundleFilesError::Name(path.to_owned()))?;
        imports::follow(path)?
    };
    if files.is_empty() {
        return Err(BundleFilesError::Empty(path.to_owned()));
    }
    let hidden = left_out::hidden(files.keys());
    if !hidden.is_empty() {
        remarks.push(format!("the function includes hidden files: {}", listed(&hidden)));
    }
    let absent = absent_modules(runtime, &files);
    let mut files = typescript::compile(files).map_err(|source| {
        let folder = if kind.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
        BundleFilesError::TypeScript { path: folder.to_owned(), source }
    })?;
    let mut handler = match &entry {
        Some(entry) => in_folder_of(entry, handler),
        None => handler.to_owned(),
    };
    if let Some(entry) = entry::needed(&files, &handler) {
        remarks.push(format!(
            "in a handler's name the file ends at the first dot, so {} is added, which exports the handler of {}",
            entry.name, entry.file
        ));
        files.insert(entry.name, entry.text.into());
        handler = entry.handler;
    }
    let bundle = Bundle::new(files);
    let bundle =
        bundle.map_err(|source| BundleFilesError::Bundle { path: path.to_owned(), source })?;
    Ok(FunctionFiles { bundle, handler, sources, remarks, absent })
}

/// The handler of a function whose author named none: `handler` of the single file, or of `index`
/// in a folder or a zip.
pub fn default_handler(path: &Path) -> String {
    let is_code = path.is_file() && !archive::is_archive(path).unwrap_or(false);
    match path.file_stem().and_then(|stem| stem.to_str()) {
        Some(stem) if is_code => format!("{stem}.handler"),
        _ => HANDLER_DEFAULT.to_owned(),
    }
}

/// A folder's files, and the packages above it.
fn folder(path: &Path) -> Result<Taken, BundleFilesError> {
    let mut gathered = Gathered::new(path);
    gathered.add_folder(path, "", |name| name == PROJECT_FILE)?;
    let root = path.canonicalize().map_err(|source| reading(path, source))?;
    let wanted = packages_of(&gathered.files);
    let wanted = wanted.into_iter().map(|(place, name)| {
        let folder = if place.is_empty() { root.clone() } else { root.join(&place) };
        Wanted { folder, place, name }
    });
    let limit = imports::project_of(&root);
    let remarks = packages::take(&mut gathered, &root, &limit, wanted.collect())?;
    Ok(Taken { files: gathered.files, remarks, ..Taken::default() })
}

/// The packages that the files of a function request, each with the folder of the file.
fn packages_of(files: &BTreeMap<String, Bytes>) -> BTreeSet<(String, String)> {
    let mut wanted = BTreeSet::new();
    for (name, data) in files {
        let in_package = name.split('/').any(|part| part == NODE_MODULES);
        let Some(text) = std::str::from_utf8(data).ok().filter(|_| !in_package && is_code(name))
        else {
            continue;
        };
        let place = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        for request in requests(name, text) {
            if let Some(package) = packages::name_of(&request.name) {
                wanted.insert((place.to_owned(), package.to_owned()));
            }
        }
    }
    wanted
}

/// True for files that may import others.
pub(crate) fn is_code(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ["js", "cjs", "mjs", "ts", "cts", "mts", "tsx", "jsx"].contains(&ending)
}

/// The handler of the given file, with the folder that the file has in the bundle.
fn in_folder_of(entry: &str, handler: &str) -> String {
    let (folder, file) = entry.rsplit_once('/').unwrap_or(("", entry));
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let is_of_file = handler.strip_prefix(stem).is_some_and(|export| export.starts_with('.'));
    if is_of_file { gathered::within(folder, handler) } else { handler.to_owned() }
}

/// Some names, and how many more.
fn listed(names: &[&str]) -> String {
    let shown = if names.len() > LISTED_MAX { LISTED_MAX - 1 } else { names.len() };
    let mut text = names.get(..shown).unwrap_or(names).join(", ");
    if names.len() > shown {
        text.push_str(&format!(" and {} more", names.len() - shown));
    }
    text
}

#[cfg(test)]
mod tests;
