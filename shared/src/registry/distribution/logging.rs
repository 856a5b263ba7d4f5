//! The access logs of a distribution (`contract.md` 8.3, 8.4). The settings of each gateway decide
//! where the lines go.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::access_log::REAL_TIME_FIELDS;
use crate::problem::Problem;

/// Which logs have a distribution's requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logging {
    /// True if the standard log has them.
    #[serde(default = "Logging::standard_default")]
    pub standard: bool,
    /// True if the standard log has the cookies of viewers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub include_cookies: bool,
    /// The real-time log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub real_time: Option<RealTimeLogging>,
}

/// A log with chosen fields of some requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RealTimeLogging {
    /// How many of a hundred requests are logged, 1 to 100.
    #[serde(default = "RealTimeLogging::sampling_rate_default")]
    pub sampling_rate: u32,
    /// Names of [`REAL_TIME_FIELDS`], in the order of the line. They are text, so an older gateway
    /// can read a document with a new field. It writes `-` for that field.
    pub fields: Vec<String>,
}

// === impl Logging ===

impl Logging {
    fn standard_default() -> bool {
        true
    }

    /// Mistakes that an operator has to correct.
    pub fn problems(&self) -> Vec<Problem> {
        let Some(real_time) = &self.real_time else {
            let logs = self.standard;
            let none = "no requests are logged; write `standard = true`, or a table `real_time`";
            return if logs { Vec::new() } else { vec![problem("logging", none)] };
        };
        let mut found = Vec::new();
        if !(1..=100).contains(&real_time.sampling_rate) {
            let message = format!("{} is not 1 to 100 requests of 100", real_time.sampling_rate);
            found.push(problem("logging.real_time.sampling_rate", message));
        }
        if real_time.fields.is_empty() {
            found.push(problem("logging.real_time.fields", "name at least one field"));
        }
        let mut seen = BTreeSet::new();
        for (index, field) in real_time.fields.iter().enumerate() {
            let path = format!("logging.real_time.fields[{index}]");
            if !REAL_TIME_FIELDS.contains(&field.as_str()) {
                let known = REAL_TIME_FIELDS.join(", ");
                let message = format!("{field:?} is not a field of real-time logs; use {known}");
                found.push(problem(path, message));
            } else if !seen.insert(field) {
                found.push(problem(path, format!("{field:?} is here twice")));
            }
        }
        found
    }
}

fn problem(path: impl Into<String>, message: impl Into<String>) -> Problem {
    Problem { path: path.into(), message: message.into() }
}

// === impl RealTimeLogging ===

impl RealTimeLogging {
    fn sampling_rate_default() -> u32 {
        100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let logging: Logging = toml::from_str(text).unwrap();
        let found = logging.problems();
        found.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
    }

    #[test]
    fn a_table_without_more_is_the_standard_log_without_cookies() {
        let logging: Logging = toml::from_str("").unwrap();
        assert_eq!(logging.problems(), []);
        assert_eq!((logging.standard, logging.include_cookies), (true, false));
        let real_time = "standard = false\nreal_time = { fields = [\"timestamp\", \"asn\"] }";
        assert_eq!(problems(real_time), Vec::<String>::new());
    }

    #[test]
    fn a_choice_that_logs_nothing_or_something_unknown_is_a_problem() {
        assert!(problems("standard = false")[0].starts_with("logging: no requests are logged"));
        let found =
            problems("real_time = { sampling_rate = 0, fields = [\"asn\", \"cs-uri\", \"asn\"] }");
        assert_eq!(found[0], "logging.real_time.sampling_rate: 0 is not 1 to 100 requests of 100");
        let unknown = "logging.real_time.fields[1]: \"cs-uri\" is not a field of real-time logs; \
                       use timestamp, ";
        assert!(found[1].starts_with(unknown), "{found:?}");
        assert_eq!(found[2], "logging.real_time.fields[2]: \"asn\" is here twice");
        let none = problems("real_time = { fields = [] }");
        assert_eq!(none, ["logging.real_time.fields: name at least one field"]);
    }
}
