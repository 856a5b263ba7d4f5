//! A process with all processes below it, as `/proc` shows them. A sandbox that may start processes
//! is measured as a whole: its first two processes only wait for the program.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cpu_times::{process_time, schedstat_times};

/// Most processes that are looked at. Sandboxes may have fewer.
const PROCESSES_MAX: usize = 256;

/// Bytes of a block, in which the system counts what a file takes.
const BLOCK: u64 = 512;

/// Memory and threads of several processes together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Together {
    /// Their memory, in kilobytes. Files that several of them have mapped count once.
    pub(super) memory_kb: u64,
    /// Their threads. A process that has ended and was not waited for counts as one.
    pub(super) threads: u32,
}

/// Measures the processes, with `strays`, which are no longer below the first one.
pub(super) fn together(root: &Path, strays: &[PathBuf]) -> io::Result<Together> {
    // The first one must be there, and say what is below it. Others may end at any time.
    let first = OfProcess::read(root)?;
    tasks(root).try_for_each(|task| std::fs::read(task.join("children")).map(drop))?;
    let others = members(root).into_iter().skip(1).chain(strays.iter().cloned());
    let others = others.filter_map(|process| OfProcess::read(&process).ok());
    let (mut all, mut files_kb) = (Together::default(), 0);
    for process in others.chain([first]) {
        all.memory_kb += process.own_kb;
        all.threads = all.threads.saturating_add(process.threads);
        files_kb = process.files_kb.max(files_kb);
    }
    all.memory_kb += files_kb;
    Ok(all)
}

/// The processes of the first one's session that are not below it, because their parents ended. It
/// looks at all processes of the machine.
pub(super) fn strays(root: &Path) -> Vec<PathBuf> {
    let Some(session) = root.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    let known = members(root);
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    let of_session = all.filter(|process| {
        let stat = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
        // The session is the fourth field after the name, which may have any characters.
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        fields.split(' ').nth(3) == Some(session)
    });
    of_session.filter(|process| !known.contains(process)).take(PROCESSES_MAX).collect()
}

/// Bytes on disks of files that the processes have open and that have no name any more.
pub(super) fn nameless_bytes(root: &Path) -> u64 {
    let open = members(root).into_iter().flat_map(|process| std::fs::read_dir(process.join("fd")));
    let files = open.flatten().flatten().filter_map(|entry| {
        let about = std::fs::metadata(entry.path()).ok()?;
        (about.is_file() && about.nlink() == 0)
            .then(|| ((about.dev(), about.ino()), about.blocks() * BLOCK))
    });
    files.collect::<BTreeMap<_, _>>().into_values().sum()
}

/// The CPU time of the processes, with those that have ended; none if the first one has ended.
pub(super) fn used(root: &Path) -> Option<Duration> {
    let first = process_time(root)?;
    let below = members(root).into_iter().skip(1);
    Some(first + below.filter_map(|process| process_time(&process)).sum::<Duration>())
}

/// See [`delayed`]: that of the process that was delayed most.
pub(super) fn all_delayed(root: &Path) -> Duration {
    members(root).iter().map(|process| delayed(process)).max().unwrap_or_default()
}

/// Memory and threads of one process.
#[derive(Default)]
struct OfProcess {
    own_kb: u64,
    files_kb: u64,
    threads: u32,
}

// === impl OfProcess ===

impl OfProcess {
    fn read(process: &Path) -> io::Result<Self> {
        let path = process.join("status");
        let problem = |why: &str| io::Error::other(format!("{}: {why}", path.display()));
        let status = std::fs::read_to_string(&path).map_err(|error| problem(&error.to_string()))?;
        let field = |name: &str| {
            let text = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            text?.trim().trim_end_matches("kB").trim().parse::<u64>().ok()
        };
        let threads = field("Threads").and_then(|threads| u32::try_from(threads).ok());
        let threads = threads.unwrap_or(1);
        let [own, shared, files] = ["RssAnon", "RssShmem", "RssFile"].map(field);
        let (Some(own), Some(files)) = (own, files) else {
            // A process that has ended and was not waited for has none.
            return match status.contains("\nState:\tZ") {
                true => Ok(Self { threads, ..Self::default() }),
                false => Err(problem("there is no RssAnon")),
            };
        };
        Ok(Self { own_kb: own + shared.unwrap_or_default(), files_kb: files, threads })
    }
}

