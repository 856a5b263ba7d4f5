//! The bundle and `/tmp` as functions see them.

use brink_shared::registry::Bundle;

use super::*;

fn disk() -> Disk {
    let files = ["index.js", "lib/a.json", "lib/deep/b.txt"]
        .map(|name| (name.to_owned(), bytes::Bytes::from_static(b"text")));
    Disk::new(Arc::new(Load {
        secrets: Default::default(),
        function: "f".to_owned(),
        version: 1,
        handler: "index.handler".to_owned(),
        memory_mb: 128,
        env: BTreeMap::new(),
        bundle: Bundle::new(files.into_iter().collect()).unwrap(),
        environments: 1,
        bounds: Default::default(),
    }))
}

fn names(disk: &Disk, path: &str) -> String {
    let list = disk.list(path).unwrap().into_iter();
    list.map(|(name, folder)| if folder { format!("{name}/ ") } else { format!("{name} ") })
        .collect()
}

#[test]
fn the_bundle_is_there_and_cannot_be_changed() {
    let mut disk = disk();
    assert_eq!(names(&disk, "/"), "tmp/ var/ ");
    assert_eq!(names(&disk, "/var/task"), "index.js lib/ ");
    assert_eq!(names(&disk, "/var/task/lib"), "a.json deep/ ");
    assert_eq!(disk.find("/var/task/index.js/x").err(), Some(Errno::NotDir));
    assert_eq!(disk.find("/etc/passwd").err(), Some(Errno::NoEntry));
    assert_eq!(disk.create("/var/task/new").err(), Some(Errno::ReadOnly));
    assert_eq!(disk.remove("/var/task/index.js", false), Err(Errno::ReadOnly));
    assert_eq!(disk.rename("/var/task/index.js", "/tmp/x"), Err(Errno::ReadOnly));
    assert_eq!(plain("/var/task/../../etc/./passwd"), "/etc/passwd");
    assert_eq!(plain("lib/../index.js"), "/var/task/index.js");
}

#[test]
fn tmp_has_an_end_and_gives_back_what_is_removed() {
    let mut disk = disk();
    let block = vec![7; TMP_MAX / 2];
    let file = disk.create("/tmp/a").unwrap();
    file.write(0, &block).unwrap();
    assert_eq!(file.write(TMP_MAX - 10, &block), Err(Errno::NoSpace));
    let other = disk.create("/tmp/b").unwrap();
    assert_eq!(other.write(0, &block), Err(Errno::NoSpace));
    disk.remove("/tmp/a", false).unwrap();
    assert_eq!(other.write(0, &block), Err(Errno::NoSpace), "the first is still open");
    drop(file);
    other.write(0, &block).unwrap();
    disk.remove("/tmp/b", false).unwrap();
    drop(other);
    assert_eq!(disk.used.get(), 0);
    for n in 0..NODES_MAX {
        disk.make_folder(&format!("/tmp/{n}")).unwrap();
    }
    assert_eq!(disk.make_folder("/tmp/more"), Err(Errno::NoSpace));
}

#[test]
fn folders_move_with_what_is_in_them() {
    let mut disk = disk();
    disk.make_folder("/tmp/a").unwrap();
    disk.make_folder("/tmp/a/b").unwrap();
    disk.create("/tmp/a/b/c").unwrap().write(0, b"hi").unwrap();
    assert_eq!(disk.rename("/tmp/a", "/tmp/a/b/x"), Err(Errno::Invalid));
    disk.rename("/tmp/a", "/tmp/z").unwrap();
    assert_eq!(disk.find("/tmp/z/b/c").unwrap().with(<[u8]>::to_vec), Ok(b"hi".to_vec()));
    assert_eq!(disk.remove("/tmp/z", true), Err(Errno::NotEmpty));
    disk.remove_all("/tmp/z").unwrap();
    assert_eq!(names(&disk, "/tmp"), "");
}
