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
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use brink_testing::process::{descendants, resident_kb};
use origin::counting_origin;
use served::{ends_and_leaves_nothing, start};
use tool::{Running, SOON, command, folder, get, get_until, signal, write};

/// Saves in an ordinary run. A day of work: `BRINK_DEV_SAVES=1000`.
const SAVES: u32 = 32;

/// Bytes of a file beside the function. Kept versions should show in the memory.
const BALLAST: usize = 3 << 20;

/// How often `brink up` is started.
const RESTARTS: u32 = 3;

/// Versions that are kept.
const KEPT: u64 = 5;

/// `brink up` keeps bundles that no version has for so long, and what a busy machine adds.
const UNREFERRED_FOR: Duration = Duration::from_secs(70);

/// The most that a worker of `brink up` keeps of bundles, in kB, and of all else.
const WORKER_MAX: u64 = 65 * 1024;

/// The most by which the tool may grow from a quarter of the saves to the end, in kB: 16 bundles.
/// It varies by some, as they are copied while they are published.
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
    // After a rejected change the same text is news.
    write(dir.path(), "brink.toml.old", "");
    tool.line("hello:2");
    write(dir.path(), "index.js", "exports.handler = (");
    tool.line("rejected");
    let kept = get(&address, "/kept", "").body;
    write(dir.path(), "index.js", &served::hello("one"));
    tool.line("index.js: dropped from the cache");
    assert_ne!(get(&address, "/kept", "").body, kept);
    let printed = tool.printed();
    assert!(!printed.iter().any(|line| line.starts_with("index.js: ")), "{printed:?}");
    tool.interrupt();
}

/// A function that is a folder. Its bundles are large.
fn project_with_ballast(bytes: usize) -> tempfile::TempDir {
    folder(&[
        ("brink.toml", &served::PROJECT.replace("hello.js", "hello")),
        ("hello/index.js", &served::hello("one")),
        ("hello/ballast", &"x".repeat(bytes)),
        ("site/index.html", "<p>page"),
    ])
}

fn saves() -> u32 {
    std::env::var("BRINK_DEV_SAVES").map_or(SAVES, |text| text.parse().unwrap())
}

/// Saves the function once more, and waits until it runs.
fn save(dir: &Path, tool: &mut Running, address: &str, number: u32) {
    let text = format!("save {number}");
    write(dir, "hello/index.js", &served::hello(&text));
    tool.line("index.js: hello:");
    get_until(address, "/hello", |answer| answer.body == text);
}

/// Waits until the processes of old versions have ended.
fn wait_for_processes(tool: &Running, most: usize) {
    let until = Instant::now() + SOON;
    while descendants(tool.pid()).len() > most {
        assert!(Instant::now() < until, "processes of old versions stay");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn saves_leave_memory_and_processes_bounded() {
    let saves = saves();
    let dir = project_with_ballast(BALLAST);
    let (mut tool, _, address) = start("dev", dir.path());
    let mut after_a_quarter = 0;
    let mut most = 0;
    for number in 1..=saves {
        save(dir.path(), &mut tool, &address, number);
        most = most.max(descendants(tool.pid()).len());
        if number == saves / 4 {
            after_a_quarter = resident_kb(tool.pid()).unwrap();
        }
    }
    wait_for_processes(&tool, PROCESSES_MAX);
    let resident = resident_kb(tool.pid()).unwrap();
    println!(
        "{saves} saves: {after_a_quarter} kB after a quarter, {resident} kB in the end, at most {most} processes"
    );
    let grown = resident.saturating_sub(after_a_quarter);
    assert!(grown < GROWTH_MAX, "{grown} kB more in {saves} saves");
    // All of it is in memory.
    assert!(!dir.path().join(".brink").exists());
    ends_and_leaves_nothing(tool);
}

/// Size of a folder's files on the disk, in kB.
fn disk(folder: &Path) -> u64 {
    let about = std::fs::symlink_metadata(folder).map_or(0, |about| about.blocks() / 2);
    let inside = std::fs::read_dir(folder).into_iter().flatten().flatten();
    about + inside.map(|entry| disk(&entry.path())).sum::<u64>()
}

#[test]
fn saves_and_restarts_leave_the_folder_of_a_cluster_bounded() {
    const BYTES: usize = 8 << 20;
    const KB: u64 = BYTES as u64 / 1024;
    let saves = saves() / 2;
    let dir = project_with_ballast(BYTES);
    let state = dir.path().join(".brink");
    let mut times = Vec::new();
    for run in 1..=RESTARTS {
        let (mut tool, _, address) = start("up", dir.path());
        let nodes = descendants(tool.pid());
        for number in times.len() as u32 + 1..=saves * run / RESTARTS {
            save(dir.path(), &mut tool, &address, number);
            times.push(Instant::now());
        }
        let memory = nodes.iter().filter_map(|pid| resident_kb(*pid)).max().unwrap();
        let parts = ["nats", "worker-1", "worker-2"].map(|part| disk(&state.join(part)));
        let made = times.len();
        println!("{made} saves: {parts:?} kB on disk, {memory} kB in the largest process");
        let recent = times.iter().filter(|at| at.elapsed() < UNREFERRED_FOR).count() as u64;
        let [nats, workers @ ..] = parts;
        // Blocks with few removed messages are not written again.
        let most = (recent + KEPT + 1) * KB * 5 / 4;
        assert!(nats < most, "{nats} of {most} kB after {made} saves");
        assert!(workers.iter().all(|kept| *kept < WORKER_MAX), "{parts:?} kB after {made} saves");
        ends_and_leaves_nothing(tool);
    }
    let known = ["nats", "worker-1", "worker-2"];
    let inside = std::fs::read_dir(&state).unwrap().flatten().map(|entry| entry.path());
    let others = inside.filter(|path| !known.iter().any(|name| path.ends_with(name)));
    let others: u64 = others.map(|path| disk(&path)).sum();
    assert!(others < 1024, "{others} kB of other files");
}
