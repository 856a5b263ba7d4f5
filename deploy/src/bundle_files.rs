//! From a file or a folder on disk to a [`Bundle`].
//!
//! Hidden files, the project file and symbolic links that lead outside are left out, so that what
//! is published is what the folder shows. `node_modules` is part of it, without its caches.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use brink_shared::registry::Bundle;
use brink_shared::registry::bundle::{BUNDLE_FILES_MAX, BUNDLE_MAX, BundleError};
use brink_shared::registry::function::HANDLER_DEFAULT;
use brink_worker::absent_modules::{self, AbsentUse};
use bytes::Bytes;
use walkdir::{DirEntry, WalkDir};

use crate::printing;
use crate::typescript::{self, TypeScriptError};

/// The project file's name; it is about functions and no part of one.
pub const PROJECT_FILE: &str = "brink.toml";

/// Deepest folder within a bundle. Real dependency trees stay far below.
const DEPTH_MAX: usize = 64;

/// Why a path gives no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleFilesError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A name that is not UTF-8.
    #[error("{0:?}: file names must be UTF-8")]
    Name(PathBuf),
    /// A socket, a device.
    #[error("{0} is neither a file nor a folder")]
    Kind(PathBuf),
    /// More than a bundle may hold, found before all of it was read.
    #[error(
        "{path} has more than {BUNDLE_FILES_MAX} files or {max} MiB; publish the built files only",
        max = BUNDLE_MAX / 1024 / 1024
    )]
    TooLarge {
        /// The folder.
        path: PathBuf,
    },
    /// No file that counts.
    #[error("{0} holds no files (hidden ones do not count)")]
    Empty(PathBuf),
    /// Its TypeScript is none.
    #[error("{}/{source}", path.display())]
    TypeScript {
        /// The folder, or the file's.
        path: PathBuf,
        /// Where and why.
        source: TypeScriptError,
    },
    /// What the bundle itself refuses.
    #[error("{path}: {source}")]
    Bundle {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: BundleError,
    },
}

/// A function's files, and what is to be said of them.
#[derive(Debug)]
pub struct FunctionFiles {
    /// What is published.
    pub bundle: Bundle,
    /// What they use that a sandbox cannot have.
    pub absent: Vec<AbsentUse>,
}

// === impl FunctionFiles ===

impl FunctionFiles {
    /// Warns of what cannot work, on standard error.
    pub fn warn(&self) {
        for found in &self.absent {
            eprintln!("warning: {}", printing::plain(&found.to_string()));
        }
    }
}

/// Reads a function's files. A single file keeps its name.
pub fn read(path: &Path) -> Result<FunctionFiles, BundleFilesError> {
    let kind = std::fs::metadata(path).map_err(|source| reading(path, source))?;
    let files = if kind.is_dir() {
        folder(path)?
    } else if kind.is_file() {
        let name = path.file_name().unwrap_or_default();
        let name = name.to_str().ok_or_else(|| BundleFilesError::Name(path.to_owned()))?;
        if kind.len() > BUNDLE_MAX as u64 {
            return Err(BundleFilesError::TooLarge { path: path.to_owned() });
        }
        BTreeMap::from([(name.to_owned(), contents(path)?)])
    } else {
        return Err(BundleFilesError::Kind(path.to_owned()));
    };
    if files.is_empty() {
        return Err(BundleFilesError::Empty(path.to_owned()));
    }
    let absent = absent_modules::find(&files);
    let files = typescript::compile(files).map_err(|source| {
        let folder = if kind.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
        BundleFilesError::TypeScript { path: folder.to_owned(), source }
    })?;
    let bundle = Bundle::new(files);
    let bundle =
        bundle.map_err(|source| BundleFilesError::Bundle { path: path.to_owned(), source })?;
    Ok(FunctionFiles { bundle, absent })
}

/// The handler of a function whose author named none: `handler` of the one file, of `index`
/// in a folder.
pub fn default_handler(path: &Path) -> String {
    match path.file_stem().and_then(|stem| stem.to_str()) {
        Some(stem) if path.is_file() => format!("{stem}.handler"),
        _ => HANDLER_DEFAULT.to_owned(),
    }
}

