//! What is asked, in which mixture.
//!
//! A scenario is a table of requests, each with the answer that is right. The table is gone
//! through in order, over and over, so that every run asks the same things.

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
    /// How it is called on the command line.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// The requests, in order.
    pub probes: &'static [Probe],
}

/// Every scenario. All of them are about `deploy/examples/ab-test`.
pub const ALL: [Scenario; 4] =
    [ab_test::SCENARIO, plain::SCENARIO, redirect::SCENARIO, mixed::SCENARIO];

// === impl Scenario ===

impl Scenario {
    /// The scenario of that name.
    pub fn named(name: &str) -> Result<Self, String> {
        let found = ALL.into_iter().find(|scenario| scenario.name == name);
        found.ok_or_else(|| {
            let names = ALL.map(|scenario| scenario.name).join(", ");
            format!("there is no such scenario; there are {names}")
        })
    }

    /// The request that is sent as number `sequence`.
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
