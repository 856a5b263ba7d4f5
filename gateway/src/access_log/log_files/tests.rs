use std::io::Read as _;

use brink_shared::registry::distribution::{Logging, RealTimeLogging};
use flate2::read::MultiGzDecoder;

use super::super::access_record::AccessRecord;
use super::super::tests::{record, record_of};
use super::*;

/// The files of a test in a folder of its own.
struct Stage {
    folder: tempfile::TempDir,
    loss: Arc<Loss>,
}

impl Stage {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), loss: Arc::new(Loss::new("files")) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    fn files(&self, settings: AccessLogSettings) -> LogFiles {
        LogFiles::new(self.path(), &settings, "gw".to_owned(), self.loss.clone())
    }

    /// Names of the files, in order.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).into_iter().flatten();
        let name = |entry: io::Result<std::fs::DirEntry>| {
            entry.unwrap().file_name().into_string().unwrap()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    /// The text of a file.
    fn text(&self, name: &str) -> String {
        let (mut text, file) =
            (String::new(), std::fs::File::open(self.path().join(name)).unwrap());
        MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
        text
    }

    /// Paths in all files, in the order of the files' names.
    fn paths(&self) -> Vec<String> {
        let texts: Vec<String> = self.names().iter().map(|name| self.text(name)).collect();
        let lines = texts.iter().flat_map(|text| text.lines());
        let lines = lines.filter(|line| !line.starts_with('#'));
        lines.map(|line| line.split('\t').nth(7).unwrap().to_owned()).collect()
    }
}

fn entry(record: AccessRecord, path: &str) -> Entry {
    let mut record = record;
    record.request.path = path.as_bytes().to_vec();
    record.end.at = SystemTime::now();
    Entry { record: Arc::new(record), kinds: vec![LogKind::Standard] }
}

#[test]
fn a_file_has_whole_lines_at_any_time_and_its_name_when_it_is_closed() {
    let stage = Stage::new();
    let mut files = stage.files(AccessLogSettings::default());
    files.add(&entry(record(), "/a"), LogKind::Standard);
    assert_eq!(stage.names(), Vec::<String>::new());
    files.tick();
    files.add(&entry(record(), "/b"), LogKind::Standard);
    files.tick();
    let names = stage.names();
    assert!(names.len() == 1 && names[0].ends_with(".gz.part"), "{names:?}");
    let text = stage.text(&names[0]);
    let head: Vec<&str> = text.lines().take(2).collect();
    assert_eq!(head[0], "#Version: 1.0");
    let fields = brink_shared::access_log::STANDARD_FIELDS.join(" ");
    assert_eq!(head[1], format!("#Fields: {fields}"));
    assert_eq!(stage.paths(), ["/a", "/b"]);
    files.add(&entry(record(), "/c"), LogKind::Standard);
    files.end();
    assert_eq!(stage.names(), [names[0].trim_end_matches(".part")]);
    assert_eq!(stage.paths(), ["/a", "/b", "/c"]);
    assert_eq!(stage.loss.total(), 0);
}

#[test]
fn files_end_by_size_by_age_and_with_the_hour() {
    let stage = Stage::new();
    let mut files = stage.files(AccessLogSettings { rotate_mb: 0, ..Default::default() });
    for path in ["/a", "/b"] {
        files.add(&entry(record(), path), LogKind::Standard);
        files.tick();
    }
    assert_eq!(stage.names().len(), 2, "by size");

    let stage = Stage::new();
    let rotate_every = Duration::ZERO;
    let mut files = stage.files(AccessLogSettings { rotate_every, ..Default::default() });
    for path in ["/a", "/b"] {
        files.add(&entry(record(), path), LogKind::Standard);
        files.tick();
    }
    assert_eq!(stage.names().len(), 2, "by age");

    let stage = Stage::new();
    let mut files = stage.files(AccessLogSettings::default());
    files.add(&entry(record(), "/a"), LogKind::Standard);
    files.tick();
    let mut later = record();
    later.end.at = SystemTime::now() + Duration::from_secs(3600);
    let later = Entry { record: Arc::new(later), kinds: Vec::new() };
    files.add(&later, LogKind::Standard);
    let closed = |name: &String| name.ends_with(".gz");
    assert_eq!(stage.names().iter().filter(|name| closed(name)).count(), 1, "with the hour");
}

