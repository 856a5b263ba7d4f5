//! The kinds of sandboxes. All blank sandboxes of one kind are alike.

use std::sync::Arc;

use brink_shared::registry::Runtime;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::role::PROCESSES_MAX;

use crate::interpreters::Interpreter;

/// How much of a function's memory the heap of Node.js may have before it fails, in percent: as on
/// Lambda. The rest is for the program itself. V8 takes the limit only when it starts, so blank
/// sandboxes with different limits are of different kinds.
const HEAP_PERCENT: u32 = 90;

/// A kind of sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxKind {
    runtime: Runtime,
    interpreter: Option<Arc<Interpreter>>,
    processes: u32,
    jitless: bool,
    is_inspected: bool,
    heap_mb: Option<u32>,
}

// === impl SandboxKind ===

impl SandboxKind {
    /// The kind with the embedded engine.
    pub const EMBEDDED: Self = Self {
        runtime: Runtime::Boa,
        interpreter: None,
        processes: 0,
        jitless: false,
        is_inspected: false,
        heap_mb: None,
    };

    /// The kind for a function with these settings, on this interpreter.
    pub(super) fn new(settings: &FunctionSettings, interpreter: Option<Arc<Interpreter>>) -> Self {
        let runtime = settings.runtime.runtime;
        let rules = settings.role.as_ref().map(|role| &role.rules);
        let processes = match runtime {
            Runtime::Provided => PROCESSES_MAX,
            Runtime::Nodejs | Runtime::Python => rules.map_or(0, |rules| rules.processes),
            Runtime::Boa => 0,
        };
        let jitless = runtime == Runtime::Nodejs && rules.is_some_and(|rules| rules.jitless);
        let heap = u64::from(settings.memory_mb) * u64::from(HEAP_PERCENT) / 100;
        let heap_mb = u32::try_from(heap).ok().filter(|_| runtime == Runtime::Nodejs);
        Self { runtime, interpreter, processes, jitless, is_inspected: false, heap_mb }
    }

    /// The same kind for a function that is debugged.
    pub(crate) fn inspected(self) -> Self {
        Self { is_inspected: self.interpreter.is_some(), ..self }
    }

    /// True if a debugger can reach its interpreter.
    pub(super) fn is_inspected(&self) -> bool {
        self.is_inspected
    }

    /// The runtime.
    pub fn runtime(&self) -> Runtime {
        self.runtime
    }

    /// True if the engine is part of the sandbox program.
    pub fn is_embedded(&self) -> bool {
        self.runtime == Runtime::Boa
    }

    /// True if the function brings its own program, which speaks the Lambda Runtime API.
    pub fn is_provided(&self) -> bool {
        self.runtime == Runtime::Provided
    }

    /// The interpreter, unless the engine is embedded or the function brings its own program.
    pub fn interpreter(&self) -> Option<&Arc<Interpreter>> {
        self.interpreter.as_ref()
    }

    /// The processes that the function may start.
    pub(crate) fn processes(&self) -> u32 {
        self.processes
    }

    /// True if `node` runs without its compiler.
    pub(super) fn is_jitless(&self) -> bool {
        self.jitless
    }

    /// Most megabytes of old objects in the heap of `node`, which then collects garbage harder, and
    /// at last fails with an error of its own.
    pub(super) fn heap_mb(&self) -> Option<u32> {
        self.heap_mb
    }

    /// True if a pool keeps blank sandboxes of this kind. A function's own program starts only when
    /// the function is known.
    pub(crate) fn is_pooled(&self) -> bool {
        self.is_embedded() || (self.interpreter.is_some() && self.processes == 0)
    }

    /// How many sandboxes a version may have, if the worker allows `sandboxes` with as many
    /// `environments` for embedded engines. Other sandboxes have one environment each.
    pub(crate) fn sandboxes(&self, sandboxes: usize, environments: usize) -> usize {
        if self.is_embedded() { sandboxes.max(1) } else { environments.max(1) }
    }

    /// How many events a sandbox may have at a time, if the worker allows `most`.
    pub(crate) fn environments(&self, most: usize) -> usize {
        if self.is_embedded() { most.max(1) } else { 1 }
    }

    /// Lambda's identifier of the runtime, as in `nodejs20.x`.
    pub(crate) fn identifier(&self) -> Option<String> {
        let found = self.interpreter.as_ref()?;
        let release = Some(found.release());
        Some(brink_shared::registry::RuntimeName { runtime: self.runtime, release }.to_string())
    }
}
