//! All kinds of requests together, as a site gets them.

use super::{Scenario, ab_test, plain, redirect};

/// Half of the requests are for the experiment, a third for plain objects, and the rest for
/// redirects.
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
