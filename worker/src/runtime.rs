//! Runtimes: everything in which they differ on the supervisor's side.
//!
//! The rest of this crate passes a [`Runtime`] on and does not ask which one it is. Queue,
//! in-flight table, limits, back-off, logs, outgoing calls, warm pool and function actor serve any
//! runtime whose sandbox speaks the frames of `brink-frames`.

mod rejected_code;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use tokio::process::Command;

use brink_shared::registry::{Bundle, Runtime};

pub use brink_boa::STACK_SIZE;
pub use brink_boa::absent_modules::AbsentUse;
pub use rejected_code::RejectedCode;

/// The last words of a sandbox that wanted to allocate more than it may reserve. They come from the
/// sandbox, so only messages about its own function may rely on them.
const ALLOCATION_FAILED: &str = "memory allocation of ";

/// The program that runs as a sandbox: usually this same program, with the argument `sandbox`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxProgram {
    /// The program.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
}

/// One value for each runtime.
pub struct PerRuntime<T>([T; Runtime::ALL.len()]);

/// The modules that files ask for and that cannot work in a sandbox of this runtime, sorted by file
/// and line. It parses the files, so it needs a large stack, and a hostile file can end the process:
/// a supervisor has a sandbox do it (`crate::absent_modules`).
pub fn absent_modules(runtime: Runtime, files: &BTreeMap<String, Bytes>) -> Vec<AbsentUse> {
    match runtime {
        Runtime::Boa => brink_boa::absent_modules::find(files),
        Runtime::Nodejs | Runtime::Python | Runtime::Provided => Vec::new(),
    }
}

/// Code that this runtime cannot run: the first place of each file, sorted by file.
pub fn rejected_code(runtime: Runtime, bundle: &Bundle) -> Vec<RejectedCode> {
    match runtime {
        Runtime::Boa => rejected_code::find(bundle),
        Runtime::Nodejs | Runtime::Python | Runtime::Provided => Vec::new(),
    }
}

/// True if the last words of a sandbox say that it ran out of memory.
pub(crate) fn ran_out_of_memory(last_words: &str) -> bool {
    last_words.contains(ALLOCATION_FAILED)
}

// === impl SandboxProgram ===

impl SandboxProgram {
    /// The program that is running now, with the argument `sandbox`.
    pub fn current() -> io::Result<Self> {
        Ok(Self { path: std::env::current_exe()?, args: vec!["sandbox".to_owned()] })
    }

    /// The command that starts a sandbox of this runtime.
    pub(crate) fn command(&self, runtime: Runtime) -> io::Result<Command> {
        let mut command = Command::new(&self.path);
        match runtime {
            // The program embeds this runtime.
            Runtime::Boa => command.args(&self.args),
            Runtime::Nodejs | Runtime::Python | Runtime::Provided => {
                let name = runtime.name();
                return Err(io::Error::other(format!("this worker has no {name}")));
            }
        };
        Ok(command)
    }
}

// === impl PerRuntime ===

impl<T> PerRuntime<T> {
    /// Makes the value of each runtime.
    pub fn new(make: impl FnMut(Runtime) -> T) -> Self {
        Self(Runtime::ALL.map(make))
    }

    /// The value of this runtime.
    pub fn of(&self, runtime: Runtime) -> &T {
        let [boa, nodejs, python, provided] = &self.0;
        match runtime {
            Runtime::Boa => boa,
            Runtime::Nodejs => nodejs,
            Runtime::Python => python,
            Runtime::Provided => provided,
        }
    }
}
