//! A worker node as a program of its own.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs functions for Brink.
#[derive(Debug, Parser)]
#[command(name = "brink-worker", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The process that runs user code; started by a worker, with its socket as standard input.
    #[command(hide = true)]
    Sandbox,
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Sandbox => brink_worker::sandbox::process::run(),
    }
}
