//! The sample function of each runtime.

use brink_shared::registry::Runtime;

/// A function that runs, in one file.
pub(super) struct Sample {
    /// The file's path in the project.
    pub(super) path: &'static str,
    /// Its text.
    pub(super) text: &'static str,
    /// The comment on `source` in the project file.
    pub(super) source: &'static str,
    /// The comment on `runtime`.
    pub(super) means: &'static str,
}

impl Sample {
    /// The sample of a runtime.
    pub(super) fn of(runtime: Runtime) -> Self {
        match runtime {
            Runtime::Boa => Self {
                path: "function/index.js",
                text: include_str!("index.js"),
                source: "a folder; its index.js exports `handler`",
                means: "JavaScript, embedded; others: nodejs, python, provided",
            },
            Runtime::Nodejs => Self {
                path: "function/index.js",
                text: include_str!("node.js"),
                source: "a folder; its index.js exports `handler`",
                means: "the machine's Node.js; others: boa, python, provided",
            },
            Runtime::Python => Self {
                path: "function/lambda_function.py",
                text: include_str!("lambda_function.py"),
                source: "a folder; its lambda_function.py has `lambda_handler`",
                means: "the machine's Python; others: boa, nodejs, provided",
            },
            Runtime::Provided => Self {
                path: "function/bootstrap",
                text: include_str!("bootstrap"),
                source: "a folder; its program is the file `bootstrap`",
                means: "a program of your own; others: boa, nodejs, python",
            },
        }
    }
}
