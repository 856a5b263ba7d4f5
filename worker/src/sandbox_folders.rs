//! The folders of sandboxes on disk, for runtimes that read a function's files from there.
//!
//! Each worker process has a folder of its own ([`home`]):
//!
//! ```text
//! worker-<random>/              removed when the process ends, or by a later one
//!   unpacked/<digest>/          the files of a bundle, unpacked once (`unpacked`)
//!   sandboxes/<number>/task/    a sandbox's own tree: hard links to those files
//!   sandboxes/<number>/tmp/     its temporary files, where it can have no private `/tmp`
//! ```
//!
//! A sandbox starts before it has a function, with its `task` folder empty. The folder cannot be
//! exchanged afterwards, because the sandbox may have it as a mount, so it is filled with links.
//!
//! # Who may do what
//!
//! The files belong to the worker's user. Sandboxes run as another user if they can, and read them
//! only: files have mode 0555, folders 0755. A bundle knows no modes, so every file is executable.
//! Files are shared by all sandboxes with the same bundle. So the confinement must forbid a sandbox
//! with the worker's own user to change them, also their modes.
//!
//! # Protocol
//!
//! All work with files happens on blocking threads. It goes on if its caller stops waiting, so each
//! such thread owns a share of everything that it writes to: a [`SandboxFolder`] is removed after
//! the last of them. An [`Unpacked`] keeps the files of its bundle from being removed. Removing them
//! would do no harm to the sandboxes, whose links stay, but would not free any bytes either.

mod contents;
mod home;
mod removal;
mod unpacked;

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use brink_shared::registry::{Bundle, BundleDigest};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

pub use contents::{Contents, ENTRIES_MAX};
use home::Home;
use unpacked::{Store, Tree};

/// Most bytes of unpacked bundles, unless it is set: forty of the usual limit.
pub const UNPACKED_BYTES_DEFAULT: u64 = 2 * 1024 * 1024 * 1024;

/// Makes the folders of a worker's sandboxes. Clones share everything.
#[derive(Clone, Debug)]
pub struct SandboxFolders {
    shared: Arc<Shared>,
}

/// The folder of one sandbox. It is removed when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct SandboxFolder {
    folder: Arc<OwnFolder>,
}

/// A bundle whose files are on disk, and stay there as long as this is kept.
#[derive(Clone, Debug)]
pub struct Unpacked {
    tree: Arc<Tree>,
}

/// Why a bundle's files are not on disk.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// A name that a file cannot have. The function is at fault.
    #[error(
        "the bundle has {path:?}, which cannot be a file: {why}; rename it and publish the function again"
    )]
    Name {
        /// The file's path in the bundle.
        path: String,
        /// The reason.
        why: String,
    },
    /// The bundles of the versions that are loaded here take all room. The worker is at fault.
    #[error(
        "no room to unpack a bundle of {needed} bytes: the bundles in use have {used} bytes, and the limit is \
         {bytes_max}; give the worker more room, or run fewer functions on it"
    )]
    NoRoom {
        /// Bytes that the bundle takes.
        needed: u64,
        /// Bytes that the bundles in use take.
        used: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// The disk is full or broken. The machine is at fault.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The process is about to end.
    #[error("this worker is stopping")]
    Stopping,
}

#[derive(Debug)]
struct Shared {
    home: Home,
    store: Store,
    next: AtomicU64,
}

/// A folder that is removed when this is dropped.
#[derive(Debug)]
struct OwnFolder {
    path: PathBuf,
    /// The files of the home stay as long as this folder.
    shared: Arc<Shared>,
}

// === impl SandboxFolders ===

impl SandboxFolders {
    /// Makes the folder of this process below `work_dir`, or below a folder for temporary files.
    /// Another thread removes what processes left there that were killed.
    pub fn open(work_dir: Option<&Path>) -> io::Result<Self> {
        Self::with_bytes_max(work_dir, UNPACKED_BYTES_DEFAULT)
    }

    /// The same, with at most this many bytes of unpacked bundles.
    pub fn with_bytes_max(work_dir: Option<&Path>, bytes_max: u64) -> io::Result<Self> {
        let home = match work_dir {
            // Sandboxes start in another folder.
            Some(dir) => Home::make(&std::path::absolute(dir)?)?,
            None => Home::make(&home::temporary()?)?,
        };
        let (unpacked, sandboxes) = (home.path().join("unpacked"), sandboxes(&home));
        DirBuilder::new().mode(0o700).create(&unpacked)?;
        home::make_folder(&sandboxes, 0o711)?;
        let store = Store::new(unpacked, bytes_max);
        Ok(Self { shared: Arc::new(Shared { home, store, next: AtomicU64::new(1) }) })
    }

