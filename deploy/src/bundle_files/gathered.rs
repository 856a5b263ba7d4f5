//! Gathers the files of a bundle. Counts the files of a folder before it reads the first one, so
//! that a folder that is too large is rejected at once, with its largest parts.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use brink_shared::registry::Runtime;
use brink_shared::registry::bundle::BundleBounds;
use bytes::Bytes;
use walkdir::{DirEntry, WalkDir};

use super::bundle_files_error::{BundleFilesError, reading};
use super::ignore_file::{IGNORE_FILE, IgnoreFile};
use super::largest::Parts;
use super::left_out::{is_left_out, is_virtual_environment};
use crate::own_output;
use crate::progress::Progress;

/// Deepest folder within a bundle. Real dependency trees stay far below.
const DEPTH_MAX: usize = 64;

/// Most files of a folder that are counted, in multiples of the most that a bundle may have.
const COUNTED_MAX: usize = 4;

/// Files by their path in the bundle.
pub(super) struct Gathered {
    pub(super) files: BTreeMap<String, Bytes>,
    /// Links that lead outside, by the names that they would have in the bundle.
    pub(super) outside: Vec<String>,
    /// Virtual environments of Python, likewise.
    pub(super) environments: Vec<String>,
    /// The files that the author leaves out.
    pub(super) ignored: IgnoreFile,
    bytes: usize,
    runtime: Runtime,
    bounds: BundleBounds,
    /// The path for which they are gathered, for errors.
    of: PathBuf,
}

/// A file that was found in a folder.
struct Found {
    name: String,
    path: PathBuf,
    size: u64,
}

/// A file or folder of a walk.
enum Kind {
    Belongs,
    LeftOut,
    Outside,
    Environment,
}

// === impl Gathered ===

impl Gathered {
    pub(super) fn new(of: &Path, runtime: Runtime) -> Self {
        Self {
            files: BTreeMap::new(),
            outside: Vec::new(),
            environments: Vec::new(),
            ignored: IgnoreFile::none(),
            bytes: 0,
            runtime,
            bounds: BundleBounds::of(runtime),
            of: of.to_owned(),
        }
    }

    /// Adds a file from disk.
    pub(super) fn add(&mut self, name: String, path: &Path) -> Result<(), BundleFilesError> {
        let data = self.read(&name, path)?;
        self.files.insert(name, data);
        Ok(())
    }

    /// Reads a file that will be added, and counts its bytes.
    pub(super) fn read(&mut self, name: &str, path: &Path) -> Result<Bytes, BundleFilesError> {
        let size = std::fs::metadata(path).map_err(|source| reading(path, source))?.len();
        self.expect_room([(name, size)])?;
        let data = std::fs::read(path).map_err(|source| reading(path, source))?;
        self.count(name, data.len())?;
        Ok(data.into())
    }

    /// Counts the bytes of a file that was read.
    pub(super) fn count(&mut self, name: &str, bytes: usize) -> Result<(), BundleFilesError> {
        // It may have grown since its size was read.
        self.expect_room([(name, bytes as u64)])?;
        self.bytes += bytes;
        Ok(())
    }

    /// True if there are files below this folder.
    pub(super) fn has_folder(&self, folder: &str) -> bool {
        let inside = format!("{folder}/");
        let mut files = self.files.range(inside.clone()..);
        files.next().is_some_and(|(name, _)| name.starts_with(&inside))
    }

    /// An error if these files, by name and size, would exceed the bounds.
    pub(super) fn expect_room<'a>(
        &self,
        more: impl IntoIterator<Item = (&'a str, u64), IntoIter: Clone>,
    ) -> Result<(), BundleFilesError> {
        let more = more.into_iter();
        let added = more.clone().map(|(_, size)| size).fold(0, u64::saturating_add);
        let bytes = (self.bytes as u64).saturating_add(added);
        let files = self.files.len() + more.clone().count();
        if self.bounds.have(usize::try_from(bytes).unwrap_or(usize::MAX), files) {
            return Ok(());
        }
        let mut parts = Parts::default();
        self.files.iter().for_each(|(name, data)| parts.add(name, data.len() as u64));
        more.for_each(|(name, size)| parts.add(name, size));
        Err(BundleFilesError::TooLarge {
            path: self.of.clone(),
            files,
            bytes,
            runtime: self.runtime,
            max: self.bounds,
            largest: parts.largest(),
        })
    }