fn folder(root: &Path) -> Result<BTreeMap<String, Bytes>, BundleFilesError> {
    let real_root = root.canonicalize().map_err(|source| reading(root, source))?;
    let mut files = BTreeMap::new();
    let mut bytes = 0;
    let walk = WalkDir::new(root).follow_links(true).max_depth(DEPTH_MAX).into_iter();
    for entry in walk.filter_entry(|entry| belongs(entry, &real_root)) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if leads_nowhere(&error) => continue,
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                return Err(reading(&path, error.into()));
            }
        };
        if !entry.file_type().is_file() {
            continue;
        }
        let size = entry.metadata().map_or(0, |facts| facts.len());
        if size > BUNDLE_MAX as u64 {
            return Err(BundleFilesError::TooLarge { path: root.to_owned() });
        }
        let data = contents(entry.path())?;
        bytes += data.len();
        files.insert(name_within(root, entry.path())?, data);
        if bytes > BUNDLE_MAX || files.len() > BUNDLE_FILES_MAX {
            return Err(BundleFilesError::TooLarge { path: root.to_owned() });
        }
    }
    Ok(files)
}

/// False for what is no part of a function.
fn belongs(entry: &DirEntry, real_root: &Path) -> bool {
    if entry.depth() == 0 {
        return true;
    }
    let name = entry.file_name().to_string_lossy();
    if name.starts_with('.') || (entry.depth() == 1 && name == PROJECT_FILE) {
        return false;
    }
    let inside = |path: &Path| path.canonicalize().is_ok_and(|real| real.starts_with(real_root));
    !entry.path_is_symlink() || inside(entry.path())
}

/// True for a link without target, such as the lock files of some editors.
fn leads_nowhere(error: &walkdir::Error) -> bool {
    let missing = error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
    missing && error.path().is_some_and(Path::is_symlink)
}

fn name_within(root: &Path, path: &Path) -> Result<String, BundleFilesError> {
    let bad = || BundleFilesError::Name(path.to_owned());
    let parts = path.strip_prefix(root).map_err(|_| bad())?.components();
    let parts: Option<Vec<_>> = parts.map(|part| part.as_os_str().to_str()).collect();
    Ok(parts.ok_or_else(bad)?.join("/"))
}

fn contents(path: &Path) -> Result<Bytes, BundleFilesError> {
    std::fs::read(path).map(Bytes::from).map_err(|source| reading(path, source))
}

fn reading(path: &Path, source: io::Error) -> BundleFilesError {
    BundleFilesError::Read { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file).unwrap();
        }
        dir
    }

    fn names(bundle: &Bundle) -> Vec<&str> {
        bundle.files().keys().map(String::as_str).collect()
    }

    #[test]
    fn a_folder_gives_what_it_shows_and_its_modules() {
        let dir = tree(&[
            "index.js",
            "lib/a.mjs",
            "node_modules/x/index.js",
            "node_modules/.cache/y",
            ".git/config",
            ".env",
            "brink.toml",
            "lib/brink.toml",
        ]);
        let bundle = read(dir.path()).unwrap().bundle;
        let shown = ["index.js", "lib/a.mjs", "lib/brink.toml", "node_modules/x/index.js"];
        assert_eq!(names(&bundle), shown);
    }

    #[test]
    fn a_single_file_keeps_its_name_and_names_the_handler() {
        let dir = tree(&["ab.js"]);
        let file = dir.path().join("ab.js");
        assert_eq!(names(&read(&file).unwrap().bundle), ["ab.js"]);
        assert_eq!(default_handler(&file), "ab.handler");
        assert_eq!(default_handler(dir.path()), "index.handler");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_only_within_the_folder() {
        let outside = tree(&["secret.js"]);
        let dir = tree(&["index.js", "lib/a.js"]);
        let link = |to: &Path, name: &str| {
            std::os::unix::fs::symlink(to, dir.path().join(name)).unwrap();
        };
        link(&outside.path().join("secret.js"), "secret.js");
        link(outside.path(), "out");
        link(&dir.path().join("lib"), "again");
        link(Path::new("missing"), "dangling.js");
        let bundle = read(dir.path()).unwrap().bundle;
        assert_eq!(names(&bundle), ["again/a.js", "index.js", "lib/a.js"]);
    }

    #[test]
    fn too_much_is_refused_before_it_is_read() {
        let dir = tree(&["index.js"]);
        let large = dir.path().join("large.bin");
        std::fs::File::create(&large).unwrap().set_len(BUNDLE_MAX as u64 + 1).unwrap();
        for path in [dir.path(), &large] {
            let refused = read(path).unwrap_err();
            assert!(matches!(refused, BundleFilesError::TooLarge { .. }), "{refused}");
        }
    }

    #[test]
    fn nothing_and_nowhere_are_told_apart() {
        let dir = tree(&[".hidden"]);
        assert!(matches!(read(dir.path()), Err(BundleFilesError::Empty(_))));
        let nowhere = dir.path().join("no");
        assert!(matches!(read(&nowhere), Err(BundleFilesError::Read { .. })));
    }
}