    /// Writes the files by which interpreters run functions, and returns their folder.
    pub fn bootstraps(&self, files: &[(&str, &str)]) -> io::Result<PathBuf> {
        let folder = self.shared.home.path().join("bootstraps");
        home::make_folder(&folder, unpacked::FOLDER_MODE)?;
        for (name, text) in files {
            let path = folder.join(name);
            for above in path.ancestors().skip(1).take_while(|above| *above != folder) {
                if !above.exists() {
                    home::make_folder(above, unpacked::FOLDER_MODE)?;
                }
            }
            fs::write(&path, text)?;
            fs::set_permissions(&path, Permissions::from_mode(0o444))?;
        }
        Ok(folder)
    }

    /// The folder of a new sandbox, with an empty `task` folder in it.
    pub fn make(&self) -> io::Result<SandboxFolder> {
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let path = sandboxes(&self.shared.home).join(number.to_string());
        home::make_folder(&path, 0o711)?;
        let folder = Arc::new(OwnFolder { path, shared: self.shared.clone() });
        home::make_folder(&task(&folder.path), unpacked::FOLDER_MODE)?;
        Ok(SandboxFolder { folder })
    }

    /// Unpacks a bundle, unless its files are on disk already.
    pub async fn unpack(
        &self,
        digest: &BundleDigest,
        bundle: &Bundle,
    ) -> Result<Unpacked, UnpackError> {
        let (shared, digest, bundle) = (self.shared.clone(), digest.clone(), bundle.clone());
        let unpacked = spawn_blocking(move || shared.store.unpack(&digest, &bundle)).await;
        Ok(Unpacked { tree: unpacked.map_err(|_| UnpackError::Stopping)?? })
    }
}

fn sandboxes(home: &Home) -> PathBuf {
    home.path().join("sandboxes")
}

fn task(folder: &Path) -> PathBuf {
    folder.join("task")
}

// === impl SandboxFolder ===

impl SandboxFolder {
    /// The folder. Its `task` is for the function's files.
    pub fn path(&self) -> &Path {
        &self.folder.path
    }

    /// The folder for the function's files.
    pub fn task(&self) -> PathBuf {
        task(&self.folder.path)
    }

    /// Measures its folder for temporary files; nothing if it has none. Reads the disk.
    pub fn tmp(&self) -> io::Result<Contents> {
        match Contents::of(&self.folder.path.join("tmp")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Contents::default()),
            read => read,
        }
    }

    /// Puts the files of a bundle into the `task` folder, which must be empty. Unpacks the bundle
    /// first, unless its files are on disk already.
    pub async fn fill(&self, digest: &BundleDigest, bundle: &Bundle) -> Result<(), UnpackError> {
        let folders = SandboxFolders { shared: self.folder.shared.clone() };
        let unpacked = folders.unpack(digest, bundle).await?;
        self.fill_with(&unpacked).await
    }

    /// The same for a bundle that is unpacked. So its caller need not keep the bundle in memory.
    pub async fn fill_with(&self, unpacked: &Unpacked) -> Result<(), UnpackError> {
        let (tree, folder) = (unpacked.tree.clone(), self.folder.clone());
        let linked = spawn_blocking(move || tree.link_into(&task(&folder.path))).await;
        linked.map_err(|_| UnpackError::Stopping)?
    }
}

// === impl OwnFolder ===

impl Drop for OwnFolder {
    fn drop(&mut self) {
        let (path, shared) = (std::mem::take(&mut self.path), self.shared.clone());
        let remove = move || {
            if let Err(error) = removal::remove(&path) {
                tracing::warn!(%error, ?path, "the folder of a sandbox that ended is not removed");
            }
            drop(shared);
        };
        match Handle::try_current() {
            // A tree of thousands of files takes a while.
            Ok(runtime) => drop(runtime.spawn_blocking(remove)),
            // Without a runtime no other work waits for this thread.
            Err(_) => remove(),
        }
    }
}

#[cfg(test)]
mod tests;
