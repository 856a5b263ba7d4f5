//! `brink-worker`: a worker as a process of its own, and the sandboxes that it starts.

use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use brink_shared::node::BusArgs;
use brink_worker::SandboxProgram;
use brink_worker::worker_process::{self, Args};

/// Runs functions for the gateways on the same bus
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    bus: BusArgs,
    #[command(flatten)]
    args: Args,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run as a sandbox; only workers start this
    #[command(hide = true)]
    Sandbox {
        /// Nothing for the embedded engine, or `interpreter` and its specification
        kind: Vec<String>,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Sandbox { kind }) => brink_sandbox::run(&kind),
        None => match actix_rt::System::new().block_on(work(cli)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("brink-worker: {error:#}");
                ExitCode::FAILURE
            }
        },
    }
}

async fn work(cli: Cli) -> anyhow::Result<()> {
    let sandbox = SandboxProgram::current().context("this program's own path")?;
    let stop = brink_shared::stop::on_signals()?;
    let environment = std::env::vars().collect();
    Ok(worker_process::run(cli.args, cli.bus, environment, sandbox, stop).await?)
}
