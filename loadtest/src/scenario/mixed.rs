//! Everything at once, as a site would see it.

use super::{Scenario, ab_test, plain, redirect};

/// Half experiment, a third plain, the rest redirects.
pub const SCENARIO: Scenario = Scenario {
    name: "mixed",
    about: "ab-test, plain and redirect together",
    probes: &[
        ab_test::A,
        plain::PLAIN,
        ab_test::B,
        redirect::PAGE,
        plain::PLAIN,
        ab_test::A,
        ab_test::B,
        plain::PLAIN,
        ab_test::NEW,
        plain::PLAIN,
        ab_test::NEW,
        redirect::QUERY,
    ],
};
