//! The `brink` binary.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    brink::command::run(brink::args::Cli::parse())
}
