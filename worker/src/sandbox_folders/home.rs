//! The folder of one worker process, and the end of those whose process is gone.
//!
//! # Protocol
//!
//! Several workers may share the folder above. A process locks its own folder (`flock`) as long as
//! it lives; the kernel ends the lock with the process. So a folder that can be locked belongs to
//! nobody, and may be removed by the owner of the new lock. Making and locking a folder are two
//! steps. If somebody else locks or removes it between them, the maker sees that and makes another
//! one.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use data_encoding::HEXLOWER;
use rustix::fs::{Mode, OFlags};
use rustix::process::geteuid;

use super::removal;

/// The beginning of a home's name.
const PREFIX: &str = "worker-";

/// Random bytes in a home's name.
const RANDOM: usize = 8;

/// How often a home is made again because another process took it for an abandoned one.
const TRIES: usize = 16;

/// The folder of this process.
#[derive(Debug)]
pub(super) struct Home {
    path: PathBuf,
    /// Locked as long as this process lives.
    _lock: File,
    sweeper: Sweeper,
}

/// The thread that removes abandoned homes.
#[derive(Debug)]
struct Sweeper {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

// === impl Home ===

impl Home {
    /// Makes the folder of this process, and begins to remove abandoned ones beside it.
    pub(super) fn make(parent: &Path) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        for _ in 0..TRIES {
            let name = HEXLOWER.encode(&rand::random::<[u8; RANDOM]>());
            let path = parent.join(format!("{PREFIX}{name}"));
            DirBuilder::new().mode(0o700).create(&path)?;
            if let Some(lock) = lock(&path) {
                fs::set_permissions(&path, Permissions::from_mode(0o711))?;
                return Ok(Self { path, _lock: lock, sweeper: Sweeper::start(parent)? });
            }
        }
        Err(io::Error::other(format!("other processes lock all folders in {}", parent.display())))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.sweeper.end();
        if let Err(error) = removal::remove(&self.path) {
            tracing::warn!(%error, path = ?self.path, "the folder of this worker is not removed");
        }
    }
}

/// A folder for the homes of processes without a folder of their own, such as `brink dev`. It is the
/// same for all processes of a user. So a later process finds the home that a killed one left.
pub(super) fn temporary() -> io::Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("brink-{}", geteuid().as_raw()));
    match make_folder(&path, 0o711) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made.map(|()| path),
    }
    // Anybody may make a folder of this name, and then exchange the files in it.
    let found = fs::symlink_metadata(&path)?;
    let is_own = found.is_dir() && found.uid() == geteuid().as_raw() && found.mode() & 0o022 == 0;
    is_own.then_some(path.clone()).ok_or_else(|| {
        io::Error::other(format!(
            "{} is not a folder that only this user may write to; remove it, or set TMPDIR to another folder",
            path.display()
        ))
    })
}

/// Makes a folder with just this mode, whatever the process's umask is.
pub(super) fn make_folder(path: &Path, mode: u32) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// The lock of a home; none if it belongs to somebody, or is gone.
fn lock(path: &Path) -> Option<File> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
    let lock = File::from(rustix::fs::open(path, flags, Mode::empty()).ok()?);
    lock.try_lock().ok()?;
    let (locked, there) = (lock.metadata().ok()?, fs::symlink_metadata(path).ok()?);
    ((locked.dev(), locked.ino()) == (there.dev(), there.ino())).then_some(lock)
}

// === impl Sweeper ===

impl Sweeper {
    fn start(parent: &Path) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (parent, stopped) = (parent.to_owned(), stop.clone());
        let sweep = move || sweep(&parent, &stopped);
        let thread = thread::Builder::new().name("brink-sweep".to_owned()).spawn(sweep)?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Lets the thread remove no further sandbox, and waits for it.
    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::warn!("the thread that removes abandoned folders has panicked");
        }
    }
}

fn sweep(parent: &Path, stop: &AtomicBool) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let random = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let random = random.and_then(|random| HEXLOWER.decode(random.as_bytes()).ok());
        let is_home = random.is_some_and(|random| random.len() == RANDOM);
        let path = entry.path();
        if is_home && let Some(_lock) = lock(&path) {
            for folder in ["sandboxes", "unpacked"] {
                for tree in fs::read_dir(path.join(folder)).into_iter().flatten().flatten() {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    remove(&tree.path());
                }
            }
            remove(&path);
        }
    }
}

fn remove(path: &Path) {
    if let Err(error) = removal::remove(path) {
        tracing::warn!(%error, ?path, "the files of a worker that was killed are not removed");
    }
}
