//! The store of unpacked bundles.
//!
//! A bundle is written under another name, and renamed when all its files are there. So a folder
//! with a digest as its name is whole. The folder belongs to one process, so its files are those
//! that this process wrote.
//!
//! One thread at a time unpacks a bundle, and others that need the same one wait for it. If there
//! are too many bytes, the bundles go that nobody has used for the longest time. A bundle in use
//! stays: [`Tree`]s are shared, and the store counts the shares.
//!
//! The next version of a function has most of its files from the last one. To make a file takes much
//! longer than to link it. So files that a similar bundle has too are links to those.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use brink_shared::registry::{Bundle, BundleDigest};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use super::UnpackError;
use super::home::make_folder;

/// Files are read and run by all, and written by nobody.
const FILE_MODE: u32 = 0o555;

/// Only the worker's user makes files in a folder.
pub(super) const FOLDER_MODE: u32 = 0o755;

/// Bytes that a file takes on disk beyond its own: half a block and its entries.
const FILE_COST: u64 = 4 * 1024;

/// How many files tell whether two bundles are similar.
const SAMPLES: usize = 32;

/// The extension of a bundle that is not whole yet.
const UNFINISHED: &str = "new";

/// A folder of unpacked bundles.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
    bytes_max: u64,
    state: Mutex<State>,
}

/// The files of a bundle on disk.
#[derive(Debug)]
pub(super) struct Tree {
    path: PathBuf,
    /// Folders, each after the one that has it.
    folders: Vec<PathBuf>,
    /// Sorted by name.
    files: Vec<UnpackedFile>,
}

/// A file by its name and the SHA-256 of its bytes.
#[derive(Debug)]
struct UnpackedFile {
    name: Box<str>,
    hash: Hash,
}

type Hash = [u8; 32];

#[derive(Debug, Default)]
struct State {
    bundles: HashMap<BundleDigest, Kept>,
    /// Grows with each use.
    uses: u64,
}

/// A bundle in the store.
#[derive(Debug)]
struct Kept {
    /// None until it is unpacked. The thread that unpacks it owns the lock.
    tree: Arc<Mutex<Option<Arc<Tree>>>>,
    /// The bytes that are counted for it.
    size: u64,
    /// [`State::uses`] at its last use.
    used: u64,
}

// === impl Store ===

impl Store {
    pub(super) fn new(folder: PathBuf, bytes_max: u64) -> Self {
        Self { folder, bytes_max, state: Mutex::default() }
    }

    /// The files of a bundle. Writes them if they are not there.
    pub(super) fn unpack(
        &self,
        digest: &BundleDigest,
        bundle: &Bundle,
    ) -> Result<Arc<Tree>, UnpackError> {
        let slot = self.slot(digest, bundle)?;
        let mut slot = slot.lock();
        if let Some(tree) = &*slot {
            return Ok(tree.clone());
        }
        let tree = Arc::new(self.write(digest, bundle)?);
        *slot = Some(tree.clone());
        Ok(tree)
    }

    /// The place of a bundle. If it is a new one, removes others until it fits.
    fn slot(
        &self,
        digest: &BundleDigest,
        bundle: &Bundle,
    ) -> Result<Arc<Mutex<Option<Arc<Tree>>>>, UnpackError> {
        let needed = bundle.size() as u64 + FILE_COST * bundle.files().len() as u64;
        let (slot, unused) = {
            let mut state = self.state.lock();
            state.uses += 1;
            let used = state.uses;
            if let Some(kept) = state.bundles.get_mut(digest) {
                kept.used = used;
                return Ok(kept.tree.clone());
            }
            let unused = state.make_room(needed, self.bytes_max)?;
            let tree = Arc::default();
            let kept = Kept { tree: Arc::clone(&tree), size: needed, used };
            state.bundles.insert(digest.clone(), kept);
            (tree, unused)
        };
        for tree in unused {
            tree.remove();
        }
        Ok(slot)
    }

    fn write(&self, digest: &BundleDigest, bundle: &Bundle) -> Result<Tree, UnpackError> {
        // A bundle that was removed and is needed again may still be on its way out.
        let path = self.folder.join(format!("{digest}.{:016x}", rand::random::<u64>()));
        let beside = path.with_extension(UNFINISHED);
        let similar = self.similar(bundle);
        let written =
            write_files(&beside, bundle, similar.as_deref()).and_then(|(folders, files)| {
                let renamed = fs::rename(&beside, &path);
                renamed.map_err(|source| UnpackError::Write { path: path.clone(), source })?;
                Ok(Tree { path, folders, files })
            });
        if written.is_err() {
            // There may be nothing, or only a part.
            let _ = fs::remove_dir_all(&beside);
        }
        written
    }
}

impl Store {
    /// The bundle that has the most of some files of this one.
    fn similar(&self, bundle: &Bundle) -> Option<Arc<Tree>> {
        let trees: Vec<Arc<Tree>> = {
            let state = self.state.lock();
            // A locked one is being unpacked, maybe by this thread.
            let slots = state.bundles.values().filter_map(|kept| kept.tree.try_lock());
            slots.filter_map(|tree| tree.clone()).collect()
        };
        let files = bundle.files();
        let samples: Vec<_> = files
            .iter()
            .step_by(files.len().div_ceil(SAMPLES).max(1))
            .map(|(name, bytes)| (name, hash(bytes)))
            .collect();
        let count =
            |tree: &Tree| samples.iter().filter(|(name, hash)| tree.has(name, hash)).count();
        let counted = trees.into_iter().map(|tree| (count(&tree), tree));
        let (same, tree) = counted.max_by_key(|(same, _)| *same)?;
        (same > 0).then_some(tree)
    }
}

