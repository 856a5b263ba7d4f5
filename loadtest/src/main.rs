//! Drives a running edge, checks every answer, and reports throughput, latency and errors.
//!
//! Read the modules in this order: [`scenario`] (the requests), [`check`] (the right answers),
//! [`client`] (one viewer), [`drive`] (one request and its time), [`runner`] (all viewers),
//! [`tally`], [`measurements`], [`baseline`] and [`report`] (the results).

mod baseline;
mod check;
mod client;
mod drive;
mod load;
mod measurements;
mod report;
mod runner;
mod scenario;
mod tally;
mod target;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::drive::{Drive, Pace};
use crate::load::Load;
use crate::report::Report;
use crate::scenario::Scenario;
use crate::tally::Tally;
use crate::target::Target;

/// How long a run takes by default.
const DURATION_DEFAULT: Duration = Duration::from_secs(10);

/// Send requests to a Brink edge and check every answer.
#[derive(Parser)]
#[command(name = "brink-loadtest", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a scenario, for 10 seconds unless a duration or a number of requests is given
    Run(Box<Run>),
    /// Print the scenarios
    Scenarios,
}

#[derive(Args, Clone)]
struct Run {
    /// The scenario's name; `scenarios` prints all of them
    #[arg(value_parser = Scenario::named)]
    scenario: Scenario,
    /// The edge, which must serve deploy/examples/ab-test
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: Target,
    /// Longest wait for a whole answer
    #[arg(long, default_value = "10s")]
    timeout: humantime::Duration,
    /// Number of errors up to which the run succeeds
    #[arg(long, default_value_t = 0)]
    max_errors: u64,
    /// Allow an edge on another machine; use it for your own machines only
    #[arg(long)]
    allow_remote: bool,
    #[command(flatten)]
    load: Load,
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Scenarios => {
            for Scenario { name, about, .. } in scenario::ALL {
                println!("{name:<10} {about}");
            }
            ExitCode::SUCCESS
        }
        Command::Run(run) => match measured(*run) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            }
        },
    }
}

/// Runs the scenario and writes the report. False if there were too many errors.
fn measured(run: Run) -> anyhow::Result<bool> {
    anyhow::ensure!(
        run.url.is_local() || run.allow_remote,
        "{} is not on this machine; add --allow-remote if that machine is yours",
        run.url
    );
    let mut load = run.load;
    let connections = load.concurrency.get();
    let baseline = load.baselines.read(connections)?;
    let rate = load.rate.map(std::num::NonZeroU32::get);
    if load.iterations.is_none() && load.duration.is_none() {
        load.duration = Some(DURATION_DEFAULT.into());
    }
    let drive = Drive {
        target: run.url.clone(),
        scenario: run.scenario,
        timeout: *run.timeout,
        pace: Arc::new(Pace::new(rate, load.warmup)),
        tally: Arc::new(Tally::default()),
    };
    let tally = drive.tally.clone();

    // One thread: on a small machine the rest belongs to the edge.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    let mut measured = runtime.block_on(runner::run(drive, &load))?;
    load.baselines.save(&measured, connections)?;
    let compared = baseline.map(|baseline| load.baselines.compare(&measured, &baseline));
    let regressed = compared.as_ref().is_some_and(|compared| load.baselines.fails(compared));
    if let Some(compared) = compared {
        measurements::put(&mut measured, "comparison", compared);
    }

    let pace = rate.map_or("one after another".to_owned(), |rate| format!("{rate} per second"));
    let report = Report {
        title: format!("{} on {}: {} connections, {pace}", run.scenario.name, run.url, connections),
        connections,
        rate,
        measured,
        outcome: tally.outcome(),
    };
    report.write(load.output, load.output_file.as_deref())?;
    let right = report.answers() > 0 && report.outcome.mistakes() <= run.max_errors;
    Ok(right && !regressed)
}
