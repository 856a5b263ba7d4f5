//! Drives a running edge, checks every answer, and reports throughput, latency and errors.
//!
//! Reading order: [`scenario`] (what is asked), [`check`] (what is right), [`client`] (one
//! viewer), [`drive`] (all of them, paced), [`tally`] and [`report`] (what came of it).

mod check;
mod client;
mod drive;
mod report;
mod scenario;
mod tally;
mod target;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use rlt::cli::{BenchCli, Collector, RegressionError, ReportFormat};

use crate::drive::{Drive, Pace};
use crate::report::Report;
use crate::scenario::Scenario;
use crate::tally::Tally;
use crate::target::Target;

/// How long a run takes when nothing is said.
const DURATION_DEFAULT: Duration = Duration::from_secs(10);

/// Load for a Brink edge, with every answer checked.
#[derive(Parser)]
#[command(name = "brink-loadtest", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a scenario; 10 seconds unless a duration or a number of requests is given
    Run(Box<Run>),
    /// Print the scenarios
    Scenarios,
}

#[derive(Args, Clone)]
struct Run {
    /// One of those that `scenarios` prints
    #[arg(value_parser = Scenario::named)]
    scenario: Scenario,
    /// The edge, serving deploy/examples/ab-test
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: Target,
    /// Longest wait for a whole answer
    #[arg(long, default_value = "10s")]
    timeout: humantime::Duration,
    /// Errors that are let pass
    #[arg(long, default_value_t = 0)]
    max_errors: u64,
    /// Allow another machine as the target: only one that is yours
    #[arg(long)]
    allow_remote: bool,
    #[command(flatten)]
    bench: BenchCli,
}

fn main() -> ExitCode {
    match parsed().command {
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

fn parsed() -> Cli {
    // The runner's own words for these two are of benchmarks in general.
    let command = Cli::command().mut_subcommand("run", |run| {
        run.mut_arg("concurrency", |arg| arg.visible_alias("connections"))
            .mut_arg("iterations", |arg| arg.visible_alias("requests"))
    });
    Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

/// Runs and reports; false if the edge did not do what it should.
fn measured(run: Run) -> anyhow::Result<bool> {
    anyhow::ensure!(
        run.url.is_local() || run.allow_remote,
        "{} is not on this machine; --allow-remote if it is yours",
        run.url
    );
    let file = tempfile::NamedTempFile::new().context("cannot make a file for the report")?;
    let mut bench = run.bench.clone();
    // The schedule is kept here, not by the runner's limiter (see `drive`).
    let rate = bench.rate.take().map(std::num::NonZeroU32::get);
    bench.collector = Some(bench.collector.unwrap_or(Collector::Silent));
    bench.output = ReportFormat::Json;
    bench.output_file = Some(file.path().to_owned());
    if bench.iterations.is_none() && bench.duration.is_none() {
        bench.duration = Some(DURATION_DEFAULT.into());
    }
    let drive = Drive {
        target: run.url.clone(),
        scenario: run.scenario,
        timeout: *run.timeout,
        pace: Arc::new(Pace::new(rate, bench.warmup)),
        tally: Arc::new(Tally::default()),
    };
    let tally = drive.tally.clone();

    // One thread: on a small machine the rest belongs to the edge.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    let ran = runtime.block_on(rlt::cli::run(bench, drive));
    let regressed = ran.as_ref().is_err_and(|error| error.is::<RegressionError>());
    if !regressed {
        ran?;
    }

    let measured = serde_json::from_reader(file.as_file()).context("cannot read the report")?;
    let pace = rate.map_or("one after another".to_owned(), |rate| format!("{rate} per second"));
    let report = Report {
        title: format!(
            "{} on {}: {} connections, {pace}",
            run.scenario.name, run.url, run.bench.concurrency
        ),
        connections: run.bench.concurrency.get(),
        rate,
        measured,
        outcome: tally.outcome(),
    };
    report.write(run.bench.output, run.bench.output_file.as_deref())?;
    let right = report.answers() > 0 && report.outcome.mistakes() <= run.max_errors;
    Ok(right && !regressed)
}
