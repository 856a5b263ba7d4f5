//! The `brink` binary.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    ExitCode::SUCCESS
}
