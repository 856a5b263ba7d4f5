//! A thread that is large enough for the parser, which recurses into nested code.

use std::io;
use std::panic::resume_unwind;
use std::thread::{Builder, scope};

/// As much as the threads of a sandbox have: what a sandbox can parse can be parsed here. Only the
/// part that is used takes memory.
const STACK_SIZE: usize = 128 * 1024 * 1024;

/// Runs this on a large stack and waits for it. Fails if no thread can be started.
pub(super) fn on_large_stack<T: Send>(run: impl FnOnce() -> T + Send) -> io::Result<T> {
    scope(|scope| {
        let thread = Builder::new().stack_size(STACK_SIZE).spawn_scoped(scope, run)?;
        thread.join().or_else(|panic| resume_unwind(panic))
    })
}
