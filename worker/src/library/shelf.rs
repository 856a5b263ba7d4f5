//! The shelf: bundles on disk, in a limited number of bytes. The name of each file is the bundle's
//! digest.
//!
//! Each read checks the digest. If there are too many bytes, the worker removes the bundles that
//! were not read for the longest time. It goes by the times of the files, because several workers
//! of one machine may share the folder. A file that is being read stays readable when its name is
//! removed, so nobody gets half a bundle. A worker does not remove a bundle that it is about to
//! read.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use brink_shared::registry::{Bundle, BundleDigest};
use bytes::Bytes;
use parking_lot::Mutex;

/// An unfinished file of this age will not be finished, because its writer is gone.
const ABANDONED: Duration = Duration::from_secs(60);

/// The extension of files that are being written.
const UNFINISHED: &str = "new";

/// A folder of bundles.
pub(super) struct Shelf {
    folder: PathBuf,
    bytes_max: u64,
    /// For each bundle, how many tasks of this worker read or write it.
    in_use: Mutex<HashMap<BundleDigest, usize>>,
}

/// Keeps this worker from removing a bundle.
struct InUse<'a> {
    shelf: &'a Shelf,
    digest: &'a BundleDigest,
}

// === impl Shelf ===

impl Shelf {
    /// Opens the folder, which need not exist yet, and removes bundles until the rest fits.
    pub(super) fn open(folder: PathBuf, bytes_max: u64) -> Self {
        let shelf = Self { folder, bytes_max, in_use: Mutex::default() };
        shelf.sweep();
        shelf.shrink();
        shelf
    }

    /// A bundle, if it is there and whole. It checks the digest, which takes a while.
    pub(super) fn take(&self, digest: &BundleDigest) -> Option<Bundle> {
        let _in_use = InUse::new(self, digest);
        let path = self.path(digest);
        let bytes = Bytes::from(fs::read(&path).ok()?);
        // Only the order of removal depends on the time.
        let _ = File::options()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now()));
        Bundle::decode(&bytes, digest)
            .inspect_err(|error| tracing::warn!(%error, ?path, "a bundle on disk is broken"))
            .ok()
    }

    /// Writes an encoded bundle under another name and renames it, so nobody reads half a bundle.
    /// Then removes bundles if there are too many bytes.
    pub(super) fn keep(&self, digest: &BundleDigest, bytes: &Bytes) -> io::Result<()> {
        let _in_use = InUse::new(self, digest);
        if bytes.len() as u64 > self.bytes_max {
            return Ok(());
        }
        fs::create_dir_all(&self.folder)?;
        let path = self.path(digest);
        // Two versions may have the same bundle, and workers of one machine may share the folder.
        let beside = path.with_extension(format!("{:016x}.{UNFINISHED}", rand::random::<u64>()));
        let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
        if written.is_err() {
            // Half a file is useless. There may be no file at all.
            let _ = fs::remove_file(&beside);
        }
        self.shrink();
        written
    }

    fn path(&self, digest: &BundleDigest) -> PathBuf {
        self.folder.join(digest.as_str())
    }

    /// Removes bundles until the rest fits. Those that were not used for the longest time go first.
    fn shrink(&self) {
        let mut kept = Vec::new();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let digest = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if let (Some(digest), Ok(about)) = (digest, entry.metadata()) {
                let used = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                kept.push((used, about.len(), digest));
            }
        }
        let mut bytes: u64 = kept.iter().map(|(_, size, _)| size).sum();
        kept.sort_unstable_by_key(|(used, ..)| *used);
        let in_use = self.in_use.lock();
        for (_, size, digest) in kept {
            if bytes <= self.bytes_max {
                return;
            }
            // Another worker of this machine may have been faster.
            if !in_use.contains_key(&digest) && fs::remove_file(self.path(&digest)).is_ok() {
                bytes = bytes.saturating_sub(size);
            }
        }
    }

    /// Removes unfinished files that nobody will finish. There may be no folder yet.
    fn sweep(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let begun = entry.metadata().and_then(|about| about.modified()).ok();
            let age = begun.and_then(|begun| begun.elapsed().ok()).unwrap_or_default();
            let unfinished = path.extension().is_some_and(|ending| ending == UNFINISHED);
            if unfinished && age >= ABANDONED {
                // Another worker of this machine may have been faster.
                let _ = fs::remove_file(&path);
            }
        }
    }
}

