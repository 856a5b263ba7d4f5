//! Contexts without a version, made ahead of need.
//!
//! Most of what an environment needs does not depend on its version: the engine's own objects,
//! the globals, and the platform's modules, whose texts take the engine longer to read than most
//! bundles. A [`WarmContext`] has that done before anybody waits for it, a little at a time. Nothing of
//! a version ever ran in one, so that whatever version it is given finds it untouched.

use std::rc::Rc;

use boa_engine::Context;

use brink_shared::wire::Failure;

use super::compiled::Compiled;
use super::jobs::Jobs;
use super::{engine, failure, platform};

/// The modules that most functions lead to, each after those that it asks for itself. The rest
/// would cost more memory than the time is worth.
pub const USUAL: &[&str] = &[
    "buffer",
    "timers",
    "querystring",
    "internal/errors",
    "events",
    "process",
    "internal/web_url",
    "url",
    "path",
    "internal/console",
    "util",
    "internal/crypto_args",
    "crypto",
    "stream",
    "http",
    "https",
];

/// An engine context in which no code of a function has run.
pub struct WarmContext {
    pub(super) context: Context,
    pub(super) jobs: Rc<Jobs>,
    /// How many platform modules were run in it on purpose.
    prepared: usize,
    /// Dropped last.
    pub(super) sweep: Sweep,
}

/// Collects what was left unreachable on this thread, when it is dropped: a dropped context is
/// garbage to the engine until then, and the engine does not see how much.
#[derive(Debug)]
pub(super) struct Sweep;

// === impl Spare ===

impl WarmContext {
    /// A context with all globals, and none of the platform's modules. Its code is that of all
    /// contexts with the same `compiled`, which must be of the same thread and version.
    pub fn new(compiled: Rc<Compiled>) -> Result<Self, Failure> {
        let jobs = Rc::new(Jobs::default());
        let context = engine::blank(jobs.clone(), compiled)
            .map_err(|error| failure::execution("Runtime.ExitError", error.to_string()))?;
        Ok(Self { context, jobs, prepared: 0, sweep: Sweep })
    }

    /// True if all of a list is there. The list may only grow from one question to the next.
    pub fn is_prepared(&self, modules: &[&str]) -> bool {
        self.prepared >= modules.len()
    }

    /// Runs the next platform module of a list, which takes milliseconds.
    pub fn prepare(&mut self, modules: &[&str]) {
        let Some(name) = modules.get(self.prepared) else { return };
        self.prepared += 1;
        if let Err(error) = platform::load(name, &mut self.context) {
            // A function that asks for it will be told too.
            eprintln!("sandbox: platform module {name} cannot be prepared: {error}");
        }
    }
}

impl Drop for Sweep {
    fn drop(&mut self) {
        boa_gc::force_collect();
    }
}
