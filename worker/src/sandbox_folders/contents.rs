//! How much a function's code wrote to a folder on a disk.
//!
//! The code runs while its folder is read, and may have made it hard to read: the same rules as in
//! [`removal`](super::removal) hold. The work is bounded: a folder with too much in it is not read to
//! its end.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, statat};
use rustix::io::Errno;

use super::removal::{self, Entries};

/// Most files and folders. They also take room on the disk.
pub const ENTRIES_MAX: u64 = 10_000;

/// Deepest nesting of folders. Each level takes two descriptors while the folder is read.
const DEPTH_MAX: usize = 64;

/// Bytes of a block, in which the system counts what a file takes.
const BLOCK: u64 = 512;

/// The size of a folder's contents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Bytes that its files take on the disk.
    pub bytes: u64,
    /// Its files and folders. If there are more than [`ENTRIES_MAX`], the others are not read.
    pub entries: u64,
}

// === impl Contents ===

impl Contents {
    /// Reads a folder. An error says that it cannot be read to its end.
    pub fn of(path: &Path) -> io::Result<Self> {
        let mut found = Self::default();
        let top = removal::open_folder(CWD, path)?;
        let mut open: Vec<(OwnedFd, Entries)> = vec![listed(top)?];
        while let Some((folder, entries)) = open.last_mut() {
            let Some(entry) = entries.next() else {
                open.pop();
                continue;
            };
            let entry = entry?;
            let name = entry.file_name();
            found.entries += 1;
            if found.entries > ENTRIES_MAX {
                return Ok(found);
            }
            let about = match statat(&*folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                // It was removed in the meantime.
                Err(Errno::NOENT) => continue,
                about => about?,
            };
            found.bytes = found.bytes.saturating_add(about.st_blocks as u64 * BLOCK);
            if FileType::from_raw_mode(about.st_mode) != FileType::Directory {
                continue;
            }
            match removal::open_folder(folder.as_fd(), name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                // A root user without CAP_DAC_OVERRIDE does not see the folders of others.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
                _ if open.len() >= DEPTH_MAX => {
                    let why = format!("its folders are nested more than {DEPTH_MAX} times");
                    return Err(io::Error::other(why));
                }
                inner => open.push(listed(inner?)?),
            }
        }
        Ok(found)
    }
}

fn listed(folder: OwnedFd) -> io::Result<(OwnedFd, Entries)> {
    let entries = removal::entries(folder.as_fd())?;
    Ok((folder, entries))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn files_in_all_folders_count() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path();
        assert_eq!(Contents::of(path).unwrap(), Contents::default());
        std::fs::create_dir_all(path.join("a/b")).unwrap();
        std::fs::write(path.join("a/b/file"), vec![7; 300_000]).unwrap();
        std::fs::write(path.join("file"), vec![7; 100_000]).unwrap();
        symlink("/usr", path.join("link")).unwrap();
        std::fs::set_permissions(path.join("a"), Permissions::from_mode(0o300)).unwrap();
        let found = Contents::of(path).unwrap();
        assert_eq!(found.entries, 5);
        assert!((400_000..600_000).contains(&found.bytes), "{found:?}");
    }

    #[test]
    fn the_work_is_bounded() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..=ENTRIES_MAX {
            std::fs::write(dir.path().join(number.to_string()), "").unwrap();
        }
        assert!(Contents::of(dir.path()).unwrap().entries > ENTRIES_MAX);
        let deep = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(deep.path().join("d/".repeat(DEPTH_MAX))).unwrap();
        let why = Contents::of(deep.path()).unwrap_err().to_string();
        assert!(why.contains("nested more than 64 times"), "{why}");
    }
}
