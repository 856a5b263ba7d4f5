//! Answers that a function generates: no cache, no origin.

use super::{Probe, Scenario};
use crate::check::Expected;

/// With and without a query.
pub const SCENARIO: Scenario = Scenario {
    name: "redirect",
    about: "viewer-request function that generates a 302",
    probes: &[PAGE, QUERY],
};

/// A page that has moved.
pub const PAGE: Probe =
    Probe { path: "/old/page", cookie: None, expected: Expected::redirect("/new/page") };

/// The same with a query, which the function has to carry over.
pub const QUERY: Probe =
    Probe { path: "/old/page?x=1", cookie: None, expected: Expected::redirect("/new/page?x=1") };
