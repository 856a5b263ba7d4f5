//! The processes of a sandbox whose function may start some: the one that the supervisor started, and
//! all its descendants.
//!
//! `/proc` tells the children of each thread. A process whose parent ended belongs to the first
//! process of the sandbox's namespace, which is a descendant too, so none gets lost. Processes come
//! and go while they are counted; those that are gone count as nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Most processes that are counted. The kernel allows a sandbox fewer.
const PROCESSES_MAX: usize = 1_024;

/// The ids of a process and of its descendants, the oldest ones first.
pub(super) fn members(process: u32) -> Vec<u32> {
    let mut members = vec![process];
    let mut next = 0;
    while let Some(member) = members.get(next).copied() {
        next += 1;
        let Ok(threads) = fs::read_dir(folder(member).join("task")) else { continue };
        for thread in threads.flatten() {
            let children = fs::read_to_string(thread.path().join("children"));
            let children = children.unwrap_or_default();
            let children = children.split_whitespace().filter_map(|child| child.parse().ok());
            members.extend(children.take(PROCESSES_MAX.saturating_sub(members.len())));
        }
    }
    members
}

/// The folder of a process in `/proc`.
pub(super) fn folder(process: u32) -> PathBuf {
    Path::new("/proc").join(process.to_string())
}

/// The memory that a process alone has, in KB. Programs and libraries are files, which processes
/// share.
pub(super) fn own_memory_kb(process: u32) -> io::Result<u64> {
    let status = fs::read_to_string(folder(process).join("status"))?;
    let fields = status.lines().filter_map(|line| {
        let line = line.strip_prefix("RssAnon:").or_else(|| line.strip_prefix("RssShmem:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    });
    Ok(fields.sum())
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn grandchildren_are_members() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "sh -c 'sleep 60; true' & wait; true"]).stdin(Stdio::null());
        let mut shell = shell.spawn().unwrap();
        let begun = Instant::now();
        let members = loop {
            let members = members(shell.id());
            if members.len() == 3 {
                break members;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{members:?}");
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(members[0], shell.id());
        assert!(members.iter().all(|member| own_memory_kb(*member).unwrap() > 0));
        for member in members.iter().rev() {
            let pid = rustix::process::Pid::from_raw(i32::try_from(*member).unwrap()).unwrap();
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        shell.wait().unwrap();
        assert!(own_memory_kb(members[2]).is_err() || own_memory_kb(members[2]).unwrap() == 0);
    }
}
