//! Control groups (version 2), with which the kernel limits a sandbox's memory and threads.
//!
//! If a worker is alone in its group and may change it, it makes a group for itself and one for
//! each sandbox within. The worker looks for its group once, because a group belongs to a whole
//! process. When the worker makes a group, it removes those that dead sandboxes left. The next
//! worker that starts does so too.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread::available_parallelism;

use brink_shared::confinement::{Layer, LayerStatus};
use parking_lot::Mutex;

use brink_frames::MEMORY_BASE_MB;

/// The controllers that limit sandboxes.
const CONTROLLERS: [&str; 2] = ["memory", "pids"];

/// The worker's own group: the kernel wants processes in groups without children.
const WORKER: &str = "worker";

/// The beginning of the names of the sandboxes' groups.
const SANDBOX: &str = "sandbox-";

/// How many times its limit a sandbox may use before the kernel ends it. The supervisor watches the
/// memory and usually ends the sandbox earlier, with the right message.
const MEMORY_FACTOR: u64 = 2;

const MEGABYTE: u64 = 1024 * 1024;

/// Threads of a sandbox beyond those that run environments.
const MORE_THREADS: usize = 1;

static OWN: OnceLock<Result<Delegated, String>> = OnceLock::new();

/// A group in which this process may make groups.
#[derive(Debug)]
pub struct Delegated {
    folder: PathBuf,
    /// How many groups were made. It is locked while one is made, because a group without a process
    /// looks abandoned.
    made: Mutex<u64>,
}

/// A sandbox's group. It is removed when the sandbox is gone.
#[derive(Debug)]
pub struct Cgroup {
    folder: PathBuf,
}

/// Takes over this process's group at the first call. Returns the status of this layer.
pub fn own_status() -> LayerStatus {
    match OWN.get_or_init(|| Delegated::take().map_err(|error| error.to_string())) {
        Ok(_) => LayerStatus::in_force(Layer::Cgroup),
        Err(why) => LayerStatus::missing(Layer::Cgroup, why),
    }
}

/// This process's group, if [`own_status`] took it over.
pub(crate) fn own() -> Option<&'static Delegated> {
    OWN.get()?.as_ref().ok()
}

// === impl Delegated ===

impl Delegated {
    /// Finds the group of this process and takes it over.
    fn take() -> io::Result<Self> {
        let (groups, mounts) =
            (fs::read_to_string("/proc/self/cgroup")?, fs::read_to_string("/proc/self/mountinfo")?);
        let folder = find(&groups, &mounts).map_err(io::Error::other)?;
        Self::at(folder, std::process::id())
    }

    /// Takes over a group, if this process is alone in it.
    pub fn at(folder: PathBuf, own: u32) -> io::Result<Self> {
        let offered = read(&folder, "cgroup.controllers")?;
        let lacks = |name: &&&str| !offered.split_whitespace().any(|offered| offered == **name);
        if let Some(name) = CONTROLLERS.iter().find(lacks) {
            let why = format!("{} does not have the controller {name}", folder.display());
            return Err(io::Error::other(why));
        }
        let processes = read(&folder, "cgroup.procs")?;
        if processes.lines().any(|process| process != own.to_string()) {
            let why = format!("{} has other processes in it", folder.display());
            return Err(io::Error::other(why));
        }
        let delegated = Self { folder, made: Mutex::new(0) };
        delegated.sweep();
        let worker = delegated.folder.join(WORKER);
        make(&worker)?;
        write(&worker, "cgroup.procs", &own.to_string())?;
        let enable = CONTROLLERS.map(|name| format!("+{name}")).join(" ");
        write(&delegated.folder, "cgroup.subtree_control", &enable)?;
        Ok(delegated)
    }

    /// Makes a group for a sandbox that was just started, without a memory limit.
    pub(crate) fn sandbox(&self, process: u32) -> io::Result<Cgroup> {
        let mut made = self.made.lock();
        self.sweep();
        let folder = self.folder.join(format!("{SANDBOX}{made}"));
        *made += 1;
        make(&folder)?;
        let cgroup = Cgroup { folder };
        let threads = available_parallelism().map_or(1, NonZeroUsize::get) + MORE_THREADS;
        write(&cgroup.folder, "pids.max", &threads.to_string())?;
        write(&cgroup.folder, "memory.oom.group", "1")?;
        write(&cgroup.folder, "cgroup.procs", &process.to_string())?;
        Ok(cgroup)
    }

    /// Removes groups without processes. The kernel keeps the others.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(SANDBOX) {
                let _ = fs::remove_dir(entry.path());
            }
        }
    }
}

// === impl Cgroup ===

impl Cgroup {
    /// Limits the sandbox's memory for a function with this limit.
    pub(crate) fn limit_memory(&self, memory_mb: u32) -> io::Result<()> {
        let megabytes = u64::from(memory_mb.saturating_add(MEMORY_BASE_MB)) * MEMORY_FACTOR;
        write(&self.folder, "memory.max", &(megabytes * MEGABYTE).to_string())
    }

    /// Limits the sandbox's threads and processes.
    pub(crate) fn limit_tasks(&self, tasks: u32) -> io::Result<()> {
        write(&self.folder, "pids.max", &tasks.to_string())
    }

    /// Puts another process of the sandbox into the group.
    pub(crate) fn add(&self, process: u32) -> io::Result<()> {
        write(&self.folder, "cgroup.procs", &process.to_string())
    }

