//! Gathers the files of a bundle, and checks the bundle's bounds before it reads more.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use brink_shared::registry::bundle::{BUNDLE_FILES_MAX, BUNDLE_MAX};
use bytes::Bytes;
use walkdir::{DirEntry, WalkDir};

use super::BundleFilesError;
use super::left_out::is_left_out;
use crate::own_output;

/// Deepest folder within a bundle. Real dependency trees stay far below.
const DEPTH_MAX: usize = 64;

/// Files by their path in the bundle.
pub(super) struct Gathered {
    pub(super) files: BTreeMap<String, Bytes>,
    bytes: usize,
    /// The path for which they are gathered, for errors.
    of: PathBuf,
}

// === impl Gathered ===

impl Gathered {
    pub(super) fn new(of: &Path) -> Self {
        Self { files: BTreeMap::new(), bytes: 0, of: of.to_owned() }
    }

    /// Adds a file from disk.
    pub(super) fn add(&mut self, name: String, path: &Path) -> Result<(), BundleFilesError> {
        let data = self.read(path)?;
        self.files.insert(name, data);
        self.expect_room(0)
    }

    /// Reads an added file, and counts its bytes.
    pub(super) fn read(&mut self, path: &Path) -> Result<Bytes, BundleFilesError> {
        let size = std::fs::metadata(path).map_err(|source| reading(path, source))?.len();
        self.expect_room(size)?;
        let data = std::fs::read(path).map_err(|source| reading(path, source))?;
        self.count(data.len())?;
        Ok(data.into())
    }

    /// Counts bytes that were taken.
    pub(super) fn count(&mut self, bytes: usize) -> Result<(), BundleFilesError> {
        self.bytes += bytes;
        self.expect_room(0)
    }

    /// True if there are files below this folder.
    pub(super) fn has_folder(&self, folder: &str) -> bool {
        let inside = format!("{folder}/");
        let mut files = self.files.range(inside.clone()..);
        files.next().is_some_and(|(name, _)| name.starts_with(&inside))
    }

    /// An error if this many more bytes would exceed the bounds.
    pub(super) fn expect_room(&self, more: u64) -> Result<(), BundleFilesError> {
        if self.bytes as u64 + more > BUNDLE_MAX as u64 || self.files.len() > BUNDLE_FILES_MAX {
            return Err(BundleFilesError::TooLarge { path: self.of.clone() });
        }
        Ok(())
    }

    /// Adds all files of a folder, below `place` in the bundle. Symbolic links that lead outside
    /// are left out, and so are the files at the top of the folder for which `is_left_out` is true.
    pub(super) fn add_folder(
        &mut self,
        folder: &Path,
        place: &str,
        is_left_out: impl Fn(&str) -> bool,
    ) -> Result<(), BundleFilesError> {
        let real = folder.canonicalize().map_err(|source| reading(folder, source))?;
        let belongs = |entry: &DirEntry| {
            let name = entry.file_name().to_string_lossy();
            belongs(entry, &real) && !(entry.depth() == 1 && is_left_out(&name))
        };
        let walk = WalkDir::new(folder).follow_links(true).max_depth(DEPTH_MAX).into_iter();
        for entry in walk.filter_entry(belongs) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if leads_nowhere(&error) => continue,
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    return Err(reading(&path, error.into()));
                }
            };
            // The tool's own output may be redirected to this folder.
            if entry.file_type().is_file() && !own_output::is_known(entry.path()) {
                let name = name_within(folder, entry.path())?;
                self.add(within(place, &name), entry.path())?;
            }
        }
        Ok(())
    }
}

/// A path below a folder of the bundle; the empty one is the bundle's root.
pub(super) fn within(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The path of a file below a folder, in the form for bundles.
pub(super) fn name_within(folder: &Path, path: &Path) -> Result<String, BundleFilesError> {
    let bad = || BundleFilesError::Name(path.to_owned());
    let parts = path.strip_prefix(folder).map_err(|_| bad())?.components();
    let parts: Option<Vec<_>> = parts.map(|part| part.as_os_str().to_str()).collect();
    Ok(parts.ok_or_else(bad)?.join("/"))
}

/// False for files that do not belong to a function.
fn belongs(entry: &DirEntry, real_root: &Path) -> bool {
    if entry.depth() == 0 {
        return true;
    }
    let folder = entry.path().parent().and_then(Path::file_name);
    let folder = folder.map(std::ffi::OsStr::to_string_lossy);
    if is_left_out(&entry.file_name().to_string_lossy(), folder.as_deref()) {
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

pub(super) fn reading(path: &Path, source: io::Error) -> BundleFilesError {
    BundleFilesError::Read { path: path.to_owned(), source }
}
