//! Functions that bring their own program, through the supervisor and in a sandbox; and programs'
//! own output.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "provided/clients.rs"]
mod clients;
#[path = "provided/hostile.rs"]
mod hostile;
#[path = "provided/output.rs"]
mod output;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use brink_shared::limits::Limits;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Bundle, Runtime};
use brink_shared::wire::{self, Failure, Payload};
use brink_worker::SandboxProgram;
use brink_worker::runner::Runner;
use bytes::Bytes;
use serde_json::Value;

/// The Python of the system, which sandboxes with processes may start.
const PYTHON: &str = "/usr/bin/python3";

/// Longest that an event may take on a busy machine.
const LONG: Duration = Duration::from_secs(25);

/// The files of a function.
type Files = BTreeMap<String, Bytes>;

/// A function in a sandbox.
struct Function(Runner);

/// The outcome of an event.
struct Outcome {
    result: Result<Value, Failure>,
    logs: Vec<String>,
}

fn settings() -> FunctionSettings {
    FunctionSettings {
        runtime: Runtime::Provided.into(),
        handler: "app.handler".to_owned(),
        memory_mb: 256,
        timeout: LONG,
        env: BTreeMap::from([("COLOR".to_owned(), "blue".to_owned())]),
        limits: Limits { startup_time: Duration::from_secs(10), ..Limits::default() },
        ..FunctionSettings::default()
    }
}

/// A function whose `bootstrap` is this text.
fn script(text: impl Into<Bytes>) -> Files {
    Files::from([("bootstrap".to_owned(), text.into())])
}

/// A function whose `bootstrap` is a program in Python. It may use `next()`, `answer(value)` and
/// `fail(error)`.
fn python(program: &str) -> Files {
    let library = include_str!("provided/client.py");
    script(format!("#!{PYTHON}\n{library}\n{program}\n"))
}

/// All files of a folder.
fn folder(folder: &Path) -> Files {
    let mut files = Files::new();
    add_folder(folder, "", &mut files);
    files
}

fn add_folder(folder: &Path, prefix: &str, files: &mut Files) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            add_folder(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, std::fs::read(entry.path()).unwrap().into());
        }
    }
}

// === impl Function ===

impl Function {
    async fn start(files: Files) -> Result<Self, Failure> {
        Self::start_with(files, settings()).await
    }

    async fn start_with(files: Files, settings: FunctionSettings) -> Result<Self, Failure> {
        let worker = env!("CARGO_BIN_EXE_brink-worker");
        let program = SandboxProgram::new(worker.into(), vec!["sandbox".to_owned()]);
        let bundle = Bundle::new(files).unwrap();
        Runner::start(&program, "greeter", &settings, BTreeMap::new(), bundle).await.map(Self)
    }

    async fn run(&self, event: &Value) -> Outcome {
        self.run_within(event, LONG).await
    }

    async fn run_within(&self, event: &Value, timeout: Duration) -> Outcome {
        let payload = Payload::Json(event.to_string().into());
        let invoked = self.0.invoke(payload, "request-1".to_owned(), timeout, false).await;
        let result = invoked.result.map(|value| wire::decode_value(&value).unwrap());
        Outcome { result, logs: invoked.logs }
    }

    /// The value of an event.
    async fn value(&self, event: &Value) -> Value {
        let outcome = self.run(event).await;
        outcome.result.unwrap_or_else(|failure| panic!("{failure:?}, {:?}", outcome.logs))
    }
}
