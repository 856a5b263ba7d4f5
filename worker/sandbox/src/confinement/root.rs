//! The root folder of an interpreter's sandbox: the places of its list (`places`), a few files of
//! ours, and a private folder for temporary files.
//!
//! It is built on a mount point of the machine, and then takes the place of the machine's root. All
//! of it is read-only but the folder for temporary files.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, StatVfsMountFlags};
use rustix::mount::{
    MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags,
};

use brink_frames::interpreter::{TMP, TMP_SIZE};
use brink_frames::network::NAME_SERVER;

use super::places::{Place, Rights};

/// Most files and folders in the private `/tmp`.
const TMP_FILES_MAX: u32 = 65_536;

/// The folder on which the new root is mounted. It exists, because the process has looked into it.
const MOUNT_POINT: &str = "/proc";

/// Where the process namespace's `/proc` is. It shows nothing but processes.
const PROCESSES: &str = "proc/.processes";

/// Most symbolic links on a path, as in the kernel.
const LINKS_MAX: usize = 40;

/// How the sandbox differs from others in its root folder.
pub(super) struct Contents {
    /// The machine's files in it.
    pub(super) places: Vec<Place>,
    /// True if there is a process namespace.
    pub(super) with_processes: bool,
    /// True if there is a TUN device, and so a name server.
    pub(super) with_names: bool,
    /// False to forbid the execution of files in the folder for temporary files, also as libraries.
    pub(super) executable_tmp: bool,
}

/// A path of the machine without symbolic links, and the links on the way to it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Resolved {
    path: PathBuf,
    /// Paths of the links, and their contents.
    links: Vec<(PathBuf, PathBuf)>,
}

/// A part of the machine's file system, as it is to be seen in the sandbox.
struct Part {
    /// Symbolic links that lead to it: their paths, and their contents.
    links: Vec<(PathBuf, PathBuf)>,
    /// None if it lies within another part.
    mount: Option<Mount>,
}

/// A file or folder that is to be mounted.
struct Mount {
    tree: OwnedFd,
    is_folder: bool,
    at: PathBuf,
    rights: Rights,
}

/// Builds the root folder and moves into it. The old one still lies on top of it, see [`let_go`].
/// Returns the folder for temporary files, opened as a path. If it fails, the process keeps the
/// machine's root folder.
pub(super) fn build(contents: &Contents) -> io::Result<OwnedFd> {
    let private = MountPropagationFlags::REC | MountPropagationFlags::PRIVATE;
    rustix::mount::mount_change("/", private)?;
    let parts = parts(&contents.places)?;
    // Taken before another mount hides it.
    let own = if contents.with_processes { None } else { Some(own_process()?) };
    let plain = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    rustix::mount::mount("none", MOUNT_POINT, "tmpfs", plain, c"mode=755,size=1m")
        .map_err(|error| at(Path::new(MOUNT_POINT), error.into()))?;
    let entered = fill(contents, &parts, own.as_ref()).and_then(|tmp| {
        rustix::mount::mount_remount(".", MountFlags::BIND | MountFlags::RDONLY | plain, "")?;
        rustix::process::pivot_root(".", ".")?;
        Ok(tmp)
    });
    if entered.is_err() {
        rustix::process::chdir("/")?;
        rustix::mount::unmount(MOUNT_POINT, UnmountFlags::DETACH)?;
    }
    entered
}

/// Lets go of the old root folder. If it fails, the process must end, because it is between two
/// folders.
pub(super) fn let_go() -> io::Result<()> {
    rustix::mount::unmount(".", UnmountFlags::DETACH)?;
    Ok(rustix::process::chdir("/")?)
}