#[test]
fn the_logs_of_distributions_and_kinds_have_files_of_their_own() {
    let stage = Stage::new();
    let mut files = stage.files(AccessLogSettings::default());
    let fields = |names: &[&str]| {
        let fields = names.iter().map(|name| (*name).to_owned()).collect();
        let real_time = Some(RealTimeLogging { sampling_rate: 100, fields });
        let logging = Logging { standard: true, include_cookies: false, real_time };
        DistributionLog::new("blog".parse().unwrap(), String::new(), Some(&logging))
    };
    files.add(&entry(record(), "/shop"), LogKind::Standard);
    files.add(&entry(record_of(DistributionLog::unmatched()), "/none"), LogKind::Standard);
    let blog = entry(record_of(fields(&["cs-method", "c-port"])), "/blog");
    files.add(&blog, LogKind::Standard);
    files.add(&blog, LogKind::RealTime);
    // Another revision with other fields.
    files.add(&entry(record_of(fields(&["c-ip"])), "/blog"), LogKind::RealTime);
    files.end();
    let stems: Vec<String> =
        stage.names().iter().map(|name| name.split(".20").next().unwrap().to_owned()).collect();
    assert_eq!(stems, ["blog", "blog.real-time", "blog.real-time", "shop", "unmatched.requests"]);
    let mut real_time: Vec<String> =
        stage.names()[1..3].iter().map(|name| stage.text(name)).collect();
    real_time.sort();
    assert_eq!(
        real_time,
        [
            "#Version: 1.0\n#Fields: c-ip\n127.0.0.1\n",
            "#Version: 1.0\n#Fields: cs-method c-port\nGET\t50000\n"
        ]
    );
}

#[test]
fn lines_wait_for_a_folder_that_cannot_be_written_and_are_lost_at_a_bound() {
    let stage = Stage::new();
    std::fs::write(stage.path(), "in the way").unwrap();
    let mut files = stage.files(AccessLogSettings::default());
    files.add(&entry(record(), "/a"), LogKind::Standard);
    files.tick();
    std::fs::remove_file(stage.path()).unwrap();
    files.tick();
    assert_eq!(stage.paths(), ["/a"]);
    // Somebody deletes the folder while a file is open.
    std::fs::remove_dir_all(stage.path()).unwrap();
    files.add(&entry(record(), "/b"), LogKind::Standard);
    files.tick();
    assert_eq!(stage.paths(), ["/b"]);
    assert_eq!(stage.loss.total(), 0);

    std::fs::remove_dir_all(stage.path()).unwrap();
    std::fs::write(stage.path(), "in the way").unwrap();
    let long = format!("/{}", "x".repeat(1 << 20));
    for _ in 0..20 {
        files.add(&entry(record(), &long), LogKind::Standard);
    }
    let waiting: usize = files.logs.values().map(|log| log.lines.len()).sum();
    assert!(waiting <= KEPT_MAX, "{waiting}");
    assert!(stage.loss.total() > 0);
    files.end();
    assert_eq!(stage.loss.total(), 20);
}

#[test]
fn the_lines_of_many_logs_are_bounded_together() {
    const LOGS: usize = 100;
    let stage = Stage::new();
    std::fs::write(stage.path(), "in the way").unwrap();
    let mut files = stage.files(AccessLogSettings::default());
    let long = format!("/{}", "x".repeat(100_000));
    let of = |number: usize| {
        let id = format!("d{number}").parse().unwrap();
        entry(record_of(DistributionLog::new(id, String::new(), None)), &long)
    };
    let entries: Vec<Entry> = (0..LOGS).map(of).collect();
    // No log gets so many lines that it is written for itself.
    for entry in entries.iter().chain(&entries) {
        files.add(entry, LogKind::Standard);
        let waiting: usize = files.logs.values().map(|log| log.lines.len()).sum();
        assert_eq!(files.waiting, waiting);
        assert!(waiting <= KEPT_MAX, "{waiting}");
    }
    let kept: usize = files.logs.values().map(|log| log.count).sum();
    assert!(kept > 40, "{kept}");
    assert_eq!(stage.loss.total() as usize + kept, 2 * LOGS);
    // The folder can be written again, and all that wait are written.
    std::fs::remove_file(stage.path()).unwrap();
    std::fs::create_dir(stage.path()).unwrap();
    let lost = stage.loss.total();
    for entry in &entries {
        files.add(entry, LogKind::Standard);
    }
    files.end();
    assert_eq!((files.waiting, stage.loss.total()), (0, lost), "nothing is lost any more");
    assert_eq!(stage.paths().len(), kept + LOGS);
}

