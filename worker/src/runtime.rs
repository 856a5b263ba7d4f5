//! Runtimes: everything in which they differ on the supervisor's side.
//!
//! The rest of this crate passes a [`Runtime`] on and does not ask which one it is. Queue,
//! in-flight table, limits, back-off, logs, outgoing calls, warm pool and function actor serve any
//! runtime whose sandbox speaks the frames of `brink-frames`.

mod kind;
mod program;
mod rejected_code;

use std::collections::BTreeMap;

use brink_shared::registry::{Bundle, Runtime};
use bytes::Bytes;

pub use brink_boa::STACK_SIZE;
pub use brink_boa::absent_modules::AbsentUse;
pub use kind::SandboxKind;
pub use program::SandboxProgram;
pub use rejected_code::RejectedCode;

/// The last words of a sandbox that wanted to allocate more than it may reserve. They come from the
/// sandbox, so only messages about its own function may rely on them.
const ALLOCATION_FAILED: &str = "memory allocation of ";

/// The begin and the end of the line in which Node.js says that its heap is full. A stack follows.
const HEAP_FULL: [&str; 2] = ["FATAL ERROR: ", "JavaScript heap out of memory"];

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
    last_words.contains(ALLOCATION_FAILED) || is_reason(last_words)
}

/// True if a line tells the reason of the end, and further lines only tell more about it.
pub(crate) fn is_reason(line: &str) -> bool {
    let [begin, end] = HEAP_FULL;
    line.contains(begin) && line.ends_with(end)
}
