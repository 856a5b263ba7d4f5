//! Baselines: runs that are kept for comparison with later ones.
//!
//! A baseline is the JSON report of a run with its name and its number of connections, in a file. A
//! later run is compared metric by metric. A change within the noise threshold does not count. The
//! verdict follows from the metrics that the command line names.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::measurements::put;

/// The version of the files.
const SCHEMA: u32 = 1;

/// The options for baselines.
#[derive(Args, Clone, Debug)]
#[group(skip)]
pub struct Baselines {
    /// Keep this run as a baseline with this name
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub save_baseline: Option<String>,
    /// Compare with the baseline of this name
    #[arg(long, value_name = "NAME", value_parser = name, conflicts_with = "baseline_file")]
    pub baseline: Option<String>,
    /// Compare with a baseline in this file
    #[arg(long, value_name = "FILE")]
    pub baseline_file: Option<PathBuf>,
    /// Folder of the baselines [default: rlt/baselines in Cargo's target folder]
    #[arg(long, value_name = "FOLDER", env = "RLT_BASELINE_DIR")]
    pub baseline_dir: Option<PathBuf>,
    /// Percentage up to which a change counts as noise
    #[arg(long, value_name = "PERCENT", default_value = "1.0", value_parser = percentage)]
    pub noise_threshold: f64,
    /// End with exit code 1 if the run is worse than the baseline
    #[arg(long)]
    pub fail_on_regression: bool,
    /// Metrics on which the verdict depends
    #[arg(long, value_name = "METRICS", value_delimiter = ',', value_enum, default_values_t = BY_DEFAULT)]
    pub regression_metrics: Vec<Metric>,
}

const BY_DEFAULT: [Metric; 5] = [
    Metric::ItersRate,
    Metric::LatencyMean,
    Metric::LatencyP90,
    Metric::LatencyP99,
    Metric::SuccessRatio,
];

/// The metrics that can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Metric {
    ItersRate,
    ItemsRate,
    BytesRate,
    LatencyMean,
    LatencyMedian,
    LatencyP90,
    LatencyP99,
    LatencyMax,
    SuccessRatio,
}

/// How a metric changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Improved,
    Regressed,
    Unchanged,
}

fn name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if text.is_empty() || !text.chars().all(fits) {
        return Err("a name has letters, digits, '_', '-' and '.' only".to_owned());
    }
    Ok(text.to_owned())
}

fn percentage(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if !value.is_finite() || value < 0.0 {
        return Err("a percentage is a number of at least 0".to_owned());
    }
    Ok(value)
}

// === impl Baselines ===

impl Baselines {
    /// The baseline to compare with, if one was named. It is an error if its run had another number
    /// of connections.
    pub fn read(&self, connections: u32) -> anyhow::Result<Option<Value>> {
        let file = match (&self.baseline, &self.baseline_file) {
            (Some(name), _) => self.file(name),
            (None, Some(file)) => file.clone(),
            (None, None) => {
                ensure!(!self.fail_on_regression, "--fail-on-regression needs a --baseline");
                return Ok(None);
            }
        };
        let text = std::fs::read(&file)
            .with_context(|| format!("cannot read the baseline in {}", file.display()))?;
        let baseline: Value = serde_json::from_slice(&text).with_context(|| {
            format!("{} is not a baseline that --save-baseline made", file.display())
        })?;
        let theirs = baseline.pointer("/metadata/bench_config/concurrency");
        let theirs = theirs.and_then(Value::as_u64);
        ensure!(
            theirs == Some(u64::from(connections)),
            "the baseline in {} has {} connections, this run {connections}",
            file.display(),
            theirs.map_or("unknown".to_owned(), |count| count.to_string())
        );
        Ok(Some(baseline))
    }