    /// The memory limit, in MB, for which the kernel ended the sandbox; none if it did not.
    pub(crate) fn overrun_mb(&self) -> Option<u32> {
        let events = read(&self.folder, "memory.events").ok()?;
        // It does not count if the machine or an outer group ran out of memory.
        let overruns = events.lines().find_map(|line| line.strip_prefix("oom "))?;
        let limit: u64 = read(&self.folder, "memory.max").ok()?.trim().parse().ok()?;
        if overruns == "0" { None } else { u32::try_from(limit / MEGABYTE).ok() }
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // A process that is not quite gone keeps the group. The start of the next sandbox then
        // removes it.
        let _ = fs::remove_dir(&self.folder);
    }
}

/// The folder of a process's group, from its `/proc/self/cgroup` and `/proc/self/mountinfo`.
fn find(groups: &str, mounts: &str) -> Result<PathBuf, String> {
    let path = groups.lines().find_map(|line| line.strip_prefix("0::"));
    let path = path.ok_or("the process is not in a cgroup of version 2")?;
    // `36 35 98:0 /root /mount/point options - type source options`
    let mount = mounts.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let mut place = place.split(' ').skip(3);
        (kind.split(' ').next() == Some("cgroup2")).then_some((place.next()?, place.next()?))
    });
    let (root, mount) = mount.ok_or("cgroups of version 2 are not mounted")?;
    let within = Path::new(path).strip_prefix(root);
    let within = within.map_err(|_| format!("the cgroup {path} is not mounted"))?;
    // Joined with nothing it would end with a slash.
    Ok(Path::new(mount).join(within).components().collect())
}

fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(at(folder, error)),
        _ => Ok(()),
    }
}

fn read(folder: &Path, file: &str) -> io::Result<String> {
    let path = folder.join(file);
    fs::read_to_string(&path).map_err(|error| at(&path, error))
}

fn write(folder: &Path, file: &str, text: &str) -> io::Result<()> {
    let path = folder.join(file);
    fs::write(&path, text).map_err(|error| at(&path, error))
}

fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "22 1 0:20 / /proc rw - proc proc rw\n\
        30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

    /// A folder that looks like a group, as far as is possible with plain files.
    fn group(controllers: &str, processes: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("cgroup.controllers"), controllers).unwrap();
        fs::write(folder.path().join("cgroup.procs"), processes).unwrap();
        folder
    }

    #[test]
    fn the_group_of_a_process_is_found_where_it_is_mounted() {
        let found = find("0::/system.slice/brink.service\n", MOUNTS).unwrap();
        assert_eq!(found, Path::new("/sys/fs/cgroup/system.slice/brink.service"));
        assert_eq!(find("0::/\n", MOUNTS).unwrap().as_os_str(), "/sys/fs/cgroup");
        let within = MOUNTS.replace("0:26 / ", "0:26 /system.slice ");
        let found = find("4:memory:/x\n0::/system.slice/brink.service\n", &within).unwrap();
        assert_eq!(found, Path::new("/sys/fs/cgroup/brink.service"));
        assert!(find("4:memory:/x\n", MOUNTS).is_err());
        assert!(find("0::/x\n", "22 1 0:20 / /proc rw - proc proc rw\n").is_err());
    }

    #[test]
    fn a_group_with_others_in_it_or_without_controllers_is_left_alone() {
        for (controllers, processes) in [("cpu memory pids", "7\n8\n"), ("cpu memory", "7\n")] {
            let folder = group(controllers, processes);
            assert!(Delegated::at(folder.path().to_owned(), 7).is_err());
            assert!(!folder.path().join(WORKER).exists());
        }
    }

    #[test]
    fn each_sandbox_has_a_group_and_litter_is_removed() {
        let folder = group("cpu memory pids", "7\n");
        fs::create_dir(folder.path().join("sandbox-9")).unwrap();
        let delegated = Delegated::at(folder.path().to_owned(), 7).unwrap();
        assert!(!folder.path().join("sandbox-9").exists());
        let text = |path: &str| fs::read_to_string(folder.path().join(path)).unwrap();
        assert_eq!(text("worker/cgroup.procs"), "7");
        assert_eq!(text("cgroup.subtree_control"), "+memory +pids");
        let sandbox = delegated.sandbox(8).unwrap();
        sandbox.limit_memory(128).unwrap();
        assert_eq!(text("sandbox-0/cgroup.procs"), "8");
        assert_eq!(text("sandbox-0/memory.max"), (2 * 192 * 1024 * 1024).to_string());
        sandbox.limit_tasks(130).unwrap();
        sandbox.add(9).unwrap();
        assert_eq!(
            (text("sandbox-0/pids.max"), text("sandbox-0/cgroup.procs")),
            ("130".into(), "9".into())
        );
    }

    #[test]
    fn groups_made_at_the_same_time_are_not_taken_for_litter() {
        let folder = group("memory pids", "7\n");
        let delegated = Delegated::at(folder.path().to_owned(), 7).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50).for_each(|_| drop(delegated.sandbox(8).unwrap())));
            }
        });
    }

    #[test]
    fn a_sandbox_that_the_kernel_ended_was_over_its_own_limit() {
        let folder = group("memory pids", "7\n");
        let delegated = Delegated::at(folder.path().to_owned(), 7).unwrap();
        let sandbox = delegated.sandbox(8).unwrap();
        sandbox.limit_memory(128).unwrap();
        assert_eq!(sandbox.overrun_mb(), None, "the kernel says nothing");
        let events = folder.path().join("sandbox-0/memory.events");
        fs::write(&events, "low 0\nmax 7\noom 0\noom_kill 1\noom_group_kill 1\n").unwrap();
        assert_eq!(sandbox.overrun_mb(), None, "another's limit");
        fs::write(&events, "low 0\nmax 7\noom 1\noom_kill 2\noom_group_kill 1\n").unwrap();
        assert_eq!(sandbox.overrun_mb(), Some(384));
    }
}