#[test]
fn a_full_disk_leaves_a_file_that_can_be_read() {
    // A file system of 64 KiB, in a mount namespace of a child that runs this test alone.
    const INSIDE: &str = "BRINK_TEST_SMALL_DISK";
    let Some(disk) = std::env::var_os(INSIDE) else {
        let folder = tempfile::tempdir().unwrap();
        let script = "mount -t tmpfs -o size=64k none \"$1\" && exec \"$2\" --exact \"$3\"";
        let this = std::thread::current().name().unwrap().to_owned();
        let child = std::process::Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
            .args([folder.path().as_os_str(), std::env::current_exe().unwrap().as_os_str()])
            .arg(this)
            .env(INSIDE, folder.path())
            .output()
            .expect("unshare, of the package util-linux");
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
        return;
    };
    let folder = PathBuf::from(disk);
    let loss = Arc::new(Loss::new("files"));
    let settings = AccessLogSettings::default();
    let mut files = LogFiles::new(folder.clone(), &settings, "gw".to_owned(), loss.clone());
    // Random text cannot be made smaller.
    let long = |length: usize| {
        let text = rand::random_iter::<u8>().map(|b| char::from(b'a' + b % 16));
        format!("/{}", text.take(length).collect::<String>())
    };
    let mut record = record();
    for length in [20_000, 200_000, 10] {
        record.request.path = long(length).into_bytes();
        record.end.at = SystemTime::now();
        let entry = Entry { record: Arc::new(record.clone()), kinds: Vec::new() };
        files.add(&entry, LogKind::Standard);
        files.tick();
    }
    let name = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let read = || {
        let (mut text, file) = (String::new(), std::fs::File::open(&name).unwrap());
        MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
        text
    };
    assert_eq!(read().lines().count(), 3, "two lines of the head, and the first request");
    assert_eq!((loss.total(), files.logs.values().map(|log| log.count).sum::<usize>()), (0, 2));
    // There is room again, when somebody has taken the file away.
    std::fs::remove_file(&name).unwrap();
    files.end();
    assert_eq!(loss.total(), 2, "200 kB do not fit on this disk at all");
}

#[test]
fn files_of_a_gateway_that_was_killed_are_closed_and_others_are_left_alone() {
    let stage = Stage::new();
    let mut killed = stage.files(AccessLogSettings::default());
    killed.add(&entry(record(), "/killed"), LogKind::Standard);
    killed.tick();
    let mut living = stage.files(AccessLogSettings::default());
    assert!(stage.names()[0].ends_with(".part"), "its gateway lives");
    living.add(&entry(record(), "/living"), LogKind::Standard);
    living.tick();
    std::fs::write(stage.path().join("notes.gz.part"), "of somebody else").unwrap();
    // The kernel gives up the lock of a process that ends.
    drop(killed);
    let _next = stage.files(AccessLogSettings::default());
    let names = stage.names();
    let closed: Vec<&String> = names.iter().filter(|name| name.ends_with(".gz")).collect();
    assert_eq!(closed.len(), 1, "{names:?}");
    assert!(stage.text(closed[0]).contains("/killed"));
    assert!(names.contains(&"notes.gz.part".to_owned()));
}

#[test]
fn only_the_newest_files_are_kept_if_that_is_wanted() {
    let stage = Stage::new();
    std::fs::create_dir_all(stage.path()).unwrap();
    let old = stage.path().join("shop.2020-01-01-00.0123456789abcdef.gz");
    std::fs::write(&old, vec![0; 1 << 20]).unwrap();
    let other = stage.path().join("backup.gz");
    std::fs::write(&other, vec![0; 1 << 20]).unwrap();
    let hour = Duration::from_secs(3600);
    std::fs::File::open(&old).unwrap().set_modified(SystemTime::now() - hour).unwrap();
    let mut all = stage.files(AccessLogSettings::default());
    all.add(&entry(record(), "/a"), LogKind::Standard);
    all.end();
    assert!(old.exists(), "nothing is deleted unless it is wanted");
    let mut files = stage.files(AccessLogSettings { keep_mb: 1, ..Default::default() });
    files.add(&entry(record(), "/b"), LogKind::Standard);
    files.end();
    assert!(!old.exists() && other.exists());
    assert_eq!(stage.names().len(), 3);
}
