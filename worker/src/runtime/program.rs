//! The program that runs as a sandbox, and the places on this machine that sandboxes need.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio::process::Command;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use brink_frames::interpreter::{BOOTSTRAPS, Interpreter as Launch, Listener, TASK};
use brink_shared::confinement::{Layer, LayerStatus};
use brink_shared::registry::Runtime;
use brink_shared::registry::function::FunctionSettings;

use super::kind::SandboxKind;
use crate::interpreters::{InterpreterSearch, InterpreterSettings, NoInterpreter};
use crate::sandbox_folders::{SandboxFolder, SandboxFolders};

/// The files by which interpreters run functions, below [`BOOTSTRAPS`].
const BOOTSTRAP_FILES: &[(&str, &str)] = &[
    ("node/bootstrap.cjs", include_str!("../../interpreters/node/bootstrap.cjs")),
    ("node/connections.cjs", include_str!("../../interpreters/node/connections.cjs")),
    ("node/errors.cjs", include_str!("../../interpreters/node/errors.cjs")),
    ("node/frames.cjs", include_str!("../../interpreters/node/frames.cjs")),
    ("node/handler.cjs", include_str!("../../interpreters/node/handler.cjs")),
    ("node/inspector.cjs", include_str!("../../interpreters/node/inspector.cjs")),
    ("node/invocation.cjs", include_str!("../../interpreters/node/invocation.cjs")),
    ("node/logs.cjs", include_str!("../../interpreters/node/logs.cjs")),
    ("node/machine.cjs", include_str!("../../interpreters/node/machine.cjs")),
    ("python/bootstrap.py", include_str!("../../interpreters/python/bootstrap.py")),
    ("python/_brink/__init__.py", include_str!("../../interpreters/python/_brink/__init__.py")),
    (
        "python/_brink/connections.py",
        include_str!("../../interpreters/python/_brink/connections.py"),
    ),
    ("python/_brink/context.py", include_str!("../../interpreters/python/_brink/context.py")),
    ("python/_brink/debugger.py", include_str!("../../interpreters/python/_brink/debugger.py")),
    ("python/_brink/encoding.py", include_str!("../../interpreters/python/_brink/encoding.py")),
    ("python/_brink/errors.py", include_str!("../../interpreters/python/_brink/errors.py")),
    ("python/_brink/frames.py", include_str!("../../interpreters/python/_brink/frames.py")),
    ("python/_brink/handler.py", include_str!("../../interpreters/python/_brink/handler.py")),
    ("python/_brink/logs.py", include_str!("../../interpreters/python/_brink/logs.py")),
    ("python/_brink/process.py", include_str!("../../interpreters/python/_brink/process.py")),
];

/// The program that runs as a sandbox: usually this same program, with the argument `sandbox`. Cheap
/// to clone.
#[derive(Clone, Debug)]
pub struct SandboxProgram {
    /// The program.
    pub path: PathBuf,
    /// Its arguments.
    args: Vec<String>,
    machine: Arc<Machine>,
}

/// The interpreters and folders of sandboxes that need them. They are looked for at the first use.
#[derive(Debug)]
struct Machine {
    interpreters: InterpreterSearch,
    work_dir: Option<PathBuf>,
    /// The layers of confinement that every sandbox must have.
    require: Vec<Layer>,
    places: OnceCell<Places>,
    /// How the programs of sandboxes get out, once one has started.
    network: OnceLock<&'static str>,
}

#[derive(Debug)]
struct Places {
    folders: SandboxFolders,
    /// The folder with [`BOOTSTRAP_FILES`].
    bootstraps: PathBuf,
}

// === impl SandboxProgram ===

impl SandboxProgram {
    /// This program with these arguments. It finds interpreters in `PATH`, and makes folders for
    /// their sandboxes among the machine's temporary files.
    pub fn new(path: PathBuf, args: Vec<String>) -> Self {
        let environment = std::env::vars().collect();
        let interpreters = InterpreterSearch::new(InterpreterSettings::of(&environment));
        Self { path, args, machine: Arc::new(Machine::new(interpreters, None)) }
    }

    /// The program that is running now, with the argument `sandbox`.
    pub fn current() -> io::Result<Self> {
        Ok(Self::new(std::env::current_exe()?, vec!["sandbox".to_owned()]))
    }

    /// The same program with these interpreters, and with the folders of sandboxes below
    /// `work_dir`. A sandbox without one of the layers in `require` does not come up.
    pub fn on_machine(
        self,
        interpreters: InterpreterSearch,
        work_dir: Option<&Path>,
        require: Vec<Layer>,
    ) -> Self {
        let work_dir = work_dir.map(Path::to_owned);
        let machine = Machine { require, ..Machine::new(interpreters, work_dir) };
        Self { machine: Arc::new(machine), ..self }
    }

