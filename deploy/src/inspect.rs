//! `brink dev --inspect`: which functions get an inspector, and where.

use std::cell::RefCell;
use std::collections::BTreeSet;

use brink_shared::id::FunctionName;
use brink_shared::runtime::Runtime;
use brink_worker::inspect::InspectError;
use brink_worker::{InspectSettings, Inspectors};

use crate::args::InspectAt;
use crate::command_error::CommandError;
use crate::project::Project;

/// The inspectors of a project.
pub struct Inspection {
    inspectors: Inspectors,
    /// Functions without an inspector that were reported.
    told: RefCell<BTreeSet<FunctionName>>,
}

// === impl Inspection ===

impl Inspection {
    /// No inspector is open yet. With `wait`, functions load only when a debugger is attached.
    pub fn new(at: InspectAt, wait: bool) -> Self {
        let InspectAt { host, port } = at;
        let inspectors = Inspectors::new(InspectSettings { host, port, wait });
        Self { inspectors, told: RefCell::default() }
    }

    /// The inspectors, for a worker.
    pub fn inspectors(&self) -> Inspectors {
        self.inspectors.clone()
    }

    /// Opens the inspectors of functions that have none yet. Returns a line for each of these
    /// functions.
    pub fn open(&self, project: &Project) -> Result<Vec<String>, CommandError> {
        let mut lines = Vec::new();
        for (name, function) in &project.functions {
            let runtime = function.settings.runtime.runtime;
            match self.inspectors.open(name, runtime) {
                Ok((address, true)) => lines.push(match runtime {
                    Runtime::Python => format!("function {name}: debugpy at {address}"),
                    _ => {
                        format!("function {name}: inspector at ws://{address}  (chrome://inspect)")
                    }
                }),
                Ok((_, false)) => {}
                Err(InspectError::NoInspector(runtime)) => {
                    if self.told.borrow_mut().insert(name.clone()) {
                        lines.push(format!("function {name}: {}", without(runtime)));
                    }
                }
                Err(error) => {
                    return Err(CommandError::failed(format!("function {name}: {error}")));
                }
            }
        }
        Ok(lines)
    }
}

/// The reason why a function has no inspector.
fn without(runtime: Runtime) -> &'static str {
    match runtime {
        Runtime::Boa => {
            "the runtime boa has no inspector; with `runtime = \"nodejs\"` the function has one"
        }
        _ => "a program of the function's own has no inspector here; start its debugger in it",
    }
}
