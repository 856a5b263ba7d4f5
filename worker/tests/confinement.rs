//! The confinement of a real sandbox process, seen from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use brink_shared::confinement::Layer;
use brink_shared::registry::function::FunctionSettings;
use brink_testing::process::children;
use brink_worker::SandboxProgram;
use brink_worker::runtime::SandboxKind;
use brink_worker::sandbox::child::Blank;
use serde_json::json;

fn program() -> SandboxProgram {
    SandboxProgram::new(
        PathBuf::from(env!("CARGO_BIN_EXE_brink-worker")),
        vec!["sandbox".to_owned()],
    )
}

/// The fields of a `/proc/<pid>/status` by name.
fn field(status: &str, name: &str) -> String {
    let line = status.lines().find_map(|line| line.strip_prefix(&format!("{name}:")));
    line.unwrap_or_else(|| panic!("no {name} in {status}")).trim().to_owned()
}

fn status(blank: &Blank) -> String {
    fs::read_to_string(format!("/proc/{}/status", blank.process.id().unwrap())).unwrap()
}

fn is_in_force(blank: &Blank, layer: Layer) -> bool {
    blank.layers.iter().any(|status| status.layer == layer && status.in_force)
}

/// True if a system program for the layer works, so the kernel has it.
fn can(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    let command = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[tokio::test]
async fn every_layer_that_the_kernel_has_is_in_force() {
    let blank = program().spawn(&SandboxKind::EMBEDDED).await.unwrap();
    let told: Vec<_> = blank.layers.iter().map(|status| status.layer).collect();
    assert_eq!(told, &Layer::ALL[..6], "the worker adds the last");
    let modules = fs::read_to_string("/sys/kernel/security/lsm").unwrap_or_default();
    let namespaces = can("unshare", &["--user", "--net", "--ipc", "--uts", "--mount", "true"]);
    for (layer, there) in [
        (Layer::Process, true),
        (Layer::Privileges, true),
        (Layer::Landlock, modules.split(',').any(|module| module == "landlock")),
        (Layer::Seccomp, fs::exists("/proc/sys/kernel/seccomp/actions_avail").unwrap()),
        (Layer::Namespaces, namespaces),
    ] {
        assert!(is_in_force(&blank, layer) || !there, "{layer}: {:?}", blank.layers);
    }
}

#[tokio::test]
async fn a_sandbox_has_no_privileges_and_a_session_of_its_own() {
    let mut blank = program().spawn(&SandboxKind::EMBEDDED).await.unwrap();
    let pid = blank.process.id().unwrap();
    let status = status(&blank);
    assert!(field(&status, "Uid").split_whitespace().all(|user| user != "0"), "{status}");
    assert!(field(&status, "Gid").split_whitespace().all(|group| group != "0"), "{status}");
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(field(&status, set), "0000000000000000", "{set}");
    }
    assert_eq!(field(&status, "NoNewPrivs"), "1");
    // `pid (name) state parent group session ...`
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    assert_eq!((after[2], after[3]), (pid.to_string().as_str(), pid.to_string().as_str()));
    assert!(blank.process.usage().unwrap().memory_mb > 0, "its supervisor can weigh it");
}

#[tokio::test]
async fn every_thread_of_a_sandbox_is_filtered() {
    let blank = program().spawn(&SandboxKind::EMBEDDED).await.unwrap();
    let tasks = fs::read_dir(format!("/proc/{}/task", blank.process.id().unwrap())).unwrap();
    let filtered = |task: fs::DirEntry| {
        field(&fs::read_to_string(task.path().join("status")).unwrap(), "Seccomp") == "2"
    };
    let filtered: Vec<_> = tasks.map(|task| filtered(task.unwrap())).collect();
    assert!(filtered.len() > 1, "it has a thread for user code");
    assert!(filtered.iter().all(|filtered| *filtered), "{filtered:?}");
}

#[tokio::test]
async fn the_limits_of_a_sandbox_allow_nothing_more() {
    let blank = program().spawn(&SandboxKind::EMBEDDED).await.unwrap();
    let pid = blank.process.id().unwrap();
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    for name in ["Max core file size", "Max processes", "Max open files", "Max locked memory"] {
        let line = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let values: Vec<_> = line.split_whitespace().take(2).collect();
        assert_eq!(values, ["0", "0"], "{name}");
    }
}

#[tokio::test]
async fn a_sandbox_does_not_hear_what_tells_a_whole_service_to_stop() {
    let blank = program().spawn(&SandboxKind::EMBEDDED).await.unwrap();
    let stops: u64 = [1, 2, 15].into_iter().map(|signal| 1 << (signal - 1)).sum();
    for task in fs::read_dir(format!("/proc/{}/task", blank.process.id().unwrap())).unwrap() {
        let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        let blocked = u64::from_str_radix(&field(&status, "SigBlk"), 16).unwrap();
        assert_eq!(blocked & stops, stops, "{status}");
    }
}

#[tokio::test]
async fn the_memory_that_interpreters_reserve_is_limited() {
    for (runtime, processes, members) in [("nodejs", 0, 1), ("python", 0, 1), ("python", 2, 3)] {
        let role = json!({"name": "starts-programs", "processes": processes});
        let settings = json!({"runtime": runtime, "role": role});
        let settings: FunctionSettings = serde_json::from_value(settings).unwrap();
        let program = program();
        let (kind, _) = program.kind(&settings).await.unwrap();
        let blank = program.spawn(&kind).await.unwrap();
        let mut all = vec![blank.process.id().unwrap()];
        while let [child] = children(*all.last().unwrap())[..] {
            all.push(child);
        }
        assert_eq!(all.len(), members, "the interpreter, and the processes around it");
        blank.process.limit_memory(128).unwrap();
        // Twice the limit with what a sandbox itself needs, and stacks.
        let expected = format!("{}", (2 * (128 + 64) + 64 * 8) * 1024 * 1024);
        let begun = Instant::now();
        for process in all {
            while data_limit(process) != expected {
                assert!(begun.elapsed() < Duration::from_secs(20), "{}", data_limit(process));
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

fn data_limit(process: u32) -> String {
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max data size")).unwrap();
    line.split_whitespace().nth(1).unwrap().to_owned()
}

#[test]
fn a_sandbox_that_nobody_supervises_does_not_come_up() {
    let output = Command::new(env!("CARGO_BIN_EXE_brink-worker"))
        .arg("sandbox")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains("cannot take the supervisor's socket"), "{words}");
}
