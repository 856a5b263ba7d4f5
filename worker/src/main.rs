//! `brink-worker`: a worker as a process of its own, and the sandboxes that it starts.

use std::process::ExitCode;

use anyhow::Context;
use brink_shared::telemetry::{LogFormat, log_to_stderr};
use brink_worker::node::{self, Args};
use brink_worker::sandbox::child::SandboxProgram;
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Runs functions for the gateways on the same bus
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    args: Args,
    /// What to log, for example info,brink_worker=debug
    #[arg(long, value_name = "FILTER", env = "BRINK_LOG", default_value = "info")]
    log: String,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Be a sandbox; started by workers only
    #[command(hide = true)]
    Sandbox,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Sandbox) => brink_worker::sandbox::process::run(),
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
    log_to_stderr(LogFormat::Text, &cli.log)?;
    let sandbox = SandboxProgram::current().context("this program's own path")?;
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;
    let told = stop.clone();
    let running = node::run(cli.args, sandbox, stop);
    tokio::pin!(running);
    tokio::select! {
        ended = &mut running => return Ok(ended?),
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    told.cancel();
    Ok(running.await?)
}