/// Fills the new root folder, which becomes the working folder. All paths are relative to it.
fn fill(contents: &Contents, parts: &[Part], own: Option<&Mount>) -> io::Result<OwnedFd> {
    rustix::process::chdir(MOUNT_POINT)?;
    for folder in ["dev", "etc", "opt", "proc", "tmp", "var"] {
        fs::create_dir(folder)?;
    }
    write_files(contents)?;
    let mut flags = MountFlags::NOSUID | MountFlags::NODEV;
    flags.set(MountFlags::NOEXEC, !contents.executable_tmp);
    // An empty file takes memory too, which the size does not bound.
    let options = format!("mode=1777,size={TMP_SIZE},nr_inodes={TMP_FILES_MAX}");
    let options = std::ffi::CString::new(options)?;
    rustix::mount::mount("none", within(Path::new(TMP)), "tmpfs", flags, options.as_c_str())?;
    show_processes(own)?;
    for part in parts {
        for (at, content) in &part.links {
            link(content, within(at))?;
        }
        if let Some(mount) = &part.mount {
            attach(mount, within(&mount.at))?;
        }
    }
    let path = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(CWD, within(Path::new(TMP)), path, Mode::empty())?)
}

/// Makes `/proc/self`: the process's own part of the machine's `/proc`, or, in a process namespace,
/// a link to the part of the process that follows it.
fn show_processes(own: Option<&Mount>) -> io::Result<()> {
    if let Some(own) = own {
        return attach(own, within(&own.at));
    }
    fs::create_dir(PROCESSES)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    rustix::mount::mount("proc", PROCESSES, "proc", flags, c"subset=pid")
        .map_err(|error| at(Path::new(PROCESSES), error.into()))?;
    link(Path::new(".processes/self"), Path::new("proc/self"))?;
    link(Path::new(".processes/thread-self"), Path::new("proc/thread-self"))
}

/// The files and links that are ours.
fn write_files(contents: &Contents) -> io::Result<()> {
    let user = rustix::process::geteuid().as_raw();
    let group = rustix::process::getegid().as_raw();
    let user = if user == 0 { super::privileges::NOBODY } else { user };
    let group = if group == 0 { super::privileges::NOBODY } else { group };
    fs::write(
        "etc/passwd",
        format!("root:x:0:0:root:/root:/bin/false\nfunction:x:{user}:{group}::{TMP}:/bin/false\n"),
    )?;
    fs::write("etc/group", format!("root:x:0:\nfunction:x:{group}:\n"))?;
    fs::write("etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n")?;
    let databases = "passwd: files\ngroup: files\nhosts: files dns\nprotocols: files\n\
        services: files\n";
    fs::write("etc/nsswitch.conf", databases)?;
    if contents.with_names {
        fs::write("etc/resolv.conf", format!("nameserver {NAME_SERVER}\n"))?;
    }
    for (name, content) in [
        ("dev/fd", "/proc/self/fd"),
        ("dev/stdin", "/proc/self/fd/0"),
        ("dev/stdout", "/proc/self/fd/1"),
        ("dev/stderr", "/proc/self/fd/2"),
    ] {
        link(Path::new(content), Path::new(name))?;
    }
    Ok(())
}

/// Finds the places on the machine, while it can be seen. Passes over places that do not exist, and
/// over those within others.
fn parts(places: &[Place]) -> io::Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    for place in places {
        let resolved = match resolve(&place.outside) {
            Ok(resolved) => resolved,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(at(&place.outside, error)),
        };
        let is_same = place.is_same();
        let at = if is_same { &resolved.path } else { &place.inside };
        if hides_ours(at) {
            let why = "this folder cannot be made readable as a whole; name folders in it";
            return Err(self::at(at, io::Error::other(why)));
        }
        let mount = if is_same && at.ancestors().any(|folder| seen.contains(folder)) {
            None
        } else {
            let tree = tree(&resolved.path);
            let tree = tree.map_err(|error| self::at(&resolved.path, error))?;
            let is_folder = resolved.path.is_dir();
            Some(Mount { tree, is_folder, at: at.clone(), rights: place.rights })
        };
        if is_same {
            seen.insert(resolved.path);
        }
        parts.push(Part { links: if is_same { resolved.links } else { Vec::new() }, mount });
    }
    Ok(parts)
}