    /// Keeps the report of a run, if a name was given for it.
    pub fn save(&self, report: &Value, connections: u32) -> anyhow::Result<()> {
        let Some(name) = &self.save_baseline else { return Ok(()) };
        let created = humantime::format_rfc3339_micros(SystemTime::now()).to_string();
        let mut baseline = json!({
            "schema_version": SCHEMA,
            "metadata": {
                "name": name,
                "created_at": created,
                "bench_config": { "concurrency": connections },
            },
        });
        for part in ["summary", "latency", "status", "errors"] {
            if let Some(value) = report.get(part) {
                put(&mut baseline, part, value.clone());
            }
        }
        let file = self.file(name);
        write(&file, &format!("{baseline:#}\n"))
            .with_context(|| format!("cannot write the baseline {}", file.display()))
    }

    /// The comparison of a run with a baseline, for the report.
    pub fn compare(&self, report: &Value, baseline: &Value) -> Value {
        let mut changes = Vec::new();
        let mut groups = [("throughput", Map::new()), ("latency", Map::new()), ("", Map::new())];
        for metric in Metric::value_variants() {
            let (group, field, pointer) = metric.place();
            let number = |of: &Value| of.pointer(pointer).and_then(Value::as_f64);
            let (Some(current), Some(before)) = (number(report), number(baseline)) else {
                continue;
            };
            let (change, delta) = metric.change(current, before, self.noise_threshold);
            changes.push((*metric, change));
            if let Some((_, fields)) = groups.iter_mut().find(|(name, _)| *name == group) {
                fields.insert(field.to_owned(), delta);
            }
        }
        let named = |metric: &Metric| metric.name();
        let of = |metric: &Metric| changes.iter().find(|(known, _)| known == metric);
        let skipped: Vec<_> = self
            .regression_metrics
            .iter()
            .filter(|metric| of(metric).is_none())
            .map(named)
            .collect();
        let judged = || self.regression_metrics.iter().filter_map(of).map(|(_, change)| *change);
        let verdict = match (
            judged().any(|change| change == Change::Improved),
            judged().any(|change| change == Change::Regressed),
        ) {
            (true, true) => "mixed",
            (true, false) => "improved",
            (false, true) => "regressed",
            (false, false) => "unchanged",
        };
        let mut comparison = json!({
            "baseline_name": baseline.pointer("/metadata/name"),
            "baseline_created_at": baseline.pointer("/metadata/created_at"),
            "schema_version": baseline.get("schema_version"),
            "noise_threshold": self.noise_threshold,
            "regression_metrics": self.regression_metrics.iter().map(named).collect::<Vec<_>>(),
        });
        if !skipped.is_empty() {
            put(&mut comparison, "skipped_metrics", json!(skipped));
        }
        put(&mut comparison, "verdict", verdict.into());
        for (group, fields) in groups {
            if group.is_empty() {
                for (field, delta) in fields {
                    put(&mut comparison, &field, delta);
                }
            } else if !fields.is_empty() {
                put(&mut comparison, group, fields.into());
            }
        }
        comparison
    }

    /// True if a comparison fails the run.
    pub fn fails(&self, comparison: &Value) -> bool {
        let verdict = comparison.get("verdict").and_then(Value::as_str);
        self.fail_on_regression && matches!(verdict, Some("regressed" | "mixed"))
    }

    fn file(&self, name: &str) -> PathBuf {
        let folder = self.baseline_dir.clone().unwrap_or_else(|| {
            let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
            Path::new(&target).join("rlt/baselines")
        });
        folder.join(format!("{name}.json"))
    }
}

/// Replaces a file at once: a reader never sees half of it.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let half = tempfile::NamedTempFile::new_in(folder)?;
    std::fs::write(half.path(), text)?;
    half.as_file().sync_all()?;
    half.persist(file)?;
    Ok(())
}

// === impl Metric ===

