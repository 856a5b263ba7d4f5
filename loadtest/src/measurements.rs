//! Times and counts of one run.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::{CreationError, Histogram, RecordError};
use serde_json::{Value, json};

/// The percentiles of a report, in the order of their names, because JSON objects are sorted.
const PERCENTILES: [f64; 9] = [10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99];

/// How many digits of a latency are kept.
const DIGITS: u8 = 3;

/// One answer, or a missing one.
pub struct Sample {
    /// The time from when the request was sent or due to the last byte of the answer.
    pub latency: Duration,
    /// The status; 0 if there was no answer.
    pub status: u16,
    /// False for a wrong or missing answer.
    pub right: bool,
    /// Length of the body, in bytes.
    pub bytes: u64,
}

/// All answers of a run.
pub struct Measurements {
    latencies: Histogram<u64>,
    right: u64,
    bytes: u64,
    statuses: BTreeMap<String, u64>,
}

// === impl Measurements ===

impl Measurements {
    /// No answers yet.
    pub fn new() -> Result<Self, CreationError> {
        let latencies = Histogram::new(DIGITS)?;
        Ok(Self { latencies, right: 0, bytes: 0, statuses: BTreeMap::new() })
    }

    /// Adds an answer. Fails if its latency is too long to count in this machine's memory.
    pub fn record(&mut self, sample: &Sample) -> Result<(), RecordError> {
        let nanoseconds = u64::try_from(sample.latency.as_nanos()).unwrap_or(u64::MAX);
        self.latencies.record(nanoseconds)?;
        self.right += u64::from(sample.right);
        self.bytes += sample.bytes;
        let judged = if sample.right { "Success" } else { "Error" };
        *self.statuses.entry(format!("{judged}({})", sample.status)).or_default() += 1;
        Ok(())
    }

    /// The JSON report of a run that took this long. Times are in seconds.
    pub fn report(&self, elapsed: Duration, connections: u32) -> Value {
        let elapsed = elapsed.as_secs_f64();
        let total = self.latencies.len();
        let rate = |count: u64| if elapsed > 0.0 { count as f64 / elapsed } else { 0.0 };
        let share = |count: u64| if total > 0 { count as f64 / total as f64 } else { 0.0 };
        let mut iters = json!({ "total": total, "rate": rate(total) });
        let mut items =
            json!({ "total": total, "rate": rate(total), "items_per_iter": share(total) });
        if let Some(each) = self.bytes.checked_div(total) {
            put(&mut iters, "bytes_per_iter", each.into());
            put(&mut items, "bytes_per_item", each.into());
        }
        let mut report = json!({
            "summary": {
                "success_ratio": share(self.right),
                "total_time": elapsed,
                "concurrency": connections,
                "iters": iters,
                "items": items,
                "bytes": { "total": self.bytes, "rate": rate(self.bytes) },
            },
        });
        if total > 0 {
            put(&mut report, "latency", self.latency());
        }
        put(&mut report, "status", json!(self.statuses));
        put(&mut report, "errors", json!({}));
        report
    }

    fn latency(&self) -> Value {
        let all = &self.latencies;
        let quantile = |q: f64| seconds(all.value_at_quantile(q));
        let percentiles: BTreeMap<_, _> =
            PERCENTILES.iter().map(|p| (format!("p{p}"), quantile(p / 100.0))).collect();
        let histogram: BTreeMap<_, _> = all
            .iter_quantiles(1)
            .map(|step| (step.value_iterated_to(), step.count_since_last_iteration()))
            .filter(|(_, count)| *count > 0)
            .map(|(nanoseconds, count)| (seconds(nanoseconds).to_string(), count))
            .collect();
        json!({
            "stats": {
                "min": seconds(all.min()),
                "max": seconds(all.max()),
                "mean": seconds(all.mean() as u64),
                "median": quantile(0.5),
                "stdev": seconds(all.stdev() as u64),
            },
            "percentiles": percentiles,
            "histogram": histogram,
        })
    }
}

/// Adds a field to a JSON object.
pub fn put(object: &mut Value, field: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(field.to_owned(), value);
    }
}

fn seconds(nanoseconds: u64) -> f64 {
    Duration::from_nanos(nanoseconds).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_status_and_timed() {
        let mut measured = Measurements::new().unwrap();
        for (milliseconds, status, right) in
            [(1, 200, true), (2, 200, true), (3, 200, false), (40, 0, false)]
        {
            let latency = Duration::from_millis(milliseconds);
            measured.record(&Sample { latency, status, right, bytes: 10 }).unwrap();
        }
        let report = measured.report(Duration::from_secs(2), 3);
        assert_eq!(report["summary"]["success_ratio"], 0.5);
        assert_eq!(report["summary"]["concurrency"], 3);
        assert_eq!(
            report["summary"]["iters"],
            json!({"total": 4, "rate": 2.0, "bytes_per_iter": 10})
        );
        assert_eq!(report["summary"]["bytes"], json!({"total": 40, "rate": 20.0}));
        let statuses = json!({"Error(0)": 1, "Error(200)": 1, "Success(200)": 2});
        assert_eq!(report["status"], statuses);
        let near = |pointer: &str, expected: f64| {
            let got = report.pointer(pointer).unwrap().as_f64().unwrap();
            assert!((got / expected - 1.0).abs() < 0.001, "{pointer}: {got}");
        };
        near("/latency/percentiles/p50", 0.002);
        near("/latency/percentiles/p99.9", 0.04);
        near("/latency/stats/min", 0.001);
        near("/latency/stats/max", 0.04);
        near("/latency/stats/mean", 0.0115);
    }

    #[test]
    fn a_run_without_answers_has_no_latency() {
        let report = Measurements::new().unwrap().report(Duration::ZERO, 1);
        assert_eq!(report["summary"]["iters"], json!({"total": 0, "rate": 0.0}));
        assert_eq!(report.get("latency"), None);
    }
}
