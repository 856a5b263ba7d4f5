//! Rejects a function with code that its runtime cannot run correctly, and says which runtime can.
//!
//! The check runs here, on the author's machine, and not in a worker: the parser has no bound on how
//! deep code may nest, so it could crash a worker. In a worker, the sandbox checks each file that it
//! loads.

use brink_shared::admin::AdminError;
use brink_shared::registry::function::FunctionSettings;
use brink_shared::registry::{Bundle, Problem, Runtime};
use brink_worker::runtime::rejected_code;

use crate::command_error::CommandError;
use crate::in_nodejs::IN_NODEJS;
use crate::parser_stack::on_parser_stack;
use crate::printing;

/// In errors about parts of Node.js that the embedded runtime does not have.
const UNAVAILABLE: &str = "is not available in a sandbox";

/// Most names that a warning lists.
const LISTED_MAX: usize = 3;

/// Fails if the author's own code cannot be run, and warns of packages and of native code.
pub(crate) fn reject(settings: &FunctionSettings, bundle: &Bundle) -> Result<(), CommandError> {
    let native = native(settings, bundle);
    if !native.is_empty() {
        let shown = native.get(..LISTED_MAX).unwrap_or(&native).join(", ");
        let more = match native.len().saturating_sub(LISTED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        warn(&format!("{shown}{more}: {} cannot load native code; {IN_NODEJS}", settings.runtime));
    }
    let found = on_parser_stack(|| rejected_code(settings.runtime.runtime, bundle));
    let found = found.map_err(CommandError::failed)?;
    let (packaged, own): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| found.is_packaged);
    packaged.iter().for_each(|found| warn(&found.to_string()));
    if own.is_empty() {
        return Ok(());
    }
    let problems =
        own.iter().map(|found| Problem { path: found.place(), message: found.problem() });
    let problems = problems.collect();
    let message =
        format!("the function has code that cannot be run by {}; {IN_NODEJS}", settings.runtime);
    Err(CommandError::from(AdminError { message, problems }))
}

/// Advice about an error of the function, if another runtime would not have it.
pub(crate) fn advice(settings: &FunctionSettings, error: &str) -> Option<&'static str> {
    let is_embedded = settings.runtime.runtime == Runtime::Boa;
    (is_embedded && error.contains(UNAVAILABLE)).then_some(IN_NODEJS)
}

/// The files with native code, which the embedded runtime cannot load.
fn native<'a>(settings: &FunctionSettings, bundle: &'a Bundle) -> Vec<&'a str> {
    if settings.runtime.runtime != Runtime::Boa {
        return Vec::new();
    }
    let names = bundle.files().keys().map(String::as_str);
    names.filter(|name| name.ends_with(".node")).collect()
}

/// Prints a warning.
pub(crate) fn warn(text: &str) {
    eprintln!("warning: {}", printing::plain(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(files: &[(&str, &'static str)]) -> Bundle {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).into()));
        Bundle::new(files.collect()).unwrap()
    }

    fn settings(runtime: Runtime) -> FunctionSettings {
        FunctionSettings { runtime: runtime.into(), ..FunctionSettings::default() }
    }

    #[test]
    fn an_author_hears_which_runtime_can_run_the_function() {
        let rejected = bundle(&[("index.js", "const \u{212c} = 1;")]);
        let error = reject(&settings(Runtime::Boa), &rejected).unwrap_err().to_string();
        assert!(error.contains("cannot be run by boa; the runtime nodejs can"), "{error}");
        assert!(error.contains("index.js:1:7: "), "{error}");
        assert!(reject(&settings(Runtime::Nodejs), &rejected).is_ok());
        let native = bundle(&[("index.js", ""), ("node_modules/a/build/a.node", "\x7fELF")]);
        let named = |runtime| self::native(&settings(runtime), &native).join(" ");
        assert_eq!(named(Runtime::Boa), "node_modules/a/build/a.node");
        assert_eq!(named(Runtime::Nodejs), "");
        let error = "Error: net.connect is not available in a sandbox: it has no sockets";
        assert_eq!(advice(&settings(Runtime::Boa), error), Some(IN_NODEJS));
        assert_eq!(advice(&settings(Runtime::Python), error), None);
        assert_eq!(advice(&settings(Runtime::Boa), "TypeError: x"), None);
    }
}
