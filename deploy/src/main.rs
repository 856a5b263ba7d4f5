//! The `brink` binary.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = brink::args::Cli::parse();
    // No variable of Brink has bytes that are not UTF-8.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    brink::command::run(cli, environment)
}
