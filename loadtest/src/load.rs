//! The options of a run on the command line.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::baseline::Baselines;

/// The options of a run that do not depend on the scenario.
#[derive(Args, Clone, Debug)]
pub struct Load {
    /// Connections that send at the same time
    #[arg(long, short = 'c', visible_alias = "connections", default_value = "1")]
    pub concurrency: NonZeroU32,
    /// Requests to send; the run ends when they are answered
    #[arg(long, short = 'n', visible_alias = "requests")]
    pub iterations: Option<NonZeroU64>,
    /// How long to send, such as 10s or 5m
    #[arg(long, short = 'd')]
    pub duration: Option<humantime::Duration>,
    /// Requests to send before the measured ones
    #[arg(long, short = 'w', default_value_t = 0)]
    pub warmup: u64,
    /// Requests per second, kept to a schedule
    #[arg(long, short = 'r')]
    pub rate: Option<NonZeroU32>,
    /// Format of the report
    #[arg(long, short = 'o', value_enum, default_value_t = ReportFormat::Text, ignore_case = true)]
    pub output: ReportFormat,
    /// File for the report, instead of standard output
    #[arg(long, short = 'O')]
    pub output_file: Option<PathBuf>,
    #[command(flatten)]
    pub baselines: Baselines,
}

/// The format of a report.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ReportFormat {
    /// A few lines of text
    Text,
    /// JSON with everything that was measured
    Json,
}
