use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::*;

/// Set for a process that holds a folder until it is killed.
const HOLD: &str = "BRINK_TEST_HOLD_FOLDER";

fn bundle(files: &[(&str, &[u8])]) -> (BundleDigest, Bundle) {
    let files =
        files.iter().map(|(name, bytes)| ((*name).to_owned(), Bytes::copy_from_slice(bytes)));
    let bundle = Bundle::new(files.collect()).unwrap();
    (bundle.encode().unwrap().0, bundle)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The names of the bundles that are on disk, each by the first letter of its only file.
fn unpacked(folders: &SandboxFolders) -> String {
    let store = folders.shared.home.path().join("unpacked");
    let mut files: Vec<_> =
        names(&store).iter().map(|bundle| names(&store.join(bundle)).remove(0)).collect();
    files.sort();
    files.concat()
}

#[test]
fn a_sandbox_finds_its_folder_from_everywhere() {
    let work = tempfile::tempdir_in(".").unwrap();
    let name = Path::new(work.path().file_name().unwrap());
    let folders = SandboxFolders::open(Some(name)).unwrap();
    assert!(folders.make().unwrap().path().is_absolute());
}

async fn gone(path: &Path) {
    let began = Instant::now();
    while path.exists() {
        assert!(began.elapsed() < Duration::from_secs(20), "{path:?} is not removed");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn sandboxes_share_files_that_everybody_reads_and_runs_and_nobody_writes() {
    let work = tempfile::tempdir().unwrap();
    let folders = SandboxFolders::open(Some(&work.path().join("new/work"))).unwrap();
    let files: [(&str, &[u8]); 4] = [
        ("a/b/c.node", b"\x7fELF\0\xff"),
        ("a/d.py", b"d"),
        ("bootstrap", b"#!/bin/sh\n"),
        ("empty", b""),
    ];
    let (digest, bundle) = bundle(&files);
    let (one, other) = (folders.make().unwrap(), folders.make().unwrap());
    assert_eq!(names(one.path()), ["task"]);
    assert!(names(&one.task()).is_empty());
    let inode = fs::metadata(one.task()).unwrap().ino();
    let (first, second) = tokio::join!(one.fill(&digest, &bundle), other.fill(&digest, &bundle));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(fs::metadata(one.task()).unwrap().ino(), inode, "a mount of it would be lost");
    for (name, bytes) in files {
        let about = |folder: &SandboxFolder| fs::metadata(folder.task().join(name)).unwrap();
        assert_eq!(fs::read(one.task().join(name)).unwrap(), bytes);
        assert_eq!(about(&one).ino(), about(&other).ino(), "{name}");
        assert_eq!(about(&one).mode() & 0o7777, 0o555, "{name}");
    }
    assert_eq!(fs::metadata(one.task().join("a/b")).unwrap().mode() & 0o7777, 0o755);
    // A sandbox with another user has to get there.
    let above = one.path().ancestors().take_while(|folder| *folder != work.path().join("new/work"));
    for folder in above {
        assert_eq!(fs::metadata(folder).unwrap().mode() & 0o7777, 0o711, "{folder:?}");
    }
    let status = Command::new(one.task().join("bootstrap")).status().unwrap();
    assert!(status.success());

    let (path, home) = (one.path().to_owned(), folders.shared.home.path().to_owned());
    drop(one);
    gone(&path).await;
    assert_eq!(fs::read(other.task().join("a/d.py")).unwrap(), b"d");
    drop(folders);
    assert!(home.exists(), "a sandbox is still there");
    drop(other);
    gone(&home).await;
}

#[tokio::test]
async fn only_bundles_that_nobody_uses_make_room() {
    let work = tempfile::tempdir().unwrap();
    // Three of these bundles have room.
    let folders = SandboxFolders::with_bytes_max(Some(work.path()), 3 * 14_500).unwrap();
    let bytes = vec![0; 10_000];
    let [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map(|name| bundle(&[(name, &bytes)]));
    let (one, two) = (folders.make().unwrap(), folders.make().unwrap());
    let in_use = folders.unpack(&a.0, &a.1).await.unwrap();
    for (digest, bundle) in [&b, &c] {
        drop(folders.unpack(digest, bundle).await.unwrap());
    }
    assert_eq!(unpacked(&folders), "abc");
    // The last one is used again, so the one before goes.
    one.fill(&b.0, &b.1).await.unwrap();
    two.fill(&d.0, &d.1).await.unwrap();
    assert_eq!(unpacked(&folders), "abd");
    assert_eq!(names(&one.task()), ["b"]);
    let held =
        [folders.unpack(&b.0, &b.1).await.unwrap(), folders.unpack(&d.0, &d.1).await.unwrap()];
    let full = folders.unpack(&e.0, &e.1).await.unwrap_err();
    assert!(matches!(full, UnpackError::NoRoom { .. }), "{full}");
    drop(held);
    drop(folders.unpack(&e.0, &e.1).await.unwrap());
    assert_eq!(unpacked(&folders), "ade");
    // The sandbox still has its files.
    assert_eq!(fs::read(one.task().join("b")).unwrap(), bytes);
    drop(in_use);
}

#[tokio::test]
async fn the_next_version_shares_the_files_that_did_not_change() {
    let work = tempfile::tempdir().unwrap();
    let folders = SandboxFolders::open(Some(work.path())).unwrap();
    let packages: Vec<_> =
        (0..200).map(|n| (format!("node_modules/p/{n}.js"), n.to_string())).collect();
    let version = |index: &'static str| {
        let packages = packages.iter().map(|(name, text)| (name.as_str(), text.as_bytes()));
        bundle(&packages.chain([("index.js", index.as_bytes())]).collect::<Vec<_>>())
    };
    let inodes = async |(digest, bundle): &(BundleDigest, Bundle)| {
        let folder = folders.make().unwrap();
        folder.fill(digest, bundle).await.unwrap();
        for (name, bytes) in bundle.files() {
            assert_eq!(fs::read(folder.task().join(name)).unwrap(), *bytes);
        }
        let inode = |name: &str| fs::metadata(folder.task().join(name)).unwrap().ino();
        (inode("node_modules/p/7.js"), inode("index.js"))
    };
    let first = inodes(&version("one")).await;
    // Another function was unpacked last.
    drop(
        folders
            .unpack(&bundle(&[("index.js", b"x")]).0, &bundle(&[("index.js", b"x")]).1)
            .await
            .unwrap(),
    );
    let second = inodes(&version("two")).await;
    assert_eq!(first.0, second.0);
    assert_ne!(first.1, second.1);
}

#[tokio::test]
async fn names_that_no_file_can_have_are_the_functions_fault() {
    let work = tempfile::tempdir().unwrap();
    let folders = SandboxFolders::open(Some(work.path())).unwrap();
    let long = "x".repeat(256);
    for (files, wrong) in
        [([("a", b"" as &[u8]), ("a/b", b"")], "a/b"), ([("index.js", b""), (&long, b"")], &long)]
    {
        let (digest, bundle) = bundle(&files);
        let folder = folders.make().unwrap();
        for _ in 0..2 {
            match folder.fill(&digest, &bundle).await.unwrap_err() {
                UnpackError::Name { path, .. } => assert_eq!(path, wrong),
                other => panic!("{other}"),
            }
        }
        assert!(names(&folder.task()).is_empty());
    }
    assert_eq!(unpacked(&folders), "");
}

#[tokio::test]
async fn the_files_of_a_killed_process_go_and_those_of_a_live_one_stay() {
    let work = tempfile::tempdir().unwrap();
    if let Some(work) = std::env::var_os(HOLD) {
        let folders = SandboxFolders::open(Some(Path::new(&work))).unwrap();
        let folder = folders.make().unwrap();
        let (digest, bundle) = bundle(&[("lib/a.js", b"a")]);
        folder.fill(&digest, &bundle).await.unwrap();
        writeln!(std::io::stderr(), "\nheld {}", folders.shared.home.path().display()).unwrap();
        let _ = std::io::stdin().read_line(&mut String::new());
        return;
    }
    let held = || {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture"])
            .arg("sandbox_folders::tests::the_files_of_a_killed_process_go_and_those_of_a_live_one_stay")
            .env(HOLD, work.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let home = lines.find_map(|line| line.unwrap().strip_prefix("held ").map(PathBuf::from));
        (process, home.unwrap())
    };
    let ((mut killed, its), (mut live, kept)) = (held(), held());
    killed.kill().unwrap();
    killed.wait().unwrap();
    let other = work.path().join("worker-of-somebody");
    fs::create_dir(&other).unwrap();
    let folders = SandboxFolders::open(Some(work.path())).unwrap();
    gone(&its).await;
    assert_eq!(fs::read(kept.join("sandboxes/1/task/lib/a.js")).unwrap(), b"a");
    assert!(other.exists() && folders.make().is_ok());
    drop(live.stdin.take());
    assert!(live.wait().unwrap().success());
    assert!(!kept.exists());
}

#[tokio::test]
async fn a_temporary_folder_is_shared_and_only_ones_own() {
    let (one, other) = (SandboxFolders::open(None).unwrap(), SandboxFolders::open(None).unwrap());
    let above = |folders: &SandboxFolders| folders.shared.home.path().parent().unwrap().to_owned();
    assert_eq!(above(&one), above(&other));
    assert_ne!(one.shared.home.path(), other.shared.home.path());
    assert_eq!(fs::metadata(above(&one)).unwrap().permissions().mode() & 0o022, 0);
}
