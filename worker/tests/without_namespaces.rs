//! Sandboxes on a machine that lets nobody make user namespaces, as in many containers: the supervisor
//! bounds by itself what the kernel bounds elsewhere.
//!
//! The tests need `unshare` and `setpriv` (Debian: `apt-get install util-linux`), and a kernel that lets
//! this user make the namespace in which there are no others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use brink_shared::registry::Bundle;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::wire::{self, Failure, FailureKind, Payload};
use brink_testing::process::{descendants, is_alive};
use brink_worker::runner::Runner;
use brink_worker::{InterpreterSearch, InterpreterSettings, SandboxProgram};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(25);

/// Starts a program where no user namespace can be made.
const WITHOUT: &str = "#!/bin/sh
exec /usr/bin/unshare --user --map-root-user /bin/sh -c '
  echo 0 > /proc/sys/user/max_user_namespaces &&
  exec /usr/bin/setpriv --inh-caps=-all --bounding-set=-all \"$@\"' sh PROGRAM \"$@\"
";

/// A machine without namespaces, and the files of its worker.
struct Machine {
    folder: tempfile::TempDir,
    program: SandboxProgram,
}

/// A function on it.
struct Function(Runner);

// === impl Machine ===

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("sandbox");
        std::fs::write(&script, WITHOUT.replace("PROGRAM", env!("CARGO_BIN_EXE_brink-worker")))
            .unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        let search = InterpreterSearch::new(InterpreterSettings::of(&std::env::vars().collect()));
        let work = folder.path().join("work");
        let program = SandboxProgram::new(script, vec!["sandbox".to_owned()]);
        let program = program.on_machine(search, Some(&work), Vec::new());
        Self { folder, program }
    }

    /// Starts a function in Python, which may have a few processes.
    async fn start(&self, code: &str) -> Function {
        let settings = json!({
            "runtime": "python", "handler": "index.handler", "memory_mb": 2048, "timeout": "20s",
            "role": {"name": "few", "processes": 4},
        });
        let settings: FunctionSettings = serde_json::from_value(settings).unwrap();
        let files = [("index.py".to_owned(), code.to_owned().into())];
        let bundle = Bundle::new(files.into()).unwrap();
        let runner =
            Runner::start(&self.program, "bounded", &settings, BTreeMap::new(), bundle).await;
        Function(runner.unwrap_or_else(|failure| panic!("{failure:?}")))
    }

    /// The folders of its sandboxes.
    fn sandboxes(&self) -> Vec<PathBuf> {
        let names = |folder: &Path| -> Vec<PathBuf> {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).collect()
        };
        let homes = names(&self.folder.path().join("work"));
        homes.iter().flat_map(|home| names(&home.join("sandboxes"))).collect()
    }
}

// === impl Function ===

impl Function {
    async fn run(&self, event: Value) -> Result<Value, Failure> {
        let payload = Payload::Json(event.to_string().into());
        let invoked = self.0.invoke(payload, "request-1".to_owned(), LONG, false).await;
        invoked.result.map(|value| wire::decode_value(&value).unwrap())
    }

    /// The event is over a limit, and the next one is served.
    async fn exceeds(&self, event: &str, words: &str) {
        let failure = self.run(json!(event)).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Limit, "{failure:?}");
        assert!(failure.message.contains(words), "{event}: {failure:?}");
        assert_eq!(self.run(json!("echo")).await.unwrap(), json!("echo"));
    }
}

const THREADS: &str = "import os, threading, time
def fork():
    if os.fork() == 0:
        # Its parent ends, so it is below no process of the sandbox.
        if os.fork() == 0:
            time.sleep(1000)
        os._exit(0)
    os.wait()
def handler(event, context):
    if event == 'threads':
        threading.stack_size(65536)
        while True: threading.Thread(target=time.sleep, args=(1000,)).start()
    if event == 'children':
        while os.fork(): pass
        time.sleep(1000)
    if event == 'orphans':
        while True: fork()
    return event
";

#[actix_rt::test]
async fn threads_and_processes_are_bounded() {
    let machine = Machine::new();
    let function = machine.start(THREADS).await;
    for event in ["threads", "children", "orphans"] {
        function.exceeds(event, "threads and processes, over its limit of 134").await;
    }
    let processes = descendants(std::process::id());
    function.0.stop().await;
    let begun = Instant::now();
    while processes.iter().any(|process| is_alive(*process)) {
        assert!(begun.elapsed() < LONG, "processes were left behind");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

const FILES: &str = "import os, tempfile
tmp = tempfile.gettempdir()
def write(file, megabytes):
    os.posix_fallocate(file.fileno(), 0, megabytes << 20)
def handler(event, context):
    if event == 'bytes':
        for number in range(6):
            with open(f'{tmp}/{number}', 'wb') as file: write(file, 100)
    if event == 'nameless':
        files = [tempfile.TemporaryFile() for _ in range(6)]
        for file in files: write(file, 100)
    if event == 'entries':
        for number in range(11000): os.mkdir(f'{tmp}/{number}')
    if event == 'nested':
        os.chdir(tmp)
        for _ in range(3000):
            os.mkdir('deep', 0o300)
            os.chdir('deep')
    if event == 'echo':
        return event
    while True: pass
";

#[actix_rt::test]
async fn temporary_files_are_bounded_and_removed() {
    let machine = Machine::new();
    let function = machine.start(FILES).await;
    function.exceeds("bytes", "MB, over its limit of 512 MB, in /tmp").await;
    function.exceeds("nameless", "MB, over its limit of 512 MB, in /tmp").await;
    function.exceeds("entries", "more than 10000 files and folders in /tmp").await;
    function.exceeds("nested", "its folders are nested more than 64 times").await;
    function.0.stop().await;
    let begun = Instant::now();
    while !machine.sandboxes().is_empty() {
        assert!(begun.elapsed() < LONG, "{:?}", machine.sandboxes());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
