//! `brink dev` for a long time: its own output in the project's folder, and many saves.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/origin.rs"]
mod origin;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/served.rs"]
mod served;
#[path = "support/tool.rs"]
mod tool;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use origin::counting_origin;
use served::{ends_and_leaves_nothing, project, start};
use tool::{SOON, command, descendants, folder, get, get_until, signal, write};

/// Saves in an ordinary run. A day of work: `BRINK_DEV_SAVES=1000`.
const SAVES: u32 = 24;

/// Bytes of the function. It is large because kept versions should show in the memory.
const PADDING: usize = 100_000;

/// The most by which the tool may grow from a quarter of the saves to the end, in kB.
const GROWTH_MAX: u64 = 48 * 1024;

/// Processes that may be left a while after the last save.
const PROCESSES_MAX: usize = 4;

/// Longer than it takes until the tool looks at a change, on a busy machine.
const LOOKED_AT: Duration = Duration::from_millis(500);

/// A process that ends with the test.
struct Started(std::process::Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for a text in the file; all of it.
fn wait_for(log: &Path, text: &str) -> String {
    let until = Instant::now() + SOON;
    loop {
        let all = std::fs::read_to_string(log).unwrap();
        if all.contains(text) {
            return all;
        }
        assert!(Instant::now() < until, "no {text:?} in {all}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A function whose folder is the project's, and an origin that counts.
fn project_in_one_folder() -> tempfile::TempDir {
    let text = format!(
        r#"
        [functions.hello]
        source = "."
        [distribution]
        id = "shop"
        [origins.web]
        url = "http://{}"
        [[behaviors]]
        path = "/hello"
        origin = "web"
        functions = {{ viewer-request = "hello" }}
        [[behaviors]]
        path = "*"
        origin = "web"
        "#,
        counting_origin()
    );
    folder(&[("brink.toml", &text), ("index.js", &served::hello("one"))])
}

/// Starts `dev` with its output in this file, through `tee` or by itself.
fn start_logged(dir: &Path, log: &Path, tee: bool) -> (Started, Option<Started>) {
    let mut dev = command(&["dev".as_ref(), dir.as_os_str()]);
    dev.args(["--listen", "127.0.0.1:0", "--verbose"]).stdin(Stdio::null());
    if !tee {
        let output = File::create(log).unwrap();
        dev.stdout(output.try_clone().unwrap()).stderr(output);
        return (Started(dev.spawn().unwrap()), None);
    }
    let tee = Command::new("tee").arg(log).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
    let mut tee = Started(tee.unwrap());
    dev.stdout(tee.0.stdin.take().unwrap());
    while !log.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    (Started(dev.spawn().unwrap()), Some(tee))
}

#[test]
fn its_own_output_in_the_projects_folder_changes_nothing() {
    for tee in [false, true] {
        let dir = project_in_one_folder();
        let log = dir.path().join("dev.log");
        let (dev, _tee) = start_logged(dir.path(), &log, tee);
        let ready = wait_for(&log, "ready in");
        let address = ready.split("http://").nth(1).unwrap().split_whitespace().next().unwrap();
        if tee {
            // It takes the lines in the file to know whose they are.
            wait_for(&log, "dev.log has the output of this command");
        }

        // Each request writes lines.
        let kept = get(address, "/kept", "").body;
        for _ in 0..10 {
            assert_eq!(get(address, "/hello", "").body, "one");
            assert_eq!(get(address, "/kept", "").body, kept, "the cache was dropped");
        }
        std::thread::sleep(LOOKED_AT);
        assert_eq!(get(address, "/kept", "").body, kept, "the cache was dropped");
        write(dir.path(), "index.js", &served::hello("two"));
        get_until(address, "/hello", |answer| answer.body == "two");
        let all = wait_for(&log, "hello:2");
        let is_reload = |line: &&str| line.contains(": hello:") || line.contains(": dropped from");
        let reloads: Vec<_> = all.lines().filter(is_reload).collect();
        assert!(reloads.len() == 1 && reloads[0].starts_with("index.js: "), "{all}");
        assert!(!all.contains("hello:3"), "the log is in the function: {all}");
        signal(dev.0.id(), "INT");
    }
}

#[test]
fn a_file_that_is_written_again_with_the_same_text_changes_nothing() {
    let dir = project_in_one_folder();
    let (mut tool, _, address) = start("dev", dir.path());
    let kept = get(&address, "/kept", "").body;
    write(dir.path(), "index.js", &served::hello("one"));
    std::thread::sleep(LOOKED_AT);
    assert_eq!(get(&address, "/kept", "").body, kept, "the cache was dropped");
    // After a refused change the same text is news.
    write(dir.path(), "brink.toml.old", "");
    tool.line("hello:2");
    write(dir.path(), "index.js", "exports.handler = (");
    tool.line("refused");
    let kept = get(&address, "/kept", "").body;
    write(dir.path(), "index.js", &served::hello("one"));
    tool.line("index.js: dropped from the cache");
    assert_ne!(get(&address, "/kept", "").body, kept);
    let printed = tool.printed();
    assert!(!printed.iter().any(|line| line.starts_with("index.js: ")), "{printed:?}");
    tool.interrupt();
}

/// Resident memory of a process, in kB.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

#[test]
fn saves_leave_memory_and_processes_bounded() {
    let saves = std::env::var("BRINK_DEV_SAVES").map_or(SAVES, |text| text.parse().unwrap());
    let dir = project();
    let (mut tool, _, address) = start("dev", dir.path());
    let mut after_a_quarter = 0;
    let mut most = 0;
    for save in 1..=saves {
        let text = format!("save {save}");
        let source = format!("{}\n// {save} {}", served::hello(&text), "x".repeat(PADDING));
        write(dir.path(), "hello.js", &source);
        tool.line(&format!("hello:{}", save + 1));
        get_until(&address, "/hello", |answer| answer.body == text);
        most = most.max(descendants(tool.pid()).len());
        if save == saves / 4 {
            after_a_quarter = resident(tool.pid());
        }
    }
    let until = Instant::now() + SOON;
    while descendants(tool.pid()).len() > PROCESSES_MAX {
        assert!(Instant::now() < until, "processes of old versions stay");
        std::thread::sleep(Duration::from_millis(50));
    }
    let resident = resident(tool.pid());
    println!(
        "{saves} saves: {after_a_quarter} kB after a quarter, {resident} kB in the end, at most {most} processes"
    );
    let grown = resident.saturating_sub(after_a_quarter);
    assert!(grown < GROWTH_MAX, "{grown} kB more in {saves} saves");
    // All of it is in memory.
    assert!(!dir.path().join(".brink").exists());
    ends_and_leaves_nothing(tool);
}
