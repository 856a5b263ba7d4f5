//! The thread that opens the database, writes to it, and replaces it if it cannot be used.
//!
//! If the database cannot be opened, read or written, it is deleted, and a new one begins after a
//! pause. So a damaged file does not stay, a full disk gets its room back, and no object survives
//! whose invalidation could not be written.

use std::fs::{File, TryLockError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::counts::count_write;
use super::database::{Database, DatabaseError, OpenFile, Opened};
use super::settings::DiskCacheError;
use super::state::Shared;

/// The file of the database.
pub const FILE: &str = "cache.redb";

/// The file that a gateway locks, so no other gateway uses the folder.
const LOCK: &str = "lock";

/// How long the writer gathers objects for one transaction.
const GATHER: Duration = Duration::from_millis(50);

/// The pause before a new database, at first and at most. It doubles each time.
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(60);

/// How long a writer that ends waits for readers that still have the database.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// The writer.
pub(super) struct Writer {
    shared: Arc<Shared>,
    dir: PathBuf,
    limit: u64,
    open: OpenFile,
    /// Locked while the folder is used.
    lock: Option<File>,
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Folder(#[from] std::io::Error),
    #[error("another gateway uses it")]
    InUse,
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A reader met it.
    #[error("{0}")]
    Reader(String),
}

// === impl Writer ===

impl Writer {
    /// Takes the folder. A folder that cannot be used now is tried again later, but one that another
    /// gateway uses is an error.
    pub(super) fn new(
        shared: Arc<Shared>,
        dir: PathBuf,
        limit: u64,
        open: OpenFile,
    ) -> Result<Self, DiskCacheError> {
        let lock = match lock(&dir) {
            Ok(lock) => Some(lock),
            Err(Trouble::InUse) => return Err(DiskCacheError::InUse(dir)),
            // The thread meets it again, and reports it.
            Err(_) => None,
        };
        Ok(Self { shared, dir, limit, open, lock })
    }

    /// Works until the gateway stops.
    pub(super) fn run(mut self) {
        let mut pause = RETRY_FIRST;
        loop {
            let began = Instant::now();
            let Err(trouble) = self.serve() else { break };
            self.give_up(&trouble);
            if began.elapsed() > RETRY_MAX {
                pause = RETRY_FIRST;
            }
            if !self.wait(pause) {
                break;
            }
            pause = (pause * 2).min(RETRY_MAX);
        }
        // Now another process may use the folder.
        self.lock = None;
        self.shared.step(|progress| progress.ended = true);
    }

    /// Opens the database, and writes to it until the gateway stops.
    fn serve(&mut self) -> Result<(), Trouble> {
        if self.lock.is_none() {
            self.lock = Some(lock(&self.dir)?);
        }
        let path = self.dir.join(FILE);
        let (database, opened) = match self.opened(&path) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::warn!(file = %path.display(), %error, "the disk cache begins anew");
                delete(&path)?;
                self.opened(&path)?
            }
        };
        let database = Arc::new(database);
        self.shared.database.store(Some(database.clone()));
        self.begin(opened, &path);
        while self.next_batch()? {
            self.write(&database)?;
        }
        self.shared.database.store(None);
        let until = Instant::now() + CLOSE_WITHIN;
        while Arc::strong_count(&database) > 1 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn opened(&self, path: &Path) -> Result<(Database, Opened), DatabaseError> {
        guarded(|| Database::open(path, self.limit, self.open))
    }

    fn begin(&self, opened: Opened, path: &Path) {
        let mut state = self.shared.state.lock();
        let Opened { rows, last, place } = opened;
        state.index.load(rows, last, place);
        state.usable = true;
        state.trouble = None;
        let (objects, bytes) = state.index.usage();
        drop(state);
        tracing::info!(file = %path.display(), objects, bytes, "the disk cache is open");
        self.tell(objects, bytes);
        self.shared.step(|progress| progress.tried = true);
    }

    /// Waits until there is something to write. False if the gateway stops and all is written.
    fn next_batch(&self) -> Result<bool, Trouble> {
        let mut state = self.shared.state.lock();
        loop {
            if let Some(trouble) = state.trouble.take() {
                return Err(Trouble::Reader(trouble));
            }
            match (state.index.has_work(), state.stopping) {
                (false, true) => return Ok(false),
                (false, false) => self.shared.changed.wait(&mut state),
                (true, _) => break,
            }
        }
        let until = Instant::now() + GATHER;
        while !state.stopping && !state.index.is_urgent() {
            if self.shared.changed.wait_until(&mut state, until).timed_out() {
                break;
            }
        }
        Ok(true)
    }

    fn write(&self, database: &Database) -> Result<(), Trouble> {
        let (batch, bytes) = {
            let mut state = self.shared.state.lock();
            let (_, bytes) = state.index.usage();
            (state.index.take(), bytes)
        };
        let written = guarded(|| database.write(&batch, bytes))?;
        count_write("written", written.stored.len() as u64);
        count_write("too_large", (batch.offers.len() - written.stored.len()) as u64);
        metrics::counter!("brink_gateway_disk_cache_evicted_total").increment(written.evicted);
        let (objects, bytes) = {
            let mut state = self.shared.state.lock();
            state.index.written(&batch, written);
            state.index.usage()
        };
        self.tell(objects, bytes);
        self.shared.step(|_| {});
        Ok(())
    }

    /// Takes a database out of use that cannot be used, and deletes it.
    fn give_up(&mut self, trouble: &Trouble) {
        metrics::counter!("brink_gateway_disk_cache_failures_total").increment(1);
        let mut state = self.shared.state.lock();
        state.usable = false;
        state.index.forget_all();
        drop(state);
        self.shared.database.store(None);
        let folder = self.dir.display();
        tracing::error!(
            %folder,
            "the disk cache cannot be used and is emptied; requests go on without it: {trouble}"
        );
        if self.lock.is_some()
            && let Err(error) = delete(&self.dir.join(FILE))
        {
            tracing::error!(%folder, %error, "cannot delete the disk cache");
        }
        self.tell(0, 0);
        self.shared.step(|progress| progress.tried = true);
    }

    /// Waits. False if the gateway stops.
    fn wait(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        let mut state = self.shared.state.lock();
        while !state.stopping {
            if self.shared.changed.wait_until(&mut state, until).timed_out() {
                return true;
            }
        }
        false
    }

    fn tell(&self, objects: usize, bytes: u64) {
        metrics::gauge!("brink_gateway_disk_cache_objects").set(objects as f64);
        metrics::gauge!("brink_gateway_disk_cache_bytes").set(bytes as f64);
    }
}

/// Locks the folder, and makes it if it is not there.
fn lock(dir: &Path) -> Result<File, Trouble> {
    std::fs::create_dir_all(dir)?;
    let file = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Trouble::InUse),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn delete(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Runs work on a database. redb panics if something else changed its file.
fn guarded<T>(work: impl FnOnce() -> Result<T, DatabaseError>) -> Result<T, DatabaseError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(DatabaseError::Damaged))
}