    /// Adds all files of a folder, below `place` in the bundle. Symbolic links that lead outside
    /// are left out, and so are the files at the top of the folder for which `is_left_out` is true.
    pub(super) fn add_folder(
        &mut self,
        folder: &Path,
        place: &str,
        is_left_out: impl Fn(&str) -> bool,
    ) -> Result<(), BundleFilesError> {
        let found = self.find(folder, place, is_left_out)?;
        self.expect_room(found.iter().map(|found| (found.name.as_str(), found.size)))?;
        let total: u64 = found.iter().map(|found| found.size).sum();
        let _progress = Progress::of_bytes("reading", found.len(), total);
        found.into_iter().try_for_each(|Found { name, path, .. }| self.add(name, &path))
    }

    fn find(
        &mut self,
        folder: &Path,
        place: &str,
        is_left_out: impl Fn(&str) -> bool,
    ) -> Result<Vec<Found>, BundleFilesError> {
        let real = folder.canonicalize().map_err(|source| reading(folder, source))?;
        let mut found = Vec::new();
        let mut walk =
            WalkDir::new(folder).follow_links(true).min_depth(1).max_depth(DEPTH_MAX).into_iter();
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if leads_nowhere(&error) => continue,
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    return Err(reading(&path, error.into()));
                }
            };
            let top = entry.file_name().to_string_lossy();
            let name = name_within(folder, entry.path()).map(|name| within(place, &name));
            let kind = match &name {
                _ if entry.depth() == 1 && is_left_out(&top) => Kind::LeftOut,
                Ok(name) => self.kind_of(&entry, name, &real),
                // A file that is left out may have any name.
                Err(_) => kind_by_default(&entry, &real),
            };
            match (kind, name) {
                (Kind::Belongs, name) if entry.file_type().is_file() => {
                    // The tool's own output may be redirected to this folder.
                    if !own_output::is_known(entry.path()) {
                        let about = entry.metadata().map_err(|e| reading(entry.path(), e.into()));
                        let (name, size) = (name?, about?.len());
                        found.push(Found { name, path: entry.into_path(), size });
                    }
                    if found.len() >= COUNTED_MAX * self.bounds.files {
                        break;
                    }
                    continue;
                }
                (Kind::Belongs, _) => continue,
                (Kind::Outside, Ok(name)) => self.outside.push(name),
                (Kind::Environment, Ok(name)) => self.environments.push(name),
                (Kind::LeftOut | Kind::Outside | Kind::Environment, _) => {}
            }
            if entry.file_type().is_dir() {
                walk.skip_current_dir();
            }
        }
        Ok(found)
    }

    fn kind_of(&self, entry: &DirEntry, name: &str, real_root: &Path) -> Kind {
        let is_folder = entry.file_type().is_dir();
        match self.ignored.leaves_out(name, is_folder) {
            Some(true) => Kind::LeftOut,
            // A link outside stays one.
            Some(false) if leads_outside(entry, real_root) => Kind::Outside,
            Some(false) => Kind::Belongs,
            None if name == IGNORE_FILE => Kind::LeftOut,
            None => kind_by_default(entry, real_root),
        }
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

/// Whether a file or folder belongs to a function, if the author does not say so.
fn kind_by_default(entry: &DirEntry, real_root: &Path) -> Kind {
    let folder = entry.path().parent().and_then(Path::file_name);
    let folder = folder.map(std::ffi::OsStr::to_string_lossy);
    if is_left_out(&entry.file_name().to_string_lossy(), folder.as_deref()) {
        Kind::LeftOut
    } else if leads_outside(entry, real_root) {
        Kind::Outside
    } else if entry.file_type().is_dir() && is_virtual_environment(entry.path()) {
        Kind::Environment
    } else {
        Kind::Belongs
    }
}

fn leads_outside(entry: &DirEntry, real_root: &Path) -> bool {
    let inside = |path: &Path| path.canonicalize().is_ok_and(|real| real.starts_with(real_root));
    entry.path_is_symlink() && !inside(entry.path())
}

/// True for a link without target, such as the lock files of some editors, and for a link to a
/// folder that has it, such as a workspace's link to itself.
fn leads_nowhere(error: &walkdir::Error) -> bool {
    let missing = error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound);
    (missing && error.path().is_some_and(Path::is_symlink)) || error.loop_ancestor().is_some()
}
