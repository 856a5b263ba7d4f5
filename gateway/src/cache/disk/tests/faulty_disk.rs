//! Disks that are slow, full or closed.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::StorageBackend;
use redb::backends::FileBackend;

use super::*;

/// A file that is slow, or fails, when a test says so.
#[derive(Debug)]
struct Faulty {
    file: FileBackend,
    slow: &'static AtomicBool,
    fails: &'static AtomicBool,
}

impl Faulty {
    fn create(
        path: &Path,
        slow: &'static AtomicBool,
        fails: &'static AtomicBool,
    ) -> Result<Self, redb::DatabaseError> {
        let file =
            File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        Ok(Self { file: FileBackend::new(file)?, slow, fails })
    }

    fn meet(&self) -> io::Result<()> {
        if self.slow.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(600));
        }
        if self.fails.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl StorageBackend for Faulty {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if self.slow.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(600));
        }
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.meet()?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.meet()?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.meet()?;
        self.file.write(offset, data)
    }
}

async fn open_with(dir: &Path, file: OpenFile) -> DiskCache {
    let memory = Memory::new(32 << 20);
    let disk = DiskCache::start_with(&settings(dir), memory, 4 << 20, file).unwrap().unwrap();
    disk.place().await;
    disk.reached(place(1));
    disk
}

fn put(disk: &DiskCache, path: &str) {
    disk.offer(&key(path), &object(MINUTE, path.to_owned()), || true);
}

async fn is_there(disk: &DiskCache, path: &str) -> bool {
    let Some(reading) = disk.find(Name::of(&key(path)), &key(path)) else { return false };
    matches!(reading.entry().await, Some(Entry::Object(object)) if object.body == path)
}

async fn wait_there(disk: &DiskCache, path: &str) {
    for n in 0..600 {
        if is_there(disk, path).await {
            return;
        }
        // It may be refused while there is no database.
        if n % 20 == 0 {
            put(disk, path);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{path} is not on the disk");
}

#[tokio::test]
async fn a_slow_disk_costs_a_request_no_more_than_its_bound_and_then_nothing() {
    static SLOW: AtomicBool = AtomicBool::new(false);
    static FAILS: AtomicBool = AtomicBool::new(false);
    let folder = tempfile::tempdir().unwrap();
    let disk = open_with(folder.path(), |builder, path| {
        builder.create_with_backend(Faulty::create(path, &SLOW, &FAILS)?)
    })
    .await;
    put(&disk, "/a");
    // Enough that the pages of the first object are not in the database's memory any more.
    for n in 0..8 {
        disk.offer(&key(&format!("/large/{n}")), &object(MINUTE, vec![b'x'; 3 << 20]), || true);
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    wait_there(&disk, "/b").await;
    SLOW.store(true, Ordering::SeqCst);
    let mut asked = Instant::now();
    let mut late = false;
    for n in (0..8).rev() {
        asked = Instant::now();
        let path = format!("/large/{n}");
        let Some(reading) = disk.find(Name::of(&key(&path)), &key(&path)) else { continue };
        late = reading.entry().await.is_none();
        assert!(asked.elapsed() < READ_WITHIN + SLACK);
        if late {
            break;
        }
    }
    assert!(late && asked.elapsed() >= READ_WITHIN);
    let asked = Instant::now();
    assert!(!is_there(&disk, "/b").await && asked.elapsed() < READ_WITHIN / 2);
    let asked = Instant::now();
    let group = Group::of_key(&key("/b"));
    disk.outdate(group, || ());
    disk.wait_outdated(&[group]).await;
    assert!(asked.elapsed() < OUTDATE_WITHIN + SLACK);
    SLOW.store(false, Ordering::SeqCst);
}

#[tokio::test]
async fn a_full_disk_is_emptied_and_used_again() {
    static SLOW: AtomicBool = AtomicBool::new(false);
    static FAILS: AtomicBool = AtomicBool::new(false);
    let folder = tempfile::tempdir().unwrap();
    let disk = open_with(folder.path(), |builder, path| {
        builder.create_with_backend(Faulty::create(path, &SLOW, &FAILS)?)
    })
    .await;
    wait_there(&disk, "/a").await;
    assert!(disk.warning().is_none());
    FAILS.store(true, Ordering::SeqCst);
    put(&disk, "/b");
    for _ in 0..100 {
        if disk.warning().is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(disk.warning().is_some() && !is_there(&disk, "/a").await);
    FAILS.store(false, Ordering::SeqCst);
    wait_there(&disk, "/c").await;
    assert!(disk.warning().is_none() && !is_there(&disk, "/a").await);
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_costs_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let cache = Cache::with_disk(MEMORY, &settings(&file.join("cache"))).unwrap();
    assert_eq!(cache.place().await, None);
    cache.reached(place(1));
    insert(&cache, "/a");
    assert_eq!(body(&cache, "/a").await.as_deref(), Some("/a"));
    assert_eq!(body(&cache, "/b").await, None);
    assert!(cache.warning().unwrap().contains("cannot be used"));
    cache.stop().await;
    // The folder is possible by now.
    std::fs::remove_file(&file).unwrap();
    let cache = open(&file.join("cache")).await;
    assert!(cache.warning().is_none());
}
