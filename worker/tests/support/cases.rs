//! Handlers on files, with their events, and their outcomes in a worker.
//!
//! A case is a file, or a folder with an `index` file, that has a function `handler`. Its events are
//! the array in `<name>.events.json`, or one empty object.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use brink_shared::limits::Limits;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Bundle, Runtime};
use brink_shared::wire::{self, Failure, Payload};
use brink_worker::runner::{Runner, SandboxProgram};
use bytes::Bytes;
use serde_json::{Value, json};

/// Longest that starting and one event may each take, also in a debug build on a busy machine.
const EVENT_MAX: Duration = Duration::from_secs(60);

/// How many characters of an outcome a message shows.
const SHOWN: usize = 400;

/// One handler and its events.
pub struct Case {
    pub name: String,
    /// The file that has the handler.
    pub file: PathBuf,
    /// Its first line, which may say how it is compared.
    pub first_line: String,
    /// The files of the worker: paths and contents.
    pub bundle: BTreeMap<String, Bytes>,
    pub handler: String,
    pub events: Vec<Value>,
}

/// The cases in a folder whose files have one of these endings, or those with `CASE` in their
/// names.
pub fn cases(folder: &Path, endings: &[&str]) -> Vec<Case> {
    let only = std::env::var("CASE").unwrap_or_default();
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let cases = paths.iter().filter_map(|path| Case::read(path, endings));
    cases.filter(|case| case.name.contains(&only)).collect()
}

/// Adds all files of a folder to a bundle.
pub fn add_folder(folder: &Path, prefix: &str, bundle: &mut BTreeMap<String, Bytes>) {
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

/// Tells where two outcomes differ; `None` if they are equal.
pub fn difference(expected: &Value, got: &Value) -> Option<String> {
    if expected == got {
        return None;
    }
    let (expected, got) = (expected.to_string(), got.to_string());
    let pairs = expected.chars().zip(got.chars());
    let same = pairs.take_while(|(one, other)| one == other).count();
    let near = |text: &str| -> String {
        text.chars().skip(same.saturating_sub(SHOWN / 4)).take(SHOWN).collect()
    };
    Some(format!("  from character {same} on\n  {}\n  {}", near(&expected), near(&got)))
}

// === impl Case ===

impl Case {
    fn read(path: &Path, endings: &[&str]) -> Option<Self> {
        let name = path.file_stem()?.to_str()?.to_owned();
        let (file, bundle) = if path.is_dir() {
            let files = endings.iter().map(|ending| path.join(format!("index.{ending}")));
            let file = files.into_iter().find(|file| file.exists())?;
            let mut bundle = BTreeMap::new();
            add_folder(path, "", &mut bundle);
            (file, bundle)
        } else {
            let ending = path.extension()?.to_str()?;
            if !endings.contains(&ending) {
                return None;
            }
            let text = Bytes::from(std::fs::read(path).unwrap());
            (path.to_owned(), BTreeMap::from([(format!("{name}.{ending}"), text)]))
        };
        let events = std::fs::read(path.with_file_name(format!("{name}.events.json")));
        let events =
            events.map_or_else(|_| vec![json!({})], |text| serde_json::from_slice(&text).unwrap());
        let handler = format!("{}.handler", file.file_stem()?.to_str()?);
        let text = std::fs::read_to_string(&file).unwrap();
        let first_line = text.lines().next().unwrap_or_default().to_owned();
        Some(Self { name, file, first_line, bundle, handler, events })
    }

    /// Runs the events one after another in a worker's sandbox. An outcome is
    /// `{"ok": value, "logs": [...]}` or `{"error": {...}, "logs": [...]}`.
    pub async fn in_worker(&self, runtime: Runtime) -> Vec<Value> {
        let program = program();
        let settings = FunctionSettings {
            runtime: runtime.into(),
            handler: self.handler.clone(),
            timeout: EVENT_MAX,
            egress: vec!["127.0.0.1".to_owned()],
            limits: Limits { startup_time: EVENT_MAX, ..Limits::default() },
            ..FunctionSettings::default()
        };
        let bundle = Bundle::new(self.bundle.clone()).unwrap();
        let started =
            Runner::start(program, "differential", &settings, Default::default(), bundle).await;
        let runner = match started {
            Ok(runner) => runner,
            Err(failure) => {
                let error = told(&failure);
                return self.events.iter().map(|_| json!({"error": error, "logs": []})).collect();
            }
        };
        let mut outcomes = Vec::new();
        for (index, event) in self.events.iter().enumerate() {
            let payload = Payload::Json(event.to_string().into());
            let id = format!("event-{}", index + 1);
            let invoked = runner.invoke(payload, id, EVENT_MAX, false).await;
            let logs = invoked.logs;
            outcomes.push(match invoked.result {
                Ok(value) => {
                    let value: Value = wire::decode_value(&value).unwrap();
                    json!({"ok": value, "logs": logs})
                }
                Err(failure) => json!({"error": told(&failure), "logs": logs}),
            });
        }
        runner.stop().await;
        outcomes
    }
}

/// It looks for the machine's interpreters once.
fn program() -> &'static SandboxProgram {
    static PROGRAM: OnceLock<SandboxProgram> = OnceLock::new();
    let path = env!("CARGO_BIN_EXE_brink-worker");
    PROGRAM.get_or_init(|| SandboxProgram::new(path.into(), vec!["sandbox".to_owned()]))
}

fn told(failure: &Failure) -> Value {
    json!({
        "errorType": failure.error_type,
        "errorMessage": failure.message,
        "stack": failure.stack,
    })
}