// === impl State ===

impl State {
    /// Takes bundles out until there is room for one more. The caller removes their files.
    fn make_room(&mut self, needed: u64, bytes_max: u64) -> Result<Vec<Arc<Tree>>, UnpackError> {
        let mut bytes: u64 = self.bundles.values().map(|kept| kept.size).sum();
        let mut unused: Vec<_> = self
            .bundles
            .iter()
            .filter(|(_, kept)| kept.is_unused())
            .map(|(digest, kept)| (kept.used, kept.size, digest.clone()))
            .collect();
        unused.sort_unstable_by_key(|(used, ..)| *used);
        let in_use = bytes - unused.iter().map(|(_, size, _)| size).sum::<u64>();
        if in_use + needed > bytes_max {
            return Err(UnpackError::NoRoom { needed, used: in_use, bytes_max });
        }
        let mut trees = Vec::new();
        for (_, size, digest) in unused {
            if bytes + needed <= bytes_max {
                break;
            }
            bytes -= size;
            let kept = self.bundles.remove(&digest);
            trees.extend(kept.and_then(|kept| kept.tree.lock().take()));
        }
        Ok(trees)
    }
}

// === impl Kept ===

impl Kept {
    /// True if nobody but the store has the bundle, or its place.
    fn is_unused(&self) -> bool {
        let is_shared = |tree: &Option<Arc<Tree>>| {
            tree.as_ref().is_some_and(|tree| Arc::strong_count(tree) > 1)
        };
        // A thread that unpacks it owns the lock, and one that is about to has a share of the place.
        Arc::strong_count(&self.tree) == 1
            && self.tree.try_lock().is_some_and(|tree| !is_shared(&tree))
    }
}

// === impl Tree ===

impl Tree {
    /// Fills an empty folder with links to the files; with copies where links are not possible.
    pub(super) fn link_into(&self, folder: &Path) -> Result<(), UnpackError> {
        let failed = |path: &Path, source| UnpackError::Write { path: path.to_owned(), source };
        for name in &self.folders {
            let path = folder.join(name);
            make_folder(&path, FOLDER_MODE).map_err(|source| failed(&path, source))?;
        }
        for file in &self.files {
            let (from, to) = (self.path.join(&*file.name), folder.join(&*file.name));
            // Not every file system has links, and the number of links to a file is bounded.
            if fs::hard_link(&from, &to).is_err() {
                // The copy has the mode of the file.
                fs::copy(&from, &to).map_err(|source| failed(&to, source))?;
            }
        }
        Ok(())
    }

    fn has(&self, name: &str, hash: &Hash) -> bool {
        let found = self.files.binary_search_by(|file| (*file.name).cmp(name));
        found.is_ok_and(|at| self.files.get(at).is_some_and(|file| file.hash == *hash))
    }

    fn remove(&self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(%error, path = ?self.path, "an unused bundle is not removed");
        }
    }
}

/// Writes the files of a bundle into a new folder, or links them to those of a similar one. Returns
/// the names of its folders and files.
fn write_files(
    root: &Path,
    bundle: &Bundle,
    similar: Option<&Tree>,
) -> Result<(Vec<PathBuf>, Vec<UnpackedFile>), UnpackError> {
    let failed = |path: &Path, source| UnpackError::Write { path: path.to_owned(), source };
    make_folder(root, FOLDER_MODE).map_err(|source| failed(root, source))?;
    let mut folders = BTreeSet::new();
    let mut files = Vec::with_capacity(bundle.files().len());
    for (name, bytes) in bundle.files() {
        let file = Path::new(name);
        // A bundle has no other names. Any other one could lead out of the folder.
        if !file.components().all(|part| matches!(part, Component::Normal(_))) {
            let why = "it is not a path within the bundle".to_owned();
            return Err(UnpackError::Name { path: name.clone(), why });
        }
        let hash = hash(bytes);
        let same = similar.filter(|tree| tree.has(name, &hash));
        let write = || {
            let mut above: Vec<_> = file.ancestors().skip(1).collect();
            // The last one is the empty path, which stands for the root.
            above.pop();
            for folder in above.into_iter().rev().filter(|folder| !folders.contains(*folder)) {
                make_folder(&root.join(folder), FOLDER_MODE)?;
            }
            let path = root.join(file);
            match same.map(|tree| fs::hard_link(tree.path.join(file), &path)) {
                Some(Ok(())) => Ok(()),
                _ => write_file(&path, bytes),
            }
        };
        write().map_err(|source| match why_not(&source) {
            Some(why) => UnpackError::Name { path: name.clone(), why: why.to_owned() },
            None => failed(&root.join(file), source),
        })?;
        let above = file.ancestors().skip(1).filter(|folder| *folder != Path::new(""));
        folders.extend(above.map(Path::to_owned));
        files.push(UnpackedFile { name: name.as_str().into(), hash });
    }
    Ok((folders.into_iter().collect(), files))
}

fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    file.write_all(bytes)?;
    // The process's umask may have taken some of it.
    match file.metadata()?.mode() & 0o777 {
        FILE_MODE => Ok(()),
        _ => file.set_permissions(Permissions::from_mode(FILE_MODE)),
    }
}

fn hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// The reason if a file's name is at fault.
fn why_not(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            Some("another file has the name of its folder")
        }
        io::ErrorKind::InvalidFilename => Some("the name is too long"),
        _ => None,
    }
}
