//! A thread that is large enough for the parsers, which recurse into nested code.

use std::io;
use std::panic::resume_unwind;
use std::thread::{Builder, scope};

use brink_worker::runtime::STACK_SIZE;

/// Runs this on a stack as large as in a sandbox, and waits for it: all code that a sandbox can
/// parse can be parsed here. Only the used part takes memory. Fails if no thread can be started.
pub(crate) fn on_parser_stack<T: Send>(run: impl FnOnce() -> T + Send) -> io::Result<T> {
    scope(|scope| {
        let thread = Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, run)?;
        thread.join().or_else(|panic| resume_unwind(panic))
    })
}
