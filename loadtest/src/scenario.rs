//! Scenarios: mixtures of requests.
//!
//! A scenario is a table of requests, each with its right answer. A run goes through the table in
//! order, again and again, so all runs send the same requests.

mod ab_test;
mod mixed;
mod plain;
mod redirect;

use crate::check::Expected;

/// One request and its right answer.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// Path and query.
    pub path: &'static str,
    /// Value of the `Cookie` header.
    pub cookie: Option<&'static str>,
    /// The right answer.
    pub expected: Expected,
}

/// A named mixture of requests.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// The name on the command line.
    pub name: &'static str,
    /// One line that describes it.
    pub about: &'static str,
    /// The requests, in order.
    pub probes: &'static [Probe],
}

/// All scenarios. They need an edge that serves `deploy/examples/ab-test`.
pub const ALL: [Scenario; 4] =
    [ab_test::SCENARIO, plain::SCENARIO, redirect::SCENARIO, mixed::SCENARIO];

// === impl Scenario ===

impl Scenario {
    /// The scenario with this name.
    pub fn named(name: &str) -> Result<Self, String> {
        let found = ALL.into_iter().find(|scenario| scenario.name == name);
        found.ok_or_else(|| {
            let names = ALL.map(|scenario| scenario.name).join(", ");
            format!("there is no such scenario; there are {names}")
        })
    }

    /// The request with the number `sequence`.
    pub fn probe(&self, sequence: u64) -> Option<&'static Probe> {
        let length = u64::try_from(self.probes.len()).ok()?;
        let index = usize::try_from(sequence.checked_rem(length)?).ok()?;
        self.probes.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_gone_through_in_order_and_again() {
        for scenario in ALL {
            let length = scenario.probes.len() as u64;
            let first = scenario.probe(0).unwrap();
            assert_eq!(scenario.probe(length).unwrap().path, first.path);
            assert_eq!(Scenario::named(scenario.name).unwrap().about, scenario.about);
        }
        assert!(Scenario::named("no").unwrap_err().contains("ab-test, plain"));
    }
}
