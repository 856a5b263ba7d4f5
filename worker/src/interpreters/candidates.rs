//! The programs that may be interpreters: those of the settings, and those of `PATH`.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use brink_shared::registry::Runtime;

/// Where interpreters are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InterpreterSettings {
    /// Programs, in the order in which they are preferred.
    pub programs: Vec<PathBuf>,
    /// Folders in which to search, in the form of `PATH`; none to search in no folder.
    pub path: Option<OsString>,
}

/// A program that may be an interpreter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Its path.
    pub program: PathBuf,
    /// The runtime that its name promises; none if the name says nothing.
    pub runtime: Option<Runtime>,
    /// True if the settings name it.
    pub is_set: bool,
}

/// The variable that names programs.
pub const INTERPRETERS: &str = "BRINK_INTERPRETERS";

/// The names in `PATH` without a number.
const PLAIN: [(&str, Runtime); 3] =
    [("node", Runtime::Nodejs), ("nodejs", Runtime::Nodejs), ("python3", Runtime::Python)];

/// The numbers that names in `PATH` may end with: `node18` to `node40`, `python3.9` to
/// `python3.40`.
const NODE_NUMBERS: std::ops::RangeInclusive<u16> = 18..=40;
const PYTHON_NUMBERS: std::ops::RangeInclusive<u16> = 9..=40;

/// Most programs of `PATH` that are asked. A machine has a few.
const OF_PATH_MAX: usize = 64;

// === impl InterpreterSettings ===

impl InterpreterSettings {
    /// The settings in an environment: `BRINK_INTERPRETERS`, paths with commas between them, and
    /// `PATH`. For commands that have no settings file.
    pub fn of(environment: &HashMap<String, String>) -> Self {
        let programs = environment.get(INTERPRETERS).map(String::as_str);
        let programs = programs.unwrap_or_default().split(',').map(str::trim);
        Self {
            programs: programs.filter(|path| !path.is_empty()).map(PathBuf::from).collect(),
            path: environment.get("PATH").map(OsString::from),
        }
    }
}

/// The programs to ask, each file once.
pub(super) fn list(settings: &InterpreterSettings) -> Vec<Candidate> {
    let mut seen = BTreeSet::new();
    let set = settings.programs.iter().map(|program| Candidate {
        // The program is started in another folder.
        program: std::path::absolute(program).unwrap_or_else(|_| program.clone()),
        runtime: promised(program),
        is_set: true,
    });
    let folders = settings.path.iter().flat_map(std::env::split_paths);
    // A folder that is not absolute means something else in each working directory.
    let folders: Vec<PathBuf> = folders.filter(|folder| folder.is_absolute()).collect();
    let numbered = NODE_NUMBERS
        .map(|number| (format!("node{number}"), Runtime::Nodejs))
        .chain(PYTHON_NUMBERS.map(|number| (format!("python3.{number}"), Runtime::Python)));
    let plain = PLAIN.map(|(name, runtime)| (name.to_owned(), runtime));
    let names: Vec<(String, Runtime)> = plain.into_iter().chain(numbered).collect();
    let named = folders.iter().flat_map(|folder| {
        names.iter().map(|(name, runtime)| Candidate {
            program: folder.join(name),
            runtime: Some(*runtime),
            is_set: false,
        })
    });
    let of_path = named
        .filter(|candidate| is_program(&candidate.program) && !is_numbered_shim(&candidate.program))
        .take(OF_PATH_MAX);
    set.chain(of_path)
        .filter(|candidate| {
            let real = candidate.program.canonicalize();
            // A virtual environment has links to a program that is an interpreter too, so programs
            // of the settings are told apart by their own paths.
            let is_new = real.is_ok_and(|real| seen.insert(real));
            is_new || (candidate.is_set && seen.insert(candidate.program.clone()))
        })
        .collect()
}

/// The runtime that a program's name promises.
fn promised(program: &Path) -> Option<Runtime> {
    let name = program.file_name()?.to_str()?;
    if name.starts_with("node") {
        Some(Runtime::Nodejs)
    } else if name.starts_with("python") {
        Some(Runtime::Python)
    } else {
        None
    }
}

/// True for pyenv's scripts with a number in their names. Each takes a quarter of a second to start,
/// only those of the active versions lead anywhere, and the one without a number leads to the first
/// of these.
fn is_numbered_shim(path: &Path) -> bool {
    let in_shims = path.parent().is_some_and(|folder| folder.ends_with("shims"));
    let is_plain =
        path.file_name().is_some_and(|name| PLAIN.iter().any(|(plain, _)| name == *plain));
    in_shims && !is_plain
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}
