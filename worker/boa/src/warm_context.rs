//! Warm contexts: contexts that are made before a version needs them.
//!
//! Most parts of an environment do not depend on its version: the engine's own objects, the
//! globals, and the platform's modules, whose texts take the engine longer to read than most
//! bundles. A [`WarmContext`] is prepared with these parts before an event waits for it, a little
//! at a time. No code of a function ever ran in it, so it fits any version.

use std::rc::Rc;

use boa_engine::Context;

use brink_shared::wire::Failure;

use super::compiled::Compiled;
use super::jobs::Jobs;
use super::{engine, failure, platform};

/// The modules that most functions use, each after the modules that it asks for. The others would
/// cost more memory than the saved time is worth.
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
    /// Number of platform modules that were run in advance.
    prepared: usize,
    /// Dropped last.
    pub(super) sweep: Sweep,
}

/// Runs the garbage collector of this thread when it is dropped. A dropped context is garbage for
/// the engine until then, and the engine does not see how much.
#[derive(Debug)]
pub(super) struct Sweep;

// === impl Spare ===

impl WarmContext {
    /// A context with all globals, and without the platform's modules. It shares code with all
    /// contexts that have the same `compiled`, which must belong to the same thread and version.
    pub fn new(compiled: Rc<Compiled>) -> Result<Self, Failure> {
        let jobs = Rc::new(Jobs::default());
        let context = engine::blank(jobs.clone(), compiled)
            .map_err(|error| failure::execution("Runtime.ExitError", error.to_string()))?;
        Ok(Self { context, jobs, prepared: 0, sweep: Sweep })
    }

    /// True if all modules of a list were run. From call to call the list may only grow.
    pub fn is_prepared(&self, modules: &[&str]) -> bool {
        self.prepared >= modules.len()
    }

    /// Runs the next platform module of a list, which takes milliseconds.
    pub fn prepare(&mut self, modules: &[&str]) {
        let Some(name) = modules.get(self.prepared) else { return };
        self.prepared += 1;
        if let Err(error) = platform::load(name, &mut self.context) {
            // A function that asks for the module gets the same error.
            eprintln!("sandbox: platform module {name} cannot be prepared: {error}");
        }
    }
}

impl Drop for Sweep {
    fn drop(&mut self) {
        boa_gc::force_collect();
    }
}