/// The folders of a process and of all below it, the process first.
pub(super) fn members(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![root.to_owned()];
    let mut next = 0;
    while let Some(process) = found.get(next).filter(|_| found.len() < PROCESSES_MAX) {
        let children: Vec<PathBuf> = tasks(process)
            .filter_map(|task| std::fs::read_to_string(task.join("children")).ok())
            .flat_map(|ids| ids.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .map(|id| Path::new("/proc").join(id))
            .collect();
        found.extend(children);
        next += 1;
    }
    found
}

/// The ids of a process and of all below it, the process first.
pub(super) fn ids(root: &Path) -> Vec<u32> {
    let members = members(root);
    let names = members.iter().filter_map(|process| process.file_name()?.to_str());
    names.filter_map(|name| name.parse().ok()).collect()
}

fn tasks(process: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    std::fs::read_dir(process.join("task")).into_iter().flatten().flatten().map(|task| task.path())
}

/// Time in which a process could have run, but others had the cores: that of the thread that was
/// delayed most. A sum would be more than the time that passed.
pub(super) fn delayed(process: &Path) -> Duration {
    let times = tasks(process).filter_map(|task| schedstat_times(&task.join("schedstat")));
    times.map(|times| times.delayed).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::Instant;

    use super::*;

    #[test]
    fn all_processes_below_count() {
        // The shell only waits. Its child takes 64 MB, and then CPU time.
        let program = "x = b'x' * (64 << 20)\nprint(1, flush=True)\nwhile True: pass";
        let mut shell = Command::new("sh")
            .args(["-c", "python3 -c \"$0\" & wait", program])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = [0];
        std::io::Read::read_exact(shell.stdout.as_mut().unwrap(), &mut told).unwrap();
        let root = Path::new("/proc").join(shell.id().to_string());
        let all = together(&root, &[]).unwrap();
        assert!((64 * 1024..200 * 1024).contains(&all.memory_kb), "{all:?}");
        assert_eq!(all.threads, 2);
        let begun = Instant::now();
        while used(&root).unwrap() < Duration::from_millis(300) {
            assert!(begun.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(10));
        }
        let [_, child] = &members(&root)[..] else { panic!("{:?}", members(&root)) };
        let child: i32 = child.file_name().unwrap().to_str().unwrap().parse().unwrap();
        let child = rustix::process::Pid::from_raw(child).unwrap();
        rustix::process::kill_process(child, rustix::process::Signal::KILL).unwrap();
        // It ends after its child, whose time it then has.
        shell.wait().unwrap();
        assert!(used(&root).is_none());
        assert!(together(&root, &[]).is_err());
    }

    #[test]
    fn processes_without_a_parent_are_found_by_their_session() {
        // The shell leads a session. Its grandchild sleeps on after the child has ended.
        let script = "(sleep 60 & echo $!); exec sleep 60";
        let mut leader = Command::new("setsid")
            .args(["sh", "-c", script])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = String::new();
        let mut output = std::io::BufReader::new(leader.stdout.as_mut().unwrap());
        std::io::BufRead::read_line(&mut output, &mut told).unwrap();
        let root = Path::new("/proc").join(leader.id().to_string());
        let stray = Path::new("/proc").join(told.trim());
        let begun = Instant::now();
        // The child is there until the shell has waited for it.
        let threads = || together(&root, &strays(&root)).map(|all| all.threads).ok();
        while strays(&root) != [stray.clone()] || threads() != Some(2) {
            assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", strays(&root));
            std::thread::sleep(Duration::from_millis(10));
        }
        let group = rustix::process::Pid::from_raw(leader.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
        leader.wait().unwrap();
    }
}
