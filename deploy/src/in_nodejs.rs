//! The advice for functions that the embedded runtime cannot run.

/// How to run a function in Node.js.
pub(crate) const IN_NODEJS: &str = "the runtime nodejs can run it, at a worker with Node.js: `runtime = \"nodejs\"` in brink.toml, or \
     --runtime nodejs";
