//! Interpreters in their sandboxes: they run functions, and code in them can do nothing harmful.
//!
//! The launcher is this program itself, started as a worker starts it: `sandbox interpreter SPEC`.
//! It becomes the machine's `node` or `python3`, and this program talks with it in place of a
//! supervisor. Code of functions makes attempts to get out, with all layers of confinement, and
//! again on a machine that lacks one of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod attempts;
mod interpreters;
mod lacking;
mod programs;
mod reachable;
mod sandbox;
mod stage;
mod starting;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("sandbox") => return brink_sandbox::run(&arguments[2..]),
        Some("without") => return lacking::start(&arguments[2], &arguments[3..]),
        Some("supervisor") => return starting::be_supervisor(&arguments[2]),
        _ => {}
    }
    let _folder = reachable::lay_out();
    let trials = attempts::trials().chain(starting::trials()).chain(programs::trials()).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
