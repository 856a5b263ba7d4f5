//! Facts about processes, read from `/proc`.

use std::fs;
use std::path::Path;

/// Resident memory of a process, in kB; none once it has ended.
pub fn resident_kb(pid: u32) -> Option<u64> {
    memory_kb(pid, "VmRSS:")
}

/// The most memory of a process that was ever resident, in kB; none once it has ended.
pub fn peak_kb(pid: u32) -> Option<u64> {
    memory_kb(pid, "VmHWM:")
}

/// Resident memory of this process, in kB.
pub fn own_resident_kb() -> u64 {
    resident_kb(std::process::id()).unwrap()
}

/// How many files and sockets this process has open.
pub fn own_open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// The processes that a process started, also those that have ended and that it has not waited for.
pub fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| state_and_parent(*pid).is_some_and(|(_, of)| of == parent)).collect()
}

/// The processes below a process: its children, their children, and so on.
pub fn descendants(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut parents = vec![pid];
    while let Some(parent) = parents.pop() {
        let children = children(parent);
        found.extend(&children);
        parents.extend(children);
    }
    found
}

/// True until a process has ended, also if nobody has waited for it yet.
pub fn is_alive(pid: u32) -> bool {
    state_and_parent(pid).is_some_and(|(state, _)| state != 'Z')
}

/// From `/proc/PID/stat`: `pid (name) state parent ...`. A name may contain anything.
fn state_and_parent(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(of(pid, "stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.next()?.parse().ok()?))
}

/// A line of `/proc/PID/status`.
fn memory_kb(pid: u32, name: &str) -> Option<u64> {
    let status = fs::read_to_string(of(pid, "status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix(" kB")?.parse().unwrap())
}

fn of(pid: u32, file: &str) -> impl AsRef<Path> {
    format!("/proc/{pid}/{file}")
}
