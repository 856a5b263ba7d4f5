//! Rejects a function with code that its runtime cannot run correctly.
//!
//! The check runs here, on the author's machine, and not in a worker: the parser has no bound on how
//! deep code may nest, so it could crash a worker. In a worker, the sandbox checks each file that it
//! loads.

use brink_shared::admin::AdminError;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Bundle, Problem};
use brink_worker::runtime::rejected_code;

use crate::command_error::CommandError;
use crate::parser_stack::on_parser_stack;
use crate::printing;

/// Fails if the author's own code cannot be run, and warns of packages.
pub(crate) fn reject(settings: &FunctionSettings, bundle: &Bundle) -> Result<(), CommandError> {
    let found = on_parser_stack(|| rejected_code(settings.runtime.runtime, bundle));
    let found = found.map_err(CommandError::failed)?;
    let (packaged, own): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| found.is_packaged);
    for found in packaged {
        eprintln!("warning: {}", printing::plain(&found.to_string()));
    }
    if own.is_empty() {
        return Ok(());
    }
    let problems =
        own.iter().map(|found| Problem { path: found.place(), message: found.problem() });
    let problems = problems.collect();
    let message = "the function has code that cannot be run".to_owned();
    Err(CommandError::from(AdminError { message, problems }))
}
