//! Removes a folder that a function's code wrote to.
//!
//! The code may have made folders without rights, and nested them deeper than a path is long or than
//! this process has descriptors. It may even still run. So no step names more than one folder and one
//! entry in it, and none follows a link. A folder that is not empty is lifted into the top folder, and
//! has its turn later:
//!
//! ```text
//! top/a/b/c  --lift b-->  top/a  top/1.lifted/c  --lift c-->  top/1.lifted  top/2.lifted
//! ```

use std::ffi::CStr;
use std::fs::Permissions;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, Dir, DirEntry, FileType, Mode, OFlags, fchmod, fstat, openat, renameat, unlinkat,
};
use rustix::io::Errno;

/// Most times that the top folder is read. Each time, every tree in it loses a level.
const PASSES_MAX: usize = 1 << 20;

/// The rights of a folder in which everything can be removed.
const ALL: u32 = 0o700;

/// A removal under way.
struct Removal {
    top: OwnedFd,
    /// Folders that were lifted.
    lifted: u64,
}

/// Removes a folder with everything in it. Links are removed, and not what they lead to.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let top = open_folder(CWD, path)?;
    Removal { top, lifted: 0 }.run()?;
    unlinkat(CWD, path, AtFlags::REMOVEDIR).map_err(io::Error::from)
}

/// Opens a folder, and no link to one. The owner gets all rights to it, whatever rights it had.
pub(super) fn open_folder<P: rustix::path::Arg + Copy>(
    above: BorrowedFd<'_>,
    name: P,
) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = match openat(above, name, flags | OFlags::RDONLY, Mode::empty()) {
        Err(Errno::ACCESS) => {
            let handle = openat(above, name, flags | OFlags::PATH, Mode::empty())?;
            // Only this name of a descriptor takes rights without opening the folder.
            let path = format!("/proc/self/fd/{}", handle.as_raw_fd());
            std::fs::set_permissions(path, Permissions::from_mode(ALL))?;
            openat(above, name, flags | OFlags::RDONLY, Mode::empty())?
        }
        opened => opened?,
    };
    if fstat(&folder)?.st_mode & ALL != ALL {
        fchmod(&folder, Mode::from_raw_mode(ALL))?;
    }
    Ok(folder)
}

/// The entries of a folder, without those for itself and the folder above.
pub(super) fn entries(folder: BorrowedFd<'_>) -> io::Result<Entries> {
    Ok(Entries(Dir::read_from(folder)?))
}

/// See [`entries`].
pub(super) struct Entries(Dir);

// === impl Entries ===

impl Iterator for Entries {
    type Item = io::Result<DirEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.0.read()? {
                Ok(entry) if matches!(entry.file_name().to_bytes(), b"." | b"..") => {}
                entry => return Some(entry.map_err(io::Error::from)),
            }
        }
    }
}

// === impl Removal ===

impl Removal {
    fn run(&mut self) -> io::Result<()> {
        for _ in 0..PASSES_MAX {
            let mut is_empty = true;
            for entry in entries(self.top.as_fd())? {
                is_empty = false;
                let entry = entry?;
                let name = entry.file_name();
                if self.is_file_removed(self.top.as_fd(), &entry)? {
                    continue;
                }
                self.empty(name)?;
                gone(unlinkat(&self.top, name, AtFlags::REMOVEDIR))?;
            }
            if is_empty {
                return Ok(());
            }
        }
        Err(io::Error::other("its folders are nested without end"))
    }

    /// Removes everything in a folder of the top folder, and lifts the folders in it.
    fn empty(&mut self, name: &CStr) -> io::Result<()> {
        let folder = match open_folder(self.top.as_fd(), name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            folder => folder?,
        };
        for entry in entries(folder.as_fd())? {
            let entry = entry?;
            if !self.is_file_removed(folder.as_fd(), &entry)? {
                self.lift(folder.as_fd(), entry.file_name())?;
            }
        }
        Ok(())
    }

    /// Removes an entry; false if it is a folder.
    fn is_file_removed(&self, folder: BorrowedFd<'_>, entry: &DirEntry) -> io::Result<bool> {
        if entry.file_type() == FileType::Directory {
            return Ok(false);
        }
        match unlinkat(folder, entry.file_name(), AtFlags::empty()) {
            // Some file systems do not tell what an entry is.
            Err(Errno::ISDIR | Errno::PERM) => Ok(false),
            removed => gone(removed).map(|()| true),
        }
    }

    /// Moves a folder into the top folder, unless it is empty.
    fn lift(&mut self, from: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
        if unlinkat(from, name, AtFlags::REMOVEDIR).is_ok() {
            return Ok(());
        }
        // A folder that moves must be writable.
        match open_folder(from, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => drop(opened?),
        }
        loop {
            self.lifted += 1;
            let place = format!("{}.lifted", self.lifted);
            match renameat(from, name, &self.top, &place) {
                // The function has such a name itself.
                Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => {}
                moved => return gone(moved),
            }
        }
    }
}

/// An entry that is gone already is no problem.
fn gone(removed: rustix::io::Result<()>) -> io::Result<()> {
    match removed {
        Err(Errno::NOENT) => Ok(()),
        removed => removed.map_err(io::Error::from),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::mkdirat;

    use super::*;

    /// Deeper than the longest path, and than this process has descriptors.
    const DEPTH: usize = 5_000;

    #[test]
    fn a_folder_is_removed_whatever_is_in_it() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("kept"), "kept").unwrap();
        let above = tempfile::tempdir().unwrap();
        let path = above.path().join("tmp");
        std::fs::create_dir(&path).unwrap();
        for name in ["1.lifted", "2.lifted/x", "a/b/c", "locked/in", "blind"] {
            std::fs::create_dir_all(path.join(name)).unwrap();
        }
        std::fs::write(path.join("3.lifted"), "").unwrap();
        std::fs::write(path.join("locked/in/file"), "").unwrap();
        symlink(outside.path(), path.join("link")).unwrap();
        symlink(outside.path(), path.join("a/b/link")).unwrap();
        let mode = |name: &str, mode| {
            std::fs::set_permissions(path.join(name), Permissions::from_mode(mode)).unwrap();
        };
        mode("locked/in", 0o500);
        mode("locked", 0);
        mode("blind", 0o300);
        let mut folder = open_folder(CWD, path.join("a").as_path()).unwrap();
        for _ in 0..DEPTH {
            mkdirat(&folder, "deep", Mode::from_raw_mode(ALL)).unwrap();
            folder = open_folder(folder.as_fd(), "deep").unwrap();
        }
        drop(folder);
        remove(&path).unwrap();
        assert!(!path.exists());
        assert_eq!(std::fs::read(outside.path().join("kept")).unwrap(), b"kept");
        // A link is no folder.
        symlink(outside.path(), &path).unwrap();
        assert!(remove(&path).is_err());
        assert!(outside.path().join("kept").exists());
    }
}
