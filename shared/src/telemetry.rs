//! The reports of a process about itself: logs, metrics, and health.

pub mod admin;
pub mod health;
mod of_tenant;

use std::io::IsTerminal as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusRecorder};
use metrics_util::MetricKindMask;
use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use crate::id::TenantName;
pub use health::{Condition, Health};
pub use of_tenant::OfTenant;

/// Bounds of every histogram whose name ends in `_seconds`, in seconds. From the fastest cached
/// answer to the longest timeout of an origin-facing function (30 s).
pub const SECONDS_BUCKETS: [f64; 17] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0, 30.0,
];

/// A series that has not changed for this long is no longer shown. So series of versions that are
/// gone do not stay for ever.
const SERIES_IDLE: Duration = Duration::from_secs(30 * 60);

/// How often histograms are drained. Otherwise they would grow until the next scrape.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Why telemetry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("invalid log filter {filter:?}: {why}; write for example info,brink_gateway=debug")]
    Filter {
        /// The text.
        filter: String,
        /// What the parser says.
        why: String,
    },
    /// The metrics recorder cannot be installed.
    #[error("cannot record metrics: {0}")]
    Metrics(#[from] BuildError),
    /// Something else in this process has installed a recorder.
    #[error("cannot record metrics: this process has another recorder; this is a bug")]
    OtherRecorder,
}

/// The recorder for everything that the `metrics` crate records in this process.
#[derive(Clone)]
pub struct Metrics(Arc<PrometheusRecorder>);

/// Writes logs to standard error from now on. A second call has no effect.
pub fn log_to_stderr(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    let parsed = EnvFilter::try_new(filter).map_err(|error| TelemetryError::Filter {
        filter: filter.to_owned(),
        why: error.to_string(),
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // An error means that this process logs already, as in tests.
    let _ = match format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}

// === impl Metrics ===

impl Metrics {
    /// Records the process's metrics from now on. Later calls give the same recorder.
    pub fn install() -> Result<Self, TelemetryError> {
        static INSTALLED: OnceLock<Arc<PrometheusRecorder>> = OnceLock::new();
        if let Some(recorder) = INSTALLED.get() {
            return Ok(Self(recorder.clone()));
        }
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
            .idle_timeout(MetricKindMask::ALL, Some(SERIES_IDLE))
            .build_recorder();
        let recorder = Arc::new(recorder);
        let set = metrics::set_global_recorder(recorder.clone());
        set.map_err(|_| TelemetryError::OtherRecorder)?;
        Ok(Self(INSTALLED.get_or_init(|| recorder).clone()))
    }

    /// Records for one tenant of several.
    pub fn of_tenant(&self, tenant: &TenantName) -> OfTenant {
        OfTenant::new(self.0.clone(), tenant)
    }

    /// The text that Prometheus scrapes.
    pub fn render(&self) -> String {
        self.0.handle().render()
    }

    /// Drains histograms every few seconds, for as long as it is polled.
    pub async fn upkeep(self) {
        let handle = self.0.handle();
        let mut tick = tokio::time::interval(UPKEEP_EVERY);
        loop {
            tick.tick().await;
            handle.run_upkeep();
        }
    }
}
