//! The report of a run, for people and for programs.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use serde_json::{Map, Value};

use crate::load::ReportFormat;
use crate::tally::Outcome;

/// The percentiles in the text report. The JSON report has all.
const SHOWN: [&str; 4] = ["p50", "p90", "p99", "p99.9"];

/// A finished run.
pub struct Report {
    /// A line that describes the run.
    pub title: String,
    /// Number of viewers.
    pub connections: u32,
    /// The rate on the command line, in requests per second.
    pub rate: Option<u32>,
    /// Times and counts (see [`measurements`](crate::measurements)).
    pub measured: Value,
    /// Counts that the measurements do not have.
    pub outcome: Outcome,
}

// === impl Report ===

impl Report {
    /// Writes the report to a file, or to standard output.
    pub fn write(&self, format: ReportFormat, file: Option<&Path>) -> io::Result<()> {
        let text = match format {
            ReportFormat::Text => self.text(),
            ReportFormat::Json => format!("{:#}\n", self.json()),
        };
        match file {
            Some(file) => std::fs::write(file, text),
            None => io::Write::write_all(&mut io::stdout(), text.as_bytes()),
        }
    }

    /// Number of answers that came, right or wrong.
    pub fn answers(&self) -> u64 {
        let total = self.measured.pointer("/summary/iters/total");
        total.and_then(Value::as_u64).unwrap_or(0)
    }

    /// Number of requests that were due and never sent, because all viewers were still waiting.
    fn unsent(&self) -> u64 {
        if self.outcome.cut_off < u64::from(self.connections) {
            return 0; // somebody was free at the end, so nothing was overdue
        }
        let due = self.number("/summary/total_time") * f64::from(self.rate.unwrap_or(0));
        let sent = self.answers() + self.outcome.cut_off;
        (due as u64).saturating_sub(sent)
    }

    fn json(&self) -> Value {
        let mut all = Map::new();
        all.insert("run".to_owned(), self.title.clone().into());
        all.insert("rate".to_owned(), self.rate.into());
        all.insert("unsent".to_owned(), self.unsent().into());
        if let Value::Object(measured) = &self.measured {
            all.extend(measured.clone());
        }
        if let Ok(Value::Object(outcome)) = serde_json::to_value(&self.outcome) {
            all.extend(outcome);
        }
        Value::Object(all)
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.title);
        let mut line = |label: &str, words: String| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {label:<9} {words}");
        };
        line(
            "answers",
            format!(
                "{} in {:.1} s, {:.0} per second, {:.2} % right",
                self.answers(),
                self.number("/summary/total_time"),
                self.number("/summary/iters/rate"),
                100.0 * self.number("/summary/success_ratio"),
            ),
        );
        let mut latency: Vec<String> = SHOWN
            .iter()
            .map(|p| format!("{p} {}", self.milliseconds(&format!("/latency/percentiles/{p}"))))
            .collect();
        latency.push(format!("max {}", self.milliseconds("/latency/stats/max")));
        line("latency", latency.join(", "));
        for (kind, mistakes) in &self.outcome.errors {
            line("error", format!("{} x {kind} (first: {})", mistakes.count, mistakes.first));
        }
        if self.outcome.errors.is_empty() {
            line("errors", "none".to_owned());
        }
        if self.outcome.cut_off > 0 {
            let (count, age) = (self.outcome.cut_off, self.outcome.oldest_cut_off_seconds);
            line("cut off", format!("{count} in flight at the end, the oldest for {age:.3} s"));
        }
        if self.unsent() > 0 {
            line("unsent", format!("{} were due while all connections waited", self.unsent()));
        }
        if let Some(verdict) = self.measured.pointer("/comparison/verdict") {
            line("baseline", verdict.as_str().unwrap_or("compared").to_owned());
        }
        text
    }

    fn number(&self, pointer: &str) -> f64 {
        let value = self.measured.pointer(pointer).and_then(Value::as_f64);
        value.unwrap_or(0.0)
    }

    fn milliseconds(&self, pointer: &str) -> String {
        format!("{:.3} ms", 1000.0 * self.number(pointer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Tally;

    fn report(rate: Option<u32>, cut_off: u64) -> Report {
        Report {
            title: "plain on http://127.0.0.1:8080".to_owned(),
            connections: 4,
            rate,
            measured: serde_json::json!({
                "summary": { "total_time": 2.0, "success_ratio": 1.0,
                             "iters": { "total": 150, "rate": 75.0 } },
                "latency": { "stats": { "max": 0.5 },
                             "percentiles": { "p50": 0.001, "p90": 0.002, "p99": 0.003, "p99.9": 0.4 } },
                "errors": {},
            }),
            outcome: Outcome { cut_off, ..Tally::default().outcome() },
        }
    }

    #[test]
    fn people_read_throughput_percentiles_and_errors() {
        let text = report(None, 0).text();
        assert!(text.contains("150 in 2.0 s, 75 per second, 100.00 % right"), "{text}");
        assert!(text.contains("p99.9 400.000 ms, max 500.000 ms"), "{text}");
        assert!(text.contains("errors    none"), "{text}");
        assert!(!text.contains("unsent"), "{text}");
    }

    #[test]
    fn requests_that_were_due_and_not_sent_are_reported() {
        let full = report(Some(100), 4);
        assert!(full.text().contains("unsent    46 were due"), "{}", full.text());
        assert_eq!(full.json()["unsent"], 46);
        assert_eq!(report(Some(100), 3).json()["unsent"], 0);
    }
}