// === impl InUse ===

impl<'a> InUse<'a> {
    fn new(shelf: &'a Shelf, digest: &'a BundleDigest) -> Self {
        *shelf.in_use.lock().entry(digest.clone()).or_default() += 1;
        Self { shelf, digest }
    }
}

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        let mut in_use = self.shelf.in_use.lock();
        if let Some(count) = in_use.get_mut(self.digest) {
            *count -= 1;
            if *count == 0 {
                in_use.remove(self.digest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bundle of about this many bytes.
    fn bundle(fill: u8, size: usize) -> (BundleDigest, Bundle) {
        let files = [("index.js".to_owned(), Bytes::from(vec![fill; size]))];
        let bundle = Bundle::new(files.into()).unwrap();
        (bundle.encode().unwrap().0, bundle)
    }

    fn encoded(bundle: &Bundle) -> Bytes {
        bundle.encode().unwrap().1
    }

    fn names(shelf: &Shelf) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&shelf.folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Sets the time at which a bundle was used to so many minutes ago.
    fn age(shelf: &Shelf, digest: &BundleDigest, minutes: u64) {
        let file = File::options().append(true).open(shelf.path(digest)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(60 * minutes)).unwrap();
    }

    #[test]
    fn the_least_recently_used_bundle_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(folder.path().join("bundles"), 3_500);
        let bundles = [1, 2, 3].map(|fill| bundle(fill, 1_000));
        for ((digest, bundle), minutes) in bundles.iter().zip([30, 20, 10]) {
            shelf.keep(digest, &encoded(bundle)).unwrap();
            age(&shelf, digest, minutes);
        }
        let [(first, _), (second, _), (third, _)] = &bundles;
        assert_eq!(shelf.take(first).unwrap(), bundles[0].1);
        let (fourth, more) = bundle(4, 1_000);
        shelf.keep(&fourth, &encoded(&more)).unwrap();
        assert!(shelf.take(second).is_none());
        assert!(shelf.take(first).is_some() && shelf.take(third).is_some());

        // A bundle that is being loaded stays, however old it is. A bundle that does not fit at all
        // displaces no other.
        age(&shelf, first, 90);
        let (large, too_large) = bundle(6, 4_000);
        shelf.keep(&large, &encoded(&too_large)).unwrap();
        assert_eq!(names(&shelf).len(), 3);
        let in_use = InUse::new(&shelf, first);
        let (fifth, more) = bundle(5, 1_000);
        shelf.keep(&fifth, &encoded(&more)).unwrap();
        drop(in_use);
        assert!(shelf.take(first).is_some() && shelf.take(&fifth).is_some());
        assert_eq!(names(&shelf).len(), 3);
        // A worker that is started with less room removes bundles.
        let shelf = Shelf::open(shelf.folder, 1_500);
        assert_eq!(names(&shelf).len(), 1);
    }

    #[test]
    fn only_files_that_nobody_will_finish_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - 2 * ABANDONED;
        for (name, age) in [("a.01.new", Some(old)), ("b.02.new", None), ("c", Some(old))] {
            let file = File::create(folder.path().join(name)).unwrap();
            if let Some(age) = age {
                file.set_modified(age).unwrap();
            }
        }
        let shelf = Shelf::open(folder.path().to_owned(), 0);
        assert_eq!(names(&shelf), ["b.02.new", "c"]);
    }
}