impl Metric {
    /// A metric's group and field in a comparison, and its place in a report.
    fn place(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::ItersRate => ("throughput", "iters_rate", "/summary/iters/rate"),
            Self::ItemsRate => ("throughput", "items_rate", "/summary/items/rate"),
            Self::BytesRate => ("throughput", "bytes_rate", "/summary/bytes/rate"),
            Self::LatencyMean => ("latency", "mean", "/latency/stats/mean"),
            Self::LatencyMedian => ("latency", "median", "/latency/stats/median"),
            Self::LatencyP90 => ("latency", "p90", "/latency/percentiles/p90"),
            Self::LatencyP99 => ("latency", "p99", "/latency/percentiles/p99"),
            Self::LatencyMax => ("latency", "max", "/latency/stats/max"),
            Self::SuccessRatio => ("", "success_ratio", "/summary/success_ratio"),
        }
    }

    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn change(self, current: f64, before: f64, noise: f64) -> (Change, Value) {
        let higher_is_better = self.place().0 != "latency";
        let ratio = match (current == 0.0, before == 0.0) {
            (true, true) => Some(1.0),
            (false, true) => None,
            _ => Some(current / before),
        };
        let grew = ratio.is_none_or(|ratio| ratio > 1.0);
        let change = match ratio {
            Some(ratio) if (ratio - 1.0).abs() * 100.0 <= noise => Change::Unchanged,
            _ if grew == higher_is_better => Change::Improved,
            _ => Change::Regressed,
        };
        let mut delta = json!({ "current": current, "baseline": before });
        if let Some(ratio) = ratio {
            put(&mut delta, "ratio", ratio.into());
            put(&mut delta, "delta", ((ratio - 1.0) * 100.0).into());
        }
        put(
            &mut delta,
            "status",
            match change {
                Change::Improved => "improved",
                Change::Regressed => "regressed",
                Change::Unchanged => "unchanged",
            }
            .into(),
        );
        (change, delta)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        baselines: Baselines,
    }

    fn parsed(args: &[&str]) -> Baselines {
        Line::parse_from([&["x"], args].concat()).baselines
    }

    fn report(rate: f64, mean: f64) -> Value {
        json!({
            "summary": { "success_ratio": 1.0, "iters": { "rate": rate } },
            "latency": { "stats": { "mean": mean }, "percentiles": { "p90": mean } },
            "status": {}, "errors": {},
        })
    }

    #[test]
    fn a_run_is_kept_and_compared() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("new").display().to_string();
        let options = parsed(&[
            "--save-baseline",
            "a",
            "--baseline",
            "a",
            "--baseline-dir",
            &folder,
            "--fail-on-regression",
            "--noise-threshold",
            "5",
        ]);
        options.save(&report(100.0, 0.010), 4).unwrap();
        let baseline = options.read(4).unwrap().unwrap();
        for (rate, mean, verdict, fails) in [
            (104.0, 0.0101, "unchanged", false),
            (110.0, 0.010, "improved", false),
            (100.0, 0.020, "regressed", true),
            (110.0, 0.020, "mixed", true),
        ] {
            let comparison = options.compare(&report(rate, mean), &baseline);
            assert_eq!(comparison["verdict"], verdict, "{comparison:#}");
            assert_eq!(options.fails(&comparison), fails);
            assert_eq!(comparison["skipped_metrics"], json!(["latency-p99"]));
            assert_eq!(comparison["baseline_name"], "a");
        }
        let slower = options.compare(&report(100.0, 0.020), &baseline);
        assert_eq!(slower["latency"]["mean"]["status"], "regressed");
        assert_eq!(slower["latency"]["mean"]["ratio"], 2.0);
        assert_eq!(slower["throughput"]["iters_rate"]["status"], "unchanged");
        assert_eq!(slower["success_ratio"]["delta"], 0.0);
        assert!(options.read(5).is_err());
    }

    #[test]
    fn names_and_thresholds_that_make_no_sense_are_rejected() {
        for args in [
            ["--save-baseline", "a/b"],
            ["--baseline", ""],
            ["--noise-threshold", "-1"],
            ["--noise-threshold", "inf"],
            ["--regression-metrics", "speed"],
        ] {
            assert!(Line::try_parse_from([&["x"], &args[..]].concat()).is_err(), "{args:?}");
        }
        assert!(parsed(&["--fail-on-regression"]).read(1).is_err());
    }
}