    /// The first required layer that a sandbox with these lacks.
    pub(crate) fn lacking<'a>(&self, layers: &'a [LayerStatus]) -> Option<&'a LayerStatus> {
        let is_required = |status: &LayerStatus| self.machine.require.contains(&status.layer);
        layers.iter().find(|status| is_required(status) && !status.in_force)
    }

    /// Its arguments.
    pub(crate) fn args(&self) -> &[String] {
        &self.args
    }

    /// The search for this machine's interpreters.
    pub fn interpreters(&self) -> &InterpreterSearch {
        &self.machine.interpreters
    }

    /// How the programs of sandboxes get out, in the words of [`brink_frames::network`]; none
    /// before the first one has started.
    pub fn network(&self) -> Option<&'static str> {
        self.machine.network.get().copied()
    }

    /// Notes how the program of a sandbox gets out.
    pub(crate) fn saw_network(&self, network: Option<&'static str>) {
        if let Some(network) = network {
            // It is the same for all sandboxes of a machine.
            let _ = self.machine.network.set(network);
        }
    }

    /// The sandboxes that a function needs, and a warning for its author if this machine has only a
    /// newer interpreter than the function names.
    pub async fn kind(
        &self,
        settings: &FunctionSettings,
    ) -> Result<(SandboxKind, Option<String>), NoInterpreter> {
        let chosen = self.machine.interpreters.choose(settings.runtime).await?;
        let kind = SandboxKind::new(settings, chosen.interpreter);
        Ok((kind, chosen.warning))
    }

    /// The command that starts a sandbox, and the sandbox's own folder if it reads files.
    pub(crate) async fn command(
        &self,
        kind: &SandboxKind,
    ) -> io::Result<(Command, Option<SandboxFolder>)> {
        let mut command = Command::new(&self.path);
        command.args(&self.args);
        if kind.is_embedded() {
            return Ok((command, None));
        }
        let places = self.places().await?;
        let folders = places.folders.clone();
        let made = spawn_blocking(move || folders.make()).await;
        let folder = made.map_err(|_| io::Error::other("this process is stopping"))??;
        let launch = launch(kind, folder.path().to_owned(), places.bootstraps.clone());
        command.arg("interpreter").arg(serde_json::to_string(&launch)?);
        Ok((command, Some(folder)))
    }

    /// The folders of sandboxes that read files.
    pub(crate) async fn folders(&self) -> io::Result<&SandboxFolders> {
        Ok(&self.places().await?.folders)
    }

    async fn places(&self) -> io::Result<&Places> {
        let machine = self.machine.clone();
        self.machine
            .places
            .get_or_try_init(async || {
                let made = spawn_blocking(move || Places::make(machine.work_dir.as_deref())).await;
                made.map_err(|_| io::Error::other("this process is stopping"))?
            })
            .await
    }
}

// === impl Machine ===

impl Machine {
    fn new(interpreters: InterpreterSearch, work_dir: Option<PathBuf>) -> Self {
        let (places, network) = (OnceCell::new(), OnceLock::new());
        Self { interpreters, work_dir, require: Vec::new(), places, network }
    }
}

// === impl Places ===

impl Places {
    fn make(work_dir: Option<&Path>) -> io::Result<Self> {
        let folders = SandboxFolders::open(work_dir)?;
        let bootstraps = folders.bootstraps(BOOTSTRAP_FILES)?;
        Ok(Self { folders, bootstraps })
    }
}

/// The start of a sandbox that runs a program of the machine.
fn launch(kind: &SandboxKind, folder: PathBuf, bootstraps: PathBuf) -> Launch {
    let (program, options, file) = match (kind.runtime(), kind.interpreter()) {
        (Runtime::Nodejs, Some(node)) => {
            let heap = kind.heap_mb().map(|heap_mb| format!("--max-old-space-size={heap_mb}"));
            // It says nothing of an inspector on standard error: the address is not the machine's.
            let quiet = kind.is_inspected().then(|| "--inspect-publish-uid=http".to_owned());
            let options: Vec<_> = heap.into_iter().chain(quiet).collect();
            (node.program.clone(), options, Some("node/bootstrap.cjs"))
        }
        (Runtime::Python, Some(python)) => {
            // It writes no compiled files: the bundle's folder cannot be written to. A debugger may
            // miss breakpoints in modules that are part of the interpreter.
            let inspected: &[_] = &["-B", "-X", "frozen_modules=off"];
            let options = if kind.is_inspected() { inspected } else { &["-B"] };
            let options = options.iter().map(|option| (*option).to_owned()).collect();
            (python.program.clone(), options, Some("python/bootstrap.py"))
        }
        _ => (Path::new(TASK).join("bootstrap"), Vec::new(), None),
    };
    let file = file.map(|file| format!("{BOOTSTRAPS}/{file}"));
    let args = options.into_iter().chain(file).collect();
    let mut listeners = vec![Listener::Proxy];
    if kind.is_provided() {
        listeners.push(Listener::RuntimeApi);
    }
    Launch {
        program,
        args,
        readable: kind.interpreter().map(|found| found.readable.clone()).unwrap_or_default(),
        folder,
        bootstraps,
        processes: kind.processes(),
        jitless: kind.is_jitless(),
        listeners,
        tun: true,
        wait_for_load: kind.is_provided(),
        inspect: kind.is_inspected(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_of_the_bootstraps_are_in_the_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("interpreters");
        let mut found = Vec::new();
        for below in ["node", "python", "python/_brink"] {
            for entry in std::fs::read_dir(folder.join(below)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
                if path.is_file() && !name.ends_with(".pyc") {
                    found.push((name, std::fs::read_to_string(&path).unwrap()));
                }
            }
        }
        found.sort();
        let mut listed: Vec<_> = BOOTSTRAP_FILES
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        listed.sort();
        assert_eq!(listed, found);
    }
}