/// The process's own part of `/proc`.
fn own_process() -> io::Result<Mount> {
    let tree = tree("/proc/self")?;
    Ok(Mount { tree, is_folder: true, at: PathBuf::from("/proc/self"), rights: Rights::Read })
}

/// True for folders that have files of ours.
fn hides_ours(path: &Path) -> bool {
    ["/dev", "/etc", "/proc", TMP].iter().any(|ours| Path::new(ours).starts_with(path))
}

/// Follows the symbolic links of a path, as the kernel does.
fn resolve(path: &Path) -> io::Result<Resolved> {
    let mut resolved = Resolved { path: PathBuf::from("/"), links: Vec::new() };
    let mut rest: VecDeque<OsString> = names(path).collect();
    while let Some(name) = rest.pop_front() {
        if name == ".." {
            resolved.path.pop();
            continue;
        }
        let next = resolved.path.join(&name);
        if !fs::symlink_metadata(&next)?.is_symlink() {
            resolved.path = next;
            continue;
        }
        if resolved.links.len() == LINKS_MAX {
            return Err(io::Error::other("too many symbolic links"));
        }
        let content = fs::read_link(&next)?;
        if content.is_absolute() {
            resolved.path = PathBuf::from("/");
        }
        for name in names(&content).collect::<Vec<_>>().into_iter().rev() {
            rest.push_front(name);
        }
        resolved.links.push((next, content));
    }
    Ok(resolved)
}

fn names(path: &Path) -> impl Iterator<Item = OsString> + '_ {
    path.components().filter_map(|component| match component {
        Component::Normal(_) | Component::ParentDir => Some(component.as_os_str().to_owned()),
        _ => None,
    })
}

/// A part of the file system that is mounted nowhere yet.
fn tree(path: impl AsRef<Path>) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE;
    Ok(rustix::mount::open_tree(CWD, path.as_ref(), flags)?)
}

/// Mounts a part, read-only.
fn attach(mount: &Mount, path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_err() {
        if mount.is_folder {
            fs::create_dir_all(path)?;
        } else {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::File::create(path)?;
        }
    }
    let whole = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    let moved = rustix::mount::move_mount(&mount.tree, "", CWD, path, whole);
    moved.map_err(|error| at(path, error.into()))?;
    let mut flags = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID;
    flags.set(MountFlags::NODEV, !mount.rights.is_device());
    // The kernel insists that these mounts keep the machine's restrictions.
    let has = rustix::fs::statvfs(path)?.f_flag;
    for (had, kept) in [
        (StatVfsMountFlags::NODEV, MountFlags::NODEV),
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ] {
        flags.set(kept, flags.contains(kept) || has.contains(had));
    }
    rustix::mount::mount_remount(path, flags, "").map_err(|error| at(path, error.into()))
}

/// Makes a symbolic link, unless something is there already.
fn link(content: &Path, path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return Ok(());
    }
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    std::os::unix::fs::symlink(content, path).map_err(|error| at(path, error))
}

/// An absolute path of the new root, while it is the working folder.
fn within(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_on_the_way_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("real/lib")).unwrap();
        std::os::unix::fs::symlink("real", root.join("relative")).unwrap();
        std::os::unix::fs::symlink(root.join("relative"), root.join("absolute")).unwrap();
        let resolved = resolve(&root.join("absolute/lib/../lib")).unwrap();
        assert_eq!(resolved.path, root.join("real/lib"));
        let links = vec![
            (root.join("absolute"), root.join("relative")),
            (root.join("relative"), PathBuf::from("real")),
        ];
        assert_eq!(resolved.links, links);
        std::os::unix::fs::symlink("circle", root.join("circle")).unwrap();
        assert!(resolve(&root.join("circle")).is_err());
        let absent = resolve(&root.join("absent")).unwrap_err();
        assert_eq!(absent.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn our_own_files_are_not_hidden() {
        assert!(hides_ours(Path::new("/")) && hides_ours(Path::new("/etc")));
        assert!(!hides_ours(Path::new("/etc/ssl")) && !hides_ours(Path::new("/usr")));
    }
}
